#include "app/supervision/watch.h"

#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/supervision/supervision.sql.h"
#include "app/supervision/triggers.h"

enum {
	TARGET_ARENA_BYTES = 64 * 1024,
	JSON_BYTES = 16 * 1024,
	KEPT_DAYS = 190, /* a quarter and the one before */
	DECIDED_MOST = 400,
};

/* --- Cases that are named
 * --------------------------------------------------------------------------------------------- */

static int64_t integer(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, str_of(key));
	return v && v->kind == JSON_INT ? v->integer : 0;
}

static bool is_true(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, str_of(key));
	return v && (v->kind == JSON_TRUE || (v->kind == JSON_INT && v->integer != 0));
}

bool named_cases_read(struct arena *a, struct str json, struct named_case out[NAMED_MOST], size_t *n, struct err *e)
{
	struct json *all;
	*n = 0;
	if (!json_parse(a, json, &all, e)) {
		return false;
	}
	for (const struct json *j = all->first; j && *n < NAMED_MOST; j = j->next) {
		out[(*n)++] = (struct named_case){.casefile = integer(j, "id"),
		                                  .party = integer(j, "party"),
		                                  .number = json_string(j, STR("number")),
		                                  .start = (day_number)integer(j, "start"),
		                                  .ran_minutes = integer(j, "ran")};
	}
	return true;
}

struct str named_cases_write(struct arena *a, const struct named_case *of, size_t n)
{
	struct buf b;
	buf_init(&b, JSON_BYTES);
	struct json_out j = {.to = &b};
	json_begin_array(&j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&j);
		json_key(&j, STR("id"));
		json_put_int(&j, of[i].casefile);
		json_key(&j, STR("party"));
		json_put_int(&j, of[i].party);
		json_key(&j, STR("number"));
		json_put_string(&j, of[i].number);
		json_key(&j, STR("start"));
		json_put_int(&j, of[i].start);
		json_key(&j, STR("ran"));
		json_put_int(&j, of[i].ran_minutes);
		json_end_object(&j);
	}
	json_end_array(&j);
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* --- What is at hand
 * -------------------------------------------------------------------------------------------------- */

struct sight {
	struct tx *tx;
	const struct event *ev;
	const struct json *open;
	const struct institution *at;
	const struct service *service; /* as it is in force; NULL: not any more */
	day_number day;                /* of the event */
	struct case_watch_get_out was, now;
	struct trigger_look look;
	struct named_case older[NAMED_MOST];
	size_t older_n;
};

static bool is_ours(const struct event *ev)
{
	return str_is(ev->room, "cases");
}

static int64_t quarter_of(day_number day)
{
	struct date d = date_of_day(day);
	return (int64_t)d.year * 4 + (d.month - 1) / 3;
}

static bool sight_begin(struct sight *s, struct tx *tx, const struct event *ev, struct app *app, struct err *e)
{
	struct json *open = NULL;
	*s = (struct sight){.tx = tx, .ev = ev};
	if (!json_parse(tx_arena(tx), ev->public_payload, &open, e) ||
	    !case_watch_get(tx, &(struct case_watch_get_in){.institution = tx_route(tx), .casefile = ev->casefile}, &s->was,
	                    e)) {
		return false;
	}
	s->open = open;
	s->at = catalogue_institution(app, tx_route(tx));
	if (s->at == NULL) {
		return err_set(e, ERR_INTERNAL, "a case of an institution that the catalogue does not know");
	}
	s->service = catalogue_service(app, ev->service);
	s->day = case_today(s->at->calendar, ev->effective_us ? ev->effective_us : ev->recorded_us);
	s->now = s->was;
	return true;
}

/* It comes to this office: by an event that carries all that an office needs. */
static bool is_coming(const struct sight *s)
{
	return str_is(s->ev->kind, "submitted") || str_is(s->ev->kind, "forwarded") || str_is(s->ev->kind, "reopened");
}

static bool can_be_decided(const struct sight *s)
{
	int64_t state = integer(s->open, "state");
	return (state == CASE_IN_WORK || state == CASE_CORRECTED) && !s->now.stands &&
	       (integer(s->open, "waits") & ~(int64_t)WAITS_OFFICE) == 0;
}

