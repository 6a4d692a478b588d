/* Numbered paper forms: printed beforehand, so that an outage stops nobody; entered afterwards, each once. */
#include "app/counter/counter.html.h"
#include "app/counter/counter.sql.h"
#include "app/counter/form_number.h"
#include "app/counter/pages.h"
#include "app/forms/draft.h"
#include "app/forms/paper_form.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "base/code128.h"
#include "base/time_source.h"
#include "html/translate.h"
#include "os/render_client.h"

enum { BLOCK_MOST = 50, LIST_MOST = 100 };
/* A claim whose draft was not made in this time is nobody's: the program was stopped in between. */
#define CLAIM_KEPT_US (10 * US_PER_MIN)

static struct str number_of(struct req *r, int64_t institution, int64_t n)
{
	char text[FORM_NUMBER_CHARS + 1];
	form_number_format(&(struct form_number){.office = form_number_office(institution), .serial = n}, text);
	return arena_copy(&r->arena, str_of(text));
}

/* --- Finding ----------------------------------------------------------------------------------------------------- */

struct find_job {
	int64_t n;
	struct numbered_form_get_out row;
};

static bool job_find(struct tx *tx, void *ctx, struct err *e)
{
	struct find_job *j = ctx;
	return numbered_form_get(tx, &(struct numbered_form_get_in){.institution = tx_route(tx), .n = j->n}, &j->row, e);
}

/* Among the offices whose code stands in the number: two of them may have the same. */
static bool look_up(struct req *r, const struct form_number *no, struct find_job *j, int64_t *institution,
                    struct err *e)
{
	const struct institution *list = NULL;
	size_t n = catalogue_institutions(r->app, &list);
	*j = (struct find_job){.n = no->serial};
	for (size_t i = 0; i < n; i++) {
		if (form_number_office(list[i].id) != no->office) {
			continue;
		}
		if (!store_read(r->app->store, list[i].id, &r->arena, job_find, j, e)) {
			return false;
		}
		if (j->row.found) {
			*institution = list[i].id;
			return true;
		}
	}
	return true;
}

static struct str say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 2000);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

struct exists_job {
	int64_t draft;
	bool is_there;
};

static bool job_exists(struct tx *tx, void *ctx, struct err *e)
{
	struct exists_job *j = ctx;
	struct draft d;
	struct err why = {0};
	j->is_there = draft_get(tx, tx_route(tx), j->draft, &d, &why);
	if (!j->is_there && why.code != ERR_NOT_FOUND) {
		*e = why;
		return false;
	}
	return true;
}

struct free_job {
	int64_t n, draft;
};

static bool job_free(struct tx *tx, void *ctx, struct err *e)
{
	const struct free_job *j = ctx;
	return numbered_form_free(
		tx, &(struct numbered_form_free_in){.institution = tx_route(tx), .n = j->n, .old_draft = j->draft}, e);
}

