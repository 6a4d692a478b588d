#include "store/layout.h"
#include "store/transfer_engine.h"

enum { SQL_MAX = 8192 };

void transfer_put_columns(struct buf *to, const struct store_table *t)
{
	for (size_t i = 0; i < t->columns_n; i++) {
		buf_printf(to, "%s%s", i > 0 ? ", " : "", t->columns[i].name);
	}
}

void transfer_put_key(struct buf *to, const struct store_table *t)
{
	size_t key[ROW_KEY_MAX], n = row_key(t, key);
	for (size_t i = 0; i < n; i++) {
		buf_printf(to, "%s%s", i > 0 ? ", " : "", t->columns[key[i]].name);
	}
}

bool transfer_each_index(const struct store_table *t, bool is_made,
                         bool (*each)(void *conn, const char *sql, struct err *e), void *conn, struct err *e)
{
	struct str rest = str_of(t->layout), column;
	struct layout_line l;
	struct buf sql;
	bool is_good = true;
	buf_init(&sql, SQL_MAX);
	while (is_good && layout_next(&rest, &l)) {
		if (l.kind != LAYOUT_INDEX && l.kind != LAYOUT_UNIQUE) {
			continue;
		}
		buf_reset(&sql);
		if (is_made) {
			buf_printf(&sql, "create %sindex if not exists %s_%.*s on %s (", l.kind == LAYOUT_UNIQUE ? "unique " : "",
			           t->name, STR_ARG(l.name), t->name);
			for (const char *between = ""; str_next(&l.columns, ' ', &column); between = ", ") {
				buf_printf(&sql, "%s%.*s", between, STR_ARG(column));
			}
			buf_put_byte(&sql, ')');
		} else {
			buf_printf(&sql, "drop index if exists %s_%.*s", t->name, STR_ARG(l.name));
		}
		const char *text = buf_cstr(&sql);
		is_good = buf_ok(&sql, e) && each(conn, text, e);
	}
	buf_release(&sql);
	return is_good;
}
