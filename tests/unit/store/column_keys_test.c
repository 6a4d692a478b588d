#include "store/column_keys.h"

#include "base/fault.h"
#include "fixture.h"
#include "tests/sample.sql.c" /* NOLINT: the generated calls of these tests */

static const struct column_keys keys = {.key_id = 1, .data_key = {1, 2, 3}, .hash_key = {4, 5, 6}};

static int set_up_arena(void **state)
{
	struct arena *a = malloc(sizeof *a);
	arena_init(a, 1 << 20);
	*state = a;
	return 0;
}

static int tear_down_arena(void **state)
{
	arena_release(*state);
	free(*state);
	return 0;
}

static void what_was_sealed_opens_again(void **state)
{
	struct arena *a = *state;
	static const char *const texts[] = {"", "x", "Ang Dorji",
	                                    "\xe5\xbc\xa0\xe4\xbc\x9f and a longer text of more than one block"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str sealed, again, opened;
		struct err e;
		assert_true(column_seal(&keys, a, STR("person.name 1"), str_of(texts[i]), &sealed, &e));
		assert_true(column_seal(&keys, a, STR("person.name 1"), str_of(texts[i]), &again, &e));
		assert_int_equal(sealed.n, 1 + 24 + strlen(texts[i]) + 16);
		assert_int_equal(sealed.p[0], 1);
		assert_false(str_eq(sealed, again)); /* equal texts do not look equal */
		assert_true(texts[i][0] == '\0' || strlen(texts[i]) < 4 || str_find(sealed, str_of(texts[i])) == SIZE_MAX);
		assert_true(column_open(&keys, a, STR("person.name 1"), sealed, &opened, &e));
		assert_str(opened, texts[i]);
	}
}

static void nothing_opens_in_another_place_or_with_another_key_or_changed(void **state)
{
	struct arena *a = *state;
	struct str sealed, opened;
	struct err e;
	assert_true(column_seal(&keys, a, STR("person.name 1"), STR("Ang Dorji"), &sealed, &e));
	assert_false(column_open(&keys, a, STR("person.name 2"), sealed, &opened, &e));
	assert_int_equal(e.code, ERR_CORRUPT);
	assert_str(opened, "");
	struct column_keys other = keys;
	other.data_key[31] ^= 1;
	assert_false(column_open(&other, a, STR("person.name 1"), sealed, &opened, &e));
	assert_int_equal(e.code, ERR_CORRUPT);
	other = keys;
	other.key_id = 2;
	assert_false(column_open(&other, a, STR("person.name 1"), sealed, &opened, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	for (size_t i = 0; i < sealed.n; i++) {
		char changed[128];
		memcpy(changed, sealed.p, sealed.n);
		changed[i] ^= 0x40;
		assert_false(column_open(&keys, a, STR("person.name 1"), str_from(changed, sealed.n), &opened, &e));
		assert_false(column_open(&keys, a, STR("person.name 1"), str_sub(sealed, 0, i), &opened, &e));
		assert_int_equal(e.code, ERR_CORRUPT);
	}
}

static void a_full_arena_is_an_ordinary_error(void **state)
{
	(void)state;
	struct arena a;
	struct str sealed;
	struct err e;
	arena_init(&a, 40);
	assert_false(column_seal(&keys, &a, STR("x"), STR("Ang Dorji"), &sealed, &e));
	assert_int_equal(e.code, ERR_MEMORY);
	arena_release(&a);
}

static void a_hash_depends_on_what_is_looked_up_on_text_and_key(void **state)
{
	(void)state;
	uint8_t first[32], second[32];
	struct column_keys other = keys;
	other.hash_key[0] ^= 1;
	column_hash(&keys, STR("email"), STR("a@example.org"), first);
	column_hash(&keys, STR("email"), STR("a@example.org"), second);
	assert_memory_equal(first, second, sizeof first);
	column_hash(&keys, STR("phone"), STR("a@example.org"), second);
	assert_memory_not_equal(first, second, sizeof first);
	column_hash(&keys, STR("emaila"), STR("@example.org"), second);
	assert_memory_not_equal(first, second, sizeof first);
	column_hash(&other, STR("email"), STR("a@example.org"), second);
	assert_memory_not_equal(first, second, sizeof first);
}

/* --- In rows
 * ------------------------------------------------------------------------------------------------------------ */

static const char name[] = "Pema Lhamo Sherpa";
static const char number[] = "passport N1234567";

static bool add_person(struct tx *tx, void *ctx, struct err *e)
{
	const int64_t *id = ctx;
	struct person_add_in in = {.party = 5,
	                           .id = *id,
	                           .name = str_of(name),
	                           .has_number = *id == 1,
	                           .number = str_of(*id == 1 ? number : ""),
	                           .has_born = true,
	                           .born = -3650 - (int32_t)*id,
	                           .mail_hash = tx_column_hash(tx, STR("email"), STR("pema@example.org"))};
	char mail[32];
	snprintf(mail, sizeof mail, "pema%d@example.org", (int)*id);
	in.mail_hash = tx_column_hash(tx, STR("email"), str_of(mail));
	return person_add(tx, &in, e);
}

static void add_two(struct fixture *f)
{
	for (int64_t id = 1; id <= 2; id++) {
		struct store_op op = {.route = 5};
		assert_ok(f, store_write(f->store, &op, add_person, &id, &f->e));
	}
}

struct seen {
	int64_t id;
	struct person_get_out out;
};

static bool get_person(struct tx *tx, void *ctx, struct err *e)
{
	struct seen *s = ctx;
	struct person_get_in in = {.party = 5, .id = s->id};
	return person_get(tx, &in, &s->out, e);
}

static void encrypted_columns_read_as_they_were_written(void **state)
{
	struct fixture *f = *state;
	add_two(f);
	for (int64_t id = 1; id <= 2; id++) {
		struct seen s = {.id = id};
		assert_ok(f, store_read(f->store, 5, &f->arena, get_person, &s, &f->e));
		assert_true(s.out.found);
		assert_str(s.out.name, name);
		assert_int_equal(s.out.has_number, id == 1);
		assert_str(s.out.number, id == 1 ? number : "");
		assert_true(s.out.has_born);
		assert_int_equal(s.out.born, -3650 - id);
		assert_false(s.out.has_extra);
	}
}

static void encrypted_columns_are_not_in_the_files(void **state)
{
	SQLITE_ONLY();
	struct fixture *f = *state;
	add_two(f);
	assert_ok(f, write_account(f, 5, 1, STR("a public note to find")));
	static const char *const files[] = {"cityhall.db", "cityhall.db-wal"};
	bool has_note = false;
	char path[512];
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2; i++) {
			snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
			assert_false(file_has(path, name));
			assert_false(file_has(path, number));
			has_note = has_note || file_has(path, "a public note to find");
		}
		fixture_close(f); /* moves the log into the file */
	}
	assert_true(has_note); /* the search would have found it */
}

