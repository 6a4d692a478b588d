/* Every ordered pair of a room's writes at once, on either engine. The first is held before each of its statements in
 * turn, and before its end, while the second runs: on PostgreSQL on another connection, until it has ended or waits for
 * a lock; on SQLite, where whoever comes waits for the batch, before the first statement only. What both leave, and
 * what they are told, must be what they would have left and been told one after the other, in one of the two orders: no
 * update is lost, of two that exclude each other one counts. */
#include <limits.h>
#include <semaphore.h>

#include "app/authoring/change.h"
#include "app/cases/bundle.h"
#include "app/enquiries/moves.h"
#include "app/installation/installation.h"
#include "app/people/accounts.h"
#include "case_world.h"
#include "store/sqlite.h"

enum { SEEN_MAX = 800, SCENE_WAIT_MS = 20000 };

/* Fresh rows for one pair; what its writers saw before they began. */
struct scene {
	struct world *w;
	struct case_at at, second;
	int64_t account, organisation, file;
	char email[60];
	char packs[2][128];
	PGconn *watch; /* looks at the rows; NULL on SQLite */
};
typedef bool act_call(struct scene *s, struct err *e);

struct cast {
	const char *room;
	void (*set_up)(struct scene *s);
	struct act {
		const char *name;
		act_call *call;
		bool is_move; /* of two of them exactly one counts */
	} acts[8];
};

/* --- What can be seen of the rows: their number, and sums of all that is not drawn by lot
 * -----------------------------
 */

struct seen {
	int64_t v[SEEN_MAX];
	size_t n;
	bool ok[2];
	enum err_code code[2];
};

static void sum_sql(struct buf *q)
{
	buf_put_c(q, "select ''");
	for (const struct store_schema *const *s = world_schemas; *s; s++) {
		for (size_t t = 0; t < (*s)->tables_n; t++) {
			const struct store_table *table = &(*s)->tables[t];
			buf_put_c(q, " || (select count(*)");
			for (size_t c = 0; c < table->columns_n; c++) {
				const struct store_column *column = &table->columns[c];
				bool is_drawn = strcmp(column->name, "bucket") == 0; /* the hash of a drawn id */
				bool is_number = column->type == STORE_INT || column->type == STORE_FLAG || column->type == STORE_DATE;
				if (is_drawn || column->data_class == STORE_IDENTITY || column->data_class == STORE_SECRET) {
					continue;
				}
				if (is_number) {
					buf_printf(q, " || ' ' || coalesce(sum(%s), 0)", column->name);
				} else if (column->type == STORE_JSON) {
					buf_printf(q, " || ' ' || coalesce(sum(length(cast(%s as text))), 0)", column->name);
				}
			}
			buf_printf(q, " || ' ' from %s)", table->name);
		}
	}
}

