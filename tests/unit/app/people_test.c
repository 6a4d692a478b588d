/* Accounts, sessions, admission, sign-in and its throttle, roles: the store's rows and the pages over a real server. */
#include "city.h"

#include <pthread.h>
#include <sched.h>

#include "app/people/email.h"
#include "app/people/people.sql.h"

static const struct store_schema *const schemas[] = {&event_schema, &people_schema, NULL};

static bool whoami(struct req *r, struct err *e)
{
	(void)e;
	buf_printf(&r->out, "%.*s parties=%zu roles=%zu lang=%.*s csrf=%.*s", STR_ARG(r->viewer->name), r->viewer->party_n,
	           r->viewer->role_n, STR_ARG(r->lang), STR_ARG(r->csrf));
	return true;
}

static const struct route test_routes[] = {
	ROUTE(METHOD_GET, "/anyone", MAY_ANYONE, whoami),
	ROUTE(METHOD_GET, "/person", MAY_SIGNED_IN, whoami),
	ROUTE(METHOD_GET, "/official", MAY_OFFICIAL, whoami),
	ROUTE(METHOD_POST, "/person", MAY_SIGNED_IN, whoami, .body_max = 1000),
	ROUTES_END,
};

#define GOOD "kettle+window+moss+7"
#define GOOD_PLAIN "kettle window moss 7"

static int set_up(void **state)
{
	struct city *c = malloc(sizeof *c);
	city_found(c, schemas);
	c->tables[0] = people_routes;
	c->tables[1] = test_routes;
	city_open(c);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	city_close(*state);
	free(*state);
	return 0;
}

/* --- Rows -------------------------------------------------------------------------------------------------------- */

static void one_address_has_one_account(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	int64_t found = 0;
	city_ok(c, people_find(c->app.store, &c->keys, STR("LIN@Example.org"), &found, &c->e));
	assert_int_equal(found, lin);
	int64_t other = 0;
	struct person_spec again = {
		.name = STR("Other"), .email = STR("Lin@EXAMPLE.org"), .password = STR_EMPTY, .lang = STR_EMPTY};
	assert_false(people_add_person(c->app.store, &c->keys, &again, &other, &c->e));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	assert_false(people_find(c->app.store, &c->keys, STR("nobody@example.org"), &found, &c->e));
	assert_int_equal(c->e.code, ERR_NOT_FOUND);
}

struct claim_only {
	int64_t bucket;
	uint8_t hash[32];
};

static bool job_claim_only(struct tx *tx, void *ctx, struct err *e)
{
	const struct claim_only *x = ctx;
	return email_claim(
		tx,
		&(struct email_claim_in){
			.bucket = x->bucket, .hash = str_from(x->hash, 32), .account = 77, .claimed_at = tx_now_us(tx)},
		e);
}

static void claim_without_account_is_taken_over_after_ten_minutes(void **state)
{
	struct city *c = *state;
	struct claim_only x = {0};
	column_hash(&c->keys, STR("email"), STR("half@example.org"), x.hash);
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | x.hash[i];
	}
	x.bucket = (int64_t)(v & INT64_MAX);
	struct store_op op = {.route = x.bucket};
	city_ok(c, store_write(c->app.store, &op, job_claim_only, &x, &c->e));
	int64_t party = 0;
	struct person_spec spec = {
		.name = STR("Half"), .email = STR("half@example.org"), .password = STR_EMPTY, .lang = STR_EMPTY};
	assert_false(people_add_person(c->app.store, &c->keys, &spec, &party, &c->e));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	time_source_advance(&c->app.time, 11 * US_PER_MIN);
	city_ok(c, people_add_person(c->app.store, &c->keys, &spec, &party, &c->e));
	int64_t found = 0;
	city_ok(c, people_find(c->app.store, &c->keys, STR("half@example.org"), &found, &c->e));
	assert_int_equal(found, party);
}

