/* The alerts of an office, for those who work there: what turned and was not acted on, and a word to say that somebody
 * has seen it. Who watches over the office sees the word on the case. */
#include "app/cases/facts.h"
#include "app/catalogue/office.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/supervision/about.h"
#include "app/supervision/alerts.h"
#include "app/supervision/office.h"
#include "app/supervision/pages.h"
#include "app/supervision/supervision.html.h"
#include "app/supervision/supervision.sql.h"

enum { LIST_MOST = 30, WORD_MOST = 2000 };

struct listed {
	struct board_cases_at_out c;
	struct alert_of_case_out alert; /* the newest */
	struct alert_word_of_case_out word;
	bool has_alert, has_word, is_answered; /* has_word: of this alert, or of one before */
};

struct list_job {
	int64_t institution;
	struct listed items[LIST_MOST];
	size_t n;
};

static bool read_level(struct tx *tx, struct list_job *j, int64_t level, struct err *e)
{
	struct board_cases_at_rows rows;
	struct board_cases_at_in in = {
		.institution = j->institution, .level = level, .after_due = INT32_MIN, .most = LIST_MOST};
	if (!board_cases_at_open(tx, &in, &rows, e)) {
		return false;
	}
	while (j->n < LIST_MOST && board_cases_at_next(&rows, &j->items[j->n].c)) {
		j->n++;
	}
	return board_cases_at_close(&rows, e);
}

static bool read_alert(struct tx *tx, struct list_job *j, struct listed *l, struct err *e)
{
	struct alert_of_case_rows alerts;
	struct alert_word_of_case_rows words;
	if (!alert_of_case_open(
			tx, &(struct alert_of_case_in){.institution = j->institution, .casefile = l->c.casefile, .most = 1},
			&alerts, e)) {
		return false;
	}
	l->has_alert = alert_of_case_next(&alerts, &l->alert);
	if (!alert_of_case_close(&alerts, e) ||
	    !alert_word_of_case_open(
			tx, &(struct alert_word_of_case_in){.institution = j->institution, .casefile = l->c.casefile, .most = 1},
			&words, e)) {
		return false;
	}
	l->has_word = alert_word_of_case_next(&words, &l->word);
	l->is_answered = l->has_word && l->has_alert && l->word.id == l->alert.id;
	return alert_word_of_case_close(&words, e);
}

static bool list_job(struct tx *tx, void *ctx, struct err *e)
{
	struct list_job *j = ctx;
	j->n = 0;
	bool ok = read_level(tx, j, CLOCK_PAST, e) && read_level(tx, j, CLOCK_RED, e) && read_level(tx, j, CLOCK_ORANGE, e);
	for (size_t i = 0; ok && i < j->n; i++) {
		ok = read_alert(tx, j, &j->items[i], e);
	}
	return ok;
}

/* "The supervision office hears of it Mon 23 Nov, 14:10." */
static struct str hearing(struct req *r, const struct institution *at, const struct alert_hearing *a)
{
	const struct institution *above = supervision_above(r->app, at, NULL);
	int64_t now_us = time_legal_us(&r->app->time);
	if (above == NULL || a->answered_us != 0) {
		return STR_EMPTY;
	}
	struct str office = text_in(&above->name, r->lang);
	int64_t reaches_us = alert_reaches_us(at->calendar, a);
	return alert_is_heard(a, reaches_us, now_us)
	           ? CASE_SAY(r, N_("{office} has heard of it."), TR_O("office", office))
	           : CASE_SAY(r, N_("{office} hears of it {when}, unless somebody acts or answers."),
	                      TR_O("office", office), TR_O("when", page_moment(r, reaches_us)));
}