static void read_sums(struct scene *s, struct seen *out)
{
	struct buf q;
	buf_init(&q, 256 << 10);
	sum_sql(&q);
	PGresult *r = s->watch ? PQexec(s->watch, buf_cstr(&q)) : NULL;
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = s->watch ? NULL : world_sql(s->w);
	if (s->watch) {
		assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
	} else {
		assert_int_equal(sqlite3_prepare_v2(db, buf_cstr(&q), -1, &statement, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	}
	out->n = 0;
	for (const char *at = r ? PQgetvalue(r, 0, 0) : (const char *)sqlite3_column_text(statement, 0); *at;) {
		char *end;
		assert_true(out->n < SEEN_MAX);
		out->v[out->n++] = strtoll(at, &end, 10);
		at = end + 1;
	}
	PQclear(r);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	buf_release(&q);
}

static bool is_same(const struct seen *a, const struct seen *b)
{
	for (int i = 0; i < 2; i++) {
		if (a->ok[i] != b->ok[i] || (!a->ok[i] && a->code[i] != b->code[i])) {
			return false;
		}
	}
	return memcmp(a->v, b->v, a->n * sizeof *a->v) == 0;
}

/* --- Two at once ---------------------------------------------------------------------------------------------------
 */

struct actor {
	struct scene *s;
	act_call *call;
	struct err e;
	bool ok;
	atomic_bool has_ended;
	pthread_t thread;
};

static void *play(void *arg)
{
	struct actor *a = arg;
	a->ok = a->call(a->s, &a->e);
	atomic_store(&a->has_ended, true);
	return NULL;
}

static void enter(struct actor *a)
{
	assert_int_equal(pthread_create(&a->thread, NULL, play, a), 0);
}

/* Counts the statements of the first, and stops it at one of them. */
struct hold {
	int at, count;
	sem_t is_held, go_on;
	atomic_bool was_held;
};

static void meanwhile(void *ctx)
{
	struct hold *h = ctx;
	if (atomic_load(&h->was_held) || ++h->count != h->at) {
		return;
	}
	atomic_store(&h->was_held, true);
	sem_post(&h->is_held);
	while (sem_wait(&h->go_on) != 0) {
	}
}

static bool waits(const struct scene *s)
{
	if (s->watch == NULL) {
		struct sqlite *file = s->w->app.store->state;
		pthread_mutex_lock(&file->lock);
		bool is_queued = file->interactive.first != NULL;
		pthread_mutex_unlock(&file->lock);
		return is_queued;
	}
	PGresult *r = PQexec(s->watch, "select 1 from pg_stat_activity where wait_event_type = 'Lock' limit 1");
	bool is_waiting = PQntuples(r) > 0;
	PQclear(r);
	return is_waiting;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* False: the first has fewer statements than that. */
static bool at_once(struct scene *s, act_call *const call[2], int at, struct seen *out)
{
	struct world *w = s->w;
	struct hold h = {.at = at};
	struct actor a[2] = {{.s = s, .call = call[0]}, {.s = s, .call = call[1]}};
	struct seen before;
	sem_init(&h.is_held, 0, 0);
	sem_init(&h.go_on, 0, 0);
	read_sums(s, &before);
	w->app.store->meanwhile_ctx = &h;
	w->app.store->meanwhile = meanwhile;
	enter(&a[0]);
	while (sem_trywait(&h.is_held) != 0 && !atomic_load(&a[0].has_ended)) {
		sched_yield();
	}
	bool was_held = atomic_load(&h.was_held);
	enter(&a[1]);
	for (int i = 0; was_held && i < SCENE_WAIT_MS && !atomic_load(&a[1].has_ended) && !waits(s); i++) {
		pause_ms(1);
	}
	sem_post(&h.go_on);
	for (int i = 0; i < 2; i++) {
		pthread_join(a[i].thread, NULL);
		out->ok[i] = a[i].ok;
		out->code[i] = a[i].e.code;
	}
	w->app.store->meanwhile = NULL;
	read_sums(s, out);
	for (size_t i = 0; i < out->n; i++) {
		out->v[i] -= before.v[i];
	}
	sem_destroy(&h.is_held);
	sem_destroy(&h.go_on);
	return was_held;
}

/* One after the other, beginning with `first` (0 or 1); or that one alone, the other being refused as too late. */
static void in_order(struct scene *s, act_call *const call[2], int first, bool is_alone, struct seen *out)
{
	struct seen before;
	read_sums(s, &before);
	for (int i = 0; i < 2; i++) {
		int k = first ^ i;
		struct err e = {.code = ERR_CONFLICT};
		out->ok[k] = (i == 0 || !is_alone) && call[k](s, &e);
		out->code[k] = e.code;
	}
	read_sums(s, out);
	for (size_t i = 0; i < out->n; i++) {
		out->v[i] -= before.v[i];
	}
}

static void show(const char *what, const struct seen *s)
{
	print_error("%s: %s %s, %s %s\n ", what, s->ok[0] ? "done" : "refused", s->ok[0] ? "" : err_name(s->code[0]),
	            s->ok[1] ? "done" : "refused", s->ok[1] ? "" : err_name(s->code[1]));
	for (size_t i = 0; i < s->n; i++) {
		print_error(s->v[i] ? " %zu:%lld" : "", i, (long long)s->v[i]);
	}
	print_error("\n");
}

static void pair_of(struct scene *s, const struct cast *cast, const struct act *a, const struct act *b)
{
	act_call *const call[2] = {a->call, b->call};
	enum { WAYS = 4 };
	struct seen way[WAYS], now;
	for (int i = 0; i < WAYS; i++) {
		cast->set_up(s);
		in_order(s, call, i % 2, i >= 2, &way[i]);
	}
	assert_true(way[0].ok[0] && way[1].ok[1]); /* each is legal when nobody was before it */
	if (a->is_move && b->is_move) {
		assert_true(!way[0].ok[1] && !way[1].ok[0]);
		assert_int_equal(way[0].code[1], ERR_CONFLICT);
		assert_int_equal(way[1].code[0], ERR_CONFLICT);
	}
	bool was_held = true;
	for (int at = 1; was_held; at = is_on_postgres() ? at + 1 : INT_MAX) {
		cast->set_up(s);
		was_held = at_once(s, call, at, &now);
		assert_true(at > 1 || was_held);
		int fits = 0;
		while (fits < WAYS && !is_same(&now, &way[fits])) {
			fits++;
		}
		if (fits == WAYS) {
			for (int i = 0; i < WAYS; i++) {
				show(i < 2 ? "one after the other" : "one alone", &way[i]);
			}
			show("at once", &now);
			fail_msg("%s: %s held before statement %d, and %s", cast->room, a->name, at, b->name);
		}
	}
}

static void play_all(struct world *w, const struct cast *cast)
{
	struct scene s = {.w = w, .watch = is_on_postgres() ? PQconnectdb(w->url) : NULL};
	for (const struct act *a = cast->acts; a->name; a++) {
		for (const struct act *b = cast->acts; b->name; b++) {
			pair_of(&s, cast, a, b);
		}
	}
	PQfinish(s.watch);
}

/* --- Cases ---------------------------------------------------------------------------------------------------------
 */

static bool move(struct scene *s, enum case_move m, struct err *e)
{
	struct mover who = rightful(m);
	struct store_op op = {.route = s->at.party, .digest = {1}};
	rand_bytes(op.id, sizeof op.id);
	who.op = &op;
	return make_move(s->w, m, &s->at, &who, e);
}
static bool act_take(struct scene *s, struct err *e)
{
	return move(s, MOVE_TAKEN, e);
}
static bool act_colleague_takes(struct scene *s, struct err *e)
{
	struct mover who = {.actor = COLLEAGUE};
	return make_move(s->w, MOVE_TAKEN, &s->at, &who, e);
}
static bool act_ask(struct scene *s, struct err *e)
{
	return move(s, MOVE_ASKED, e);
}
static bool act_decide(struct scene *s, struct err *e)
{
	return move(s, MOVE_DECIDED, e);
}
static bool act_recall(struct scene *s, struct err *e)
{
	return move(s, MOVE_RECALLED, e);
}
static bool act_send_letter(struct scene *s, struct err *e)
{
	return move(s, MOVE_LETTER_LEFT, e);
}
static bool act_question(struct scene *s, struct err *e)
{
	return move(s, MOVE_QUESTION_ASKED, e);
}
static bool act_hand(struct scene *s, struct err *e)
{
	return move(s, MOVE_HANDED, e);
}
static bool act_forward(struct scene *s, struct err *e)
{
	return move(s, MOVE_FORWARDED, e);
}
static bool act_bring(struct scene *s, struct err *e)
{
	return move(s, MOVE_GAP_BROUGHT, e);
}
static bool act_withdraw(struct scene *s, struct err *e)
{
	return move(s, MOVE_WITHDRAWN, e);
}
static bool act_ask_opinion(struct scene *s, struct err *e)
{
	return move(s, MOVE_OPINION_ASKED, e);
}
static bool act_give_opinion(struct scene *s, struct err *e)
{
	return move(s, MOVE_OPINION_GIVEN, e);
}
static bool act_sign(struct scene *s, struct err *e)
{
	return move(s, MOVE_SIGNED, e);
}
static bool act_send_back(struct scene *s, struct err *e)
{
	return move(s, MOVE_SENT_BACK, e);
}
static bool act_amend(struct scene *s, struct err *e)
{
	return move(s, MOVE_AMENDED, e);
}
static bool act_object(struct scene *s, struct err *e)
{
	return move(s, MOVE_OBJECTED, e);
}
static bool act_reopen(struct scene *s, struct err *e)
{
	return move(s, MOVE_REOPENED, e);
}
static bool act_assign(struct scene *s, struct err *e)
{
	return move(s, MOVE_ASSIGNED, e);
}
static bool act_move(struct scene *s, struct err *e)
{
	return move(s, MOVE_MOVED, e);
}
static bool act_add(struct scene *s, struct err *e)
{
	return move(s, MOVE_ADDED, e);
}
static bool act_lapse(struct scene *s, struct err *e)
{
	return move(s, MOVE_LAPSED, e);
}
/* A second head, who would give it to another one. */
static bool act_other_head_moves(struct scene *s, struct err *e)
{
	struct case_hand in = {.change = {.party = s->at.party,
	                                  .casefile = s->at.id,
	                                  .version = s->at.version,
	                                  .actor = EXPERT,
	                                  .calendar = s->w->institution->calendar},
	                       .move = MOVE_MOVED,
	                       .to = HEAD,
	                       .to_name = STR("Mei Castellan"),
	                       .reason = STR("She has time.")};
	return store_write(s->w->app.store, &(struct store_op){.route = s->at.party}, case_hand_job, &in, e);
}
static bool act_submit(struct scene *s, struct err *e)
{
	return move(s, MOVE_SUBMITTED, e);
}

/* At the version of the draft that was seen before, as the page does. */
static bool act_answer(struct scene *s, struct err *e)
{
	struct case_answer in = {.change = {.party = s->at.party,
	                                    .casefile = s->at.id,
	                                    .version = s->at.version,
	                                    .actor = APPLICANT,
	                                    .calendar = s->w->institution->calendar},
	                         .answers_json = STR("{\"workers\":41}"),
	                         .draft_version = s->at.draft_version};
	return store_write(s->w->app.store, &(struct store_op){.route = s->at.party}, case_answer_job, &in, e);
}

static bool job_look(struct tx *tx, void *ctx, struct err *e)
{
	const struct scene *s = ctx;
	return access_add(tx,
	                  &(struct access_add_in){.party = s->at.party,
	                                          .id = id_in_time(tx_now_us(tx)),
	                                          .casefile = s->at.id,
	                                          .institution = s->w->institution->id,
	                                          .account = OFFICIAL,
	                                          .name = STR("Jonas Adeyemi"),
	                                          .purpose = STR("case"),
	                                          .looked_at = tx_now_us(tx)},
	                  e);
}
static bool act_look(struct scene *s, struct err *e)
{
	return store_write(s->w->app.store, &(struct store_op){.route = s->at.party}, job_look, s, e);
}

static void a_case_in(struct scene *s, enum case_state state)
{
	s->at = case_in(s->w, state);
	s->at.draft_version = draft_version(s->w, &s->at);
}
static void received(struct scene *s)
{
	a_case_in(s, CASE_RECEIVED);
}
static void in_work(struct scene *s)
{
	a_case_in(s, CASE_IN_WORK);
}
static void asked(struct scene *s)
{
	a_case_in(s, CASE_ASKED);
}
static void corrected(struct scene *s)
{
	a_case_in(s, CASE_CORRECTED);
}
static void decided(struct scene *s)
{
	a_case_in(s, CASE_DECIDED);
}

static void to_sign(struct scene *s)
{
	a_case_in(s, CASE_TO_SIGN);
}
static void closed(struct scene *s)
{
	a_case_in(s, CASE_CLOSED);
}
static void waiting_for_all(struct scene *s)
{
	a_case_in(s, CASE_IN_WORK);
	must_move(s->w, MOVE_ACCEPTED_GAP, &s->at);
	must_move(s->w, MOVE_QUESTION_ASKED, &s->at);
	must_move(s->w, MOVE_OPINION_ASKED, &s->at);
}
static void overdue(struct scene *s)
{
	s->w->lapses = true;
	a_case_in(s, CASE_ASKED);
	s->w->lapses = false;
	sql_run(s->w, "update casefile set answer_day = 1 where answer_day is not null");
}

static void moves_of_a_case(void **state)
{
	static const struct cast casts[] = {
		{"cases, received",
	     received,
	     {{"take", act_take, true}, {"a colleague takes", act_colleague_takes, true}, {"look", act_look, false}}},
		{"cases, in work", in_work, {{"ask", act_ask, true}, {"decide", act_decide, true}, {"look", act_look, false}}},
		{"cases, asked", asked, {{"answer", act_answer, true}, {"look", act_look, false}}},
		{"cases, corrected", corrected, {{"ask", act_ask, true}, {"decide", act_decide, true}}},
		{"cases, decided", decided, {{"recall", act_recall, true}, {"send the letter", act_send_letter, true}}},
		{"cases, withdrawn and decided",
	     in_work,
	     {{"withdraw", act_withdraw, true}, {"decide", act_decide, true}, {"add", act_add, true}}},
		{"cases, in other hands",
	     in_work,
	     {{"hand", act_hand, true},
	      {"a head moves", act_move, true},
	      {"another head moves", act_other_head_moves, true}}},
		{"cases, asked for all sorts",
	     in_work,
	     {{"question", act_question, true}, {"opinion", act_ask_opinion, true}, {"forward", act_forward, true}}},
		{"cases, waiting for all sorts",
	     waiting_for_all,
	     {{"bring", act_bring, true}, {"give the opinion", act_give_opinion, true}, {"withdraw", act_withdraw, true}}},
		{"cases, received by heads", received, {{"assign", act_assign, true}, {"take", act_take, true}}},
		{"cases, to sign",
	     to_sign,
	     {{"sign", act_sign, true}, {"send back", act_send_back, true}, {"withdraw", act_withdraw, true}}},
		{"cases, overdue", overdue, {{"lapse", act_lapse, true}, {"answer", act_answer, true}}},
		{"cases, closed",
	     closed,
	     {{"object", act_object, true}, {"reopen", act_reopen, true}, {"amend", act_amend, true}}},
	};
	for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++) {
		play_all(*state, &casts[i]);
		/* Each in a town of its own: what is summed up stays small. */
		assert_int_equal(world_tear_down(state), 0);
		assert_int_equal(world_set_up(state), 0);
	}
}

/* --- Bundles ---- */

static void begin_draft_of(struct world *w, int64_t party, int64_t id)
{
	struct draft_begin begin = {
		.party = party, .id = id, .begun_by = APPLICANT, .keep_us = w->app.draft_keep_us, .service = w->service->id};
	memcpy(begin.definition, w->service->digest, SHA256_BYTES);
	world_ok(w, store_write(w->app.store, &(struct store_op){.route = party}, draft_job_begin, &begin, &w->e));
}

static struct case_at decided_case_of(struct world *w, int64_t party, int64_t bundle, enum case_outcome outcome)
{
	struct case_at at = {.party = party, .id = id_in_time(NOW_US), .draft_version = 1};
	struct mover decides = rightful(MOVE_DECIDED);
	char sql[160];
	begin_draft_of(w, party, at.id);
	must_move(w, MOVE_SUBMITTED, &at);
	snprintf(sql, sizeof sql, "update casefile set bundle = %lld where party = %lld and id = %lld", (long long)bundle,
	         (long long)party, (long long)at.id);
	sql_run(w, sql);
	must_move(w, MOVE_TAKEN, &at);
	decides.outcome = outcome;
	world_ok(w, make_move(w, MOVE_DECIDED, &at, &decides, &w->e));
	at.version++;
	return at;
}

struct bundle_made {
	struct scene *s;
	int64_t bundle, waiting;
};

static bool job_bundle(struct tx *tx, void *ctx, struct err *e)
{
	const struct bundle_made *m = ctx;
	const struct scene *s = m->s;
	const struct world *w = s->w;
	struct draft_part last = {.party = s->at.party,
	                          .id = m->waiting,
	                          .begun_by = APPLICANT,
	                          .state = DRAFT_WAITING,
	                          .service = w->service,
	                          .answers_json = STR("{\"workers\":\"40\"}")};
	const int64_t cases[] = {s->at.id, s->second.id, m->waiting};
	bool ok = draft_submit(tx, s->at.party, m->bundle, 1, e) &&
	          bundle_insert(tx,
	                        &(struct bundle_insert_in){.party = s->at.party,
	                                                   .id = m->bundle,
	                                                   .name = STR("bundle"),
	                                                   .definition = str_from(w->service->digest, SHA256_BYTES),
	                                                   .submitted_at = tx_now_us(tx)},
	                        e) &&
	          draft_part_add(tx, &last, e);
	for (int i = 0; ok && i < 3; i++) {
		ok = bundle_part_insert(tx,
		                        &(struct bundle_part_insert_in){.party = s->at.party,
		                                                        .bundle = m->bundle,
		                                                        .n = i,
		                                                        .casefile = cases[i],
		                                                        .service = w->service->id,
		                                                        .state = i < 2 ? PART_BEGUN : PART_WAITS,
		                                                        .after = i < 2 ? STR_EMPTY : STR("0 1"),
		                                                        .number = STR("PL-2026-000003-21"),
		                                                        .receipt_code = STR("0123456789abcdef"),
		                                                        .institution = w->institution->id,
		                                                        .applicant = STR("Kestrel Staffing"),
		                                                        .submitted_by = APPLICANT},
		                        e);
	}
	return ok;
}

static void two_decided_and_one_that_waits(struct scene *s, enum case_outcome second)
{
	struct bundle_made m = {.s = s, .bundle = id_random(), .waiting = id_in_time(NOW_US)};
	int64_t party = id_random();
	s->at = decided_case_of(s->w, party, m.bundle, OUTCOME_GRANTED);
	s->second = decided_case_of(s->w, party, m.bundle, second);
	begin_draft_of(s->w, party, m.bundle);
	world_ok(s->w, store_write(s->w->app.store, &(struct store_op){.route = party}, job_bundle, &m, &s->w->e));
}
static void both_granted(struct scene *s)
{
	two_decided_and_one_that_waits(s, OUTCOME_GRANTED);
}
static void one_refused(struct scene *s)
{
	two_decided_and_one_that_waits(s, OUTCOME_REFUSED);
}
static bool act_second_letter(struct scene *s, struct err *e)
{
	struct mover who = rightful(MOVE_LETTER_LEFT);
	return make_move(s->w, MOVE_LETTER_LEFT, &s->second, &who, e);
}

static void ends_of_two_parts_of_a_bundle(void **state)
{
	static const struct cast casts[] = {
		{"bundles, both granted",
	     both_granted,
	     {{"the first letter leaves", act_send_letter, false}, {"the second letter leaves", act_second_letter, false}}},
		{"bundles, one refused",
	     one_refused,
	     {{"the first letter leaves", act_send_letter, false}, {"the second letter leaves", act_second_letter, false}}},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++) {
		play_all(w, &casts[i]);
	}
	/* What waited for both has begun once at most, and what a refusal stopped is open. */
	assert_int_equal(
		sql_number(w, "select count(*) from (select 1 from casefile group by party, id having count(*) > 1) x"), 0);
	assert_true(sql_number(w, "select count(*) from bundle_part where n = 2 and state = 1") > 0);
	assert_true(sql_number(w, "select count(*) from bundle_part where n = 2 and state = 3") > 0);
	assert_int_equal(
		sql_number(w, "select count(*) from bundle_part p join draft d on d.party = p.party and d.id = p.casefile "
	                  "where p.n = 2 and d.state <> case p.state when 1 then 2 when 2 then 4 else 1 end"),
		0);
}

/* --- Enquiries ---- */

static bool say(struct scene *s, bool is_office, int64_t version, struct err *e)
{
	struct enquiry_say in = {.party = s->at.party,
	                         .id = s->at.id,
	                         .institution = s->w->institution->id,
	                         .actor = is_office ? OFFICIAL : APPLICANT,
	                         .version = version,
	                         .service = s->w->service->id,
	                         .name = STR("Somebody"),
	                         .text = STR("What is said."),
	                         .is_office = is_office};
	return store_write(s->w->app.store, &(struct store_op){.route = s->at.party}, enquiry_say_job, &in, e);
}
static bool act_ask_more(struct scene *s, struct err *e)
{
	return say(s, false, 1, e);
}
static bool act_office_answers(struct scene *s, struct err *e)
{
	return say(s, true, 1, e);
}
static bool act_link(struct scene *s, struct err *e)
{
	struct enquiry_draft in = {.party = s->at.party, .id = s->at.id, .version = 1, .draft = 77};
	return store_write(s->w->app.store, &(struct store_op){.route = s->at.party}, enquiry_draft_job, &in, e);
}
static void an_enquiry(struct scene *s)
{
	s->at = (struct case_at){.party = id_random(), .id = id_in_time(NOW_US)};
	world_ok(s->w, say(s, false, 0, &s->w->e));
}

static bool change_faq(struct scene *s, enum faq_state to, struct err *e)
{
	struct faq_change in = {
		.institution = s->w->institution->id, .id = s->at.id, .version = 1, .actor = COLLEAGUE, .to = to};
	return store_write(s->w->app.store, &(struct store_op){.route = in.institution}, faq_change_job, &in, e);
}
static bool act_publish_faq(struct scene *s, struct err *e)
{
	return change_faq(s, FAQ_PUBLISHED, e);
}
static bool act_remove_faq(struct scene *s, struct err *e)
{
	return change_faq(s, FAQ_GONE, e);
}
static bool propose(struct scene *s, int64_t id, struct err *e)
{
	struct faq_propose in = {.institution = s->w->institution->id,
	                         .id = id,
	                         .proposed_by = OFFICIAL,
	                         .service = s->w->service->id,
	                         .proposed_name = STR("Jonas Adeyemi"),
	                         .question_en = STR("May it be a garage?"),
	                         .answer_en = STR("Yes."),
	                         .question_zh = STR_EMPTY,
	                         .answer_zh = STR_EMPTY};
	return store_write(s->w->app.store, &(struct store_op){.route = in.institution}, faq_propose_job, &in, e);
}
static bool act_propose(struct scene *s, struct err *e)
{
	return propose(s, id_in_time(NOW_US), e);
}
static void a_proposal(struct scene *s)
{
	s->at = (struct case_at){.id = id_in_time(NOW_US)};
	world_ok(s->w, propose(s, s->at.id, &s->w->e));
}

static void what_is_said_and_proposed(void **state)
{
	static const struct cast casts[] = {
		{"enquiries, asked",
	     an_enquiry,
	     {{"ask more", act_ask_more, true},
	      {"answer", act_office_answers, true},
	      {"begin an application", act_link, true}}},
		{"enquiries, proposed",
	     a_proposal,
	     {{"publish", act_publish_faq, true}, {"take away", act_remove_faq, true}, {"propose", act_propose, false}}},
	};
	for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++) {
		play_all(*state, &casts[i]);
	}
}

/* --- Authoring ---- */

static bool author(struct scene *s, store_job *job, void *ctx, struct err *e)
{
	return store_write(s->w->app.store, &(struct store_op){.route = CATALOGUE_ROUTE}, job, ctx, e);
}
static struct change_who author_of(const struct scene *s, int64_t account)
{
	return (struct change_who){
		.change = s->at.id, .version = s->at.version, .account = account, .name = STR("Tomasz Okafor")};
}
static bool save_file(struct scene *s, const char *path, struct err *e)
{
	struct change_save_file file = {
		.path = str_of(path), .body = STR("format: 1"), .base_digest = STR_EMPTY, .what = FILE_TEXT};
	struct change_save in = {.who = author_of(s, OFFICIAL), .files = &file, .n = 1};
	return author(s, change_save_job, &in, e);
}
static bool act_save_file(struct scene *s, struct err *e)
{
	return save_file(s, "pack.yaml", e);
}
static bool act_save_other_file(struct scene *s, struct err *e)
{
	return save_file(s, "facts.yaml", e);
}
static bool act_ask_publication(struct scene *s, struct err *e)
{
	struct change_ask in = {.save.who = author_of(s, OFFICIAL), .reason = STR("A word."), .from_day = 20800};
	return author(s, change_ask_job, &in, e);
}
static bool act_return(struct scene *s, struct err *e)
{
	struct change_answer in = {.who = author_of(s, COLLEAGUE), .reason = STR("Not yet.")};
	return author(s, change_return_job, &in, e);
}
static bool act_publish_change(struct scene *s, struct err *e)
{
	struct change_answer in = {.who = author_of(s, COLLEAGUE), .reason = STR_EMPTY};
	return author(s, change_publish_job, &in, e);
}
static bool act_discard_change(struct scene *s, struct err *e)
{
	struct change_answer in = {.who = author_of(s, OFFICIAL), .reason = STR_EMPTY};
	return author(s, change_discard_job, &in, e);
}
static void a_change(struct scene *s)
{
	s->at = (struct case_at){.id = id_in_time(NOW_US), .version = 1};
	struct change_begin in = {.who = author_of(s, OFFICIAL),
	                          .title = STR("A word"),
	                          .service = STR_EMPTY,
	                          .body = STR_EMPTY,
	                          .path = STR_EMPTY,
	                          .kind = CHANGE_PUBLICATION};
	world_ok(s->w, author(s, change_begin_job, &in, &s->w->e));
}
static void an_asked_change(struct scene *s)
{
	a_change(s);
	world_ok(s->w, act_ask_publication(s, &s->w->e));
	s->at.version = 2;
}

static void changes_of_a_pack(void **state)
{
	static const struct cast casts[] = {
		{"authoring, being written",
	     a_change,
	     {{"save a file", act_save_file, true},
	      {"save another file", act_save_other_file, false},
	      {"ask for publication", act_ask_publication, true},
	      {"throw away", act_discard_change, true}}},
		{"authoring, asked for",
	     an_asked_change,
	     {{"return", act_return, true}, {"publish", act_publish_change, true}}},
	};
	for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++) {
		play_all(*state, &casts[i]);
	}
}