static void names_and_addresses_are_not_readable_in_the_file(void **state)
{
	SQLITE_ONLY();
	struct city *c = *state;
	city_person(c, "Xiaohe Unmistakable", "unmistakable@example.org", GOOD_PLAIN);
	static const char *const files[] = {"cityhall.db", "cityhall.db-wal"};
	size_t seen = 0;
	for (size_t i = 0; i < 2; i++) {
		char path[200];
		struct buf b;
		buf_init(&b, 64 << 20);
		snprintf(path, sizeof path, "%s/%s", c->dir, files[i]);
		FILE *f = fopen(path, "rb");
		char chunk[4096];
		for (size_t n; f && (n = fread(chunk, 1, sizeof chunk, f)) > 0;) {
			buf_put_bytes(&b, chunk, n);
		}
		if (f) {
			fclose(f);
		}
		seen += b.n;
		assert_true(str_find(buf_str(&b), STR("Unmistakable")) == SIZE_MAX);
		assert_true(str_find(buf_str(&b), STR("unmistakable@example.org")) == SIZE_MAX);
		assert_true(str_find(buf_str(&b), STR("$argon2id$")) == SIZE_MAX);
		buf_release(&b);
	}
	assert_true(seen > 0);
}

static void mandate_and_role_given_twice_are_there_once(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	int64_t firm = 0;
	city_ok(c, people_add_organisation(c->app.store, STR("Harbour Staff Ltd"), STR("cn-uscc"),
	                                   STR("91350100M000100Y43"), &firm, &c->e));
	for (int i = 0; i < 2; i++) {
		city_ok(c, people_give_mandate(c->app.store, lin, firm, 0, &c->e));
		city_ok(c, people_set_role(c->app.store, lin, ROLE_OFFICIAL, 5, true, 0, &c->e));
	}
	assert_false(people_give_mandate(c->app.store, lin, 12345, 0, &c->e));
	assert_int_equal(c->e.code, ERR_NOT_FOUND);
	assert_false(people_set_role(c->app.store, 12345, ROLE_OFFICIAL, 5, true, 0, &c->e));
	assert_int_equal(c->e.code, ERR_NOT_FOUND);
	struct account_list list;
	city_ok(c, people_list(c->app.store, &c->arena, 0, &list, &c->e));
	assert_int_equal(list.n, 1);
	assert_str(list.items[0].name, "Lin Xiaohe");
	assert_str(list.items[0].email, "lin@example.org");
	assert_int_equal(list.items[0].role_n, 1);
	city_ok(c, people_set_role(c->app.store, lin, ROLE_OFFICIAL, 5, false, 0, &c->e));
	city_ok(c, people_list(c->app.store, &c->arena, 0, &list, &c->e));
	assert_int_equal(list.items[0].role_n, 0);
}

static void relay_lists_the_people_of_an_institution(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	int64_t rosa = city_person(c, "Rosa Marchetti", "rosa@example.org", GOOD_PLAIN);
	city_ok(c, people_set_role(c->app.store, lin, ROLE_OFFICIAL, 5, true, 0, &c->e));
	city_ok(c, people_set_role(c->app.store, lin, ROLE_ADMINISTRATOR, 5, true, 0, &c->e));
	city_ok(c, people_set_role(c->app.store, rosa, ROLE_OFFICIAL, 6, true, 0, &c->e));
	city_ok(c, relay_start(c->app.store, people_subscribers, 1, &c->app.relay, &c->e));
	assert_true(relay_drain(c->app.relay, 10 * US_PER_S));
	struct account_list list;
	city_ok(c, people_staff(c->app.store, &c->arena, 5, &list, &c->e));
	assert_int_equal(list.n, 1);
	assert_str(list.items[0].name, "Lin Xiaohe");
	assert_int_equal(list.items[0].role_n, 2);
	city_ok(c, people_set_role(c->app.store, lin, ROLE_OFFICIAL, 5, false, 0, &c->e));
	relay_nudge(c->app.relay);
	assert_true(relay_drain(c->app.relay, 10 * US_PER_S));
	city_ok(c, people_staff(c->app.store, &c->arena, 5, &list, &c->e));
	assert_int_equal(list.items[0].role_n, 1);
	assert_int_equal(list.items[0].roles[0].kind, ROLE_ADMINISTRATOR);
}

static void names_are_cleaned_and_bounded(void **state)
{
	struct city *c = *state;
	struct str out = STR_EMPTY;
	assert_true(people_read_name(&c->arena, STR("  Lin \xE3\x80\x80  Xiaohe "), &out));
	assert_str(out, "Lin Xiaohe");
	assert_true(people_read_name(&c->arena,
	                             STR("\xE2\x80\xAE"
	                                 "evil"),
	                             &out));
	assert_str(out, "evil");
	assert_false(people_read_name(&c->arena, STR(" \xE2\x80\x8B "), &out));
	assert_false(people_read_name(&c->arena,
	                              STR("a\x01"
	                                  "b"),
	                              &out));
	char longest[NAME_CHARS_MAX + 2];
	memset(longest, 'a', sizeof longest);
	assert_true(people_read_name(&c->arena, str_from(longest, NAME_CHARS_MAX), &out));
	assert_false(people_read_name(&c->arena, str_from(longest, NAME_CHARS_MAX + 1), &out));
}

