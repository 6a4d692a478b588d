/* Reading a pack's YAML into structs while collecting every mistake. Each call takes what it can and goes on: a value
 * that is wrong is reported with file, line, problem and remedy, and an empty one stands in its place, so that one pass
 * finds all mistakes. Whether the result may be used is asked once, at the end: report->mistakes. One thread. */
#ifndef CITYHALL_APP_CATALOGUE_READER_H
#define CITYHALL_APP_CATALOGUE_READER_H

#include "app/catalogue/catalogue.h"
#include "base/arena.h"
#include "base/yaml.h"

struct reader {
	struct arena *arena; /* what is read lives here; `is_full` also says that other memory was out */
	struct pack_report *report;
	struct str file;           /* as reported: "services/x/service.yaml" */
	bool has_lang[LANG_COUNT]; /* languages that each text needs; made-up ones are made at load */
};

/* One line of the report: "file:line: problem. Remedy." */
void mistake(struct reader *r, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Parses the bytes; NULL after a mistake. */
struct yaml *read_yaml(struct reader *r, struct arena *tree, struct str bytes);
/* Reports keys that are not in `keys` (ended by NULL) and names the nearest one. */
void read_known_keys(struct reader *r, const struct yaml *map, const char *const *keys);

/* The child of that kind; NULL when it is missing (a mistake if it is needed) or of another kind (a mistake). */
const struct yaml *read_child(struct reader *r, const struct yaml *map, const char *key, enum yaml_kind kind,
                              bool is_needed);
size_t read_count(const struct yaml *list); /* children; 0 for NULL */
/* A list of entries with keys, at most `most`; entries without keys are mistakes. */
const struct yaml *read_rows(struct reader *r, const struct yaml *map, const char *key, size_t most, bool is_needed);
/* The next entry with keys from `c` on, or NULL: for (c = next_row(list->first); c; c = next_row(c->next)). */
const struct yaml *next_row(const struct yaml *c);

/* All take a map and a key. Missing and not needed: empty, 0, the default. */
struct str read_plain(struct reader *r, const struct yaml *map, const char *key, bool is_needed);
/* Lower-case letters, digits and hyphens, at most 64, beginning with a letter. */
struct str read_id(struct reader *r, const struct yaml *map, const char *key, bool is_needed);
struct text read_text(struct reader *r, const struct yaml *map, const char *key, bool is_needed);
/* The node itself is the text per language. */
struct text read_text_node(struct reader *r, const struct yaml *node, const char *what);
int64_t read_whole(struct reader *r, const struct yaml *map, const char *key, int64_t least, int64_t most,
                   int64_t otherwise, bool is_needed);
/* An amount such as 2000000 or 12.50, in minor units of the currency. */
int64_t read_amount(struct reader *r, const struct yaml *map, const char *key, struct str currency, bool is_needed);
/* A number such as -12.5, in units of 10^-digits. */
int64_t read_decimal(struct reader *r, const struct yaml *map, const char *key, int digits, bool is_needed);
day_number read_day(struct reader *r, const struct yaml *map, const char *key, bool is_needed);
bool read_flag(struct reader *r, const struct yaml *map, const char *key); /* yes or no; missing: no */
/* Index in `words` (ended by NULL), or -1. */
int read_word(struct reader *r, const struct yaml *map, const char *key, const char *const *words, bool is_needed);
struct condition read_condition(struct reader *r, const struct yaml *map, const char *key);
/* A list of {term, text}. */
struct pair_of_texts *read_pairs(struct reader *r, const struct yaml *map, const char *key, bool is_text_needed,
                                 size_t *n);
void read_format(struct reader *r, const struct yaml *root); /* "format: 1" */
/* An id that names something else, or a list of ids. */
struct str *read_ids(struct reader *r, const struct yaml *map, const char *key, size_t *n);
/* Line of a key in a map, or the map's own. */
int line_of(const struct yaml *map, const char *key);
/* NULL when memory is out. */
#define read_list(r, type, n) ((type *)arena_alloc((r)->arena, (n), sizeof(type)))

#endif