static void take_in(struct sight *s)
{
	struct case_watch_get_out *now = &s->now;
	if (is_coming(s)) {
		if (!s->was.found || str_is(s->ev->kind, "forwarded")) {
			*now = (struct case_watch_get_out){.came_day = s->day, .corrections = now->corrections};
		}
		now->found = true;
		now->came_day = s->day;
		now->party = s->ev->route;
		now->number = json_string(s->open, STR("number"));
		now->service = s->ev->service;
		/* Who came first: not when a clock begins that waits for the acceptance. */
		now->start_day = s->was.found                              ? s->was.start_day
		                 : str_is(s->ev->kind, "submitted")        ? s->day
		                 : json_get(s->open, STR("start")) != NULL ? (int32_t)integer(s->open, "start")
		                                                           : s->day;
	}
	now->handler = integer(s->open, "handler");
	now->stands = is_true(s->open, "stands") || json_get(s->open, STR("since")) != NULL;
	now->level = integer(s->open, "level");
	now->is_ready = can_be_decided(s);
	now->corrections += str_is(s->ev->kind, "correction-asked");
}

static bool is_decision(const struct event *ev)
{
	return str_is(ev->kind, "decided") || str_is(ev->kind, "signed-second");
}

/* --- Of a decision
 * --------------------------------------------------------------------------------------------------- */

static bool find_older(struct sight *s, struct err *e)
{
	enum { OLDER_MOST = 100 };
	struct case_watch_older_rows rows;
	struct case_watch_older_out row;
	size_t n = 0;
	if (!case_watch_older_open(s->tx,
	                           &(struct case_watch_older_in){.institution = tx_route(s->tx),
	                                                         .service = s->ev->service,
	                                                         .handler = s->was.handler,
	                                                         .before = s->was.start_day,
	                                                         .most = OLDER_MOST},
	                           &rows, e)) {
		return false;
	}
	while (n < OLDER_MOST && case_watch_older_next(&rows, &row)) {
		if (s->older_n + 1 < NAMED_MOST) {
			s->older[s->older_n++] = (struct named_case){row.casefile, row.party, row.number, row.start_day, 0};
		}
		n++;
	}
	s->look.older = n;
	s->look.may_say_why = s->service && s->service->overtaking_n > 0;
	s->look.has_reason = json_string(s->open, STR("overtook")).n > 0;
	return case_watch_older_close(&rows, e);
}

static bool read_pace(struct sight *s, int64_t official, int64_t quarter, struct pace *newest, struct pace *both,
                      struct err *e)
{
	struct pace_of_rows rows;
	struct pace_of_out row;
	struct pace p;
	*newest = *both = (struct pace){0};
	if (!pace_of_open(
			s->tx,
			&(struct pace_of_in){
				.institution = tx_route(s->tx), .service = s->ev->service, .official = official, .quarter = quarter},
			&rows, e)) {
		return false;
	}
	while (pace_of_next(&rows, &row)) {
		bool is_whole = pace_read(row.counts, &p);
		for (int i = 0; is_whole && i < PACE_CLASSES; i++) {
			both->n[i] += p.n[i];
			newest->n[i] += row.quarter == quarter ? p.n[i] : 0;
		}
	}
	return pace_of_close(&rows, e);
}

/* One more, and the two quarters with it. */
static bool add_pace(struct sight *s, int64_t official, int class, struct pace *both, struct err *e)
{
	struct pace newest;
	struct buf b;
	int64_t quarter = quarter_of(s->day);
	if (!read_pace(s, official, quarter, &newest, both, e)) {
		return false;
	}
	newest.n[class]++;
	both->n[class]++;
	buf_init(&b, JSON_BYTES);
	pace_write(&b, &newest);
	bool ok = pace_put(s->tx,
	                   &(struct pace_put_in){.institution = tx_route(s->tx),
	                                         .service = s->ev->service,
	                                         .official = official,
	                                         .quarter = quarter,
	                                         .counts = buf_str(&b)},
	                   NULL, e);
	buf_release(&b);
	return ok;
}

/* A case counts once, however often it is decided anew. */
static bool count_decision(struct sight *s, struct err *e)
{
	int64_t ran = integer(s->open, "ran_minutes");
	if (!is_decision(s->ev) || s->was.has_decided_day || s->was.handler == 0) {
		return true;
	}
	s->now.has_decided_day = true;
	s->now.decided_day = s->day;
	s->now.ran_minutes = ran;
	s->look.is_counted = true;
	int class = pace_class(ran);
	if (!add_pace(s, s->was.handler, class, &s->look.own, e) || !add_pace(s, 0, class, &s->look.unit, e)) {
		return false;
	}
	for (int i = 0; i < PACE_CLASSES; i++) {
		s->look.unit.n[i] -= s->look.own.n[i];
	}
	return case_watch_forget(s->tx,
	                         &(struct case_watch_forget_in){.institution = tx_route(s->tx),
	                                                        .service = s->ev->service,
	                                                        .handler = s->was.handler,
	                                                        .before = s->day - KEPT_DAYS},
	                         NULL, e);
}

