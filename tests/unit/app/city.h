/* A small city in this process: store, password pool at small cost, throttle and a real HTTP server over the rooms that
 * a test names; and a browser that keeps cookies and sends forms with their token. Time stands until it is moved. */
#ifndef CITYHALL_TESTS_CITY_H
#define CITYHALL_TESTS_CITY_H

#include <dirent.h>

/* What a person answers is a struct answer too, in the forms room. */
#define answer http_answer
#include "../http/http_test.h"
#undef answer
#include "../pg.h"

#include "app/app.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/admission.h"
#include "app/people/people.h"
#include "http/throttle.h"
#include "store/column_keys.h"

extern const struct store_schema event_schema;

#define CITY_NOW_US (INT64_C(1790000000) * US_PER_S) /* 21 September 2026 */

struct city {
	struct app app;
	struct column_keys keys;
	struct test_server server;
	struct arena arena;
	char dir[64];
	char url[512]; /* empty: SQLite */
	struct err e;
	const struct route *tables[8];
	const struct event_subscriber *subscribers;
	size_t subscriber_n;
};

#define city_ok(c, call)                                                       \
	do {                                                                       \
		if (!(call)) {                                                         \
			print_error("%s:%d: %s\n", (c)->e.file, (c)->e.line, (c)->e.text); \
			fail_msg("%s", #call);                                             \
		}                                                                      \
	} while (0)

/* Store and pool; no server yet. schemas end with NULL. */
static inline void city_found(struct city *c, const struct store_schema *const *schemas)
{
	*c = (struct city){.keys = {.key_id = 1, .data_key = {1, 2, 3}, .hash_key = {4, 5, 6}}};
	const char *tmp = getenv("TMPDIR");
	snprintf(c->dir, sizeof c->dir, "%.30s/city-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(c->dir));
	pg_schema(c->url, sizeof c->url);
	arena_init(&c->arena, 16 << 20);
	time_source_fixed(&c->app.time, CITY_NOW_US);
	c->app.column_keys = &c->keys;
	c->app.code_key[0] = 9;
	c->app.city_name = STR("Port Linden");
	struct store_options o = {.dir = str_of(c->dir),
	                          .url = str_of(c->url),
	                          .schemas = schemas,
	                          .time = &c->app.time,
	                          .column_keys = &c->keys,
	                          .readers = 2};
	city_ok(c, store_open(&o, &c->app.store, &c->e));
	struct password_options cheap = {.percent = 100, .passes = 1, .memory_bytes = 64 * 1024};
	city_ok(c, password_pool_start(&cheap, &c->app.passwords, &c->e));
	city_ok(c, throttle_new(&c->app.time, c->app.code_key, &c->app.throttle, &c->e));
}

static inline void city_open(struct city *c)
{
	struct http_options o = {
		.app = &c->app, .tables = c->tables, .hooks = {people_admit, people_allow, page_error, NULL}};
	server_up(&c->server, o);
}

static inline void city_close(struct city *c)
{
	if (c->server.http) {
		server_down(&c->server);
	}
	if (c->app.relay) {
		relay_stop(c->app.relay);
	}
	password_pool_stop(c->app.passwords);
	throttle_free(c->app.throttle);
	store_close(c->app.store);
	arena_release(&c->arena);
	DIR *d = opendir(c->dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		char path[400];
		snprintf(path, sizeof path, "%s/%s", c->dir, entry->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(c->dir);
}

static inline int64_t city_person(struct city *c, const char *name, const char *email, const char *password)
{
	char hash[PASSWORD_HASH_MAX] = "";
	int64_t party = 0;
	city_ok(c, password_hash(c->app.passwords, str_of(password), hash, &c->e));
	struct person_spec spec = {
		.name = str_of(name), .email = str_of(email), .password = STR_EMPTY, .lang = STR_EMPTY, .hash = hash};
	city_ok(c, people_add_person(c->app.store, &c->keys, &spec, &party, &c->e));
	return party;
}

/* --- The browser ------------------------------------------------------------------------------------------------- */

struct browser {
	struct city *city;
	struct {
		char name[32], value[256];
	} cookies[8];
	size_t cookie_n;
	char csrf[128], op[64], version[32];
	struct http_answer a;
};

static inline void keep_cookie(struct browser *b, struct str line)
{
	struct str pair;
	struct str rest;
	struct str name;
	struct str value;
	str_cut(line, ';', &pair, &rest);
	str_cut(pair, '=', &name, &value);
	size_t i = 0;
	while (i < b->cookie_n && !str_is(name, b->cookies[i].name)) {
		i++;
	}
	assert_true(i < 8);
	b->cookie_n = i == b->cookie_n ? i + 1 : b->cookie_n;
	snprintf(b->cookies[i].name, sizeof b->cookies[i].name, "%.*s", STR_ARG(name));
	snprintf(b->cookies[i].value, sizeof b->cookies[i].value, "%.*s", STR_ARG(value));
}

/* The value of the first <input name="NAME" value="..."> of the page, attributes in any order. */
static inline bool page_value(struct str page, const char *name, char *out, size_t room)
{
	char needle[64];
	snprintf(needle, sizeof needle, "name=\"%s\"", name);
	size_t at = str_find(page, str_of(needle));
	if (at == SIZE_MAX) {
		return false;
	}
	struct str rest = str_sub(page, at, page.n);
	size_t v = str_find(rest, STR("value=\""));
	size_t end = str_find_byte(rest, '>');
	if (v == SIZE_MAX || v > end) {
		return false;
	}
	rest = str_sub(rest, v + 7, rest.n);
	snprintf(out, room, "%.*s", (int)str_find_byte(rest, '"'), rest.p);
	return true;
}

static inline void browse(struct browser *b, const char *method, const char *path, const char *type, struct str body)
{
	struct buf q;
	buf_init(&q, 1 << 20);
	buf_printf(&q, "%s %s HTTP/1.1\r\nHost: city\r\nConnection: close\r\n", method, path);
	for (size_t i = 0; i < b->cookie_n; i++) {
		buf_printf(&q, "%s%s=%s%s", i ? "; " : "Cookie: ", b->cookies[i].name, b->cookies[i].value,
		           i + 1 == b->cookie_n ? "\r\n" : "");
	}
	if (strcmp(method, "POST") == 0) {
		buf_printf(&q, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body.n);
	}
	buf_put_c(&q, "\r\n");
	buf_put(&q, body);
	ask_bytes(&b->city->server, buf_str(&q), &b->a);
	buf_release(&q);
	struct str rest = b->a.head;
	struct str line;
	while (str_next(&rest, '\n', &line)) {
		if (str_starts(line, STR("Set-Cookie: "))) {
			keep_cookie(b, str_sub(line, 12, line.n));
		}
	}
	page_value(b->a.body, "csrf", b->csrf, sizeof b->csrf);
	page_value(b->a.body, "op", b->op, sizeof b->op);
	page_value(b->a.body, "version", b->version, sizeof b->version);
}

static inline void visit(struct browser *b, const char *path)
{
	browse(b, "GET", path, NULL, STR_EMPTY);
}

/* `fields` urlencoded; csrf and op of the page seen last are added. */
static inline void post(struct browser *b, const char *path, const char *fields)
{
	struct buf q;
	buf_init(&q, 1 << 20);
	buf_printf(&q, "csrf=%s&op=%s%s%s", b->csrf, b->op, *fields ? "&" : "", fields);
	browse(b, "POST", path, "application/x-www-form-urlencoded", buf_str(&q));
	buf_release(&q);
}

static inline struct str location(const struct browser *b)
{
	return head_value(&b->a, "location");
}

static inline void follow(struct browser *b)
{
	char path[2048];
	assert_int_equal(b->a.status, 303);
	snprintf(path, sizeof path, "%.*s", STR_ARG(location(b)));
	visit(b, path);
}

static inline void sign_in(struct browser *b, const char *email, const char *password)
{
	char fields[512];
	visit(b, "/sign-in");
	assert_int_equal(b->a.status, 200);
	snprintf(fields, sizeof fields, "email=%s&password=%s", email, password);
	post(b, "/sign-in", fields);
}

#endif
