#include "multiply.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/cases/look_up.h"
#include "app/desk/names.h"
#include "base/caseno.h"
#include "base/id.h"
#include "host.h"
#include "store/event.h"
#include "store/timer.h"

enum { SAY_EVERY_S = 15 };

struct multiply {
	struct app app; /* for the look-ups: its keys alone */
	struct arena arena;
	sqlite3 *db;
	char *sections[3]; /* of multiply.sql */
	int64_t copies;
};

static void end(const char *what, const char *why)
{
	fprintf(stderr, "multiply: %s: %.300s\n", what, why);
	exit(1);
}

/* --- Functions of multiply.sql -------------------------------------------------------------------------------------
 */

static struct multiply *of(sqlite3_context *c)
{
	struct multiply *m = sqlite3_user_data(c);
	arena_reset(&m->arena);
	return m;
}

static struct str text_arg(sqlite3_value *v)
{
	const char *p = sqlite3_value_blob(v);
	return str_from(p ? p : "", (size_t)sqlite3_value_bytes(v));
}

static void give_text(sqlite3_context *c, struct str s)
{
	sqlite3_result_text(c, s.p, (int)s.n, SQLITE_TRANSIENT);
}

static void give_bytes(sqlite3_context *c, const void *p, size_t n)
{
	sqlite3_result_blob(c, p, (int)n, SQLITE_TRANSIENT);
}

/* What the store binds a sealed column to (tx_key of store/tx.c): "table.column", then the row's key. */
static struct str row_key(struct arena *a, int n, sqlite3_value **v)
{
	struct str name = text_arg(v[0]);
	size_t bytes = name.n + 9 * (size_t)n;
	uint8_t *p = arena_new(a, uint8_t, bytes);
	must(p != NULL);
	memcpy(p, name.p, name.n);
	for (int i = 0; i < n; i++) {
		uint64_t id = (uint64_t)sqlite3_value_int64(v[1 + i]);
		uint8_t *part = p + name.n + 9 * (size_t)i;
		part[0] = 0;
		for (int k = 0; k < 8; k++) {
			part[1 + k] = (uint8_t)(id >> (56 - 8 * k));
		}
	}
	return str_from(p, bytes);
}

/* sealed('table.column', key ..., text) and opened('table.column', key ..., sealed) */
static void sealed(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct multiply *m = of(c);
	struct str out;
	struct err e;
	if (!column_seal(m->app.column_keys, &m->arena, row_key(&m->arena, n - 2, v), text_arg(v[n - 1]), &out, &e)) {
		sqlite3_result_error(c, e.text, -1);
		return;
	}
	give_bytes(c, out.p, out.n);
}

static void opened(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct multiply *m = of(c);
	struct str out;
	struct err e;
	if (!column_open(m->app.column_keys, &m->arena, row_key(&m->arena, n - 2, v), text_arg(v[n - 1]), &out, &e)) {
		sqlite3_result_error(c, e.text, -1);
		return;
	}
	give_text(c, out);
}

/* Sixty-four words twice over, and what they do: some names are much like others, and each beginning finds many. */
static void firm_name(sqlite3_context *c, int n, sqlite3_value **v)
{
	static const char *const words[64] = {
		"Amber",   "Anchor", "Beacon",  "Birch",   "Bramble", "Bridge",  "Brook",   "Cedar",   "Chandler", "Cinder",
		"Clover",  "Cooper", "Copper",  "Coral",   "Crane",   "Dune",    "Elm",     "Ember",   "Falcon",   "Fathom",
		"Fern",    "Ferry",  "Flint",   "Fuller",  "Garnet",  "Gate",    "Granite", "Halyard", "Harbour",  "Hazel",
		"Heron",   "Island", "Jasper",  "Juniper", "Keel",    "Lantern", "Larch",   "Linden",  "Lock",     "Marten",
		"Mason",   "Meadow", "Mill",    "Moss",    "Nettle",  "Oak",     "Orchard", "Osprey",  "Pebble",   "Pilot",
		"Poplar",  "Quarry", "Quay",    "Raven",   "Reed",    "Rowan",   "Saddler", "Sail",    "Sorrel",   "Tanner",
		"Thistle", "Tiller", "Wagtail", "Willow"};
	static const char *const trades[16] = {"Bakery", "Boats",    "Books",    "Cleaning", "Foods",    "Garage",
	                                       "Hotel",  "Joinery",  "Kitchens", "Labour",   "Printing", "Roofing",
	                                       "School", "Staffing", "Textile",  "Transport"};
	struct multiply *m = of(c);
	uint64_t h = id_hash(sqlite3_value_int64(v[0]));
	(void)n;
	give_text(c, arena_printf(&m->arena, "%s %s %s Ltd", words[h % 64], words[h / 64 % 64], trades[h / 4096 % 16]));
}

