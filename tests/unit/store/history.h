/* A store with events for the tests of event, relay, seal and timer, and a way to change it behind its back. */
#ifndef CITYHALL_TESTS_STORE_HISTORY_H
#define CITYHALL_TESTS_STORE_HISTORY_H

#include <dirent.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "os/file.h"
#include "store/event.h"
#include "store/event.sql.h"
#include "tests/history.sql.h"
#include "unit/pg.h"
#include "unit/unit.h"

#define NOON_US (INT64_C(1750000000) * US_PER_S)

struct fixture {
	char dir[256];
	char url[512]; /* empty: SQLite */
	struct time_source time;
	struct store_options options;
	struct store *store;
	struct arena arena;
	struct err e;
};

static const struct store_schema *const history_schemas[] = {&event_schema, &history_schema, NULL};

#define assert_ok(f, call)                                                     \
	do {                                                                       \
		if (!(call)) {                                                         \
			print_error("%s:%d: %s\n", (f)->e.file, (f)->e.line, (f)->e.text); \
			fail_msg("%s", #call);                                             \
		}                                                                      \
	} while (0)

static inline void fixture_open(struct fixture *f)
{
	f->options.dir = str_of(f->dir);
	f->options.url = str_of(f->url);
	f->options.time = &f->time;
	f->options.schemas = history_schemas;
	assert_ok(f, store_open(&f->options, &f->store, &f->e));
}

static inline void fixture_close(struct fixture *f)
{
	store_close(f->store);
	f->store = NULL;
}

static inline int set_up_folder(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	const char *tmp = getenv("TMPDIR");
	time_source_fixed(&f->time, NOON_US);
	arena_init(&f->arena, 16 << 20);
	snprintf(f->dir, sizeof f->dir, "%s/cityhall-history-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	pg_schema(f->url, sizeof f->url);
	*state = f;
	return 0;
}

static inline int set_up_history(void **state)
{
	set_up_folder(state);
	fixture_open(*state);
	return 0;
}

static inline void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		struct stat st;
		if (str_is(str_of(entry->d_name), ".") || str_is(str_of(entry->d_name), "..")) {
			continue;
		}
		char *path = file_path(str_of(dir), str_of(entry->d_name));
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			remove_folder(path);
		} else {
			unlink(path);
		}
		mem_free(path);
	}
	if (d) {
		closedir(d);
	}
	rmdir(dir);
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	if (f->store) {
		fixture_close(f);
	}
	arena_release(&f->arena);
	remove_folder(f->dir);
	free(f);
	return 0;
}

/* One note with one event, of a route. */
struct move {
	int64_t party;
	int64_t institution;
	int64_t casefile;
	const char *kind;
	const char *personal; /* NULL: none */
	bool fails;
	struct event ev; /* out */
};

static inline bool move_job(struct tx *tx, void *ctx, struct err *e)
{
	struct move *m = ctx;
	m->ev = (struct event){
		.route = m->party,
		.room = STR("history"),
		.kind = str_of(m->kind),
		.version = 1,
		.casefile = m->casefile,
		.institution = m->institution,
		.service = STR("test"),
		.actor = m->party,
		.public_payload = STR("{\"a\":1}"),
		.personal_payload = str_of(m->personal),
	};
	if (!note_add(tx, &(struct note_add_in){m->party, id_random(), STR("x")}, e) || !event_append(tx, &m->ev, e)) {
		return false;
	}
	return !m->fails || err_set(e, ERR_INVALID, "thought better of it");
}

static inline bool make_move(struct fixture *f, struct move *m)
{
	struct store_op op = {.route = m->party};
	return store_write(f->store, &op, move_job, m, &f->e);
}

/* n events, 10 in each move, of party 1 ... parties and institution 1000 ... in turn, in order of appending. */
enum { EVENTS_A_MOVE = 10 };
struct appended {
	int64_t id, party, institution;
};
struct many {
	size_t n;
	struct move *moves;
};

static inline bool many_job(struct tx *tx, void *ctx, struct err *e)
{
	struct many *m = ctx;
	for (size_t i = 0; i < m->n; i++) {
		if (!move_job(tx, &m->moves[i], e)) {
			return false;
		}
	}
	return true;
}

static inline void make_moves(struct fixture *f, size_t n, int64_t parties, int64_t institutions, struct appended *out)
{
	for (size_t at = 0; at < n; at += EVENTS_A_MOVE) {
		struct move moves[EVENTS_A_MOVE];
		struct many m = {.n = n - at < EVENTS_A_MOVE ? n - at : EVENTS_A_MOVE, .moves = moves};
		int64_t party = 1 + (int64_t)(at / EVENTS_A_MOVE) % parties;
		for (size_t i = 0; i < m.n; i++) {
			moves[i] = (struct move){
				.party = party,
				.institution = institutions ? 1000 + (int64_t)(at + i) % institutions : 0,
				.casefile = 7,
				.kind = "moved",
				.personal = i % 2 ? "{\"name\":\"Anna\"}" : NULL,
			};
		}
		struct store_op op = {.route = party};
		assert_ok(f, store_write(f->store, &op, many_job, &m, &f->e));
		for (size_t i = 0; out && i < m.n; i++) {
			out[at + i] = (struct appended){moves[i].ev.id, party, moves[i].institution};
		}
	}
}

/* --- Read models ---------------------------------------------------------------------------------------------------
 */

static inline bool note_seen(struct tx *tx, const char *subscriber, int64_t target, int64_t event, struct err *e)
{
	return seen_add(tx, &(struct seen_add_in){.target = target, .subscriber = str_of(subscriber), .event = event}, e);
}

struct seen {
	int64_t target;
	const char *subscriber;
	int64_t events[2000];
	size_t n;
};

static inline bool seen_job(struct tx *tx, void *ctx, struct err *e)
{
	struct seen *s = ctx;
	struct seen_list_rows rows;
	struct seen_list_out r;
	s->n = 0;
	if (!seen_list_open(tx, &(struct seen_list_in){s->target, str_of(s->subscriber)}, &rows, e)) {
		return false;
	}
	while (seen_list_next(&rows, &r)) {
		must(s->n < sizeof s->events / sizeof *s->events);
		s->events[s->n++] = r.event;
	}
	return seen_list_close(&rows, e);
}

static inline struct seen seen_by(struct fixture *f, const char *subscriber, int64_t target)
{
	struct seen s = {.target = target, .subscriber = subscriber};
	assert_ok(f, store_read(f->store, target, &f->arena, seen_job, &s, &f->e));
	return s;
}

/* --- Behind the store's back: only while it is closed --------------------------------------------------------------
 */

static inline int64_t sql(struct fixture *f, const char *text)
{
	char path[300];
	sqlite3 *db;
	sqlite3_stmt *s;
	int64_t value = 0;
	if (is_on_postgres()) {
		char text_value[64];
		pg_do(f->url, text, text_value, sizeof text_value);
		return strtoll(text_value, NULL, 10);
	}
	snprintf(path, sizeof path, "%s/cityhall.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	while (*text) {
		const char *rest;
		if (sqlite3_prepare_v2(db, text, -1, &s, &rest) != SQLITE_OK) {
			fail_msg("%s: %s", text, sqlite3_errmsg(db));
		}
		int rc = sqlite3_step(s);
		if (rc == SQLITE_ROW) {
			value = sqlite3_column_int64(s, 0);
		} else if (rc != SQLITE_DONE) {
			fail_msg("%s: %s", text, sqlite3_errmsg(db));
		}
		sqlite3_finalize(s);
		text = rest;
	}
	sqlite3_close(db);
	return value;
}

#endif