/* Entered by somebody: unless what it became was thrown away or lapsed, which frees the number. */
static bool is_taken(struct req *r, const struct numbered *n, bool *out, struct err *e)
{
	struct exists_job j = {.draft = n->draft};
	struct free_job f = {.n = n->n, .draft = n->draft};
	*out = n->casefile != 0;
	if (n->casefile != 0 || n->draft == 0) {
		return true;
	}
	if (!store_read(r->app->store, n->party, &r->arena, job_exists, &j, e)) {
		return false;
	}
	*out = j.is_there;
	struct err why = {0};
	if (!j.is_there && !app_write(r, &(struct store_op){.route = n->institution}, job_free, &f, &why) &&
	    why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	return true;
}

static struct str who_has_it(struct req *r, const struct numbered *n)
{
	struct local_time at = page_local_time(r, n->claimed_us);
	struct buf day;
	buf_init(&day, 100);
	format_date(&day, r->lang, 0, at.day, DATE_LONG);
	const struct tr_arg args[] = {TR_S("number", n->number), TR_S("name", n->official), TR_O("date", buf_str(&day))};
	struct str s =
		say(r,
	        n->casefile != 0 ? N_("Form {number} was entered already, by {name} on {date}. A number counts once.")
	                         : N_("Form {number} is being entered by {name}, since {date}. A number counts once."),
	        args, 3);
	buf_release(&day);
	return s;
}

bool numbered_find(struct req *r, struct str typed, struct numbered *out, struct str *why, struct err *e)
{
	struct form_number no;
	struct find_job j;
	int64_t institution = 0;
	bool taken = false;
	*why = STR_EMPTY;
	if (!form_number_parse(typed, &no)) {
		*why =
			tr(r->lang, N_("This number has a mistake: a character is wrong, or two are swapped. Compare it with the "
		                   "paper."));
		return false;
	}
	if (!look_up(r, &no, &j, &institution, e)) {
		return false;
	}
	if (!j.row.found) {
		*why = tr(r->lang, N_("No form with this number was printed here."));
		return false;
	}
	*out = (struct numbered){.institution = institution,
	                         .n = j.row.n,
	                         .service = catalogue_service(r->app, j.row.service),
	                         .number = number_of(r, institution, j.row.n),
	                         .printed_us = j.row.printed_at,
	                         .party = j.row.party,
	                         .draft = j.row.draft,
	                         .casefile = j.row.casefile,
	                         .official = j.row.official,
	                         .claimed_us = j.row.has_claimed_at ? j.row.claimed_at : 0};
	if (out->service == NULL) {
		*why = tr(r->lang, N_("The service of this form is offered no more."));
		return false;
	}
	if (counter_takes_in(r, out->service) == 0) {
		const struct tr_arg args[] = {TR_O("office", page_institution(r, institution))};
		*why = say(r, N_("This form is of another office: {office}. It is entered there, or at the front office."),
		           args, 1);
		return false;
	}
	if (!is_taken(r, out, &taken, e)) {
		return false;
	}
	/* The same press again goes on to where it led. */
	if (taken && !(r->method == METHOD_POST && app_was_done(r, out->party))) {
		*why = who_has_it(r, out);
		return false;
	}
	return true;
}

/* --- Entering ---------------------------------------------------------------------------------------------------- */

struct claim_job {
	int64_t n, claim, by, party, draft;
	struct str official;
};

static bool job_claim(struct tx *tx, void *ctx, struct err *e)
{
	const struct claim_job *j = ctx;
	return numbered_form_claim(tx,
	                           &(struct numbered_form_claim_in){.institution = tx_route(tx),
	                                                            .n = j->n,
	                                                            .claim = j->claim,
	                                                            .claimed_by = j->by,
	                                                            .official = j->official,
	                                                            .has_claimed_at = true,
	                                                            .claimed_at = tx_now_us(tx),
	                                                            .stale_at = tx_now_us(tx) - CLAIM_KEPT_US},
	                           e);
}

static bool job_enter(struct tx *tx, void *ctx, struct err *e)
{
	const struct claim_job *j = ctx;
	return numbered_form_enter(
		tx,
		&(struct numbered_form_enter_in){
			.institution = tx_route(tx), .n = j->n, .claim = j->claim, .party = j->party, .draft = j->draft},
		e);
}

/* Of the press: the first 63 bits of its operation's id. */
static bool claim_of(struct req *r, const struct numbered *n, struct claim_job *j, struct err *e)
{
	uint8_t op[OPID_BYTES];
	uint64_t v = 0;
	if (!req_op(r, op, e)) {
		return false;
	}
	for (int i = 0; i < 8; i++) {
		v = v << 8 | op[i];
	}
	v &= INT64_MAX;
	*j = (struct claim_job){
		.n = n->n, .claim = v ? (int64_t)v : 1, .by = r->viewer->account, .official = r->viewer->name};
	return true;
}

bool numbered_claim(struct req *r, const struct numbered *n, struct str *why, struct err *e)
{
	struct claim_job j;
	struct numbered now = {.official = STR_EMPTY, .number = n->number};
	if (!claim_of(r, n, &j, e)) {
		return false;
	}
	if (n->draft != 0 && n->casefile != 0) {
		return true; /* this press led there already */
	}
	if (app_write(r, &(struct store_op){.route = n->institution}, job_claim, &j, e)) {
		return true;
	}
	if (e->code != ERR_CONFLICT) {
		return false;
	}
	/* Taken between the look and the press; or this very press entered it before. */
	if (numbered_find(r, n->number, &now, why, e) && now.draft != 0) {
		return true;
	}
	if (why->n == 0 && e->code == ERR_CONFLICT) {
		*why = who_has_it(r, &now);
	}
	return false;
}

bool numbered_enter(struct req *r, const struct numbered *n, int64_t party, int64_t draft, struct err *e)
{
	struct claim_job j;
	if (!claim_of(r, n, &j, e)) {
		return false;
	}
	j.party = party;
	j.draft = draft;
	return app_write(r, &(struct store_op){.route = n->institution}, job_enter, &j, e) ||
	       (e->code == ERR_CONFLICT && n->casefile != 0);
}

/* --- Printing ---------------------------------------------------------------------------------------------------- */

struct print_job {
	int64_t block, count, by;
	struct str service;
};

static bool job_print(struct tx *tx, void *ctx, struct err *e)
{
	const struct print_job *in = ctx;
	int64_t institution = tx_route(tx), now = tx_now_us(tx);
	struct form_series_get_out series;
	if (!form_series_take(
			tx, &(struct form_series_take_in){.institution = institution, .count = in->count, .after = 1 + in->count},
			e) ||
	    !form_series_get(tx, &(struct form_series_get_in){.institution = institution}, &series, e)) {
		return false;
	}
	int64_t first = series.next - in->count;
	if (series.next - 1 > FORM_NUMBER_SERIAL_MAX) {
		return err_set(e, ERR_TOO_MANY, "an office has printed all its numbers");
	}
	bool ok = form_block_insert(tx,
	                            &(struct form_block_insert_in){.institution = institution,
	                                                           .id = in->block,
	                                                           .service = in->service,
	                                                           .first = first,
	                                                           .n = in->count,
	                                                           .printed_by = in->by,
	                                                           .printed_at = now},
	                            e);
	for (int64_t i = 0; ok && i < in->count; i++) {
		ok = numbered_form_insert(tx,
		                          &(struct numbered_form_insert_in){.institution = institution,
		                                                            .n = first + i,
		                                                            .block = in->block,
		                                                            .service = in->service,
		                                                            .printed_at = now},
		                          e);
	}
	tx_result(tx, 0, in->block);
	return ok;
}

struct list_job {
	struct numbered_form_open_list_out *items;
	size_t n;
};

static bool job_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list_job *j = ctx;
	struct numbered_form_open_list_rows rows;
	j->n = 0;
	j->items = arena_new(tx_arena(tx), struct numbered_form_open_list_out, LIST_MOST + 1);
	if (j->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for forms");
	}
	if (!numbered_form_open_list_open(
			tx, &(struct numbered_form_open_list_in){.institution = tx_route(tx), .most = LIST_MOST + 1}, &rows, e)) {
		return false;
	}
	while (j->n <= LIST_MOST && numbered_form_open_list_next(&rows, &j->items[j->n])) {
		j->n++;
	}
	return numbered_form_open_list_close(&rows, e);
}