/* --- Forms ---------------------------------------------------------------------------------------------------------
 */

static struct file_change file_of(const struct scene *s, int64_t id)
{
	return (struct file_change){.state = DRAFT_OPEN,
	                            .file = {.party = s->at.party,
	                                     .id = id,
	                                     .casefile = s->at.id,
	                                     .question = STR("q"),
	                                     .filename = STR("f"),
	                                     .layout = STR("[]"),
	                                     .page_n = 1}};
}

static bool draft_write(struct scene *s, store_job *job, void *ctx, struct err *e)
{
	return store_write(s->w->app.store, &(struct store_op){.route = s->at.party}, job, ctx, e);
}
static bool act_save(struct scene *s, struct err *e)
{
	struct str value = STR("40");
	struct answer one = {.question = STR("workers"), .values = &value, .value_n = 1};
	struct draft_save in = {.party = s->at.party, .id = s->at.id, .page = {&one, 1}};
	return draft_write(s, draft_job_save, &in, e);
}
static bool act_save_other(struct scene *s, struct err *e)
{
	struct str value = STR("limited");
	struct answer one = {.question = STR("legal-form"), .values = &value, .value_n = 1};
	struct draft_save in = {.party = s->at.party, .id = s->at.id, .page = {&one, 1}};
	return draft_write(s, draft_job_save, &in, e);
}
static bool act_discard(struct scene *s, struct err *e)
{
	struct draft_save in = {.party = s->at.party, .id = s->at.id};
	return draft_write(s, draft_job_discard, &in, e);
}
static bool act_add_file(struct scene *s, struct err *e)
{
	struct file_change in = file_of(s, id_in_time(NOW_US));
	return draft_write(s, draft_job_add_file, &in, e);
}
static bool act_remove_file(struct scene *s, struct err *e)
{
	struct file_change in = file_of(s, s->file);
	return draft_write(s, draft_job_remove_file, &in, e);
}
static bool act_begin(struct scene *s, struct err *e)
{
	struct draft_begin in = {
		.party = s->at.party, .id = id_in_time(NOW_US), .begun_by = APPLICANT, .service = s->w->service->id};
	memcpy(in.definition, s->w->service->digest, SHA256_BYTES);
	return draft_write(s, draft_job_begin, &in, e);
}