static void addresses_are_read(void **state)
{
	struct city *c = *state;
	struct str out = STR_EMPTY;
	assert_true(email_read(&c->arena, STR(" Lin.Xiaohe+x@Mail.Example.ORG "), &out));
	assert_str(out, "Lin.Xiaohe+x@mail.example.org");
	assert_true(email_read(&c->arena,
	                       STR("\xEF\xBD\x8C\xEF\xBD\x89\xEF\xBD\x8E\xEF\xBC\xA0"
	                           "example.org"),
	                       &out));
	assert_str(out, "lin@example.org");
	assert_true(email_read(&c->arena, STR("用户@例子.中国"), &out));
	static const char *const bad[] = {
		"",           "lin",      "lin@",     "@example.org", "lin@example", "l in@example.org", "a@b@c.org",
		"a..b@c.org", ".a@c.org", "a@-c.org", "a@c..org",     "a@c.org.",    "a@c.org,b@d.org",  "<a@c.org>",
		"a@c_d.org"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (email_read(&c->arena, str_of(bad[i]), &out)) {
			fail_msg("accepted: %s", bad[i]);
		}
	}
}

/* --- Pages ------------------------------------------------------------------------------------------------------- */

static void visitor_is_sent_to_sign_in_and_comes_back(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	visit(&b, "/person?a=1&b=2");
	assert_int_equal(b.a.status, 303);
	assert_true(str_starts(location(&b), STR("/sign-in?back=")));
	follow(&b);
	assert_int_equal(b.a.status, 200);
	post(&b, "/sign-in", "email=lin@example.org&password=" GOOD "&back=/person?a%3D1%26b%3D2");
	assert_int_equal(b.a.status, 303);
	assert_str(location(&b), "/person?a=1&b=2");
	follow(&b);
	assert_int_equal(b.a.status, 200);
	assert_true(body_has(&b.a, "Lin Xiaohe parties=1 roles=0"));
	struct browser visitor = {.city = c};
	visit(&visitor, "/sign-in");
	post(&visitor, "/person", "");
	assert_int_equal(visitor.a.status, 401);
}

static void way_back_leads_nowhere_else(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	static const char *const hostile[] = {"https://evil.example/", "//evil.example/", "/\\evil.example",
	                                      "javascript:x",          "%0d%0aX:y",       "/sign-out"};
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct browser b = {.city = c};
		char fields[300];
		visit(&b, "/sign-in");
		snprintf(fields, sizeof fields, "email=lin@example.org&password=" GOOD "&back=%s", hostile[i]);
		post(&b, "/sign-in", fields);
		assert_int_equal(b.a.status, 303);
		assert_str(location(&b), "/");
	}
}

static void wrong_password_and_unknown_address_read_the_same(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser known = {.city = c};
	struct browser unknown = {.city = c};
	sign_in(&known, "lin@example.org", "wrong%20words%20here");
	sign_in(&unknown, "nob@example.org", "wrong%20words%20here");
	assert_int_equal(known.a.status, 422);
	assert_int_equal(unknown.a.status, 422);
	assert_true(body_has(&known.a, "do not belong together"));
	assert_true(body_has(&unknown.a, "do not belong together"));
	assert_true(body_has(&known.a, "<title>Error:"));
	assert_false(body_has(&known.a, "wrong words here"));
	assert_int_equal(known.a.body.n, unknown.a.body.n);
}

static void sign_up_of_a_known_address_reads_like_any_other(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser one = {.city = c};
	struct browser two = {.city = c};
	visit(&one, "/sign-up");
	post(&one, "/sign-up", "name=Somebody&email=lin@example.org&password=other%20words%20entirely");
	visit(&two, "/sign-up");
	post(&two, "/sign-up", "name=Somebody&email=new@example.org&password=other%20words%20entirely");
	assert_int_equal(one.a.status, 303);
	assert_int_equal(two.a.status, 303);
	assert_str(location(&one), "/sign-in?new=1");
	assert_str(location(&two), "/sign-in?new=1");
	sign_in(&one, "lin@example.org", "other%20words%20entirely");
	assert_int_equal(one.a.status, 422); /* the account is as it was */
	sign_in(&one, "lin@example.org", GOOD);
	assert_int_equal(one.a.status, 303);
	sign_in(&two, "new@example.org", "other%20words%20entirely");
	assert_int_equal(two.a.status, 303);
	visit(&two, "/person");
	assert_true(body_has(&two.a, "Somebody parties=1"));
}

