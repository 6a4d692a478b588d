/* Files of figures: a line for each case that ended on some days. Asked for on a page, made by an errand into the
 * spool folder in flat memory, fetched by who asked. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/statistics/pages.h"
#include "app/statistics/sheet.h"
#include "app/statistics/statistics.h"
#include "app/statistics/statistics.html.h"
#include "base/fault.h"
#include "os/file.h"
#include "store/errand.h"
#include "store/tx.h"

enum { PAGE_LINES = 1000, TELL_EVERY = 50 * PAGE_LINES, KEPT_DAYS = 7, EXPORTS_SHOWN = 20 };
enum { EXPORT_WAITS = 1, EXPORT_MADE, EXPORT_FAILED };
#define EXPORT_ERRAND "statistics.export"
#define REMOVE_ERRAND "statistics.export-over"
#define SPOOL "spool"

/* --- Making ------------------------------------------------------------------------------------------------------- */

struct making {
	int64_t account, id;
	struct export_get_out row;
	day_number day; /* of the last line that was written */
	int64_t casefile;
	struct counted_page_out *lines;
	size_t n;
	int64_t state, written, bytes;
};

static bool get_job(struct tx *tx, void *ctx, struct err *e)
{
	struct making *m = ctx;
	return export_get(tx, &(struct export_get_in){.account = m->account, .id = m->id}, &m->row, e);
}

static bool step_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct making *m = ctx;
	return export_step(
		tx,
		&(struct export_step_in){
			.account = m->account, .id = m->id, .state = m->state, .lines = m->written, .bytes = m->bytes},
		e);
}

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct making *m = ctx;
	struct counted_page_rows rows;
	m->n = 0;
	if (!counted_page_open(tx,
	                       &(struct counted_page_in){.institution = m->row.institution,
	                                                 .after_day = m->day,
	                                                 .after_casefile = m->casefile,
	                                                 .to_day = m->row.to_day,
	                                                 .most = PAGE_LINES},
	                       &rows, e)) {
		return false;
	}
	while (m->n < PAGE_LINES && counted_page_next(&rows, &m->lines[m->n])) {
		m->n++;
	}
	return counted_page_close(&rows, e);
}

static void put_heads(struct sheet *s)
{
	static const struct str heads[] = {STR_INIT("month"),           STR_INIT("ended-on"),      STR_INIT("case"),
	                                   STR_INIT("service"),         STR_INIT("ended"),         STR_INIT("started"),
	                                   STR_INIT("decided"),         STR_INIT("promised-by"),   STR_INIT("law-by"),
	                                   STR_INIT("working-minutes"), STR_INIT("stood-minutes"), STR_INIT("corrections"),
	                                   STR_INIT("times-ended")};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		sheet_text(s, heads[i]);
	}
	sheet_line_end(s);
}

static void put_case(struct sheet *s, const struct counted_page_out *c)
{
	static const struct str fates[] = {[FATE_NONE] = STR_INIT(""),
	                                   [FATE_GRANTED] = STR_INIT("granted"),
	                                   [FATE_REFUSED] = STR_INIT("refused"),
	                                   [FATE_OTHERWISE] = STR_INIT("decided"),
	                                   [FATE_NOT_ACCEPTED] = STR_INIT("not-accepted"),
	                                   [FATE_WITHDRAWN] = STR_INIT("withdrawn"),
	                                   [FATE_LAPSED] = STR_INIT("lapsed")};
	char day[11];
	date_format(c->end_day, day);
	sheet_text(s, str_from(day, 7)); /* the month */
	sheet_day(s, c->end_day);
	sheet_text(s, str_of(id_text(c->casefile).c));
	sheet_text(s, c->service);
	sheet_text(s, c->fate >= FATE_NONE && c->fate <= FATE_LAPSED ? fates[c->fate] : STR_EMPTY);
	sheet_day(s, c->start_day);
	sheet_day(s, c->decided_day);
	sheet_day(s, c->due_day);
	sheet_day(s, c->legal_day);
	if (c->ran < 0) {
		sheet_text(s, STR_EMPTY);
	} else {
		sheet_number(s, c->ran);
	}
	sheet_number(s, c->stood);
	sheet_number(s, c->corrections);
	sheet_number(s, c->times_ended);
	sheet_line_end(s);
}