static bool list_people(struct tx *tx, void *ctx, struct err *e)
{
	int *n = ctx;
	struct person_list_in in = {.party = 5};
	struct person_list_rows rows;
	struct person_list_out row;
	if (!person_list_open(tx, &in, &rows, e)) {
		return false;
	}
	while (person_list_next(&rows, &row)) {
		assert_str(row.full_name, name);
		(*n)++;
	}
	return person_list_close(&rows, e);
}

static bool find_by_mail(struct tx *tx, void *ctx, struct err *e)
{
	struct person_by_mail_out *out = ctx;
	struct person_by_mail_in in = {.party = 5, .mail_hash = tx_column_hash(tx, STR("email"), STR("pema2@example.org"))};
	return person_by_mail(tx, &in, out, e);
}

static void rows_are_found_by_keyed_hash_and_listed(void **state)
{
	struct fixture *f = *state;
	add_two(f);
	int n = 0;
	assert_ok(f, store_read(f->store, 5, &f->arena, list_people, &n, &f->e));
	assert_int_equal(n, 1); /* the one with a number */
	struct person_by_mail_out out;
	assert_ok(f, store_read(f->store, 5, &f->arena, find_by_mail, &out, &f->e));
	assert_true(out.found);
	assert_int_equal(out.id, 2);
	assert_str(out.name, name);
}

static bool put_person(struct tx *tx, void *ctx, struct err *e)
{
	struct person_put_in in = {.party = 5,
	                           .id = 1,
	                           .name = STR("Pema Dorji"),
	                           .has_number = true,
	                           .number = STR("12"),
	                           .mail_hash = tx_column_hash(tx, STR("email"), STR("x"))};
	(void)ctx;
	return person_put(tx, &in, e);
}