static void name_piece(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct str pieces[NAME_PIECES_MAX];
	int64_t i = sqlite3_value_int64(v[1]);
	(void)n;
	if (i < (int64_t)name_pieces(&of(c)->arena, text_arg(v[0]), pieces)) {
		give_text(c, pieces[i]);
	}
}

static int64_t first_63_bits(const uint8_t hash[8])
{
	uint64_t x = 0;
	for (int i = 0; i < 8; i++) {
		x = x << 8 | hash[i];
	}
	return (int64_t)(x & INT64_MAX);
}

static void first_bits(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	sqlite3_result_int64(c, first_63_bits(sqlite3_value_blob(v[0])));
}

/* As desk/find.c keeps them. */
static void find_key(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct multiply *m = of(c);
	uint8_t hash[SHA256_BYTES];
	(void)n;
	column_hash(
		m->app.column_keys, STR("desk-find"),
		arena_printf(&m->arena, "%lld name %.*s", (long long)sqlite3_value_int64(v[0]), STR_ARG(text_arg(v[1]))), hash);
	sqlite3_result_int64(c, first_63_bits(hash));
}

static void case_number(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct caseno no;
	char text[CASENO_CHARS_MAX + 1];
	(void)n;
	must(caseno_make(STR("PL"), 2026, (uint64_t)sqlite3_value_int64(v[0]), &no));
	caseno_format(&no, text);
	give_text(c, str_of(text));
}

static void bucket_of_number(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	sqlite3_result_int64(c, number_bucket(text_arg(v[0])));
}

static void receipt_hash(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct receipt_key key = receipt_key_of(&of(c)->app, sqlite3_value_blob(v[0]));
	(void)n;
	give_bytes(c, key.hash, sizeof key.hash);
}

static void typed_hash(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct multiply *m = of(c);
	char typed[RECEIPT_TYPED_CHARS + 1];
	(void)n;
	receipt_typed(&m->app, sqlite3_value_blob(v[1]), typed);
	sqlite3_result_int64(c, receipt_typed_hash(&m->app, text_arg(v[0]), str_of(typed)));
}

static void payload_digest(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct multiply *m = of(c);
	uint8_t digest[SHA256_BYTES];
	struct str salt = text_arg(v[0]), payload = text_arg(v[1]);
	uint8_t *both = arena_new(&m->arena, uint8_t, salt.n + payload.n);
	(void)n;
	must(both != NULL);
	memcpy(both, salt.p, salt.n);
	memcpy(both + salt.n, payload.p, payload.n);
	sha256_of(str_from(both, salt.n + payload.n), digest);
	give_bytes(c, digest, sizeof digest);
}

static void leaf_of_event(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct err e;
	uint8_t leaf[SHA256_BYTES];
	struct event ev = {
		.route = sqlite3_value_int64(v[0]),
		.id = sqlite3_value_int64(v[1]),
		.room = text_arg(v[2]),
		.kind = text_arg(v[3]),
		.version = sqlite3_value_int(v[4]),
		.casefile = sqlite3_value_int64(v[5]),
		.institution = sqlite3_value_int64(v[6]),
		.service = text_arg(v[7]),
		.actor = sqlite3_value_int64(v[8]),
		.effective_us = sqlite3_value_int64(v[9]),
		.recorded_us = sqlite3_value_int64(v[10]),
		.payload_digest = text_arg(v[11]),
		.public_payload = text_arg(v[12]),
	};
	(void)n;
	if (!event_leaf(&ev, leaf, &e)) {
		sqlite3_result_error(c, e.text, -1);
		return;
	}
	give_bytes(c, leaf, sizeof leaf);
}