/* Reads of a page each, so that none is long; the arena of a page is emptied before the next. */
static bool put_cases(struct app *app, struct making *m, struct sheet *s, struct err *e)
{
	struct arena a;
	struct store_op op = {.route = m->account, .is_background = true};
	int64_t told = 0;
	bool ok = true;
	arena_init(&a, 4 << 20);
	m->lines = mem_alloc(PAGE_LINES, sizeof *m->lines);
	m->day = m->row.from_day;
	m->casefile = INT64_MIN;
	m->n = PAGE_LINES;
	while (ok && m->lines && m->n == PAGE_LINES && !s->failed) {
		arena_reset(&a);
		ok = store_read(app->store, m->row.institution, &a, page_job, m, e);
		for (size_t i = 0; ok && i < m->n; i++) {
			m->day = m->lines[i].end_day;
			m->casefile = m->lines[i].casefile;
			put_case(s, &m->lines[i]);
		}
		m->written = s->lines - 1;
		if (s->form == SHEET_XLSX && m->written + PAGE_LINES > SHEET_LINES_MOST) {
			ok = ok && err_set(e, ERR_TOO_LARGE, "more lines than a workbook holds");
		}
		if (ok && m->written - told >= TELL_EVERY) {
			told = m->written;
			ok = store_write(app->store, &op, step_job, m, e);
		}
	}
	ok = ok && (m->lines || err_set(e, ERR_MEMORY, "no memory for an export"));
	mem_free(m->lines);
	m->lines = NULL;
	arena_release(&a);
	return ok;
}

static bool spool_path(const struct app *app, int64_t id, const char *end, char path[512], struct err *e)
{
	int n = snprintf(path, 512, "%.*s/" SPOOL "/%s%s", STR_ARG(app->data_dir), id_text(id).c, end);
	return (n > 0 && n < 512) || err_set(e, ERR_CONFIG, "the data folder's name is too long");
}

static bool make_file(struct app *app, struct making *m, struct err *e)
{
	char folder[512], part[512], whole[512];
	struct sheet s;
	int fd = -1;
	snprintf(folder, sizeof folder, "%.*s/" SPOOL, STR_ARG(app->data_dir));
	if (!file_mkdir(&file_layer_real, folder, 0700, e) || !spool_path(app, m->id, ".part", part, e) ||
	    !spool_path(app, m->id, "", whole, e) ||
	    !file_open(&file_layer_real, part, O_WRONLY | O_CREAT | O_TRUNC, 0600, &fd, e)) {
		return false;
	}
	sheet_begin(&s, m->row.form == SHEET_XLSX ? SHEET_XLSX : SHEET_CSV, fd);
	put_heads(&s);
	bool ok = put_cases(app, m, &s, e);
	struct err end;
	bool ended = sheet_end(&s, ok ? e : &end);
	ok = ok && ended && file_fsync(&file_layer_real, fd, e) && file_rename(&file_layer_real, part, whole, e);
	m->bytes = s.bytes;
	file_close(&file_layer_real, fd);
	if (!ok) {
		unlink(part);
	}
	return ok;
}

static enum errand_end export_run(const struct errand *errand, void *ctx, struct err *why)
{
	struct app *app = ctx;
	struct making m = {.account = errand->route, .id = errand->subject};
	struct arena a;
	arena_init(&a, 1 << 16);
	bool ok = store_read(app->store, m.account, &a, get_job, &m, why);
	arena_release(&a);
	if (!ok) {
		return ERRAND_AGAIN;
	}
	if (!m.row.found || m.row.state != EXPORT_WAITS) {
		return ERRAND_DONE;
	}
	struct store_op op = {.route = m.account, .is_background = true};
	ok = make_file(app, &m, why);
	m.state = ok ? EXPORT_MADE : EXPORT_FAILED;
	if (!ok && errand->tries < 3 && why->code != ERR_TOO_LARGE) {
		return ERRAND_AGAIN;
	}
	struct err e;
	if (!store_write(app->store, &op, step_job, &m, &e)) {
		*why = e;
		return ERRAND_AGAIN;
	}
	return ok ? ERRAND_DONE : ERRAND_FAILED;
}