static bool rename_person(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct person_rename_in in = {.party = 5, .id = 2, .name = STR("Karma")};
	return person_rename(tx, &in, e);
}

static void updated_and_replaced_columns_open_again(void **state)
{
	struct fixture *f = *state;
	struct store_op op = {.route = 5};
	add_two(f);
	assert_ok(f, store_write(f->store, &op, put_person, NULL, &f->e));
	assert_ok(f, store_write(f->store, &op, rename_person, NULL, &f->e));
	struct seen s = {.id = 1};
	assert_ok(f, store_read(f->store, 5, &f->arena, get_person, &s, &f->e));
	assert_str(s.out.name, "Pema Dorji");
	assert_str(s.out.number, "12");
	s.id = 2;
	assert_ok(f, store_read(f->store, 5, &f->arena, get_person, &s, &f->e));
	assert_str(s.out.name, "Karma");
}

static void change_file(struct fixture *f, const char *sql)
{
	if (is_on_postgres()) {
		pg_do(f->url, sql, NULL, 0);
		return;
	}
	fixture_close(f);
	char path[512];
	sqlite3 *db;
	snprintf(path, sizeof path, "%s/cityhall.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(f);
}

static void a_value_moved_to_another_row_or_column_does_not_open(void **state)
{
	struct fixture *f = *state;
	static const char *const moves[] = {
		"update person set name = (select name from person where id = 2) where id = 1",
		"update person set name = (select number from person where id = 1) where id = 1",
		"update person set born = name where id = 1",
	};
	add_two(f);
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		change_file(f, moves[i]);
		struct seen s = {.id = 1};
		assert_false(store_read(f->store, 5, &f->arena, get_person, &s, &f->e));
		assert_int_equal(f->e.code, ERR_CORRUPT);
		assert_null(strstr(f->e.text, "Pema"));
	}
}

static void without_keys_nothing_is_stored_plain(void **state)
{
	struct fixture *f = *state;
	fixture_close(f);
	f->options.dir = str_of(f->dir);
	f->options.column_keys = NULL;
	assert_ok(f, store_open(&f->options, &f->store, &f->e));
	struct store_op op = {.route = 5};
	int64_t id = 1;
	assert_false(store_write(f->store, &op, add_person, &id, &f->e));
	assert_int_equal(f->e.code, ERR_CONFIG);
}

/* Keys of encrypted columns can be text of any length: each different one is a different place. */
static void row_keys_of_any_kind_are_told_apart(void **state)
{
	(void)state;
	static char long_text[5000];
	memset(long_text, 'k', sizeof long_text);
	struct tx_query a, b;
	const struct str pairs[][2] = {
		{STR("ab"), STR("c")},
		{STR("a"), STR("bc")},
		{STR(""), STR("abc")},
		{str_from(long_text, 40), STR("")},
		{str_from(long_text, 41), STR("")},
		{str_from(long_text, 5000), STR("")},
		{str_from(long_text, 4999), STR("k")},
	};
	size_t n = sizeof pairs / sizeof *pairs;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			tx_key(&a, "t.c");
			tx_key_str(&a, pairs[i][0]);
			tx_key_str(&a, pairs[i][1]);
			tx_key_i64(&a, -1);
			tx_key(&b, "t.c");
			tx_key_str(&b, pairs[k][0]);
			tx_key_str(&b, pairs[k][1]);
			tx_key_i64(&b, -1);
			assert_int_equal(str_eq(str_from(a.key, a.key_n), str_from(b.key, b.key_n)), i == k);
		}
	}
}

int main(void)
{
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up_arena, tear_down_arena)
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_ARENA(what_was_sealed_opens_again),
		WITH_ARENA(nothing_opens_in_another_place_or_with_another_key_or_changed),
		cmocka_unit_test(a_full_arena_is_an_ordinary_error),
		cmocka_unit_test(a_hash_depends_on_what_is_looked_up_on_text_and_key),
		WITH_STORE(encrypted_columns_read_as_they_were_written),
		WITH_STORE(encrypted_columns_are_not_in_the_files),
		WITH_STORE(rows_are_found_by_keyed_hash_and_listed),
		WITH_STORE(updated_and_replaced_columns_open_again),
		WITH_STORE(a_value_moved_to_another_row_or_column_does_not_open),
		WITH_STORE(without_keys_nothing_is_stored_plain),
		cmocka_unit_test(row_keys_of_any_kind_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