static bool show_alerts(struct req *r, const struct institution *at, int64_t wrong_case, struct str error,
                        struct err *e)
{
	struct list_job *j = arena_new(&r->arena, struct list_job, 1);
	struct office_alerts_view v = {.csrf = r->csrf, .office = text_in(&at->name, r->lang)};
	struct account_list staff;
	v.rows = arena_new(&r->arena, struct office_alert_row, LIST_MOST);
	if (j == NULL || v.rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for alerts");
	}
	j->institution = at->id;
	if (!store_read(r->app->store, at->id, &r->arena, list_job, j, e) ||
	    !people_staff(r->app->store, &r->arena, at->id, &staff, e)) {
		return false;
	}
	day_number today = zone_local(calendar_zone(at->calendar), time_legal_us(&r->app->time)).day;
	for (size_t i = 0; i < j->n; i++) {
		const struct listed *l = &j->items[i];
		/* Until the limit that turned: past it, by how much it is late. */
		day_number due = l->has_alert ? l->alert.due_day : l->c.due_day;
		int32_t left = calendar_between(at->calendar, today - (due >= today), due);
		bool is_law = l->has_alert ? l->alert.is_legal : l->c.level == CLOCK_PAST;
		const struct service *s = catalogue_service(r->app, l->c.service);
		struct office_alert_row *row = &v.rows[v.row_n++];
		struct str id = arena_copy(&r->arena, str_of(id_text(l->c.casefile).c));
		*row = (struct office_alert_row){
			.id = id,
			.href = arena_printf(&r->arena, PATH_QUEUE "/%.*s", STR_ARG(id)),
			.number = l->c.number.n > 0 ? l->c.number : id,
			.service = s ? text_in(&s->name, r->lang) : l->c.service,
			.stone = {.days_left = left > 0 ? left : left - (left == 0),
		              .is_later = due > today,
		              .alert = case_alert((enum clock_level)l->c.level)},
			.limit = CASE_SAY(r, is_law ? N_("Last day by law: {date}") : N_("Promised day: {date}"),
		                      TR_O("date", about_day(r, at, due))),
			.op = req_new_op(r),
		};
		for (size_t k = 0; k < staff.n; k++) {
			row->official = staff.items[k].account == l->c.handler ? staff.items[k].name : row->official;
		}
		if (l->has_alert) {
			const struct alert_hearing a = {.level = (enum clock_level)l->alert.level,
			                                .raised_us = l->alert.raised_at,
			                                .due_us = l->alert.due_at,
			                                .answered_us = l->alert.has_acted_at ? l->alert.acted_at
			                                               : l->is_answered      ? l->word.said_at
			                                                                     : 0};
			row->alert = arena_copy(&r->arena, str_of(id_text(l->alert.id).c));
			row->raised = CASE_SAY(r, N_("Raised {when}"), TR_O("when", page_moment(r, a.raised_us)));
			row->hears = hearing(r, at, &a);
			row->is_acted = l->alert.has_acted_at;
			row->is_answered = l->is_answered;
		}
		row->said_by = l->has_word ? l->word.name : STR_EMPTY;
		row->word = l->has_word ? l->word.word : STR_EMPTY;
		if (wrong_case == l->c.casefile) {
			row->error = error;
			row->typed = req_form(r, "word");
		}
	}
	struct html_out o;
	r->status = error.n > 0 ? 422 : 200;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Alerts"),
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .has_errors = error.n > 0,
	                          .back_href = STR(PATH_QUEUE)});
	office_alerts_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool desk_alerts_get(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	return at != NULL && show_alerts(r, at, 0, STR_EMPTY, e);
}

static bool word_job(struct tx *tx, void *ctx, struct err *e)
{
	struct alert_word_add_in in = *(const struct alert_word_add_in *)ctx;
	struct alert_of_case_rows rows;
	struct alert_of_case_out a;
	bool is_there = false;
	in.said_at = tx_now_us(tx);
	if (!alert_word_add(tx, &in, e) ||
	    !alert_of_case_open(
			tx,
			&(struct alert_of_case_in){.institution = in.institution, .casefile = in.casefile, .most = ALERTS_OF_CASE},
			&rows, e)) {
		return false;
	}
	while (alert_of_case_next(&rows, &a)) {
		is_there = is_there || a.id == in.id;
	}
	return alert_of_case_close(&rows, e) && (is_there || err_set(e, ERR_NOT_FOUND, "no such alert"));
}

bool desk_alerts_post(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	struct alert_word_add_in in = {.account = r->viewer->account, .name = r->viewer->name};
	struct str error = STR_EMPTY;
	struct store_op op;
	if (at == NULL) {
		return false;
	}
	in.institution = at->id;
	if (!id_parse(req_form(r, "case"), &in.casefile) || !id_parse(req_form(r, "alert"), &in.id)) {
		return err_set(e, ERR_BAD_INPUT, "no alert is named");
	}
	in.word = about_words(r, "word", WORD_MOST, &error);
	if (error.n > 0) {
		return show_alerts(r, at, in.casefile, error, e);
	}
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, at->id, &op, e) &&
	       app_write(r, &op, word_job, &in, e) && req_redirect(r, STR("/desk/alerts"));
}