/* A week later: the file goes, on every machine that has it. */
static enum errand_end remove_run(const struct errand *errand, void *ctx, struct err *why)
{
	const struct app *app = ctx;
	char path[512];
	if (spool_path(app, errand->subject, "", path, why)) {
		unlink(path);
	}
	return ERRAND_DONE;
}

const struct errand_kind statistics_errands[] = {
	{.name = EXPORT_ERRAND, .run = export_run},
	{.name = REMOVE_ERRAND, .run = remove_run},
	{0},
};

/* --- Pages -------------------------------------------------------------------------------------------------------- */

struct asked {
	struct export_add_in row;
};

static bool ask_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct asked *in = ctx;
	return export_add(tx, &in->row, e) &&
	       errand_add(tx, in->row.account, STR(EXPORT_ERRAND), in->row.id, tx_now_us(tx), e) &&
	       errand_add(tx, in->row.account, STR(REMOVE_ERRAND), in->row.id, in->row.asked_at + KEPT_DAYS * US_PER_DAY,
	                  e);
}

struct listed {
	int64_t account;
	struct exports_of_out rows[EXPORTS_SHOWN];
	size_t n;
};

static bool list_job(struct tx *tx, void *ctx, struct err *e)
{
	struct listed *l = ctx;
	struct exports_of_rows rows;
	l->n = 0;
	if (!exports_of_open(tx, &(struct exports_of_in){.account = l->account}, &rows, e)) {
		return false;
	}
	while (l->n < EXPORTS_SHOWN && exports_of_next(&rows, &l->rows[l->n])) {
		l->n++;
	}
	return exports_of_close(&rows, e);
}

static bool is_over(struct req *r, int64_t asked_at)
{
	return time_legal_us(&r->app->time) - asked_at > KEPT_DAYS * US_PER_DAY;
}

static void fill_row(struct req *r, const struct exports_of_out *x, struct export_row *row)
{
	struct buf size;
	buf_init(&size, 60);
	format_bytes(&size, r->lang, x->bytes);
	bool is_old = is_over(r, x->asked_at);
	*row = (struct export_row){
		.id = arena_printf(&r->arena, "%s", id_text(x->id).c),
		.name = page_institution(r, x->institution),
		.what = arena_printf(&r->arena, "%.*s, %s", STR_ARG(figures_time_name(r, x->from_day, x->to_day)),
	                         x->form == SHEET_XLSX ? "XLSX" : "CSV"),
		.size = arena_copy(&r->arena, buf_str(&size)),
		.lines = x->lines,
		.is_made = x->state == EXPORT_MADE && !is_old,
		.is_waiting = x->state == EXPORT_WAITS,
	};
	row->href = row->is_made ? arena_printf(&r->arena, "/figures/files/%s", id_text(x->id).c) : STR_EMPTY;
	buf_release(&size);
}

static bool show(struct req *r, const struct sight *sight, const struct time_asked *t, struct exports_view *v,
                 struct err *e)
{
	struct listed *l = arena_new(&r->arena, struct listed, 1);
	v->rows = arena_new(&r->arena, struct export_row, EXPORTS_SHOWN);
	if (l == NULL || v->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a page");
	}
	l->account = r->viewer->account;
	if (!store_read(r->app->store, l->account, &r->arena, list_job, l, e)) {
		return false;
	}
	for (size_t i = 0; i < l->n; i++) {
		fill_row(r, &l->rows[i], &v->rows[v->n]);
		v->is_waiting = v->is_waiting || v->rows[v->n].is_waiting;
		v->n++;
	}
	v->time = (struct time_view){
		.from = t->typed_from, .to = t->typed_to, .wrong_from = t->wrong_from, .wrong_to = t->wrong_to};
	bool is_xlsx = str_is(req_form(r, "form"), "xlsx");
	v->forms[0] = (struct form_choice){.value = STR("csv"), .label = STR("CSV"), .is_chosen = !is_xlsx};
	v->forms[1] = (struct form_choice){.value = STR("xlsx"), .label = STR("XLSX"), .is_chosen = is_xlsx};
	v->r = r;
	v->op = req_new_op(r);
	v->office = text_in(&sight->at->name, r->lang);
	v->at = sight->at->pack_id;
	struct form_error errors[2];
	size_t error_n = figures_time_errors(t, errors);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Files of figures"),
	                          .current = NAV_FIGURES,
	                          .is_desk = true,
	                          .width = PAGE_FORM,
	                          .has_errors = error_n > 0,
	                          .back_href = arena_printf(&r->arena, "/figures?at=%.*s", STR_ARG(v->at))});
	if (error_n > 0) {
		r->status = err_status(ERR_INVALID);
		form_errors(&o, errors, error_n);
	}
	exports_page(&o, v);
	page_end(r, &o);
	return true;
}

