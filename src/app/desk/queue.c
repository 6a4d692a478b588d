/* The queue of an institution: what is due first comes first; filters, kept ones too; counts on its tabs. */
#include "app/cases/acts.h"
#include "app/cases/clock.h"
#include "app/cases/recalculation.h"
#include "app/catalogue/office.h"
#include "app/desk/desk.sql.h"
#include "app/desk/filter.h"
#include "app/desk/look.h"
#include "app/desk/pages.h"
#include "app/desk/queue.html.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "app/supervision/inquiry.h"
#include "app/traffic/traffic.h"

enum {
	PAGE_SIZE = 50,
	COUNT_MOST = 99, /* a tab counts no further */
	LOOK_MOST = 2048 /* cases that one page looks through; then it asks whether to look further */
};

/* --- Reading
 * ---------------------------------------------------------------------------------------------------------------- */

struct load {
	const struct filter *filter;
	const struct filter_reader *reader;
	struct queue_place after;
	struct queue_key keys[PAGE_SIZE + 1]; /* one more than a page: is there a next one? */
	size_t n;
	struct queue_place looked; /* up to here, when it stopped without having found a page */
	bool is_more;
	struct queue_rows_out rows[PAGE_SIZE];
	int64_t marks[PAGE_SIZE]; /* the event up to which the reader has seen it */
	int counts[TAB_COUNT];    /* COUNT_MOST + 1: more */
	struct filter_list_out *kept;
	size_t kept_n;
	const struct viewer *viewer;
	int64_t inquiry_n; /* that wait for an answer */
	bool has_signals;
	int64_t incident_n; /* in the street, that nobody looks after */
};

/* Keeps those that the filter wants, in their order. */
static bool sift(struct tx *tx, const struct load *in, const struct filter *f, struct queue_key *keys, size_t *n,
                 struct err *e)
{
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++) {
		if (filter_wants(f, in->reader, &keys[i])) {
			keys[kept++] = keys[i];
		}
	}
	*n = kept;
	if (!f->is_new || kept == 0) {
		return true;
	}
	int64_t cases[QUEUE_STEP], marks[QUEUE_STEP];
	for (size_t i = 0; i < kept; i++) {
		cases[i] = keys[i].at.casefile;
	}
	if (!look_marks(tx, in->reader->institution, in->reader->handlers[0], cases, kept, marks, e)) {
		return false;
	}
	*n = 0;
	for (size_t i = 0; i < kept; i++) {
		if (keys[i].event > marks[i] && keys[i].actor != in->reader->handlers[0]) {
			keys[(*n)++] = keys[i];
		}
	}
	return true;
}

/* At most `most` cases after a place; looks through no more than LOOK_MOST. */
static bool find(struct tx *tx, struct load *in, const struct filter *f, struct queue_place after, size_t most,
                 struct queue_key *found, size_t *found_n, bool *is_more, struct err *e)
{
	struct queue_way way = filter_way(f, in->reader);
	struct queue_key keys[QUEUE_STEP];
	size_t n = QUEUE_STEP;
	*found_n = 0;
	for (size_t looked = 0; n == QUEUE_STEP && looked < LOOK_MOST && *found_n < most; looked += QUEUE_STEP) {
		if (!queue_step(tx, &way, after, keys, &n, e)) {
			return false;
		}
		size_t all = n;
		after = n > 0 ? keys[n - 1].at : after;
		if (!sift(tx, in, f, keys, &n, e)) {
			return false;
		}
		for (size_t i = 0; i < n && *found_n < most; i++) {
			found[(*found_n)++] = keys[i];
		}
		n = all;
	}
	*is_more = n == QUEUE_STEP && *found_n < most;
	in->looked = after;
	return true;
}

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct load *in = ctx;
	struct queue_key counted[COUNT_MOST + 1];
	int64_t cases[PAGE_SIZE];
	bool is_more;
	for (int tab = 0; tab < TAB_COUNT; tab++) {
		struct filter f = *in->filter;
		size_t n;
		f.tab = (enum desk_tab)tab;
		if (!find(tx, in, &f, QUEUE_START, COUNT_MOST + 1, counted, &n, &is_more, e)) {
			return false;
		}
		in->counts[tab] = is_more ? COUNT_MOST + 1 : (int)n;
	}
	if (!find(tx, in, in->filter, in->after, PAGE_SIZE + 1, in->keys, &in->n, &in->is_more, e)) {
		return false;
	}
	size_t n = in->n > PAGE_SIZE ? PAGE_SIZE : in->n;
	for (size_t i = 0; i < n; i++) {
		cases[i] = in->keys[i].at.casefile;
	}
	return inquiries_waiting(tx, in->reader->institution, in->viewer, &in->inquiry_n, e) &&
	       (!in->has_signals || incidents_waiting(tx, in->reader->institution, &in->incident_n, e)) &&
	       queue_rows_of(tx, in->reader->institution, cases, n, in->rows, e) &&
	       look_marks(tx, in->reader->institution, in->reader->handlers[0], cases, n, in->marks, e);
}

