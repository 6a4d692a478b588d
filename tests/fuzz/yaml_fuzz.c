/* YAML: never crashes; keeps its limits; every node knows a line of the file. Needs base. */
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void look(const struct yaml *y, int line_n, int depth)
{
	must(depth <= 33 && y->line >= 1 && y->line <= line_n && y->column >= 1);
	must(str_is_utf8(y->text) && str_is_utf8(y->key));
	must(y->kind != YAML_TEXT || y->first == NULL);
	for (const struct yaml *i = y->first; i; i = i->next) {
		if (y->kind == YAML_MAP) {
			must(i->key_line >= 1 && i->key_line <= i->line && i->key_column >= 1);
			must(str_find_byte(i->key, '\0') == SIZE_MAX);
			for (const struct yaml *k = i->next; k; k = k->next) {
				must(!str_eq(i->key, k->key));
			}
		}
		look(i, line_n, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = str_from(data, n);
	struct arena a;
	struct yaml *y;
	struct err e;
	arena_init(&a, 64 << 20);
	if (yaml_parse(&a, text, &y, &e)) {
		/* Lines end with CR and the Unicode line ends, too: at most one a byte. */
		look(y, (int)n + 2, 1);
	} else {
		must(e.code == ERR_TOO_LARGE || str_starts(str_of(e.text), STR("line ")));
	}
	arena_release(&a);
	return 0;
}