/* --- What is found
 * --------------------------------------------------------------------------------------------------- */

/* The fastest and the slowest of an official's decisions, half of the list each. */
static bool fastest_and_slowest(struct sight *s, struct named_case *out, size_t *n, struct err *e)
{
	struct case_watch_decided_rows rows;
	struct case_watch_decided_out row;
	struct named_case *all = arena_new(tx_arena(s->tx), struct named_case, DECIDED_MOST + 1);
	size_t all_n = 0;
	*n = 0;
	if (all == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for decided cases");
	}
	if (!case_watch_decided_open(s->tx,
	                             &(struct case_watch_decided_in){.institution = tx_route(s->tx),
	                                                             .service = s->ev->service,
	                                                             .handler = s->was.handler,
	                                                             .since = s->day - KEPT_DAYS,
	                                                             .most = DECIDED_MOST},
	                             &rows, e)) {
		return false;
	}
	/* In order of working time, by insertion: a few hundred, once a quarter. */
	while (all_n < DECIDED_MOST && case_watch_decided_next(&rows, &row)) {
		size_t at = all_n++;
		for (; at > 0 && all[at - 1].ran_minutes > row.ran_minutes; at--) {
			all[at] = all[at - 1];
		}
		all[at] = (struct named_case){row.casefile, row.party, row.number, row.start_day, row.ran_minutes};
	}
	for (size_t i = 0; i < all_n; i++) {
		if (i < NAMED_MOST / 2 || i + NAMED_MOST / 2 >= all_n) {
			out[(*n)++] = all[i];
		}
	}
	return case_watch_decided_close(&rows, e);
}

/* Found again it is the same: its id is made of what it is about. */
static int64_t finding_id(const struct sight *s, const struct trigger *t)
{
	uint8_t digest[SHA256_BYTES];
	int64_t id = 0;
	struct str of = t->is_of_official
	                    ? arena_printf(tx_arena(s->tx), "%s %lld %lld %.*s", t->word, (long long)s->was.handler,
	                                   (long long)quarter_of(s->day), STR_ARG(s->ev->service))
	                    : arena_printf(tx_arena(s->tx), "%s %lld", t->word, (long long)s->ev->casefile);
	sha256_of(of, digest);
	for (int i = 0; i < 8; i++) {
		id = (int64_t)((uint64_t)id << 8 | digest[i]);
	}
	return id & INT64_MAX;
}

static bool add_finding(struct sight *s, const struct trigger *t, int64_t figure, struct err *e)
{
	struct named_case named[NAMED_MOST] = {
		{s->ev->casefile, s->ev->route, s->now.number, s->now.start_day, s->now.ran_minutes}};
	size_t n = 1;
	if (t->is_of_official && !fastest_and_slowest(s, named, &n, e)) {
		return false;
	}
	if (t == &TRIGGERS[TRIGGER_OVERTAKING]) {
		for (size_t i = 0; i < s->older_n; i++) {
			named[n++] = s->older[i];
		}
	}
	return finding_add(s->tx,
	                   &(struct finding_add_in){
						   .institution = tx_route(s->tx),
						   .id = finding_id(s, t),
						   .sign = str_of(t->word),
						   .service = s->ev->service,
						   .official = s->was.handler ? s->was.handler : s->now.handler,
						   .casefile = t->is_of_official ? 0 : s->ev->casefile,
						   .figure = figure,
						   .cases = named_cases_write(tx_arena(s->tx), named, n),
						   .found_at = s->ev->effective_us ? s->ev->effective_us : s->ev->recorded_us,
					   },
	                   NULL, e);
}

static void fill_look(struct sight *s)
{
	struct trigger_look *l = &s->look;
	l->kind = s->ev->kind;
	l->has_reason = l->has_reason || json_string(s->open, STR("reason")).n > 0;
	l->level = (int)s->now.level;
	l->level_before = (int)s->was.level;
	/* An event that does not say how much is left says nothing about it. */
	l->left = json_get(s->open, STR("left")) ? (int32_t)integer(s->open, "left") : INT32_MAX;
	l->stands = s->now.stands;
	l->stood = s->was.stands;
	l->corrections = s->now.corrections;
	l->days_here = calendar_between(s->at->calendar, s->was.came_day, s->day);
}