static bool load_kept(struct tx *tx, void *ctx, struct err *e)
{
	enum { KEPT_MAX = 50 };
	struct load *in = ctx;
	struct filter_list_rows rows;
	in->kept_n = 0;
	in->kept = arena_new(tx_arena(tx), struct filter_list_out, KEPT_MAX);
	if (in->kept == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for filters");
	}
	if (!filter_list_open(tx, &(struct filter_list_in){.account = in->reader->handlers[0]}, &rows, e)) {
		return false;
	}
	while (in->kept_n < KEPT_MAX && filter_list_next(&rows, &in->kept[in->kept_n])) {
		in->kept_n++;
	}
	return filter_list_close(&rows, e);
}

/* "<due day>.<case id>"; anything else starts from the top. */
static struct queue_place read_place(struct str s)
{
	struct str due, id;
	int64_t day, casefile;
	if (str_cut(s, '.', &due, &id) && str_to_i64(due, &day) && day > INT32_MIN && day < INT32_MAX &&
	    id_parse(id, &casefile)) {
		return (struct queue_place){(day_number)day, casefile};
	}
	return QUEUE_START;
}

/* --- A row
 * ------------------------------------------------------------------------------------------------------------------ */

/* Stones of a row: what ran, stood and is left, without the days of finished stops in their places (the case's page has
 * them). */
static struct clock_view row_clock(struct req *r, const struct calendar *calendar, const struct case_dates *d,
                                   const struct queue_rows_out *q)
{
	struct clock_view v = {.promised = {.at = -1}, .law = {.at = -1}};
	if (!d->has_begun || d->has_ended) {
		return v;
	}
	int32_t ran = d->ran_days, stood = d->stood_days;
	int32_t promised = calendar_between(calendar, q->begun_day, d->promised) - stood;
	int32_t all = calendar_between(calendar, q->begun_day, d->legal) - stood;
	int32_t n = stood + (ran > all ? ran : all);
	uint8_t *days = n > 0 && n < 400 ? arena_new(&r->arena, uint8_t, (size_t)n) : NULL;
	if (days == NULL) {
		return v;
	}
	for (int32_t i = 0; i < n; i++) {
		days[i] = i < ran && i >= promised ? DAY_LATE : i < ran ? DAY_RAN : i < ran + stood ? DAY_STOOD : DAY_LEFT;
	}
	v.days = days;
	v.n = (size_t)n;
	v.promised.at = promised + stood - 1;
	v.law.at = all + stood - 1;
	return v;
}

struct holder {
	int64_t account;
	struct str name;
};

static bool load_holder(struct tx *tx, void *ctx, struct err *e)
{
	struct holder *h = ctx;
	return people_name(tx, h->account, &h->name, e);
}

/* A case that had ended and came back, to be collected say, brings no name: whoever had it has it still. */
static struct str holder_of(struct req *r, const struct queue_rows_out *q)
{
	struct holder h = {.account = q->handler, .name = q->handler_name};
	struct err ignored; /* nobody of that account any more: no name */
	return q->handler != 0 && q->handler_name.n == 0 &&
	               !store_read(r->app->store, q->handler, &r->arena, load_holder, &h, &ignored)
	           ? STR_EMPTY
	           : h.name;
}

/* "Acceptance: 1 working day left"; empty: none has a limit, or it stands with the clock, which the row says, or the
 * case is another office's. */
static struct str step_of(struct req *r, const struct case_facts *f, const struct queue_rows_out *q)
{
	struct case_said said = CASE_SAID(q, CLOCK_GREEN, false, 0);
	struct case_dates dates;
	if (q->step.n == 0 || q->part != AS_OWNER || f->dates.stands) {
		return STR_EMPTY;
	}
	said.unit = (enum clock_unit)q->step_unit;
	said.has_begun = true;
	said.begun = q->step_since;
	said.due = said.legal = q->step_due;
	said.due_us = q->step_due_at;
	case_dates_said(f->calendar, &said, time_legal_us(&r->app->time), &dates);
	return case_step_left(r, q->step, &dates);
}