/* Whose forms the viewer may see: the institutions of the services that it takes in. */
static bool fill_open(struct req *r, struct forms_view *v, const struct service **services, size_t service_n,
                      struct err *e)
{
	const struct institution *list = NULL;
	size_t n = catalogue_institutions(r->app, &list);
	struct open_form_row *rows = arena_new(&r->arena, struct open_form_row, LIST_MOST + 1);
	v->rows = rows;
	for (size_t i = 0; rows != NULL && i < n; i++) {
		bool is_seen = false;
		struct list_job j;
		for (size_t k = 0; k < service_n; k++) {
			is_seen = is_seen || str_eq(services[k]->institution, list[i].pack_id);
		}
		if (!is_seen) {
			continue;
		}
		if (!store_read(r->app->store, list[i].id, &r->arena, job_list, &j, e)) {
			return false;
		}
		for (size_t k = 0; k < j.n; k++) {
			const struct numbered_form_open_list_out *f = &j.items[k];
			if (v->row_n == LIST_MOST) {
				v->has_more = true;
				break;
			}
			const struct service *s = catalogue_service(r->app, f->service);
			struct str number = number_of(r, list[i].id, f->n);
			rows[v->row_n++] =
				(struct open_form_row){.number = number,
			                           .service = s ? text_in(&s->name, r->lang) : f->service,
			                           .who = f->official,
			                           .is_claimed = f->claim != 0,
			                           .day = page_local_time(r, f->has_claimed_at ? f->claimed_at : f->printed_at).day,
			                           .pdf_href = arena_printf(&r->arena, PATH_COUNTER "/form/%.*s", STR_ARG(number))};
		}
	}
	return rows != NULL || err_set(e, ERR_MEMORY, "no room for forms");
}