/* As store/timer.c has it. */
static void timer_bucket(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	sqlite3_result_int64(c, (int64_t)(id_hash(sqlite3_value_int64(v[0])) % TIMER_BUCKETS));
}

static const struct function {
	const char *name;
	int arguments; /* -1: any number */
	void (*call)(sqlite3_context *c, int n, sqlite3_value **v);
} functions[] = {
	{"sealed", -1, sealed},
	{"opened", -1, opened},
	{"firm_name", 1, firm_name},
	{"name_piece", 2, name_piece},
	{"first_bits", 1, first_bits},
	{"find_key", 2, find_key},
	{"case_number", 1, case_number},
	{"number_bucket", 1, bucket_of_number},
	{"receipt_hash", 1, receipt_hash},
	{"typed_hash", 2, typed_hash},
	{"payload_digest", 2, payload_digest},
	{"event_leaf", 13, leaf_of_event},
	{"timer_bucket", 1, timer_bucket},
};

/* --- multiply.sql --------------------------------------------------------------------------------------------------
 */

static void read_sections(struct multiply *m)
{
	static const char *const marks[3] = {"-- @begin", "-- @copy", "-- @end"};
	static char text[64 * 1024];
	FILE *f = fopen("tests/bench/multiply.sql", "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	if (f) {
		fclose(f);
	}
	text[n] = '\0';
	for (int i = 0; i < 3; i++) {
		m->sections[i] = strstr(text, marks[i]);
		if (m->sections[i] == NULL || n == sizeof text - 1) {
			end("tests/bench/multiply.sql", "is not there, or has not its sections");
		}
	}
	for (int i = 1; i < 3; i++) {
		m->sections[i][-1] = '\0';
	}
}

static void run(struct multiply *m, const char *sql)
{
	while (*sql) {
		sqlite3_stmt *st = NULL;
		const char *rest = sql;
		if (sqlite3_prepare_v2(m->db, sql, -1, &st, &rest) != SQLITE_OK) {
			end(sqlite3_errmsg(m->db), sql);
		}
		if (st != NULL) {
			int copies = sqlite3_bind_parameter_index(st, ":copies");
			if (copies > 0) {
				sqlite3_bind_int64(st, copies, m->copies);
			}
			int rc;
			while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			}
			if (rc != SQLITE_DONE) {
				end(sqlite3_errmsg(m->db), sqlite3_sql(st));
			}
		}
		sqlite3_finalize(st);
		sql = rest;
	}
}

void multiply_town(const char *data_dir, const struct column_keys *keys, size_t copies)
{
	struct multiply m = {.app = {.column_keys = keys}, .copies = (int64_t)copies};
	char path[500];
	double began = host_now_s(), said = began;
	if (copies == 0) {
		return;
	}
	arena_init(&m.arena, 1 << 20);
	read_sections(&m);
	snprintf(path, sizeof path, "%.400s/cityhall.db", data_dir);
	if (sqlite3_open_v2(path, &m.db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		end(path, sqlite3_errmsg(m.db));
	}
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		const struct function *f = &functions[i];
		if (sqlite3_create_function_v2(m.db, f->name, f->arguments, SQLITE_UTF8, &m, f->call, NULL, NULL, NULL) !=
		    SQLITE_OK) {
			end(f->name, sqlite3_errmsg(m.db));
		}
	}
	/* Who is killed begins anew: nothing is kept for that. */
	run(&m, "pragma locking_mode = exclusive; pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys "
	        "= off;"
	        "pragma cache_size = -2000000; pragma temp_store = memory;");
	run(&m, m.sections[0]);
	for (size_t i = 0; i < copies; i++) {
		run(&m, m.sections[1]);
		if (host_now_s() - said > SAY_EVERY_S) {
			said = host_now_s();
			fprintf(stderr, "%zu of %zu copies after %.0f s\n", i + 1, copies, said - began);
		}
	}
	run(&m, m.sections[2]);
	run(&m, "pragma locking_mode = normal; pragma journal_mode = wal;");
	sqlite3_close(m.db);
	arena_release(&m.arena);
}