static struct str promise_of(struct req *r, const struct case_facts *f, const struct queue_rows_out *q)
{
	const char *who = case_waits_words(q->state, (unsigned)q->waits);
	if (f->dates.has_ended) {
		return q->state == CASE_DECIDED || who == NULL
		           ? tr(r->lang, N_("The letter leaves by itself."))
		           : CASE_SAY(r, N_("It waits for {who}."), TR_O("who", tr(r->lang, who)));
	}
	if (!f->dates.has_begun) {
		return tr(r->lang, N_("Waits to be accepted"));
	}
	if (f->dates.stands) {
		return CASE_SAY(r, N_("Stands since {date}"), TR_O("date", case_date(r, f, q->stands_since, DATE_SHORT)));
	}
	if (f->dates.promised < f->today) {
		return case_left_by_law(r, f->calendar, f->today, f->dates.legal);
	}
	return CASE_SAY(r, N_("Promised {promised}, law {legal}"),
	                TR_O("promised", case_date(r, f, f->dates.promised, DATE_SHORT)),
	                TR_O("legal", case_date(r, f, f->dates.legal, DATE_SHORT)));
}

void queue_row_fill(struct req *r, const struct institution *at, const struct queue_rows_out *q, struct queue_row *row)
{
	struct case_facts f = {.calendar = at->calendar, .zone = calendar_zone(at->calendar)};
	/* A row says nothing of the day on which it ended; nothing is counted from it. */
	struct case_said said = CASE_SAID(q, q->level, q->part == AS_OWNER && q->state >= CASE_DECIDED, INT32_MAX);
	const struct service *service = catalogue_service(r->app, q->service);
	f.today = case_today(f.calendar, time_legal_us(&r->app->time));
	case_dates_said(f.calendar, &said, time_legal_us(&r->app->time), &f.dates);
	*row = (struct queue_row){
		.id = arena_printf(&r->arena, "%s", id_text(q->casefile).c),
		.applicant = q->applicant,
		.number = q->number,
		.service = service ? text_in(&service->name, r->lang) : q->service,
		.handler = holder_of(r, q),
		.tag = case_tag_now(q->state, OUTCOME_NONE, (unsigned)q->waits, true),
		.stone = {.days_left = f.dates.left_days,
	              .alert = case_alert(f.dates.level),
	              .is_later = f.dates.promised > f.today,
	              .is_standing = f.dates.stands},
		.has_stone = !f.dates.has_ended,
		.clock = row_clock(r, f.calendar, &f.dates, q),
	};
	row->step = step_of(r, &f, q);
	row->promise = promise_of(r, &f, q);
}

/* --- The page
 * --------------------------------------------------------------------------------------------------------------- */

/* What is urgent of what the page shows stands in its title too. */
static struct str title_of(struct req *r, const struct queue_view *v)
{
	int64_t red = 0, orange = 0;
	for (size_t i = 0; i < v->n; i++) {
		const struct day_stone *stone = &v->rows[i].stone;
		red += !stone->is_standing && stone->alert == ALERT_RED;
		orange += !stone->is_standing && stone->alert == ALERT_ORANGE;
	}
	struct str name = tr(r->lang, N_("Queue"));
	return red + orange == 0 ? name
	                         : CASE_SAY(r, N_("{name}, {red} red and {orange} orange"), TR_O("name", name),
	                                    TR_N("red", red), TR_N("orange", orange));
}

static struct str with_query(struct req *r, const struct filter *f, struct str more)
{
	struct str query = filter_query(r, f);
	return arena_printf(&r->arena, PATH_QUEUE "%s%.*s%s%.*s", query.n || more.n ? "?" : "", STR_ARG(query),
	                    query.n && more.n ? "&" : "", STR_ARG(more));
}