static void sign_up_says_what_would_be_right(void **state)
{
	struct city *c = *state;
	struct browser b = {.city = c};
	visit(&b, "/sign-up");
	post(&b, "/sign-up", "name=+&email=nonsense&password=short");
	assert_int_equal(b.a.status, 422);
	assert_true(body_has(&b.a, "href=\"#name\""));
	assert_true(body_has(&b.a, "href=\"#email\""));
	assert_true(body_has(&b.a, "href=\"#password\""));
	assert_true(body_has(&b.a, "value=\"nonsense\"")); /* what was typed stays */
	assert_false(body_has(&b.a, "value=\"short\""));
}

static void session_ends_when_idle_and_in_any_case(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	sign_in(&b, "lin@example.org", GOOD);
	time_source_advance(&c->app.time, SESSION_IDLE_US - US_PER_MIN);
	visit(&b, "/person");
	assert_int_equal(b.a.status, 200);
	time_source_advance(&c->app.time, SESSION_IDLE_US + US_PER_MIN);
	visit(&b, "/person");
	assert_int_equal(b.a.status, 303);
	sign_in(&b, "lin@example.org", GOOD);
	for (int64_t at = 0; at < SESSION_MAX_US - SESSION_IDLE_US; at += SESSION_IDLE_US / 2) {
		time_source_advance(&c->app.time, SESSION_IDLE_US / 2);
		visit(&b, "/person");
		assert_int_equal(b.a.status, 200);
	}
	for (int i = 0; i < 5; i++) {
		time_source_advance(&c->app.time, SESSION_IDLE_US / 2);
		visit(&b, "/person");
	}
	assert_int_equal(b.a.status, 303);
}

static void demo_time_travel_signs_nobody_out(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	sign_in(&b, "lin@example.org", GOOD);
	atomic_fetch_add(&c->app.time.offset_us, 40 * US_PER_DAY);
	visit(&b, "/person");
	assert_int_equal(b.a.status, 200);
}

static void signing_out_ends_the_session_on_the_server(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	sign_in(&b, "lin@example.org", GOOD);
	struct browser thief = b; /* has the cookies */
	visit(&thief, "/person");
	assert_int_equal(thief.a.status, 200);
	visit(&b, "/account");
	post(&b, "/sign-out", "");
	assert_int_equal(b.a.status, 303);
	visit(&thief, "/person");
	assert_int_equal(thief.a.status, 303);
	visit(&b, "/person");
	assert_int_equal(b.a.status, 303);
}

static void forged_cookies_admit_nobody(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	city_person(c, "Eve", "eve@example.org", GOOD_PLAIN);
	char id[ID_CHARS + 1];
	id_format(lin, id);
	struct browser eve = {.city = c};
	sign_in(&eve, "eve@example.org", GOOD);
	for (size_t i = 0; i < eve.cookie_n; i++) {
		if (strcmp(eve.cookies[i].name, COOKIE_WHO) == 0) {
			snprintf(eve.cookies[i].value, sizeof eve.cookies[i].value, "%s", id);
		}
	}
	visit(&eve, "/person");
	assert_int_equal(eve.a.status, 303);
	snprintf(eve.cookies[0].name, sizeof eve.cookies[0].name, "who");
	snprintf(eve.cookies[0].value, sizeof eve.cookies[0].value, "' or 1=1 --");
	visit(&eve, "/anyone");
	assert_int_equal(eve.a.status, 200);
	assert_true(str_starts(eve.a.body, STR(" parties=0")));
}

static void signing_in_changes_the_cookie(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	visit(&b, "/sign-in");
	char before[256];
	assert_string_equal(b.cookies[0].name, "sid");
	snprintf(before, sizeof before, "%s", b.cookies[0].value);
	post(&b, "/sign-in", "email=lin@example.org&password=" GOOD);
	assert_string_equal(b.cookies[0].name, "sid");
	assert_string_not_equal(b.cookies[0].value, before);
}

