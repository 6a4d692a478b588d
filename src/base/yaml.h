/* YAML for the files of administrators and service authors: libyaml's event reader, one document, no aliases, no tags,
 * no duplicate keys, depth at most 32, at most 200,000 nodes, at most 8 MiB. Every scalar stays text ("NO", "010",
 * "1.10" as written); who reads it decides. Every node knows its line, so that a mistake can be shown beside it. The
 * tree lives in the arena. Any thread. */
#ifndef CITYHALL_BASE_YAML_H
#define CITYHALL_BASE_YAML_H

#include "base/arena.h"
#include "base/err.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	int line, column;         /* from 1 */
	int key_line, key_column; /* inside a map */
	struct str key;           /* inside a map */
	struct str text;          /* YAML_TEXT; an empty plain scalar is the empty text */
	struct yaml *first;
	struct yaml *next;
};

/* An error names line and column in its text: "line 12, column 3: ...". A file without any content (comments do not
 * count) is the empty text, in which yaml_get finds nothing. */
bool yaml_parse(struct arena *a, struct str bytes, struct yaml **out, struct err *e) MUST_USE;
const struct yaml *yaml_get(const struct yaml *map, const char *key); /* NULL when absent, or map is NULL or no map */
struct str yaml_text(const struct yaml *map, const char *key);        /* empty when absent or no text */

#endif