static void fill_tabs(struct req *r, const struct load *in, struct queue_view *v)
{
	for (int i = 0; i < TAB_COUNT; i++) {
		struct filter f = *in->filter;
		f.tab = (enum desk_tab)i;
		v->tabs[i] = (struct queue_tab){
			.href = with_query(r, &f, STR_EMPTY),
			.title = tr(r->lang, tab_title(f.tab)),
			.count = in->counts[i] > COUNT_MOST ? arena_printf(&r->arena, "%d+", COUNT_MOST)
		                                        : arena_printf(&r->arena, "%d", in->counts[i]),
			.is_current = f.tab == in->filter->tab,
		};
	}
}

static void fill_kept(struct req *r, const struct load *in, struct queue_view *v)
{
	struct kept_filter *kept = arena_new(&r->arena, struct kept_filter, in->kept_n);
	struct str now = filter_query(r, in->filter);
	for (size_t i = 0; kept && i < in->kept_n; i++) {
		kept[v->kept_n++] = (struct kept_filter){
			.href = arena_printf(&r->arena, PATH_QUEUE "?%.*s", STR_ARG(in->kept[i].query)),
			.name = in->kept[i].name,
			.id = arena_printf(&r->arena, "%s", id_text(in->kept[i].id).c),
			.is_current = str_eq(in->kept[i].query, now),
		};
		v->is_kept = v->is_kept || kept[v->kept_n - 1].is_current;
	}
	v->kept = kept;
	v->query = now;
}

/* One more choice of a select; the first has no value. */
static void choose(struct choices *c, struct str value, struct str label, bool is_chosen)
{
	if (c->n < CHOICES_MAX) {
		c->items[c->n++] = (struct form_choice){.value = value, .label = label, .is_chosen = is_chosen};
	}
}

static void fill_choices(struct req *r, const struct institution *at, const struct load *in, struct queue_view *v)
{
	const struct filter *f = in->filter;
	struct service_list services = services_of_office(r->app, &r->arena, at->pack_id);
	choose(&v->services, STR_EMPTY, tr(r->lang, N_("All services")), false);
	for (size_t i = 0; i < services.n; i++) {
		choose(&v->services, services.items[i]->id, text_in(&services.items[i]->name, r->lang),
		       str_eq(services.items[i]->id, f->service));
	}
	choose(&v->states, STR_EMPTY, tr(r->lang, N_("Any state")), false);
	for (size_t i = 0; filter_state(i) != 0; i++) {
		choose(&v->states, state_word(filter_state(i)),
		       tr(r->lang, case_tag(filter_state(i), OUTCOME_NONE, true).msgid), filter_state(i) == f->state);
	}
	for (int i = 0; i < DUE_COUNT; i++) {
		choose(&v->dues, due_word((enum desk_due)i), tr(r->lang, due_title((enum desk_due)i)), (int)f->due == i);
	}
	choose(&v->handlers, STR_EMPTY, tr(r->lang, N_("Anyone")), false);
	choose(&v->handlers, STR("me"), tr(r->lang, N_("Me")), f->is_mine);
	choose(&v->handlers, STR("nobody"), tr(r->lang, N_("Nobody yet")), f->has_handler && f->handler == 0);
	for (const struct act *a = acts; a->name; a++) {
		if (a->is_for_many && !act_is_applicants(a)) {
			choose(&v->acts, str_of(a->name), tr(r->lang, a->title ? a->title : a->button), false);
		}
	}
	/* Colleagues, as far as their cases stand on this page. */
	for (size_t i = 0; i < v->n; i++) {
		const struct queue_rows_out *q = &in->rows[i];
		struct str id = arena_printf(&r->arena, "%s", id_text(q->handler).c);
		bool is_there = q->handler == 0 || q->handler == r->viewer->account || q->handler_name.n == 0;
		for (size_t k = 0; k < v->handlers.n && !is_there; k++) {
			is_there = str_eq(v->handlers.items[k].value, id);
		}
		if (!is_there) {
			choose(&v->handlers, id, q->handler_name, f->has_handler && f->handler == q->handler);
		}
	}
}

static void fill_rows(struct req *r, const struct institution *at, const struct load *in, struct queue_view *v)
{
	size_t n = in->n > PAGE_SIZE ? PAGE_SIZE : in->n;
	struct queue_row *rows = arena_new(&r->arena, struct queue_row, PAGE_SIZE);
	for (size_t i = 0; rows && i < n; i++) {
		/* Gone from the queue between two statements. */
		if (in->rows[i].casefile != 0) {
			queue_row_fill(r, at, &in->rows[i], &rows[v->n]);
			rows[v->n++].is_changed =
				in->marks[i] != 0 && in->rows[i].event > in->marks[i] && in->rows[i].actor != r->viewer->account;
		}
	}
	v->rows = rows;
	struct queue_place next = in->n > PAGE_SIZE ? in->keys[PAGE_SIZE - 1].at : in->looked;
	if (in->n > PAGE_SIZE || in->is_more) {
		v->next_href =
			with_query(r, in->filter, arena_printf(&r->arena, "after=%d.%s", (int)next.due, id_text(next.casefile).c));
		v->is_cut = in->n <= PAGE_SIZE;
	}
}

