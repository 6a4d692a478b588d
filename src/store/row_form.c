#include "store/row_form.h"

#include <endian.h>
#include <sodium.h>

#include "store/layout.h"

int row_number_bytes(enum store_type type)
{
	switch (type) {
	case STORE_DATE:
		return 4;
	case STORE_FLAG:
		return 2;
	case STORE_TEXT:
	case STORE_JSON:
	case STORE_BYTES:
		return 0;
	default:
		return 8;
	}
}

enum store_type row_stored_type(const struct store_column *c)
{
	return c->data_class == STORE_IDENTITY || c->data_class == STORE_SECRET ? STORE_BYTES : c->type;
}

/* --- Writing
 * ------------------------------------------------------------------------------------------------------------ */

void row_begin(struct buf *to, size_t columns)
{
	uint16_t n = htobe16((uint16_t)columns);
	buf_put_bytes(to, &n, sizeof n);
}

static void put_length(struct buf *to, uint32_t n)
{
	n = htobe32(n);
	buf_put_bytes(to, &n, sizeof n);
}

void row_put_number(struct buf *to, enum store_type type, int64_t v)
{
	int n = row_number_bytes(type);
	char bytes[12];
	uint32_t length = htobe32((uint32_t)n);
	uint64_t big = htobe64((uint64_t)v << (64 - 8 * n));
	must(n > 0);
	memcpy(bytes, &length, 4);
	memcpy(bytes + 4, &big, 8);
	buf_put_bytes(to, bytes, 4 + (size_t)n);
}

void row_put_bytes(struct buf *to, struct str s)
{
	must(s.n < INT32_MAX);
	put_length(to, (uint32_t)s.n);
	buf_put(to, s);
}

void row_put_null(struct buf *to)
{
	put_length(to, UINT32_MAX);
}

/* --- Reading
 * ------------------------------------------------------------------------------------------------------------ */

bool row_columns(struct str *rest, size_t *columns)
{
	uint16_t n;
	if (rest->n < sizeof n) {
		return false;
	}
	memcpy(&n, rest->p, sizeof n);
	*columns = be16toh(n);
	*rest = str_sub(*rest, sizeof n, SIZE_MAX);
	return *columns <= ROW_COLUMNS_MAX;
}

bool row_next(struct str *rest, struct row_field *out)
{
	uint32_t n;
	if (rest->n < sizeof n) {
		return false;
	}
	memcpy(&n, rest->p, sizeof n);
	n = be32toh(n);
	*rest = str_sub(*rest, sizeof n, SIZE_MAX);
	*out = (struct row_field){STR_EMPTY, n == UINT32_MAX};
	if (out->is_null) {
		return true;
	}
	if (n > rest->n) {
		return false;
	}
	out->bytes = str_from(rest->p, n);
	*rest = str_from(rest->p + n, rest->n - n);
	return true;
}

int64_t row_number(const struct row_field *f)
{
	uint64_t v = f->bytes.n > 0 && (f->bytes.p[0] & 0x80) ? UINT64_MAX : 0;
	for (size_t i = 0; i < f->bytes.n && i < 8; i++) {
		v = v << 8 | (uint8_t)f->bytes.p[i];
	}
	return (int64_t)v;
}

/* --- Keys
 * --------------------------------------------------------------------------------------------------------------- */

size_t row_key(const struct store_table *t, size_t columns[ROW_KEY_MAX])
{
	struct str rest = str_of(t->layout), name;
	struct layout_line l;
	size_t n = 0;
	while (layout_next(&rest, &l)) {
		while (l.kind == LAYOUT_KEY && str_next(&l.columns, ' ', &name)) {
			size_t i = 0;
			while (i < t->columns_n && !str_is(name, t->columns[i].name)) {
				i++;
			}
			must(i < t->columns_n && n < ROW_KEY_MAX);
			columns[n++] = i;
		}
	}
	return n;
}

bool row_take_key(const struct store_table *t, struct str row, struct buf *out, struct err *e)
{
	struct row_field fields[ROW_COLUMNS_MAX];
	size_t key[ROW_KEY_MAX], key_n = row_key(t, key), n = 0;
	bool is_good = row_columns(&row, &n) && n == t->columns_n;
	for (size_t i = 0; is_good && i < n; i++) {
		is_good = row_next(&row, &fields[i]);
	}
	if (!is_good || row.n > 0) {
		return err_set(e, ERR_INTERNAL, "a row of table %s has another form than its columns", t->name);
	}
	buf_reset(out);
	row_begin(out, key_n);
	for (size_t i = 0; i < key_n; i++) {
		row_put_bytes(out, fields[key[i]].bytes);
	}
	return buf_ok(out, e);
}

/* --- Sums
 * --------------------------------------------------------------------------------------------------------------- */

void rows_sum_add(struct rows_sum *s, struct str row)
{
	unsigned __int128 h;
	crypto_generichash((unsigned char *)&h, sizeof h, (const unsigned char *)row.p, row.n, NULL, 0);
	s->sum += (unsigned __int128)h;
	s->rows++;
}

bool rows_sum_eq(const struct rows_sum *a, const struct rows_sum *b)
{
	return a->rows == b->rows && a->sum == b->sum;
}

void rows_sum_put(const struct rows_sum *s, uint8_t out[ROWS_SUM_BYTES])
{
	memcpy(out, &s->sum, ROWS_SUM_BYTES);
}

void rows_sum_get(struct rows_sum *s, int64_t rows, struct str sum)
{
	*s = (struct rows_sum){.rows = rows};
	if (sum.n == ROWS_SUM_BYTES) {
		memcpy(&s->sum, sum.p, ROWS_SUM_BYTES);
	}
}
