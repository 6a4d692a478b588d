/* What lets the rows be placed on many machines, asked of every room's schema: the route first in every key, and
 * nothing that an engine would do by itself. */
#include <ctype.h>

#include "../unit.h"

#include "app/rooms.h"
#include "store/layout.h"

extern const struct store_schema core_schema, event_schema;

static const struct store_schema *schema_at(size_t i)
{
	static const struct store_schema *all[64];
	size_t n = 0;
	all[n++] = &core_schema;
	all[n++] = &event_schema;
	for (const struct room *r = rooms; r->name; r++) {
		if (r->schema) {
			all[n++] = r->schema;
		}
	}
	assert_true(n < sizeof all / sizeof *all);
	return i < n ? all[i] : NULL;
}

static struct str first_of(struct str columns)
{
	struct str first, rest;
	str_cut(columns, ' ', &first, &rest);
	return first;
}

static bool is_one_of(struct str s, const char *const *list)
{
	while (*list && !str_is(s, *list)) {
		list++;
	}
	return *list != NULL;
}

static const struct store_table *table_named(const struct store_schema *s, struct str name)
{
	for (size_t i = 0; i < s->tables_n; i++) {
		if (str_is(name, s->tables[i].name)) {
			return &s->tables[i];
		}
	}
	return NULL;
}

static void look_at_keys(const struct store_schema *s, const struct store_table *t)
{
	/* What a row can be placed by: a person or firm, an account (a person's own party), an institution, a bucket of a
	 * look-up, a jurisdiction's serials, the route of an event or of its target, a log, who has
	 * programs (an institution or a firm). */
	static const char *const routes[] = {"party", "account",      "institution", "bucket", "route",
	                                     "owner", "jurisdiction", "target",      "log",    NULL};
	struct str route = layout_route(t), rest = str_of(t->layout);
	struct layout_line l;
	bool has_key = false;
	if (!is_one_of(route, routes)) {
		fail_msg("table %s is placed by %.*s, which is no route", t->name, STR_ARG(route));
	}
	while (layout_next(&rest, &l)) {
		if (l.kind == LAYOUT_COLUMN && str_eq(l.name, route)) {
			assert_true(str_is(l.columns, "id"));
		}
		has_key = has_key || l.kind == LAYOUT_KEY;
		if ((l.kind == LAYOUT_KEY || l.kind == LAYOUT_UNIQUE || l.kind == LAYOUT_REFERS) &&
		    !str_eq(first_of(l.columns), route)) {
			fail_msg("table %s: a key does not begin with its route %.*s", t->name, STR_ARG(route));
		}
		if (l.kind == LAYOUT_REFERS) {
			const struct store_table *to = table_named(s, l.table);
			assert_non_null(to);
			if (!layout_is_replicated(to) && !str_eq(first_of(l.to), layout_route(to))) {
				fail_msg("table %s: a foreign key leaves the route", t->name);
			}
		}
	}
	assert_true(has_key);
}

static void the_route_comes_first_in_every_key(void **state)
{
	(void)state;
	size_t placed = 0;
	const struct store_schema *s;
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->tables_n; k++) {
			if (!layout_is_replicated(&s->tables[k])) {
				look_at_keys(s, &s->tables[k]);
				placed++;
			}
		}
	}
	assert_true(placed > 20);
}

static void small_tables_alone_are_everywhere(void **state)
{
	(void)state;
	/* "recalculation" is a row each time that a calendar changed or nobody served; "serving" is one row that is written
	 * each half minute, "outage" a row each time that nobody served. */
	static const char *const known[] = {"schema_table",    "standing",         "arrival",   "installation",
	                                    "catalogue_state", "definition",       "published", "pack_file",
	                                    "folder_file",     "pack_change",      "serving",   "outage",
	                                    "recalculation",   "pack_change_file", NULL};
	const struct store_schema *s;
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->tables_n; k++) {
			if (layout_is_replicated(&s->tables[k]) && !is_one_of(str_of(s->tables[k].name), known)) {
				fail_msg("table %s is replicated: is it small, and changed by an operator alone?", s->tables[k].name);
			}
		}
	}
}

/* The word as a word, in letters of either case. */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = text; (p = strcasestr(p, word)) != NULL; p++) {
		bool begins = p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_');
		bool ends = !(isalnum((unsigned char)p[n]) || p[n] == '_');
		if (begins && ends) {
			return true;
		}
	}
	return false;
}

static void no_engine_is_asked_for_what_it_alone_can(void **state)
{
	(void)state;
	static const char *const never[] = {
		/* ids and moments come from the program */
		"serial not null", "bigserial", "identity", "sequence", "nextval", "autoincrement", "now", "current_timestamp",
		"clock_timestamp", "random", "gen_random_uuid", "uuid", "strftime", "datetime", "julianday", "rowid",
		/* logic stands in the rooms */
		"trigger", "function", "procedure", "rule", "view", "generated", "default", "deferrable", "deferred", "cascade",
		"exclude", "enum", "array", "merge", "replace", "recursive",
		/* who may do something is a row */
		"pg_advisory_lock", "pg_try_advisory_lock", "listen", "notify", "lock", "skip locked", "nowait", "for update",
		"returning", "using", "lateral", "distinct on", "glob", "ilike", "similar", "jsonb", "full", NULL};
	const struct store_schema *s;
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (const char *const *word = never; *word; word++) {
			for (size_t k = 0; k < s->tables_n; k++) {
				if (has_word(s->tables[k].sqlite, *word) && strcmp(*word, "rowid") != 0) {
					fail_msg("table %s: %s", s->tables[k].name, *word);
				}
				if (has_word(s->tables[k].postgres, *word)) {
					fail_msg("table %s: %s", s->tables[k].name, *word);
				}
			}
			for (size_t k = 0; k < s->statements_n; k++) {
				if (has_word(s->statements[k].postgres, *word) || has_word(s->statements[k].sqlite, *word)) {
					fail_msg("statement %s: %s", s->statements[k].name, *word);
				}
			}
		}
	}
}

static void a_write_names_its_route(void **state)
{
	(void)state;
	const struct store_schema *s;
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->statements_n; k++) {
			const struct store_statement *st = &s->statements[k];
			bool is_for_all = st->route == 0 && st->is_write;
			for (size_t t = 0; is_for_all && t < s->tables_n; t++) {
				if (has_word(st->sqlite, s->tables[t].name) && !layout_is_replicated(&s->tables[t])) {
					fail_msg("statement %s writes to %s without a route", st->name, s->tables[t].name);
				}
			}
		}
	}
}

static void one_name_is_one_table(void **state)
{
	(void)state;
	const struct store_schema *a, *b;
	for (size_t i = 0; (a = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; (b = schema_at(k)) != NULL; k++) {
			for (size_t t = 0; t < a->tables_n && i != k; t++) {
				if (table_named(b, str_of(a->tables[t].name))) {
					fail_msg("rooms %s and %s both have a table %s", a->room, b->room, a->tables[t].name);
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_route_comes_first_in_every_key),
		cmocka_unit_test(small_tables_alone_are_everywhere),
		cmocka_unit_test(no_engine_is_asked_for_what_it_alone_can),
		cmocka_unit_test(a_write_names_its_route),
		cmocka_unit_test(one_name_is_one_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
