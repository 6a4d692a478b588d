/* The queue of an institution: what is due first comes first. */
#include "app/cases/desk.h"

#include "app/cases/desk.html.h"
#include "app/page.h"
#include "app/people/viewer.h"

enum { PAGE_SIZE = 50 };

struct queue_load {
	int64_t institution, handler; /* handler 0: all */
	day_number after_due;
	int64_t after_case;
	struct queue_page_out *rows; /* one more than a page: is there a next one? */
	size_t n;
};

static void copy_of(struct queue_page_out *to, const struct queue_page_of_handler_out *from)
{
	/* Two statements select the same columns; sqlgen gives each a struct of its own. */
	*to = (struct queue_page_out){
		.institution = from->institution,
		.casefile = from->casefile,
		.party = from->party,
		.number = from->number,
		.applicant = from->applicant,
		.service = from->service,
		.state = from->state,
		.waits = from->waits,
		.handler = from->handler,
		.handler_name = from->handler_name,
		.due_day = from->due_day,
		.start_day = from->start_day,
		.committed_days = from->committed_days,
		.statutory_days = from->statutory_days,
		.stood_days = from->stood_days,
		.has_stands_since = from->has_stands_since,
		.stands_since = from->stands_since,
	};
}

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct queue_load *in = ctx;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct queue_page_out, PAGE_SIZE + 1);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a queue");
	}
	if (in->handler != 0) {
		struct queue_page_of_handler_rows rows;
		struct queue_page_of_handler_out row;
		if (!queue_page_of_handler_open(tx,
		                                &(struct queue_page_of_handler_in){.institution = in->institution,
		                                                                   .handler = in->handler,
		                                                                   .after_due = in->after_due,
		                                                                   .after_case = in->after_case,
		                                                                   .most = PAGE_SIZE + 1},
		                                &rows, e)) {
			return false;
		}
		while (in->n <= PAGE_SIZE && queue_page_of_handler_next(&rows, &row)) {
			copy_of(&in->rows[in->n++], &row);
		}
		return queue_page_of_handler_close(&rows, e);
	}
	struct queue_page_rows rows;
	if (!queue_page_open(tx,
	                     &(struct queue_page_in){.institution = in->institution,
	                                             .after_due = in->after_due,
	                                             .after_case = in->after_case,
	                                             .most = PAGE_SIZE + 1},
	                     &rows, e)) {
		return false;
	}
	while (in->n <= PAGE_SIZE && queue_page_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return queue_page_close(&rows, e);
}

/* "after=<due day>.<case id>"; anything else starts from the top. */
static void read_after(struct req *r, struct queue_load *in)
{
	struct str due, id;
	int64_t day, casefile;
	in->after_due = INT32_MIN;
	in->after_case = 0;
	if (str_cut(req_query(r, "after"), '.', &due, &id) && str_to_i64(due, &day) && day > INT32_MIN && day < INT32_MAX &&
	    id_parse(id, &casefile)) {
		in->after_due = (day_number)day;
		in->after_case = casefile;
	}
}

/* Stones of a row: what ran, stood and is left, without the days of finished stops in their places (the case's page has
 * them). */
static struct clock_view row_clock(struct req *r, const struct case_dates *d, const struct queue_page_out *q)
{
	struct clock_view v = {.promised = {.at = -1}, .law = {.at = -1}};
	int32_t ran = d->ran_days, stood = d->stood_days, all = (int32_t)q->statutory_days;
	int32_t n = stood + (ran > all ? ran : all);
	uint8_t *days = n > 0 && n < 400 ? arena_new(&r->arena, uint8_t, (size_t)n) : NULL;
	if (days == NULL) {
		return v;
	}
	for (int32_t i = 0; i < n; i++) {
		days[i] = i < ran && i >= (int32_t)q->committed_days ? DAY_LATE
		          : i < ran                                  ? DAY_RAN
		          : i < ran + stood                          ? DAY_STOOD
		                                                     : DAY_LEFT;
	}
	v.days = days;
	v.n = (size_t)n;
	v.promised.at = (int32_t)q->committed_days + stood - 1;
	v.law.at = all + stood - 1;
	return v;
}

static void fill(struct req *r, const struct institution *at, const struct queue_page_out *q, struct queue_row *row)
{
	struct case_facts f = {.calendar = at->calendar, .zone = calendar_zone(at->calendar)};
	struct case_clock clock = {
		.start_day = q->start_day,
		.committed_days = (int32_t)q->committed_days,
		.statutory_days = (int32_t)q->statutory_days,
		.stood_days = (int32_t)q->stood_days,
		.stands = q->has_stands_since,
		.stands_since = q->stands_since,
	};
	const struct service *service = catalogue_service(r->app, q->service);
	f.today = case_today(f.calendar, time_legal_us(&r->app->time));
	case_clock_dates(f.calendar, &clock, f.today, &f.dates);
	*row = (struct queue_row){
		.href = arena_printf(&r->arena, "/queue/%s", id_text(q->casefile).c),
		.applicant = q->applicant,
		.number = q->number,
		.service = service ? text_in(&service->name, r->lang) : q->service,
		.handler = q->handler_name,
		.tag = case_tag(q->state, OUTCOME_NONE, true),
		.stone = {.days_left = f.dates.left_days, .is_standing = f.dates.stands},
		.clock = row_clock(r, &f.dates, q),
	};
	row->promise = f.dates.stands ? CASE_SAY(r, N_("Stands since {date}"),
	                                         TR_O("date", case_date(r, &f, q->stands_since, DATE_SHORT)))
	                              : CASE_SAY(r, N_("Promised {promised}, law {legal}"),
	                                         TR_O("promised", case_date(r, &f, f.dates.promised, DATE_SHORT)),
	                                         TR_O("legal", case_date(r, &f, f.dates.legal, DATE_SHORT)));
}

bool queue_get_page(struct req *r, struct err *e)
{
	struct queue_view v = {.page_size = PAGE_SIZE};
	if (!offices_of_viewer(r, &v.offices, e)) {
		return false;
	}
	const struct institution *at = v.offices.items[v.offices.at];
	bool is_mine = str_is(req_query(r, "view"), "mine");
	struct queue_load in = {.institution = at->id, .handler = is_mine ? r->viewer->account : 0};
	read_after(r, &in);
	if (!store_read(r->app->store, at->id, &r->arena, load, &in, e)) {
		return false;
	}
	struct queue_row *rows = arena_new(&r->arena, struct queue_row, PAGE_SIZE);
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a queue");
	}
	struct case_facts now = {.calendar = at->calendar, .zone = calendar_zone(at->calendar)};
	now.today = case_today(at->calendar, time_legal_us(&r->app->time));
	v.institution = text_in(&at->name, r->lang);
	v.now = case_moment(r, &now, time_legal_us(&r->app->time));
	v.is_mine = is_mine;
	v.rows = rows;
	v.n = in.n > PAGE_SIZE ? PAGE_SIZE : in.n;
	for (size_t i = 0; i < v.n; i++) {
		fill(r, at, &in.rows[i], &rows[i]);
	}
	if (in.n > PAGE_SIZE) {
		const struct queue_page_out *last = &in.rows[PAGE_SIZE - 1];
		v.next_href = arena_printf(&r->arena, "/queue?%safter=%d.%s", is_mine ? "view=mine&" : "", (int)last->due_day,
		                           id_text(last->casefile).c);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Queue"), .current = NAV_QUEUE, .is_desk = true});
	queue_page_body(&o, &v);
	page_end(r, &o);
	return true;
}
