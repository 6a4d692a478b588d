/* A row as bytes that are the same on every engine: for moving rows between engines and for comparing them.
 *
 * The form is that of a tuple in PostgreSQL's binary COPY (documentation of COPY, "Binary Format"), so that there it
 * can be read and written as it is: the number of columns in 2 bytes, then each column with its length in 4 bytes (-1:
 * null) and its bytes; numbers big-endian, a date in 4 bytes, a flag in 2, other numbers in 8. Encrypted columns are
 * the bytes that are stored. Plain functions, any thread. */
#ifndef CITYHALL_STORE_ROW_FORM_H
#define CITYHALL_STORE_ROW_FORM_H

#include "base/buf.h"
#include "store/tx.h"

/* How many bytes a number of this type has; 0: texts and bytes, which have any number. */
int row_number_bytes(enum store_type type);
/* The type that the column is stored with: encrypted ones are bytes. */
enum store_type row_stored_type(const struct store_column *c);

void row_begin(struct buf *to, size_t columns);
void row_put_number(struct buf *to, enum store_type type, int64_t v);
void row_put_bytes(struct buf *to, struct str s);
void row_put_null(struct buf *to);

/* Takes one field off *rest, which begins behind the number of columns. False: the bytes are no row. */
struct row_field {
	struct str bytes;
	bool is_null;
};
bool row_columns(struct str *rest, size_t *columns) MUST_USE;
bool row_next(struct str *rest, struct row_field *out) MUST_USE;
int64_t row_number(const struct row_field *f);

/* The columns of the table's key, in the key's order, as indexes of its columns. */
enum { ROW_KEY_MAX = 8, ROW_COLUMNS_MAX = 80 }; /* as many as a declaration may have: tools/sqlgen.h */
size_t row_key(const struct store_table *t, size_t columns[ROW_KEY_MAX]);
/* The key of a row as a row of its own, in *out. */
bool row_take_key(const struct store_table *t, struct str row, struct buf *out, struct err *e) MUST_USE;

/* What a set of rows is, whatever their order: how many, and the sum (modulo 2^128) of the first 16 bytes of each row's
 * BLAKE2b hash. Sums of parts add up. */
enum { ROWS_SUM_BYTES = 16 };
struct rows_sum {
	int64_t rows;
	unsigned __int128 sum;
};
void rows_sum_add(struct rows_sum *s, struct str row);
bool rows_sum_eq(const struct rows_sum *a, const struct rows_sum *b);
void rows_sum_put(const struct rows_sum *s, uint8_t out[ROWS_SUM_BYTES]); /* the sum alone */
void rows_sum_get(struct rows_sum *s, int64_t rows, struct str sum);

#endif
