/* What a statement looks through in an office with millions of cases, by SQLite's own plan: nothing from end to end,
 * and of the tables that have a row a case no more than a stretch of one index. */
#include <sqlite3.h>

#include "../unit.h"

#include "app/rooms.h"
#include "store/layout.h"

extern const struct store_schema core_schema, event_schema;

static const struct store_schema *schema_at(size_t i)
{
	size_t n = 2;
	if (i < n) {
		return i == 0 ? &core_schema : &event_schema;
	}
	for (const struct room *r = rooms; r->name; r++) {
		if (r->schema && n++ == i) {
			return r->schema;
		}
	}
	return NULL;
}

static int open_tables(void **state)
{
	sqlite3 *db = NULL;
	const struct store_schema *s;
	if (sqlite3_open(":memory:", &db) != SQLITE_OK) {
		return -1;
	}
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->tables_n; k++) {
			if (sqlite3_exec(db, s->tables[k].sqlite, NULL, NULL, NULL) != SQLITE_OK) {
				print_error("%s: %s\n", s->tables[k].name, sqlite3_errmsg(db));
				return -1;
			}
		}
	}
	*state = db;
	return 0;
}

static int close_tables(void **state)
{
	return sqlite3_close(*state);
}

static bool is_small(const char *step)
{
	const struct store_schema *s;
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->tables_n; k++) {
			size_t n = strlen(s->tables[k].name);
			if (layout_is_replicated(&s->tables[k]) && strncmp(step, s->tables[k].name, n) == 0 &&
			    (step[n] == ' ' || step[n] == '\0')) {
				return true;
			}
		}
	}
	return false;
}

/* Each step of each statement that has a route. */
static void each_step(sqlite3 *db, void (*look)(const struct store_statement *s, const char *step))
{
	const struct store_schema *schema;
	size_t steps = 0;
	for (size_t i = 0; (schema = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < schema->statements_n; k++) {
			const struct store_statement *s = &schema->statements[k];
			sqlite3_stmt *st = NULL;
			char *sql = sqlite3_mprintf("explain query plan %s", s->sqlite);
			if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK) {
				fail_msg("%s: %s", s->name, sqlite3_errmsg(db));
			}
			while (s->route > 0 && !s->is_scatter && sqlite3_step(st) == SQLITE_ROW) {
				look(s, (const char *)sqlite3_column_text(st, 3));
				steps++;
			}
			sqlite3_finalize(st);
			sqlite3_free(sql);
		}
	}
	assert_true(steps > 200);
}

static void look_for_scans(const struct store_statement *s, const char *step)
{
	if (strncmp(step, "SCAN ", 5) == 0 && !is_small(step + 5) && strcmp(step, "SCAN CONSTANT ROW") != 0) {
		fail_msg("%s goes through a table from end to end: %s", s->name, step);
	}
}

static void nothing_is_gone_through_from_end_to_end(void **state)
{
	each_step(*state, look_for_scans);
}

/* The first column alone would be the whole office, or all that was ever counted of it. */
static void look_for_offices(const struct store_statement *s, const char *step)
{
	static const char *const rows_a_case[] = {"queue",      "participation", "found_case",   "found_key", "board_case",
	                                          "case_watch", "alert",         "counted_case", "seen",      "timer"};
	for (size_t i = 0; i < sizeof rows_a_case / sizeof *rows_a_case; i++) {
		size_t n = strlen(rows_a_case[i]);
		const char *by = strchr(step, '(');
		if (strncmp(step, "SEARCH ", 7) == 0 && strncmp(step + 7, rows_a_case[i], n) == 0 && step[7 + n] == ' ' &&
		    (by == NULL || strstr(by, " AND ") == NULL)) {
			fail_msg("%s goes through all cases of an office: %s", s->name, step);
		}
	}
}

static void no_statement_goes_through_all_cases_of_an_office(void **state)
{
	each_step(*state, look_for_offices);
}

/* Where two indexes would do and one of them is many times longer. */
static void look_for_long_ways(const struct store_statement *s, const char *step)
{
	static const struct {
		const char *statement, *index, *table;
	} shortest[] = {
		{"queue_count", "queue_by_handler (institution=? AND handler=? AND due_day<?)", "queue"},
		{"queue_older", "queue_by_handler (institution=? AND handler=?)", "queue"},
		{"queue_keys_of_handler",
	     "queue_by_handler (institution=? AND handler=? AND (due_day,casefile)>(?,?) AND due_day<?)", "queue"},
		{"queue_keys_of_service",
	     "queue_by_service (institution=? AND service=? AND lane=? AND (due_day,casefile)>(?,?) AND due_day<?)",
	     "queue"},
		{"case_watch_older", "case_watch_by_hand (institution=? AND service=? AND handler=? AND start_day<?)",
	     "case_watch"},
		{"case_watch_forget", "case_watch_by_hand (institution=? AND service=? AND handler=? AND start_day<?)",
	     "case_watch"},
		{"event_of_casefile", "event_by_casefile (route=? AND casefile=? AND id>?)", "e"},
	};
	for (size_t i = 0; i < sizeof shortest / sizeof *shortest; i++) {
		size_t n = strlen(shortest[i].table);
		bool is_it = strcmp(s->name, shortest[i].statement) == 0 && strncmp(step, "SEARCH ", 7) == 0 &&
		             strncmp(step + 7, shortest[i].table, n) == 0 && step[7 + n] == ' ';
		if (is_it && strstr(step, shortest[i].index) == NULL) {
			fail_msg("%s takes a longer way: %s", s->name, step);
		}
	}
}

static void what_an_official_has_is_not_looked_for_in_the_whole_office(void **state)
{
	each_step(*state, look_for_long_ways);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_gone_through_from_end_to_end),
		cmocka_unit_test(no_statement_goes_through_all_cases_of_an_office),
		cmocka_unit_test(what_an_official_has_is_not_looked_for_in_the_whole_office),
	};
	return cmocka_run_group_tests(tests, open_tables, close_tables);
}