static void a_draft(struct scene *s)
{
	s->at = begin_draft(s->w);
	s->file = id_in_time(NOW_US);
	struct file_change in = file_of(s, s->file);
	world_ok(s->w, draft_write(s, draft_job_add_file, &in, &s->w->e));
	s->at.draft_version = draft_version(s->w, &s->at);
}

static void changes_of_a_draft(void **state)
{
	static const struct cast cast = {"forms",
	                                 a_draft,
	                                 {{"begin another", act_begin, false},
	                                  {"save a page", act_save, false},
	                                  {"save another page", act_save_other, false},
	                                  {"add a file", act_add_file, false},
	                                  {"remove a file", act_remove_file, false},
	                                  {"discard", act_discard, false},
	                                  {"submit", act_submit, true}}};
	play_all(*state, &cast);
}

/* --- People --------------------------------------------------------------------------------------------------------
 */

static bool add_person(struct scene *s, const char *name, int64_t *party, struct err *e)
{
	struct person_spec spec = {.name = str_of(name), .email = str_of(s->email), .hash = "$argon2id$none"};
	return people_add_person(s->w->app.store, &s->w->keys, &spec, party, e);
}
static bool act_register(struct scene *s, struct err *e)
{
	int64_t party;
	return add_person(s, "Somebody", &party, e);
}
static bool act_give_role(struct scene *s, struct err *e)
{
	return people_set_role(s->w->app.store, s->account, ROLE_OFFICIAL, s->w->institution->id, true, 1, e);
}
static bool act_take_role(struct scene *s, struct err *e)
{
	return people_set_role(s->w->app.store, s->account, ROLE_ADMINISTRATOR, s->w->institution->id, false, 1, e);
}
static bool act_disable(struct scene *s, struct err *e)
{
	return people_set_disabled(s->w->app.store, s->account, true, 1, e);
}
static bool act_set_password(struct scene *s, struct err *e)
{
	return people_set_password(s->w->app.store, s->account, "$argon2id$other", 0, STR_EMPTY, 1, e);
}
static bool act_give_mandate(struct scene *s, struct err *e)
{
	return people_give_mandate(s->w->app.store, s->account, s->organisation, 1, e);
}