static void second_person_on_one_browser_leaves_no_session_behind(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	city_person(c, "Rosa Marchetti", "rosa@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	sign_in(&b, "lin@example.org", GOOD);
	struct browser thief = b;
	visit(&b, "/account");
	post(&b, "/sign-in", "email=rosa@example.org&password=" GOOD);
	assert_int_equal(b.a.status, 303);
	visit(&b, "/person");
	assert_true(body_has(&b.a, "Rosa Marchetti"));
	visit(&thief, "/person");
	assert_int_equal(thief.a.status, 303);
}

static void change_of_password_ends_the_other_sessions_only(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser here = {.city = c};
	struct browser there = {.city = c};
	sign_in(&here, "lin@example.org", GOOD);
	sign_in(&there, "lin@example.org", GOOD);
	visit(&here, "/account/password");
	post(&here, "/account/password", "old=not%20the%20one&new=seven%20other%20words");
	assert_int_equal(here.a.status, 422);
	post(&here, "/account/password", "old=" GOOD "&new=short");
	assert_int_equal(here.a.status, 422);
	post(&here, "/account/password", "old=" GOOD "&new=seven%20other%20words");
	assert_int_equal(here.a.status, 303);
	visit(&here, "/person");
	assert_int_equal(here.a.status, 200);
	visit(&there, "/person");
	assert_int_equal(there.a.status, 303);
	sign_in(&there, "lin@example.org", GOOD);
	assert_int_equal(there.a.status, 422);
	sign_in(&there, "lin@example.org", "seven%20other%20words");
	assert_int_equal(there.a.status, 303);
}

static void signing_out_everywhere_else_keeps_this_browser(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser here = {.city = c};
	struct browser there = {.city = c};
	sign_in(&here, "lin@example.org", GOOD);
	sign_in(&there, "lin@example.org", GOOD);
	visit(&here, "/account");
	assert_int_equal(here.a.status, 200);
	assert_true(body_has(&here.a, "Sign out everywhere else"));
	post(&here, "/account/sessions", "");
	follow(&here);
	assert_true(body_has(&here.a, "signed out"));
	assert_false(body_has(&here.a, "Sign out everywhere else"));
	visit(&there, "/person");
	assert_int_equal(there.a.status, 303);
}

struct posting {
	struct browser b;
	const char *path, *form;
};

static void *post_now(void *arg)
{
	struct posting *p = arg;
	post(&p->b, p->path, p->form);
	return NULL;
}

/* The owner changes the password while a check of the old one waits for its turn. */
static void change_of_password_counts_for_checks_under_way(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct posting late = {{.city = c}, "/sign-in", "email=lin@example.org&password=" GOOD};
	struct posting thief = {{.city = c}, "/account/password", "old=" GOOD "&new=nine%20stolen%20words%20here"};
	pthread_t threads[2];
	char hash[PASSWORD_HASH_MAX];
	visit(&late.b, "/sign-in");
	sign_in(&thief.b, "lin@example.org", GOOD);
	visit(&thief.b, "/account/password");
	password_pool_allow(c->app.passwords, 0);
	assert_int_equal(pthread_create(&threads[0], NULL, post_now, &late), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, post_now, &thief), 0);
	while (password_pool_waiting(c->app.passwords) < 2) {
		sched_yield();
	}
	c->app.time.offset_us += US_PER_MIN;
	city_ok(c, password_hash_here(STR("seven other words"), hash, &c->e));
	city_ok(c, people_set_password(c->app.store, lin, hash, 0, STR_EMPTY, lin, &c->e));
	password_pool_allow(c->app.passwords, -1);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_int_equal(late.b.a.status, 422);
	assert_int_equal(thief.b.a.status, 409);
	visit(&late.b, "/person");
	assert_int_equal(late.b.a.status, 303);
	struct browser owner = {.city = c};
	sign_in(&owner, "lin@example.org", "seven%20other%20words");
	assert_int_equal(owner.a.status, 303);
}

static void disabled_account_is_out_at_once(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	sign_in(&b, "lin@example.org", GOOD);
	city_ok(c, people_set_disabled(c->app.store, lin, true, 0, &c->e));
	visit(&b, "/person");
	assert_int_equal(b.a.status, 303);
	sign_in(&b, "lin@example.org", GOOD);
	assert_int_equal(b.a.status, 422);
	city_ok(c, people_set_disabled(c->app.store, lin, false, 0, &c->e));
	sign_in(&b, "lin@example.org", GOOD);
	assert_int_equal(b.a.status, 303);
}