static bool show_forms(struct req *r, struct forms_view *v, struct err *e)
{
	const struct service **services = NULL;
	size_t n = counter_services(r, false, &services);
	struct form_choice *choices = arena_new(&r->arena, struct form_choice, n + 1);
	if (services == NULL || choices == NULL) {
		return err_set(e, ERR_MEMORY, "no room for services");
	}
	for (size_t i = 0; i < n; i++) {
		choices[i] = (struct form_choice){.value = services[i]->id,
		                                  .label = text_in(&services[i]->name, r->lang),
		                                  .is_chosen = str_eq(services[i]->id, req_form(r, "service"))};
	}
	v->services = choices;
	v->service_n = n;
	if (!fill_open(r, v, services, n, e)) {
		return false;
	}
	struct html_out o;
	counter_begin(r, &o, N_("Numbered paper forms"), v->error_n > 0, STR(PATH_COUNTER));
	forms_page(&o, v);
	page_end(r, &o);
	return true;
}

static void begin_forms(struct req *r, struct forms_view *v)
{
	*v = (struct forms_view){
		.csrf = r->csrf,
		.op = req_new_op(r),
		.service = {.name = STR("service"), .label = tr(r->lang, N_("Service"))},
		.count = {.name = STR("count"),
	              .label = tr(r->lang, N_("How many")),
	              .hint = tr(r->lang, N_("At most 50 at once")),
	              .value = r->method == METHOD_POST ? str_trim(req_form(r, "count")) : STR("10"),
	              .width = FIELD_W4,
	              .inputmode = "numeric",
	              .chars_max = 3},
	};
}

bool forms_get(struct req *r, struct err *e)
{
	struct forms_view v;
	begin_forms(r, &v);
	return show_forms(r, &v, e);
}

bool forms_post(struct req *r, struct err *e)
{
	struct forms_view v;
	uint64_t count = 0;
	struct store_op op;
	begin_forms(r, &v);
	const struct service *s = catalogue_service(r->app, req_form(r, "service"));
	const struct institution *at = s ? catalogue_institution_named(r->app, s->institution) : NULL;
	if (s == NULL || at == NULL || counter_takes_in(r, s) == 0) {
		return err_tell(e, ERR_FORBIDDEN,
		                N_("This service is another office’s. It is taken in there, or at the front office."),
		                "forms of another office");
	}
	if (!str_to_u64(v.count.value, &count) || count < 1 || count > BLOCK_MOST) {
		counter_note(r, v.errors, &v.error_n, &v.count, tr(r->lang, N_("Write a number from 1 to 50.")));
		return show_forms(r, &v, e);
	}
	struct print_job in = {.block = id_in_time(time_legal_us(&r->app->time)),
	                       .count = (int64_t)count,
	                       .by = r->viewer->account,
	                       .service = s->id};
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, at->id, &op, e) &&
	       app_write(r, &op, job_print, &in, e) &&
	       req_redirect(
			   r, arena_printf(&r->arena, PATH_COUNTER "/forms/%s/%s", id_text(at->id).c, id_text(op.result[0]).c));
}

struct block_job {
	int64_t block;
	struct form_block_get_out row;
};