static void an_address(struct scene *s)
{
	snprintf(s->email, sizeof s->email, "x%llx@example.org", (unsigned long long)rand_u64());
}
static void an_account(struct scene *s)
{
	an_address(s);
	world_ok(s->w, add_person(s, "Lin Xiaohe", &s->account, &s->w->e));
	world_ok(s->w, people_set_role(s->w->app.store, s->account, ROLE_ADMINISTRATOR, s->w->institution->id, true, 1,
	                               &s->w->e));
	world_ok(s->w, people_add_organisation(s->w->app.store, STR("Kestrel"), STR_EMPTY, STR_EMPTY, &s->organisation,
	                                       &s->w->e));
}

static void changes_of_an_account(void **state)
{
	static const struct cast casts[] = {
		{"people, an address", an_address, {{"register", act_register, true}}},
		{"people, an account",
	     an_account,
	     {{"give a role", act_give_role, false},
	      {"take a role", act_take_role, false},
	      {"disable", act_disable, false},
	      {"set the password", act_set_password, false},
	      {"give a mandate", act_give_mandate, false}}},
	};
	for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++) {
		play_all(*state, &casts[i]);
	}
}

/* --- Installation and catalogue ------------------------------------------------------------------------------------
 */

static bool act_travel(struct scene *s, struct err *e)
{
	return installation_travel(&s->w->app, US_PER_MIN, false, e);
}
static void nothing(struct scene *s)
{
	(void)s;
}