bool desk_queue_get(struct req *r, struct err *e)
{
	struct filter f;
	struct queue_view v = {.r = r, .page_size = PAGE_SIZE};
	if (!offices_of_viewer(r, &v.offices, e)) {
		return false;
	}
	const struct institution *at = v.offices.items[v.offices.at];
	struct filter_reader reader;
	struct load *in = arena_new(&r->arena, struct load, 1);
	if (in == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a queue");
	}
	if (!look_reader(r, at, &reader, e)) {
		return false;
	}
	filter_read(r, &f);
	*in = (struct load){.filter = &f,
	                    .reader = &reader,
	                    .viewer = r->viewer,
	                    .has_signals = at->has_signals,
	                    .after = read_place(req_query(r, "after"))};
	if (!store_read(r->app->store, at->id, &r->arena, load, in, e) ||
	    !store_read(r->app->store, r->viewer->account, &r->arena, load_kept, in, e) ||
	    !recalculation_line(r, at->calendar_id, &v.anew, e)) {
		return false;
	}
	struct case_facts now = {.calendar = at->calendar, .zone = calendar_zone(at->calendar), .today = reader.today};
	v.institution = text_in(&at->name, r->lang);
	v.now = case_moment(r, &now, time_legal_us(&r->app->time));
	v.is_filtered = filter_query(r, &f).n > 0;
	v.is_new = f.is_new;
	v.inquiry_n = in->inquiry_n;
	v.has_signals = in->has_signals;
	v.incident_n = in->incident_n;
	v.service = f.service;
	v.is_nothing_next = str_is(req_query(r, "next"), "none");
	v.tab = str_of(tab_word(f.tab));
	fill_rows(r, at, in, &v);
	fill_tabs(r, in, &v);
	fill_kept(r, in, &v);
	fill_choices(r, at, in, &v);
	struct html_out o;
	page_begin(r, &o, &(struct page){.title = title_of(r, &v), .current = NAV_QUEUE, .is_desk = true});
	queue_page_body(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Filters that are kept
 * ------------------------------------------------------------------------------------------------ */

static bool add_filter(struct tx *tx, void *ctx, struct err *e)
{
	struct filter_add_in row = *(const struct filter_add_in *)ctx;
	row.id = id_in_time(tx_now_us(tx));
	return filter_add(tx, &row, e);
}

static bool remove_filter(struct tx *tx, void *ctx, struct err *e)
{
	return filter_remove(tx, ctx, e);
}

bool desk_filter_post(struct req *r, struct err *e)
{
	enum { NAME_CHARS = 60, QUERY_BYTES = 2000 };
	struct store_op op;
	struct str name = str_trim(req_form(r, "name")), query = req_form(r, "query");
	if (query.n > QUERY_BYTES || str_runes(name) > NAME_CHARS) {
		return err_tell(e, ERR_BAD_INPUT, N_("Give the filter a name of at most 60 characters."), "a long filter");
	}
	struct filter_add_in row = {.account = r->viewer->account, .name = name, .query = query};
	if (name.n > 0 && query.n > 0 && (!app_op(r, row.account, &op, e) || !app_write(r, &op, add_filter, &row, e))) {
		return false;
	}
	return req_redirect(r, arena_printf(&r->arena, PATH_QUEUE "?%.*s", STR_ARG(query)));
}

bool desk_filter_remove_post(struct req *r, struct err *e)
{
	struct store_op op;
	struct filter_remove_in row = {.account = r->viewer->account};
	/* Removed before, in another tab: that is what was wanted. */
	if (id_parse(req_form(r, "filter"), &row.id) &&
	    (!app_op(r, row.account, &op, e) || !app_write(r, &op, remove_filter, &row, e)) && e->code != ERR_CONFLICT) {
		return false;
	}
	return req_redirect(r, STR(PATH_QUEUE));
}