static bool job_block(struct tx *tx, void *ctx, struct err *e)
{
	struct block_job *j = ctx;
	return form_block_get(tx, &(struct form_block_get_in){.institution = tx_route(tx), .id = j->block}, &j->row, e);
}

static struct html barcode_svg(struct req *r, struct str text)
{
	struct code128 c;
	struct buf b;
	if (!code128_make(text, &c)) {
		return (struct html){STR_EMPTY};
	}
	buf_init(&b, 32 * 1024);
	struct html_out o = {.to = &b, .lang = r->lang};
	struct buf path;
	buf_init(&path, 32 * 1024);
	code128_put_path(&c, &path);
	barcode(&o, (int64_t)c.modules, buf_str(&path));
	struct html out = {arena_copy(&r->arena, buf_str(&b))};
	buf_release(&path);
	buf_release(&b);
	return out;
}

bool block_get_page(struct req *r, struct err *e)
{
	int64_t institution = 0;
	struct block_job j = {0};
	struct paper_form form;
	if (!req_arg_id(r, 0, &institution, e) || !req_arg_id(r, 1, &j.block, e)) {
		return false;
	}
	const struct institution *at = catalogue_institution(r->app, institution);
	if (at == NULL || !store_read(r->app->store, institution, &r->arena, job_block, &j, e)) {
		return at == NULL ? err_set(e, ERR_NOT_FOUND, "no such office") : false;
	}
	const struct service *s = j.row.found ? catalogue_service(r->app, j.row.service) : NULL;
	if (s == NULL || counter_takes_in(r, s) == 0) {
		return err_set(e, ERR_NOT_FOUND, "no such block of forms for this official");
	}
	struct block_form *forms = arena_new(&r->arena, struct block_form, (size_t)j.row.n + 1);
	if (forms == NULL || !paper_form_make(r, s, &form, e)) {
		return forms == NULL ? err_set(e, ERR_MEMORY, "no room for forms") : false;
	}
	struct block_view v = {.service = text_in(&s->name, r->lang),
	                       .institution = text_in(&at->name, r->lang),
	                       .where = text_in(&at->address, r->lang),
	                       .declaration = text_in(&s->declaration, r->lang),
	                       .forms = forms,
	                       .form = &form,
	                       .r = r};
	for (; v.n < (size_t)j.row.n; v.n++) {
		forms[v.n].number = number_of(r, institution, j.row.first + (int64_t)v.n);
		forms[v.n].barcode = barcode_svg(r, forms[v.n].number);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Numbered paper forms"),
	                          .current = NAV_COUNTER,
	                          .width = PAGE_NOTE,
	                          .back_href = STR(PATH_COUNTER "/forms")});
	block_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* One form as PDF, with barcode and QR code. */
bool form_pdf_get(struct req *r, struct err *e)
{
	struct form_number no;
	struct find_job j;
	struct paper_form form;
	int64_t institution = 0;
	int fd = -1;
	if (!form_number_parse(r->path_args[0], &no)) {
		return err_set(e, ERR_NOT_FOUND, "no number of a form");
	}
	if (!look_up(r, &no, &j, &institution, e)) {
		return false;
	}
	const struct service *s = j.row.found ? catalogue_service(r->app, j.row.service) : NULL;
	if (s == NULL || counter_takes_in(r, s) == 0) {
		return err_set(e, ERR_NOT_FOUND, "no such form for this official");
	}
	struct str number = number_of(r, institution, j.row.n);
	struct document_block head[] = {
		{.kind = BLOCK_QR, .text = number, .caption = number},
		{.kind = BLOCK_NUMBER, .text = number, .caption = tr(r->lang, N_("Number of this form"))},
		{.kind = BLOCK_BARCODE, .text = number, .caption = number},
		{.kind = BLOCK_FIELD, .level = 1, .text = tr(r->lang, N_("Received: day and time, stamp"))},
	};
	return paper_form_make(r, s, &form, e) &&
	       paper_form_document(r, s, &form, head, sizeof head / sizeof *head, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "%.*s.pdf", STR_ARG(number)));
}