static void travels_in_time(void **state)
{
	static const struct cast cast = {"installation", nothing, {{"travel", act_travel, false}}};
	struct world *w = *state;
	struct installation what = {.name = STR("Port Linden"),
	                            .domain = STR("x.example"),
	                            .languages = STR("en"),
	                            .zone = STR("UTC"),
	                            .is_demo = true};
	world_ok(w, installation_make(w->app.store, &what, &w->e));
	w->app.is_demo = true;
	play_all(w, &cast);
	assert_int_equal(sql_number(w, "select offset_us from installation"),
	                 (sql_number(w, "select version from installation") - 1) * US_PER_MIN);
}

/* A serial is leased by whoever comes first; both get one. */
static bool act_serial(struct scene *s, struct err *e)
{
	struct case_serials *own;
	struct app app = {.store = s->w->app.store};
	uint64_t serial;
	if (!case_serials_new(&own, e)) {
		return false;
	}
	app.serials = own;
	bool ok = case_serial_next(&app, s->file, 2026, &serial, e);
	case_serials_free(own);
	return ok;
}
static void a_jurisdiction(struct scene *s)
{
	s->file = id_random();
}
static void leases_of_serials(void **state)
{
	static const struct cast cast = {"cases, serials", a_jurisdiction, {{"lease", act_serial, false}}};
	play_all(*state, &cast);
}