static void role_opens_and_closes_pages_with_the_next_request(void **state)
{
	struct city *c = *state;
	int64_t rosa = city_person(c, "Rosa Marchetti", "rosa@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	sign_in(&b, "rosa@example.org", GOOD);
	visit(&b, "/official");
	assert_int_equal(b.a.status, 403);
	city_ok(c, people_set_role(c->app.store, rosa, ROLE_OFFICIAL, 5, true, 0, &c->e));
	visit(&b, "/official");
	assert_int_equal(b.a.status, 200);
	visit(&b, "/staff");
	assert_int_equal(b.a.status, 403);
	city_ok(c, people_set_role(c->app.store, rosa, ROLE_OFFICIAL, 5, false, 0, &c->e));
	visit(&b, "/official");
	assert_int_equal(b.a.status, 403);
}

static void raised_epoch_stops_a_write_that_is_under_way(void **state)
{
	struct city *c = *state;
	int64_t rosa = city_person(c, "Rosa Marchetti", "rosa@example.org", GOOD_PLAIN);
	struct viewer v = {.account = rosa, .epoch = 1};
	city_ok(c, people_still_allowed(c->app.store, &v, &c->e));
	city_ok(c, people_set_role(c->app.store, rosa, ROLE_OFFICIAL, 5, true, 0, &c->e));
	assert_false(people_still_allowed(c->app.store, &v, &c->e));
	assert_int_equal(c->e.code, ERR_FORBIDDEN);
}

static void strangers_use_up_their_tries_and_the_owner_still_gets_in(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser owner = {.city = c};
	sign_in(&owner, "lin@example.org", GOOD); /* the device is known from now on */
	assert_int_equal(owner.a.status, 303);
	struct browser stranger = {.city = c};
	int wrong = 0;
	for (int i = 0; i < 12; i++) {
		sign_in(&stranger, "lin@example.org", "guess%20after%20guess");
		wrong += stranger.a.status == 422;
	}
	assert_int_equal(wrong, 10);
	assert_int_equal(stranger.a.status, 429);
	sign_in(&stranger, "lin@example.org", GOOD);
	assert_int_equal(stranger.a.status, 429); /* even the right one: it would tell */
	visit(&owner, "/account");
	post(&owner, "/sign-out", "");
	for (int i = 0; i < 15; i++) {
		sign_in(&owner, "lin@example.org", "typing%20error%20again");
		assert_int_equal(owner.a.status, 422);
	}
	sign_in(&owner, "lin@example.org", GOOD);
	assert_int_equal(owner.a.status, 303);
	time_source_advance(&c->app.time, 2 * US_PER_MIN);
	sign_in(&stranger, "lin@example.org", "guess%20after%20guess");
	assert_int_equal(stranger.a.status, 422);
}

static void forged_device_cookie_is_no_known_device(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	char id[ID_CHARS + 1];
	id_format(lin, id);
	struct browser b = {.city = c};
	visit(&b, "/sign-in");
	snprintf(b.cookies[b.cookie_n].name, sizeof b.cookies[0].name, "device");
	snprintf(b.cookies[b.cookie_n].value, sizeof b.cookies[0].value, "%s%064d", id, 0);
	b.cookie_n++;
	int wrong = 0;
	for (int i = 0; i < 15; i++) {
		sign_in(&b, "lin@example.org", "guess%20after%20guess");
		wrong += b.a.status == 422;
	}
	assert_int_equal(wrong, 10);
}

static void form_without_its_token_is_refused(void **state)
{
	struct city *c = *state;
	city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	struct browser b = {.city = c};
	visit(&b, "/sign-in");
	b.csrf[0] = b.csrf[0] == 'A' ? 'B' : 'A';
	post(&b, "/sign-in", "email=lin@example.org&password=" GOOD);
	assert_int_equal(b.a.status, 403);
}

static void administrator_gives_and_takes_roles(void **state)
{
	struct city *c = *state;
	int64_t ada = city_person(c, "Ada Admin", "ada@example.org", GOOD_PLAIN);
	int64_t rosa = city_person(c, "Rosa Marchetti", "rosa@example.org", GOOD_PLAIN);
	char fields[300];
	char id[ID_CHARS + 1];
	city_ok(c, people_set_role(c->app.store, ada, ROLE_ADMINISTRATOR, 5, true, 0, &c->e));
	city_ok(c, relay_start(c->app.store, people_subscribers, 1, &c->app.relay, &c->e));
	struct browser b = {.city = c};
	sign_in(&b, "ada@example.org", GOOD);
	visit(&b, "/staff");
	assert_int_equal(b.a.status, 200);
	post(&b, "/staff", "institution=&action=grant&email=nobody@example.org&role=official");
	assert_int_equal(b.a.status, 422);
	post(&b, "/staff", "institution=&action=grant&email=rosa@example.org&role=mayor");
	assert_int_equal(b.a.status, 400);
	id_format(6, id);
	snprintf(fields, sizeof fields, "institution=%s&action=grant&email=rosa@example.org&role=official", id);
	post(&b, "/staff", fields);
	assert_int_equal(b.a.status, 404); /* not hers to administer */
	visit(&b, "/staff");
	post(&b, "/staff", "institution=&action=grant&email=rosa@example.org&role=official");
	assert_int_equal(b.a.status, 303);
	assert_true(relay_drain(c->app.relay, 10 * US_PER_S));
	follow(&b);
	assert_true(body_has(&b.a, "Rosa Marchetti"));
	id_format(rosa, id);
	snprintf(fields, sizeof fields, "institution=&action=revoke&account=%s&role=official", id);
	post(&b, "/staff", fields);
	assert_int_equal(b.a.status, 303);
	assert_true(relay_drain(c->app.relay, 10 * US_PER_S));
	follow(&b);
	assert_false(body_has(&b.a, "Rosa Marchetti"));
	id_format(ada, id);
	snprintf(fields, sizeof fields, "institution=&action=revoke&account=%s&role=administrator", id);
	post(&b, "/staff", fields);
	assert_int_equal(b.a.status, 403); /* nobody locks the house behind themselves */
}

static void firm_stands_on_the_account_page(void **state)
{
	struct city *c = *state;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", GOOD_PLAIN);
	int64_t firm = 0;
	city_ok(c, people_add_organisation(c->app.store, STR("Harbour <b>Staff</b> Ltd"), STR("cn-uscc"),
	                                   STR("91350100M000100Y43"), &firm, &c->e));
	city_ok(c, people_give_mandate(c->app.store, lin, firm, 0, &c->e));
	struct browser b = {.city = c};
	sign_in(&b, "lin@example.org", GOOD);
	visit(&b, "/account");
	assert_true(body_has(&b.a, "Harbour &lt;b&gt;Staff&lt;/b&gt; Ltd"));
	assert_true(body_has(&b.a, "91350100M000100Y43"));
	visit(&b, "/person");
	assert_true(body_has(&b.a, "parties=2"));
}

#define city_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		city_test(one_address_has_one_account),
		city_test(claim_without_account_is_taken_over_after_ten_minutes),
		city_test(names_and_addresses_are_not_readable_in_the_file),
		city_test(mandate_and_role_given_twice_are_there_once),
		city_test(relay_lists_the_people_of_an_institution),
		city_test(names_are_cleaned_and_bounded),
		city_test(addresses_are_read),
		city_test(visitor_is_sent_to_sign_in_and_comes_back),
		city_test(way_back_leads_nowhere_else),
		city_test(wrong_password_and_unknown_address_read_the_same),
		city_test(sign_up_of_a_known_address_reads_like_any_other),
		city_test(sign_up_says_what_would_be_right),
		city_test(session_ends_when_idle_and_in_any_case),
		city_test(demo_time_travel_signs_nobody_out),
		city_test(signing_out_ends_the_session_on_the_server),
		city_test(forged_cookies_admit_nobody),
		city_test(signing_in_changes_the_cookie),
		city_test(second_person_on_one_browser_leaves_no_session_behind),
		city_test(change_of_password_ends_the_other_sessions_only),
		city_test(signing_out_everywhere_else_keeps_this_browser),
		city_test(change_of_password_counts_for_checks_under_way),
		city_test(disabled_account_is_out_at_once),
		city_test(role_opens_and_closes_pages_with_the_next_request),
		city_test(raised_epoch_stops_a_write_that_is_under_way),
		city_test(strangers_use_up_their_tries_and_the_owner_still_gets_in),
		city_test(forged_device_cookie_is_no_known_device),
		city_test(form_without_its_token_is_refused),
		city_test(administrator_gives_and_takes_roles),
		city_test(firm_stands_on_the_account_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