bool figures_exports_get(struct req *r, struct err *e)
{
	struct sight sight;
	struct exports_view v = {0};
	if (!figures_sight(r, &sight, e)) {
		return false;
	}
	struct time_asked asked;
	figures_time(r, false, sight.at, figures_this_month(r, sight.at) - 1, &asked);
	return show(r, &sight, &asked, &v, e);
}

bool figures_exports_post(struct req *r, struct err *e)
{
	struct sight sight;
	struct store_op op;
	struct asked in = {0};
	if (!figures_sight(r, &sight, e)) {
		return false;
	}
	struct time_asked asked;
	struct exports_view v = {0};
	figures_time(r, true, sight.at, figures_this_month(r, sight.at) - 1, &asked);
	if (figures_time_is_wrong(&asked)) {
		return show(r, &sight, &asked, &v, e);
	}
	in.row.from_day = asked.from;
	in.row.to_day = asked.to;
	in.row.account = r->viewer->account;
	in.row.id = id_in_time(time_legal_us(&r->app->time));
	in.row.institution = sight.at->id;
	in.row.form = str_is(req_form(r, "form"), "xlsx") ? SHEET_XLSX : SHEET_CSV;
	in.row.lang = r->lang;
	in.row.asked_at = time_legal_us(&r->app->time);
	if (!people_still_allowed(r->app->store, r->viewer, e) || !app_op(r, in.row.account, &op, e) ||
	    !app_write(r, &op, ask_job, &in, e)) {
		return false;
	}
	if (r->app->errands) {
		errands_nudge(r->app->errands);
	}
	return req_redirect(r, arena_printf(&r->arena, "/figures/files?at=%.*s", STR_ARG(sight.at->pack_id)));
}

static struct str day_text(struct req *r, day_number day)
{
	char text[11];
	date_format(day, text);
	return arena_copy(&r->arena, str_of(text));
}

bool figures_export_get(struct req *r, struct err *e)
{
	struct making m = {.account = r->viewer->account};
	char path[512];
	int fd;
	if (!req_arg_id(r, 0, &m.id, e) || !store_read(r->app->store, m.account, &r->arena, get_job, &m, e)) {
		return false;
	}
	if (!m.row.found || m.row.state != EXPORT_MADE) {
		return err_set(e, ERR_NOT_FOUND, "no such file of this account");
	}
	/* Who no longer answers for an office reads its files no more. */
	if (!figures_are_seen(r, m.row.institution)) {
		return err_tell(e, ERR_FORBIDDEN, N_("Figures of an office are read by its head and its supervisors."),
		                "neither head nor supervisor any more");
	}
	if (!spool_path(r->app, m.id, "", path, e)) {
		return false;
	}
	if (is_over(r, m.row.asked_at) || !file_open(&file_layer_real, path, O_RDONLY, 0, &fd, e)) {
		return err_tell(e, ERR_GONE, N_("This file is no longer here. Have it made again: it takes a moment."),
		                "the file is over");
	}
	const char *end = m.row.form == SHEET_XLSX ? "xlsx" : "csv";
	struct str name = arena_printf(&r->arena, "cases-%.*s-%.*s.%s", STR_ARG(day_text(r, m.row.from_day)),
	                               STR_ARG(day_text(r, m.row.to_day)), end);
	return req_send_file(r, fd,
	                     m.row.form == SHEET_XLSX ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	                                              : "text/csv; charset=utf-8",
	                     name);
}
