/* A city with the demonstration pack published, so that a test can make cases and move them: a store in a temporary
 * folder, time that stands until it is moved, and one call that makes any move of CASE_MOVES. */
#ifndef CITYHALL_TESTS_CASE_WORLD_H
#define CITYHALL_TESTS_CASE_WORLD_H

#include <dirent.h>
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

#include "../pg.h"

#include "app/access/access.sql.h"
#include "app/api/api.sql.h"
#include "app/authoring/authoring.sql.h"
#include "app/cases/cases.h"
#include "app/cases/look_up.h"
#include "app/cases/moves.h"
#include "app/cases/serials.h"
#include "app/catalogue/catalogue.h"
#include "app/catalogue/catalogue.sql.h"
#include "app/counter/counter.sql.h"
#include "app/credentials/credentials.h"
#include "app/desk/desk.h"
#include "app/enquiries/enquiries.sql.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.sql.h"
#include "app/installation/installation.sql.h"
#include "app/mail/mail.sql.h"
#include "app/people/people.sql.h"
#include "app/ratings/moves.h"
#include "app/statistics/statistics.h"
#include "app/supervision/supervision.h"
#include "base/caseno.h"
#include "store/column_keys.h"
#include "store/timer.h"

extern const struct store_schema event_schema;

#define NOW_US (INT64_C(1790000000) * US_PER_S) /* Monday, 21 September 2026 */

static const struct store_schema *const world_schemas[] = {
	&event_schema, &installation_schema, &people_schema,      &catalogue_schema, &access_schema,      &mail_schema,
	&forms_schema, &enquiries_schema,    &credentials_schema, &cases_schema,     &supervision_schema, &ratings_schema,
	&desk_schema,  &counter_schema,      &authoring_schema,   &api_schema,       &statistics_schema,  NULL};

enum { OFFICIAL = 7001, COLLEAGUE = 7002, APPLICANT = 7003, HEAD = 7004, EXPERT = 7005, WAIT_US = 20000000 };

struct world {
	struct app app;
	struct column_keys keys;
	struct arena arena;
	char dir[64];
	char url[512]; /* empty: SQLite */
	struct err e;
	const struct service *service;
	const struct institution *institution, *other; /* other: asked for opinions, forwarded to */
	struct service own;                            /* the service, with stops and an extension of its own */
	struct service by_act;                         /* the same, accepted by an act of its own */
	struct stop_reason stops[2];                   /* its reasons */
	struct clock_rule rule;                        /* of the clock of what is submitted */
	struct str step_limits;                        /* and of its steps */
	struct str repaired_steps;                     /* what a repair makes of them */
	bool repairs_steps;                            /* and of nothing else: timers look its definition up */
	bool is_by_act;
	bool posts;                              /* what is handed over */
	bool lapses;                             /* what is asked for is to come within five days, else the case lapses */
	struct event_subscriber subscribers[32]; /* of the rooms, with ctx */
	size_t subscriber_n;
};

