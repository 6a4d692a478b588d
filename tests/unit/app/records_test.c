/* Records of people who have no account: twins, joining and taking apart, invitations. */
#include "city.h"

#include "app/people/people.sql.h"
#include "app/people/records.h"

static const struct store_schema *const schemas[] = {&event_schema, &people_schema, NULL};
enum { OFFICIAL = 7001, OFFICE = 5, SUBSCRIBERS = 1 + TWIN_KIND_COUNT };

static int set_up(void **state)
{
	struct city *c = malloc(sizeof *c);
	city_found(c, schemas);
	c->tables[0] = people_routes;
	city_open(c);
	city_ok(c, relay_start(c->app.store, people_subscribers, SUBSCRIBERS, &c->app.relay, &c->e));
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct city *c = *state;
	city_close(c);
	free(c);
	return 0;
}

static struct record of(const char *name, const char *birth, const char *number, const char *phone, const char *email)
{
	return (struct record){.name = str_of(name),
	                       .birth = str_of(birth),
	                       .scheme = str_of(number[0] ? "cn-resident" : ""),
	                       .identifier = str_of(number),
	                       .phone = str_of(phone),
	                       .email = str_of(email)};
}

static int64_t made(struct city *c, struct record r)
{
	struct record_making m = {.record = r, .by = OFFICIAL, .institution = OFFICE};
	m.record.party = id_random();
	struct store_op op = {.route = m.record.party};
	city_ok(c, people_make_record(c->app.store, &op, &c->keys, &m, &c->e));
	relay_nudge(c->app.relay);
	assert_true(relay_drain(c->app.relay, 10 * US_PER_S));
	return m.record.party;
}

static size_t twins_of(struct city *c, struct record r, struct twin **out)
{
	size_t n = 0;
	city_ok(c, people_twins(c->app.store, &c->keys, &c->arena, &r, out, &n, &c->e));
	return n;
}

static void likely_twins_are_found_by_each_thing_that_is_shared_and_by_nothing_else(void **state)
{
	struct city *c = *state;
	struct twin *t = NULL;
	int64_t ada = made(c, of("Ada Quill", "1990-05-03", "11010519491231002X", "+8613800138000", "ada@example.org"));
	made(c, of("Bram Osei", "1990-05-03", "", "+999205550124", ""));
	assert_int_equal(twins_of(c, of("Somebody Else", "", "11010519491231002X", "", ""), &t), 1);
	assert_true(t[0].party == ada && t[0].shared == 1U << TWIN_NUMBER);
	assert_int_equal(twins_of(c,
	                          of("QUILL  \xc3\x81"
	                             "da",
	                             "1990-05-03", "", "", ""),
	                          &t),
	                 1);
	assert_true(t[0].party == ada && t[0].shared == 1U << TWIN_NAME);
	assert_int_equal(twins_of(c, of("A", "", "", "+8613800138000", ""), &t), 1);
	assert_int_equal(twins_of(c, of("A", "", "", "", "ADA@example.org"), &t), 1);
	assert_int_equal(t[0].shared, 1U << TWIN_EMAIL);
	/* The same birthday, the same name alone, another number: nobody. */
	assert_int_equal(twins_of(c, of("Ada Quill", "", "", "", ""), &t), 0);
	assert_int_equal(twins_of(c, of("Ada Quill", "1990-05-04", "", "", ""), &t), 0);
	assert_int_equal(twins_of(c, of("Cy Lund", "1990-05-03", "440524188001010014", "", ""), &t), 0);
	/* Two share something: who shares more comes first. */
	made(c, of("Ada Lund", "1988-01-01", "", "+8613800138000", ""));
	assert_int_equal(twins_of(c, of("Ada Quill", "1990-05-03", "", "+8613800138000", ""), &t), 2);
	assert_true(t[0].party == ada);
	/* Its own party is no twin. */
	struct record own = of("Ada Quill", "1990-05-03", "", "", "");
	own.party = ada;
	assert_int_equal(twins_of(c, own, &t), 0);
}

static void who_has_an_account_is_found_by_its_address(void **state)
{
	struct city *c = *state;
	struct twin *t = NULL;
	struct record r;
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", "kettle window moss 7");
	assert_int_equal(twins_of(c, of("L", "", "", "", "Lin@example.org"), &t), 1);
	assert_true(t[0].party == lin);
	city_ok(c, people_record(c->app.store, &c->arena, lin, &r, &c->e));
	assert_true(r.has_account && !r.is_written_down);
}

struct joined_look {
	struct joined *items;
	size_t n;
};

static bool job_joined(struct tx *tx, void *ctx, struct err *e)
{
	struct joined_look *l = ctx;
	return people_joined(tx, tx_route(tx), &l->items, &l->n, e);
}

static size_t joined_to(struct city *c, int64_t party)
{
	struct joined_look l = {0};
	city_ok(c, store_read(c->app.store, party, &c->arena, job_joined, &l, &c->e));
	return l.n;
}

