/* Reads the declaration of a table (struct store_table.layout) line by line: which columns are its key, its unique and
 * foreign keys, whether it is on every shard. For what prints or checks schemas; plain values, any thread. */
#ifndef CITYHALL_STORE_LAYOUT_H
#define CITYHALL_STORE_LAYOUT_H

#include "store/tx.h"

enum layout_kind {
	LAYOUT_COLUMN,
	LAYOUT_KEY,
	LAYOUT_UNIQUE,
	LAYOUT_INDEX,
	LAYOUT_REFERS,
	LAYOUT_SMALL,
	LAYOUT_REPLICATED,
};

struct layout_line {
	enum layout_kind kind;
	struct str name;      /* of the column or index */
	struct str columns;   /* separated by single spaces; of a column line: its type */
	struct str table, to; /* LAYOUT_REFERS: the other table and its columns */
};

/* Takes the next line off *rest (begin with the whole layout). False: there is none. */
bool layout_next(struct str *rest, struct layout_line *out);
/* The column that rows are placed by: the first of the key. Empty for a replicated table. */
struct str layout_route(const struct store_table *t);
bool layout_is_replicated(const struct store_table *t);

#endif
