/* Form bodies, queries and cookies: never crashes; what is accepted is clean text in order, and written anew and read
 * again gives the same. Needs http. */
#include <stdlib.h>

#include "http/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		buf_put_byte(b, '%');
		buf_put_hex(b, s.p + i, 1);
	}
}

static void look(const struct params *p)
{
	for (size_t i = 0; i < p->n; i++) {
		must(p->items[i].name.n > 0);
		must(str_is_utf8(p->items[i].name) && !str_has_control(p->items[i].name, ""));
		must(str_is_utf8(p->items[i].value) && !str_has_control(p->items[i].value, "\n\t"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct params p = {NULL, 0};
	struct err e = {0};
	arena_init(&a, 64 << 20);
	char *text = arena_cstr(&a, str_from(data, n));
	if (params_urlencoded(&a, text, n, &p, &e)) {
		look(&p);
		struct buf b;
		buf_init(&b, 64 << 20);
		for (size_t i = 0; i < p.n; i++) {
			put_escaped(&b, p.items[i].name);
			buf_put_byte(&b, '=');
			put_escaped(&b, p.items[i].value);
			buf_put_byte(&b, '&');
		}
		/* The last & may begin one piece too many. */
		struct params again = {NULL, 0};
		char *second = arena_cstr(&a, buf_str(&b));
		must(params_urlencoded(&a, second, b.n > 0 ? b.n - 1 : 0, &again, &e) && again.n == p.n);
		for (size_t i = 0; i < p.n; i++) {
			must(str_eq(p.items[i].name, again.items[i].name) && str_eq(p.items[i].value, again.items[i].value));
		}
		buf_release(&b);
	} else {
		must(e.code == ERR_BAD_INPUT || e.code == ERR_TOO_LARGE);
	}
	struct param items[COOKIES_MAX];
	struct params cookies = {items, 0};
	params_cookies(str_from(data, n), &cookies);
	must(cookies.n <= COOKIES_MAX);
	for (size_t i = 0; i < cookies.n; i++) {
		must(cookies.items[i].name.n > 0 && !str_has_control(cookies.items[i].name, ""));
		must(!str_has_control(cookies.items[i].value, "") && str_find_byte(cookies.items[i].value, ';') == SIZE_MAX);
	}
	arena_release(&a);
	return 0;
}