static bool publish(struct scene *s, const char *dir, struct err *e)
{
	struct pack_report report;
	pack_report_init(&report);
	bool ok = catalogue_publish(&s->w->app, str_of(dir), &report, e);
	assert_int_equal(report.mistakes, 0);
	pack_report_release(&report);
	return ok;
}
static bool act_publish(struct scene *s, struct err *e)
{
	return publish(s, s->packs[0], e);
}
static bool act_publish_other(struct scene *s, struct err *e)
{
	return publish(s, s->packs[1], e);
}

/* Two packs that differ from what is published and from each other; the names of one length. */
static void copy_packs(struct scene *s)
{
	static int number = 1000;
	char command[700];
	number++;
	for (int i = 0; i < 2; i++) {
		snprintf(s->packs[i], sizeof s->packs[i], "%s/pack%d", s->w->dir, i);
		snprintf(command, sizeof command,
		         "rm -rf %s && cp -r packs/demo %s && sed -i '0,/en: /s//en: %d%d /' "
		         "%s/services/labour-dispatch-permit/service.yaml",
		         s->packs[i], s->packs[i], number, i, s->packs[i]);
		assert_int_equal(system(command), 0); /* NOLINT */
	}
}
static void publications(void **state)
{
	static const struct cast cast = {
		"catalogue", copy_packs, {{"publish", act_publish, false}, {"publish another", act_publish_other, false}}};
	struct world *w = *state;
	char command[200];
	play_all(w, &cast);
	snprintf(command, sizeof command, "rm -rf %s/pack0 %s/pack1", w->dir, w->dir);
	assert_int_equal(system(command), 0); /* NOLINT */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		T(moves_of_a_case),   T(changes_of_a_draft), T(changes_of_an_account),         T(travels_in_time),
		T(leases_of_serials), T(publications),       T(ends_of_two_parts_of_a_bundle), T(what_is_said_and_proposed),
		T(changes_of_a_pack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