static void records_are_joined_and_taken_apart_and_keep_their_keys(void **state)
{
	struct city *c = *state;
	struct record r;
	int64_t one = made(c, of("Ada Quill", "1990-05-03", "", "", ""));
	int64_t two = made(c, of("Ada Quill-Lind", "", "", "+8613800138000", ""));
	int64_t lin = city_person(c, "Lin Xiaohe", "lin@example.org", "kettle window moss 7");
	city_ok(c, people_join(c->app.store, one, two, OFFICIAL, OFFICE, &c->e));
	city_ok(c, people_join(c->app.store, one, two, OFFICIAL, OFFICE, &c->e)); /* once more changes nothing */
	assert_int_equal(joined_to(c, one), 1);
	assert_int_equal(joined_to(c, two), 0);
	city_ok(c, people_record(c->app.store, &c->arena, two, &r, &c->e));
	assert_str(r.name, "Ada Quill-Lind");
	/* Neither oneself nor what has an account of its own. */
	assert_false(people_join(c->app.store, one, one, OFFICIAL, OFFICE, &c->e));
	assert_int_equal(c->e.code, ERR_INVALID);
	assert_false(people_join(c->app.store, one, lin, OFFICIAL, OFFICE, &c->e));
	assert_int_equal(c->e.code, ERR_INVALID);
	city_ok(c, people_take_apart(c->app.store, one, two, OFFICIAL, OFFICE, &c->e));
	assert_int_equal(joined_to(c, one), 0);
	assert_false(people_take_apart(c->app.store, one, two, OFFICIAL, OFFICE, &c->e));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	city_ok(c, people_join(c->app.store, lin, two, lin, 0, &c->e));
	assert_int_equal(joined_to(c, lin), 1);
}

static void an_invitation_opens_one_account_for_its_record_once_and_not_for_ever(void **state)
{
	struct city *c = *state;
	char code[INVITATION_CHARS + 1], late[INVITATION_CHARS + 1], wrong[INVITATION_CHARS + 1];
	int64_t party = 0, again = 0;
	struct record r;
	int64_t ada = made(c, of("Ada Quill", "1990-05-03", "", "", ""));
	city_ok(c, people_invite(c->app.store, &c->keys, ada, OFFICIAL, code, &c->e));
	city_ok(c, people_invite(c->app.store, &c->keys, ada, OFFICIAL, late, &c->e));
	city_ok(c, people_invited(c->app.store, &c->keys, str_of(code), &party, &c->e));
	assert_true(party == ada);
	memcpy(wrong, code, sizeof wrong);
	wrong[3] = wrong[3] == '7' ? '8' : '7';
	assert_false(people_invited(c->app.store, &c->keys, str_of(wrong), &party, &c->e));
	assert_int_equal(c->e.code, ERR_NOT_FOUND);
	struct person_spec spec = {.name = STR_EMPTY,
	                           .email = STR("ada@example.org"),
	                           .password = STR_EMPTY,
	                           .lang = STR_EMPTY,
	                           .party = ada,
	                           .has_record = true};
	city_ok(c, people_add_person(c->app.store, &c->keys, &spec, &again, &c->e));
	assert_true(again == ada);
	city_ok(c, people_record(c->app.store, &c->arena, ada, &r, &c->e));
	assert_true(r.has_account);
	assert_str(r.name, "Ada Quill");
	/* A second account for the same record there is not. */
	spec.email = STR("other@example.org");
	assert_false(people_add_person(c->app.store, &c->keys, &spec, &again, &c->e));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	city_ok(c, people_invitation_use(c->app.store, &c->keys, str_of(code), ada, &c->e));
	assert_false(people_invitation_use(c->app.store, &c->keys, str_of(code), ada, &c->e));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	assert_false(people_invited(c->app.store, &c->keys, str_of(code), &party, &c->e));
	time_source_advance(&c->app.time, INVITATION_US + 1);
	assert_false(people_invited(c->app.store, &c->keys, str_of(late), &party, &c->e));
}

static void nothing_of_a_record_is_readable_in_the_file(void **state)
{
	SQLITE_ONLY();
	struct city *c = *state;
	static const char *const files[] = {"cityhall.db", "cityhall.db-wal"};
	static const char *const secrets[] = {"Unmistakable", "11010519491231002X", "+8613800138000", "1990-05-03"};
	made(c, of("Ada Unmistakable", "1990-05-03", "11010519491231002X", "+8613800138000", "u@example.org"));
	for (size_t i = 0; i < 2; i++) {
		char path[200];
		struct buf b;
		snprintf(path, sizeof path, "%s/%s", c->dir, files[i]);
		buf_init(&b, 64 << 20);
		FILE *f = fopen(path, "rb");
		char chunk[4096];
		for (size_t n; f && (n = fread(chunk, 1, sizeof chunk, f)) > 0;) {
			buf_put_bytes(&b, chunk, n);
		}
		if (f) {
			fclose(f);
		}
		for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++) {
			assert_true(str_find(buf_str(&b), str_of(secrets[k])) == SIZE_MAX);
		}
		buf_release(&b);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(likely_twins_are_found_by_each_thing_that_is_shared_and_by_nothing_else),
		T(who_has_an_account_is_found_by_its_address),
		T(records_are_joined_and_taken_apart_and_keep_their_keys),
		T(an_invitation_opens_one_account_for_its_record_once_and_not_for_ever),
		T(nothing_of_a_record_is_readable_in_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