static bool look_round(struct sight *s, struct err *e)
{
	fill_look(s);
	for (size_t i = 0; i < TRIGGER_COUNT; i++) {
		int64_t figure = 0;
		if (TRIGGERS[i].fires(&s->look, &figure) && !add_finding(s, &TRIGGERS[i], figure, e)) {
			return false;
		}
	}
	return true;
}

/* --- The subscribers
 * -------------------------------------------------------------------------------------------------- */

int64_t watch_target(const struct event *ev)
{
	return is_ours(ev) ? ev->institution : 0;
}

static bool put(const struct sight *s, struct err *e)
{
	const struct case_watch_get_out *now = &s->now;
	int64_t state = integer(s->open, "state");
	/* Ended without a decision: nothing is compared with it. */
	if (state >= CASE_WITHDRAWN) {
		return case_watch_remove(
			s->tx, &(struct case_watch_remove_in){.institution = tx_route(s->tx), .casefile = s->ev->casefile}, NULL,
			e);
	}
	return case_watch_put(s->tx,
	                      &(struct case_watch_put_in){
							  .institution = tx_route(s->tx),
							  .casefile = s->ev->casefile,
							  .party = now->party,
							  .number = now->number,
							  .service = now->service,
							  .handler = now->handler,
							  .start_day = now->start_day,
							  .came_day = now->came_day,
							  .is_ready = now->is_ready,
							  .stands = now->stands,
							  .level = now->level,
							  .corrections = now->corrections,
							  .has_decided_day = now->has_decided_day,
							  .decided_day = now->decided_day,
							  .ran_minutes = now->ran_minutes,
							  .event = s->ev->id,
						  },
	                      NULL, e);
}

bool watch_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct sight s;
	if (!sight_begin(&s, tx, ev, ctx, e)) {
		return false;
	}
	/* Ended before anybody watched, or long ago. */
	if (!s.was.found && !is_coming(&s)) {
		return true;
	}
	take_in(&s);
	/* To have been forwarded late is of the office that it came from. */
	if (str_is(ev->kind, "forwarded")) {
		return put(&s, e);
	}
	bool is_of_hand = is_decision(ev) || str_is(ev->kind, "decision-proposed");
	return (!is_of_hand || find_older(&s, e)) && count_decision(&s, e) && look_round(&s, e) && put(&s, e);
}

/* The first of the institutions beside its own. */
int64_t watch_from_target(const struct event *ev)
{
	struct arena a;
	struct json *open = NULL;
	struct err ignored;
	if (!is_ours(ev) || !str_is(ev->kind, "forwarded")) {
		return 0;
	}
	arena_init(&a, TARGET_ARENA_BYTES);
	const struct json *others =
		json_parse(&a, ev->public_payload, &open, &ignored) ? json_get(open, STR("others")) : NULL;
	int64_t v = others && others->first && others->first->kind == JSON_INT ? others->first->integer : 0;
	arena_release(&a);
	return v;
}

bool watch_from_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct sight s;
	if (!sight_begin(&s, tx, ev, ctx, e)) {
		return false;
	}
	return !s.was.found ||
	       (look_round(&s, e) &&
	        case_watch_remove(tx, &(struct case_watch_remove_in){.institution = tx_route(tx), .casefile = ev->casefile},
	                          NULL, e));
}

/* --- For the check
 * --------------------------------------------------------------------------------------------------- */

bool watch_page_of(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                   struct err *e)
{
	struct case_watch_all_rows list;
	struct case_watch_all_out w;
	*n = 0;
	if (!case_watch_all_open(tx,
	                         &(struct case_watch_all_in){
								 .after_institution = after->route, .after_casefile = after->id, .most = (int64_t)most},
	                         &list, e)) {
		return false;
	}
	while (*n < most && case_watch_all_next(&list, &w)) {
		rows[(*n)++] = (struct model_row){
			.route = w.institution,
			.id = w.casefile,
			.key = STR_EMPTY,
			.subject = w.casefile,
			.text = model_text(tx, "%lld %.*s %.*s %lld %d %d %d %d %lld %lld %lld %lld", (long long)w.party,
		                       STR_ARG(w.number), STR_ARG(w.service), (long long)w.handler, w.start_day, w.came_day,
		                       w.is_ready, w.stands, (long long)w.level, (long long)w.corrections,
		                       (long long)w.ran_minutes, (long long)w.event),
		};
	}
	return case_watch_all_close(&list, e);
}
