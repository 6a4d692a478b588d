#include "store/layout.h"

/* A column cannot be called like one of these (tools/sqlgen_parse.c, reserved). */
static const struct {
	const char *word;
	enum layout_kind kind;
	bool has_name;
} kinds[] = {
	{"key", LAYOUT_KEY, false},       {"unique", LAYOUT_UNIQUE, true}, {"index", LAYOUT_INDEX, true},
	{"refers", LAYOUT_REFERS, false}, {"small", LAYOUT_SMALL, false},  {"replicated", LAYOUT_REPLICATED, false},
};

/* "party other to table party id" */
static void cut_refers(struct layout_line *l)
{
	struct str rest = l->columns, word;
	const char *begin = rest.p;
	while (str_next(&rest, ' ', &word)) {
		if (str_is(word, "to")) {
			l->columns = str_from(begin, (size_t)(word.p - begin) - 1);
			str_cut(rest, ' ', &l->table, &l->to);
			return;
		}
	}
}

bool layout_next(struct str *rest, struct layout_line *out)
{
	struct str line, word, tail;
	do {
		if (!str_next(rest, '\n', &line)) {
			return false;
		}
	} while (line.n == 0);
	str_cut(line, ' ', &word, &tail);
	*out = (struct layout_line){LAYOUT_COLUMN, word, tail, STR_EMPTY, STR_EMPTY};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!str_is(word, kinds[i].word)) {
			continue;
		}
		*out = (struct layout_line){kinds[i].kind, STR_EMPTY, tail, STR_EMPTY, STR_EMPTY};
		if (kinds[i].has_name) {
			str_cut(tail, ' ', &out->name, &out->columns);
		}
		if (out->kind == LAYOUT_REFERS) {
			cut_refers(out);
		}
	}
	return true;
}

bool layout_is_replicated(const struct store_table *t)
{
	struct str rest = str_of(t->layout);
	struct layout_line l;
	while (layout_next(&rest, &l)) {
		if (l.kind == LAYOUT_REPLICATED) {
			return true;
		}
	}
	return false;
}

struct str layout_route(const struct store_table *t)
{
	struct str rest = str_of(t->layout), route = STR_EMPTY, others;
	struct layout_line l;
	while (!layout_is_replicated(t) && layout_next(&rest, &l)) {
		if (l.kind == LAYOUT_KEY) {
			str_cut(l.columns, ' ', &route, &others);
		}
	}
	return route;
}