#define world_ok(w, call)                                                      \
	do {                                                                       \
		if (!(call)) {                                                         \
			print_error("%s:%d: %s\n", (w)->e.file, (w)->e.line, (w)->e.text); \
			fail_msg("%s", #call);                                             \
		}                                                                      \
	} while (0)

/* A case, or the draft that it begins as. */
struct case_at {
	int64_t party, id;
	int64_t version; /* of the casefile, as it was read last */
	int64_t draft_version;
};

static inline struct store *world_store(struct world *w)
{
	struct store *s;
	struct store_options o = {.dir = str_of(w->dir),
	                          .url = str_of(w->url),
	                          .schemas = world_schemas,
	                          .time = &w->app.time,
	                          .column_keys = &w->keys,
	                          .readers = 2};
	world_ok(w, store_open(&o, &s, &w->e));
	return s;
}

static inline void world_open(struct world *w)
{
	struct app *app = &w->app;
	struct pack_report report;
	*w = (struct world){.keys = {.key_id = 1, .data_key = {1, 2, 3}, .hash_key = {4, 5, 6}}};
	const char *tmp = getenv("TMPDIR");
	snprintf(w->dir, sizeof w->dir, "%.30s/cases-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	pg_schema(w->url, sizeof w->url);
	arena_init(&w->arena, 64 << 20);
	time_source_fixed(&app->time, NOW_US);
	app->column_keys = &w->keys;
	app->letter_delay_us = 10 * US_PER_MIN;
	app->draft_keep_us = 30 * US_PER_DAY;
	app->store = world_store(w);
	world_ok(w, catalogue_open(app, &w->e));
	pack_report_init(&report);
	world_ok(w, catalogue_publish(app, STR("packs/demo"), &report, &w->e));
	assert_int_equal(report.mistakes, 0);
	pack_report_release(&report);
	world_ok(w, case_serials_new(&app->serials, &w->e));
	w->service = catalogue_service(app, STR("labour-dispatch-permit"));
	assert_non_null(w->service);
	w->institution = catalogue_institution_named(app, w->service->institution);
	assert_non_null(w->institution);
	w->other = catalogue_institution_named(app, STR("fire-and-rescue"));
	assert_non_null(w->other);
	w->stops[0] = (struct stop_reason){.id = STR("applicant"), .ends = STOP_ENDS_BY_ANSWER};
	w->stops[1] = (struct stop_reason){.id = STR("hearing"), .ends = STOP_ENDS_BY_HAND, .most_days = 20};
	w->own = *w->service;
	w->own.stops = w->stops;
	w->own.stop_n = 2;
	w->own.extension = 10;
	w->rule = w->service->clock;
	w->by_act = w->own;
	w->by_act.accepts_by_act = true;
	for (const struct event_subscriber *s = cases_subscribers; s->name; s++) {
		w->subscribers[w->subscriber_n] = *s;
		w->subscribers[w->subscriber_n++].ctx = app;
	}
	for (const struct event_subscriber *s = supervision_subscribers; s->name; s++) {
		w->subscribers[w->subscriber_n] = *s;
		w->subscribers[w->subscriber_n++].ctx = app;
	}
	for (const struct event_subscriber *s = ratings_subscribers; s->name; s++) {
		w->subscribers[w->subscriber_n] = *s;
		w->subscribers[w->subscriber_n++].ctx = app;
	}
	for (const struct event_subscriber *s = desk_subscribers; s->name; s++) {
		w->subscribers[w->subscriber_n] = *s;
		w->subscribers[w->subscriber_n++].ctx = app;
	}
	for (const struct event_subscriber *s = statistics_subscribers; s->name; s++) {
		w->subscribers[w->subscriber_n] = *s;
		w->subscribers[w->subscriber_n++].ctx = app;
	}
}

static inline void world_close(struct world *w)
{
	struct app *app = &w->app;
	relay_stop(app->relay);
	case_serials_free(app->serials);
	catalogue_close(app);
	store_close(app->store);
	arena_release(&w->arena);
	DIR *d = opendir(w->dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		char path[400];
		snprintf(path, sizeof path, "%s/%s", w->dir, entry->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(w->dir);
}

static inline int world_set_up(void **state)
{
	struct world *w = malloc(sizeof *w);
	world_open(w);
	*state = w;
	return 0;
}

static inline int world_tear_down(void **state)
{
	world_close(*state);
	free(*state);
	return 0;
}

/* The relay of the room, from now on. */
static inline void world_relay(struct world *w)
{
	world_ok(w, relay_start(w->app.store, w->subscribers, w->subscriber_n, &w->app.relay, &w->e));
}

static inline void relayed(struct world *w)
{
	assert_true(relay_drain(w->app.relay, WAIT_US));
}

/* --- SQL of a test's own -------------------------------------------------------------------------------------------
 */

static inline sqlite3 *world_sql(struct world *w)
{
	char path[128];
	sqlite3 *db = NULL;
	snprintf(path, sizeof path, "%s/cityhall.db", w->dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	return db;
}

static inline void sql_run(struct world *w, const char *sql)
{
	char *why = NULL;
	if (is_on_postgres()) {
		pg_do(w->url, sql, NULL, 0);
		return;
	}
	sqlite3 *db = world_sql(w);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
		fail_msg("%s: %s", sql, why);
	}
	sqlite3_close(db);
}

static inline int64_t sql_number(struct world *w, const char *sql)
{
	if (is_on_postgres()) {
		char text[64];
		pg_do(w->url, sql, text, sizeof text);
		return strtoll(text, NULL, 10);
	}
	sqlite3_stmt *s = NULL;
	sqlite3 *db = world_sql(w);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static inline void add_row(struct sha256 *h, sqlite3_stmt *s)
{
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		int type = sqlite3_column_type(s, i);
		const void *p = sqlite3_column_blob(s, i);
		int n = sqlite3_column_bytes(s, i);
		sha256_add(h, str_from(&type, sizeof type));
		sha256_add(h, str_from(&n, sizeof n));
		sha256_add(h, str_from(p, (size_t)n));
	}
}

/* The rows of tables whose name fits, as one number that changes when any of them does. "%" are all. */
static inline uint64_t rows_digest(struct world *w, const char *like)
{
	if (is_on_postgres()) {
		return pg_rows_digest(w->url, like);
	}
	uint8_t digest[SHA256_BYTES];
	char sql[200];
	uint64_t v = 0;
	sqlite3_stmt *names = NULL, *rows = NULL;
	sqlite3 *db = world_sql(w);
	struct sha256 *h = sha256_new();
	snprintf(sql, sizeof sql, "select name from sqlite_master where type = 'table' and name like '%s' order by name",
	         like);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &names, NULL), SQLITE_OK);
	while (sqlite3_step(names) == SQLITE_ROW) {
		snprintf(sql, sizeof sql, "select * from %s order by 1, 2", (const char *)sqlite3_column_text(names, 0));
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
		while (sqlite3_step(rows) == SQLITE_ROW) {
			add_row(h, rows);
		}
		sqlite3_finalize(rows);
	}
	sqlite3_finalize(names);
	sqlite3_close(db);
	sha256_end(h, digest);
	memcpy(&v, digest, sizeof v);
	return v;
}

/* --- Cases ---------------------------------------------------------------------------------------------------------
 */

static inline struct case_at begin_draft(struct world *w)
{
	struct case_at at = {.party = id_random(), .id = id_in_time(NOW_US), .draft_version = 1};
	struct draft_begin begin = {.party = at.party,
	                            .id = at.id,
	                            .begun_by = APPLICANT,
	                            .keep_us = w->app.draft_keep_us,
	                            .service = w->service->id};
	memcpy(begin.definition, w->service->digest, SHA256_BYTES);
	struct store_op op = {.route = at.party};
	world_ok(w, store_write(w->app.store, &op, draft_job_begin, &begin, &w->e));
	return at;
}

struct case_look_at {
	const struct case_at *at;
	struct casefile_get_out out;
};

static inline bool job_see(struct tx *tx, void *ctx, struct err *e)
{
	struct case_look_at *l = ctx;
	return casefile_get(tx, &(struct casefile_get_in){.party = l->at->party, .id = l->at->id}, &l->out, e);
}

static inline struct casefile_get_out see(struct world *w, const struct case_at *at)
{
	struct case_look_at l = {.at = at};
	world_ok(w, store_read(w->app.store, at->party, &w->arena, job_see, &l, &w->e));
	return l.out;
}

struct face_look {
	const struct case_at *at;
	const struct calendar *calendar;
	int64_t now_us;
	struct casefile_get_out c;
	struct clock_face face;
};

static inline bool job_face(struct tx *tx, void *ctx, struct err *e)
{
	struct face_look *l = ctx;
	struct case_clock k;
	if (!casefile_get(tx, &(struct casefile_get_in){.party = l->at->party, .id = l->at->id}, &l->c, e) ||
	    !case_clock_load(tx, &l->c, &k, e)) {
		return false;
	}
	case_clock_face(l->calendar, &k.clock, l->now_us, &l->face);
	return true;
}

/* The clock as a page reads it now; what the newest event said gives the same dates. */
static inline struct case_dates dates_seen(struct world *w, const struct case_at *at)
{
	struct face_look l = {.at = at, .calendar = w->institution->calendar, .now_us = time_legal_us(&w->app.time)};
	world_ok(w, store_read(w->app.store, at->party, &w->arena, job_face, &l, &w->e));
	struct case_dates d, listed;
	case_dates_of(&l.face, (enum clock_unit)l.c.limit_unit, &d);
	struct case_said said = CASE_SAID(&l.c, d.level, l.c.has_ended_day, l.c.ended_day);
	case_dates_said(l.calendar, &said, l.now_us, &listed);
	assert_int_equal(listed.promised, d.promised);
	assert_int_equal(listed.legal, d.legal);
	assert_int_equal(listed.left_days, d.left_days);
	assert_int_equal(listed.ran_days, d.ran_days);
	assert_int_equal(listed.stood_days, d.stood_days);
	assert_int_equal(listed.stands, d.stands);
	return d;
}

/* What a test may choose about a move; the rest is the same for all. */
struct mover {
	int64_t actor;
	struct store *store;       /* NULL: the world's */
	struct store_op *op;       /* NULL: one without an operation row */
	int64_t delay_us;          /* of the letter; 0: ten minutes */
	struct str number;         /* of a submission */
	enum case_outcome outcome; /* of a decision; OUTCOME_NONE: granted */
	uint8_t code[RECEIPT_CODE_BYTES];
};

struct birth { /* what a submission is made of; lives as long as its job */
	struct casefile_insert_in row;
	struct case_submit in;
	struct arena own;
};

static inline void birth_of(struct world *w, const struct case_at *at, const struct mover *m, struct birth *b)
{
	struct app *app = &w->app;
	const struct calendar *calendar = w->institution->calendar;
	b->row = (struct casefile_insert_in){
		.party = at->party,
		.id = at->id,
		.number = m->number.n ? m->number : STR("PL-2026-000001-13"),
		.state = CASE_RECEIVED,
		.service = w->service->id,
		.institution = w->institution->id,
		.submitted_by = APPLICANT,
		.submitted_at = time_legal_us(&app->time),
		.channel = CHANNEL_WEB,
		.received_at = time_legal_us(&app->time),
		.calendar = calendar_id(calendar),
		.calendar_version = calendar_version(calendar),
		.given_until = time_legal_us(&app->time),
		.start_day = case_today(calendar, time_legal_us(&app->time)),
	};
	case_rule_copy(&w->rule, &b->row);
	b->row.step_limits = w->step_limits;
	b->in = (struct case_submit){
		.row = &b->row,
		.wide = {.definition = str_from(w->service->digest, SHA256_BYTES),
	             .answers = STR("{\"workers\":\"40\"}"),
	             .receipt_code = str_from(m->code, sizeof m->code)},
		.draft_version = at->draft_version,
		.actor = m->actor,
		.applicant = STR("Kestrel Staffing"),
		.calendar = calendar,
	};
	arena_init(&b->own, 1 << 16); /* moves race: the world's arena is one thread's */
	world_ok(w, case_marks_of(app, &b->own, b->row.number, m->code, &b->in.marks, &w->e));
}

static inline bool submit_with(struct world *w, const struct case_at *at, const struct mover *m, struct store *store,
                               struct store_op *op, struct err *e)
{
	struct birth b;
	birth_of(w, at, m, &b);
	bool ok = store_write(store, op, case_submit_job, &b.in, e);
	arena_release(&b.own);
	return ok;
}

static inline bool job_draft_version(struct tx *tx, void *ctx, struct err *e)
{
	struct case_at *at = ctx;
	struct draft d;
	bool ok = draft_get(tx, at->party, at->id, &d, e);
	at->draft_version = ok ? d.version : 0;
	return ok;
}

/* 0 when there is no draft. */
static inline int64_t draft_version(struct world *w, const struct case_at *at)
{
	struct case_at now = *at;
	struct err ignored;
	struct arena own; /* moves race: the world's arena is one thread's */
	arena_init(&own, 1 << 20);
	now.draft_version = 0;
	(void)!store_read(w->app.store, at->party, &own, job_draft_version, &now, &ignored);
	arena_release(&own);
	return now.draft_version;
}

static inline int64_t see_decision(struct world *w, const struct case_at *at)
{
	struct case_look_at l = {.at = at};
	struct arena own; /* moves race: the world's arena is one thread's */
	struct err ignored;
	arena_init(&own, 1 << 20);
	bool ok = store_read(w->app.store, at->party, &own, job_see, &l, &ignored);
	arena_release(&own);
	return ok && l.out.found ? l.out.decision : 0;
}

static inline bool make_move(struct world *w, enum case_move move, const struct case_at *at, const struct mover *m,
                             struct err *e)
{
	struct store *store = m->store ? m->store : w->app.store;
	struct store_op own = {.route = at->party};
	struct store_op *op = m->op ? m->op : &own;
	struct case_change change = {
		.party = at->party,
		.casefile = at->id,
		.version = at->version,
		.actor = m->actor,
		.actor_name = m->actor == COLLEAGUE  ? STR("Rosa Marchetti")
	                  : m->actor == OFFICIAL ? STR("Jonas Adeyemi")
	                  : m->actor == HEAD     ? STR("Mei Castellan")
	                                         : STR_EMPTY,
		.calendar = w->institution->calendar,
		.service = w->is_by_act ? &w->by_act : &w->own,
		.app = &w->app,
	};
	day_number soon = case_today(change.calendar, time_legal_us(&w->app.time)) + 5;
	struct case_words words = {.change = change, .move = move, .text = STR("So it is said.")};
	struct case_hand hand = {.change = change, .move = move, .to = COLLEAGUE, .to_name = STR("Rosa Marchetti")};
	struct case_opinion opinion = {.change = change,
	                               .institution = w->other->id,
	                               .text = STR("Is the exit wide enough?"),
	                               .questions_json = STR("[\"workers\"]"),
	                               .until = soon};
	struct case_accept accept = {.change = change, .until = soon, .lapses = w->lapses};
	struct str paper = STR("lease");
	switch (move) {
	case MOVE_SUBMITTED:
		return submit_with(w, at, m, store, op, e);
	case MOVE_TAKEN:
		return store_write(store, op, case_take_job, &change, e);
	case MOVE_ACCEPTED:
		accept.how = ACCEPTANCE_FULL;
		return store_write(store, op, case_accept_job, &accept, e);
	case MOVE_ACCEPTED_GAP:
		accept.how = ACCEPTANCE_GAP;
		accept.papers = &paper;
		accept.paper_n = 1;
		return store_write(store, op, case_accept_job, &accept, e);
	case MOVE_ACCEPTED_COMMITMENT:
		accept.how = ACCEPTANCE_COMMITMENT;
		return store_write(store, op, case_accept_job, &accept, e);
	case MOVE_NOT_ACCEPTED:
		words.ground = STR("capital");
		return store_write(store, op, case_not_accept_job, &words, e);
	case MOVE_QUESTION_ASKED:
	case MOVE_ENQUIRED:
		return store_write(store, op, case_open_matter_job, &words, e);
	case MOVE_QUESTION_ANSWERED:
	case MOVE_REPLIED:
	case MOVE_GAP_BROUGHT:
		return store_write(store, op, case_close_matter_job, &words, e);
	case MOVE_GAP_MISSED:
		return store_write(store, op, case_gap_missed_job, &words, e);
	case MOVE_ADDED:
	case MOVE_CHECKED:
		return store_write(store, op, case_note_job, &words, e);
	case MOVE_OPINION_ASKED:
		return store_write(store, op, case_ask_opinion_job, &opinion, e);
	case MOVE_OPINION_GIVEN:
		opinion.opinion = OPINION_FOR;
		return store_write(store, op, case_give_opinion_job, &opinion, e);
	case MOVE_OPINION_DROPPED:
		return store_write(store, op, case_drop_opinions_job, &words, e);
	case MOVE_HANDED:
	case MOVE_ASSIGNED:
	case MOVE_MOVED:
	case MOVE_TAKEN_OVER:
		hand.reason = STR("She knows the firm.");
		return store_write(store, op, case_hand_job, &hand, e);
	case MOVE_FORWARDED:
		hand.to = w->other->id;
		hand.reason = STR("It is for the fire service.");
		return store_write(store, op, case_forward_job, &hand, e);
	case MOVE_ASKED: {
		struct case_ask in = {.change = change,
		                      .questions_json = STR("[\"workers\"]"),
		                      .before_json = STR("{\"workers\":40}"),
		                      .reason = STR("The number is missing."),
		                      .answer_day = w->lapses ? soon : 0};
		return store_write(store, op, case_ask_job, &in, e);
	}
	case MOVE_ANSWERED: {
		struct case_answer in = {
			.change = change, .answers_json = STR("{\"workers\":41}"), .draft_version = draft_version(w, at)};
		return store_write(store, op, case_answer_job, &in, e);
	}
	case MOVE_DECIDED:
	case MOVE_PROPOSED: {
		struct case_decide in = {.change = change,
		                         .outcome = m->outcome ? m->outcome : OUTCOME_GRANTED,
		                         .reason = STR("All is there."),
		                         .letter_delay_us = m->delay_us ? m->delay_us : w->app.letter_delay_us,
		                         .is_to_sign = move == MOVE_PROPOSED};
		return store_write(store, op, case_decide_job, &in, e);
	}
	case MOVE_SIGNED: {
		struct case_sign in = {.change = change, .letter_delay_us = w->app.letter_delay_us};
		return store_write(store, op, case_sign_job, &in, e);
	}
	case MOVE_SENT_BACK:
		return store_write(store, op, case_send_back_job, &words, e);
	case MOVE_RECALLED:
		words.text = STR("A page was overlooked.");
		return store_write(store, op, case_recall_job, &words, e);
	case MOVE_LETTER_LEFT:
		return store_write(store, op, case_letter_leaves_job, &change, e);
	case MOVE_RECEIPT_RENEWED: {
		struct case_receipt in = {
			.change = change, .code = STR("0123456789abcdef"), .marks = {.number = STR("PL-2026-000001-13")}};
		return store_write(store, op, case_renew_receipt_job, &in, e);
	}
	case MOVE_STOPPED:
		words.ground = STR("hearing");
		return store_write(store, op, case_stop_job, &words, e);
	case MOVE_WENT_ON:
		return store_write(store, op, case_go_on_job, &words, e);
	case MOVE_EXTENDED:
		return store_write(store, op, case_extend_job, &words, e);
	case MOVE_STOP_ENDED:
	case MOVE_CLOCK_ORANGE:
	case MOVE_CLOCK_RED:
	case MOVE_CLOCK_PAST:
	case MOVE_STEP_PAST:
	case MOVE_SILENCE_GRANTED:
	case MOVE_SILENCE_REFUSED:
	case MOVE_SILENCE_ESCALATED:
		return store_write(store, op, case_clock_turn_job, &words, e);
	case MOVE_CLOCK_MOVED: {
		struct case_moved in = {.change = change, .why = STR("calendar")};
		return store_write(store, op, case_clock_moved_job, &in, e);
	}
	case MOVE_WITHDRAWN:
		return store_write(store, op, case_withdraw_job, &words, e);
	case MOVE_LAPSED:
		return store_write(store, op, case_lapse_job, &words, e);
	case MOVE_AMENDED: {
		struct case_amend in = {.change = change, .reason = STR("All was there."), .why = STR("A wrong date.")};
		return store_write(store, op, case_amend_job, &in, e);
	}
	case MOVE_OBJECTED: {
		struct case_at fresh = {.party = at->party, .id = id_in_time(time_legal_us(&w->app.time))};
		struct mover who = {.actor = m->actor, .code = {9}, .number = STR("PL-2026-000009-88")};
		struct birth b;
		birth_of(w, &fresh, &who, &b);
		b.row.objects_to = at->id;
		struct case_object in = {
			.change = change, .submit = &b.in, .service = w->service, .reason = STR("It is not so.")};
		bool ok = store_write(store, op, case_object_job, &in, e);
		arena_release(&b.own);
		return ok;
	}
	case MOVE_REOPENED:
		return store_write(store, op, case_reopen_job, &words, e);
	case MOVE_MADE_OUT: {
		static const struct made_credential made = {.papers = {{.lang = STR_INIT("en"), .bytes = 1}}, .paper_n = 1};
		const struct credential_insert_in row = {.party = at->party,
		                                         .casefile = at->id,
		                                         .id = id_in_time(time_legal_us(&w->app.time)),
		                                         .number = STR("WSS-2026-000001-01"),
		                                         .code = STR("0000000000000000"),
		                                         .service = w->service->id,
		                                         .definition = str_from(w->service->digest, SHA256_BYTES),
		                                         .institution = w->institution->id,
		                                         .document = STR("labour-dispatch-permit"),
		                                         .case_number = STR("PL-2026-000001-13"),
		                                         .holder = STR("Kestrel Staffing"),
		                                         .has_valid_until = true,
		                                         .valid_until = case_today(w->institution->calendar, NOW_US) + 1,
		                                         .statement = STR("cityhall document 1\n"),
		                                         .signature = STR("sealed"),
		                                         .way = HAND_OVER_COLLECT};
		struct case_make_out in = {.change = change,
		                           .decision = see_decision(w, at),
		                           .row = &row,
		                           .made = &made,
		                           .first_notice_us = time_legal_us(&w->app.time) + US_PER_DAY};
		return store_write(store, op, case_make_out_job, &in, e);
	}
	case MOVE_WAY_CHOSEN: {
		struct case_hand_over in = {
			.change = change, .way = HAND_OVER_POST, .address = STR("1 Quay"), .answers_json = STR("{}")};
		return store_write(store, op, case_choose_way_job, &in, e);
	}
	case MOVE_HANDED_OVER: {
		struct case_hand_over in = {
			.change = change, .way = w->posts ? HAND_OVER_POST : HAND_OVER_COLLECT, .receiver = STR("Lin Xiaohe")};
		return store_write(store, op, case_hand_over_job, &in, e);
	}
	case MOVE_SUSPENDED:
	case MOVE_RESUMED:
	case MOVE_REVOKED:
	case MOVE_RENEWED:
		words.until = soon;
		return store_write(store, op, case_permit_job, &words, e);
	case MOVE_REPAIRED: {
		/* Promised sooner, allowed later: only the first is to the applicant's good. */
		struct service better = *w->service;
		better.clock.committed.n -= 3;
		better.clock.statutory.n += 5;
		better.digest[0] ^= w->repairs_steps ? 0 : 1;
		better.step_limits = w->repaired_steps;
		change.actor = 0;
		struct case_repair in = {.change = change, .to = &better, .reason = STR("A sentence was wrong.")};
		return store_write(store, op, case_repair_job, &in, e);
	}
	case CASE_MOVE_COUNT:
		break;
	}
	fail_msg("no such move");
	return false;
}

/* Whose move it is, when all is well. */
static inline struct mover rightful(enum case_move move)
{
	switch (move) {
	case MOVE_SUBMITTED:
	case MOVE_ANSWERED:
	case MOVE_QUESTION_ANSWERED:
	case MOVE_ENQUIRED:
	case MOVE_ADDED:
	case MOVE_GAP_BROUGHT:
	case MOVE_WITHDRAWN:
	case MOVE_OBJECTED:
	case MOVE_WAY_CHOSEN:
		return (struct mover){.actor = APPLICANT};
	case MOVE_ASSIGNED:
	case MOVE_MOVED:
	case MOVE_SIGNED:
	case MOVE_SENT_BACK:
	case MOVE_REOPENED:
		return (struct mover){.actor = HEAD};
	case MOVE_OPINION_GIVEN:
		return (struct mover){.actor = EXPERT};
	case MOVE_LAPSED:
	case MOVE_GAP_MISSED:
	case MOVE_MADE_OUT:
	case MOVE_STOP_ENDED:
	case MOVE_CLOCK_ORANGE:
	case MOVE_CLOCK_RED:
	case MOVE_CLOCK_PAST:
	case MOVE_STEP_PAST:
	case MOVE_CLOCK_MOVED:
	case MOVE_SILENCE_GRANTED:
	case MOVE_SILENCE_REFUSED:
	case MOVE_SILENCE_ESCALATED:
		return (struct mover){.actor = 0};
	default:
		return (struct mover){.actor = OFFICIAL};
	}
}

static inline void must_move(struct world *w, enum case_move move, struct case_at *at)
{
	struct mover m = rightful(move);
	world_ok(w, make_move(w, move, at, &m, &w->e));
	at->version++;
}

/* A fresh case that went the shortest way to a state. */
static inline struct case_at case_in(struct world *w, enum case_state state)
{
	static const enum case_move way[][6] = {
		[CASE_RECEIVED] = {MOVE_SUBMITTED, CASE_MOVE_COUNT},
		[CASE_IN_WORK] = {MOVE_SUBMITTED, MOVE_TAKEN, CASE_MOVE_COUNT},
		[CASE_ASKED] = {MOVE_SUBMITTED, MOVE_TAKEN, MOVE_ASKED, CASE_MOVE_COUNT},
		[CASE_CORRECTED] = {MOVE_SUBMITTED, MOVE_TAKEN, MOVE_ASKED, MOVE_ANSWERED, CASE_MOVE_COUNT},
		[CASE_TO_SIGN] = {MOVE_SUBMITTED, MOVE_TAKEN, MOVE_PROPOSED, CASE_MOVE_COUNT},
		[CASE_DECIDED] = {MOVE_SUBMITTED, MOVE_TAKEN, MOVE_DECIDED, CASE_MOVE_COUNT},
		[CASE_CLOSED] = {MOVE_SUBMITTED, MOVE_TAKEN, MOVE_DECIDED, MOVE_LETTER_LEFT, CASE_MOVE_COUNT},
		[CASE_WITHDRAWN] = {MOVE_SUBMITTED, MOVE_WITHDRAWN, CASE_MOVE_COUNT},
	};
	/* These two need a service of another kind, or days that pass. */
	bool was_by_act = w->is_by_act, did_lapse = w->lapses;
	if (state == CASE_NOT_ACCEPTED) {
		w->is_by_act = true;
		struct case_at at = case_in(w, CASE_IN_WORK);
		must_move(w, MOVE_NOT_ACCEPTED, &at);
		w->is_by_act = was_by_act;
		return at;
	}
	if (state == CASE_LAPSED) {
		w->lapses = true;
		struct case_at at = case_in(w, CASE_ASKED);
		time_source_advance(&w->app.time, 6 * US_PER_DAY);
		must_move(w, MOVE_LAPSED, &at);
		w->lapses = did_lapse;
		return at;
	}
	struct case_at at = begin_draft(w);
	for (const enum case_move *m = way[state]; *m != CASE_MOVE_COUNT; m++) {
		must_move(w, *m, &at);
	}
	assert_int_equal(see(w, &at).state, state);
	assert_int_equal(see(w, &at).version, at.version);
	return at;
}

struct turn_look {
	const struct case_at *at;
	const struct calendar *calendar;
	int64_t now_us;
	bool found;
	struct case_turn turn;
};

static inline bool job_turn(struct tx *tx, void *ctx, struct err *e)
{
	struct turn_look *l = ctx;
	struct casefile_get_out c;
	struct case_clock k;
	if (!casefile_get(tx, &(struct casefile_get_in){.party = l->at->party, .id = l->at->id}, &c, e) ||
	    !case_clock_load(tx, &c, &k, e)) {
		return false;
	}
	l->found = case_clock_turn(&c, l->calendar, &k, l->now_us, &l->turn);
	return true;
}

/* What has turned and was not said yet; CASE_MOVE_COUNT: nothing. */
static inline enum case_move turned(struct world *w, const struct case_at *at)
{
	struct turn_look l = {.at = at, .calendar = w->institution->calendar, .now_us = time_legal_us(&w->app.time)};
	world_ok(w, store_read(w->app.store, at->party, &w->arena, job_turn, &l, &w->e));
	return l.found ? l.turn.move : CASE_MOVE_COUNT;
}

/* Time passes, and the clock does what it does, until this is next. */
static inline void wait_for(struct world *w, struct case_at *at, enum case_move move)
{
	for (int turns = 0; turns < 20; turns++) {
		enum case_move now = turned(w, at);
		if (now == move) {
			return;
		}
		if (now != CASE_MOVE_COUNT) {
			must_move(w, now, at);
			continue;
		}
		struct casefile_get_out c = see(w, at);
		assert_true(c.has_turns_at && c.turns_at > time_legal_us(&w->app.time));
		time_source_advance(&w->app.time, c.turns_at - time_legal_us(&w->app.time));
	}
	fail_msg("the clock never came to %s", case_move_kind(move));
}

/* How many events of a kind the case has. */
static inline int64_t events_of(struct world *w, const struct case_at *at, enum case_move move)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from event where route = %lld and casefile = %lld and kind = '%s'",
	         (long long)at->party, (long long)at->id, case_move_kind(move));
	return sql_number(w, sql);
}

static inline void assert_conflict(struct world *w, bool went_well)
{
	assert_false(went_well);
	if (w->e.code != ERR_CONFLICT) {
		print_error("%s:%d: %s\n", w->e.file, w->e.line, w->e.text);
	}
	assert_int_equal(w->e.code, ERR_CONFLICT);
}

#endif
