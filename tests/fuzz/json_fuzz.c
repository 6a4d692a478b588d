/* JSON: never crashes; what it read and wrote again reads the same; and it agrees with jansson, where that library is
 * installed, about what is JSON. Needs base. */
#include "base/json.h"

#include <dlfcn.h>
#include <stdio.h>

enum { JANSSON_REJECT_DUPLICATES = 1, JANSSON_DECODE_ANY = 4, ARENA_BYTES = 64 << 20 };

/* Two of jansson's calls. Its header and ours both have a JSON_OBJECT, its library and ours both a json_string(): it is
 * neither included nor linked. */
struct jansson {
	void *(*loadb)(const char *buffer, size_t n, size_t flags, void *error);
	void (*free_tree)(void *json);
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct jansson *jansson(void)
{
	static struct jansson j;
	static bool is_looked_up;
	if (!is_looked_up) {
		is_looked_up = true;
		void *library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
		if (library) {
			*(void **)&j.loadb = dlsym(library, "json_loadb");
			*(void **)&j.free_tree = dlsym(library, "json_delete");
		}
		if (j.loadb == NULL || j.free_tree == NULL) {
			fprintf(stderr, "libjansson4 is not installed: not compared with it\n");
		}
	}
	return j.loadb && j.free_tree ? &j : NULL;
}

static void write_again(struct json_out *to, const struct json *from, bool *has_real)
{
	switch (from->kind) {
	case JSON_OBJECT:
		json_begin_object(to);
		for (const struct json *i = from->first; i; i = i->next) {
			must(json_get(from, i->key) == i);
			json_key(to, i->key);
			write_again(to, i, has_real);
		}
		json_end_object(to);
		break;
	case JSON_ARRAY:
		json_begin_array(to);
		for (const struct json *i = from->first; i; i = i->next) {
			write_again(to, i, has_real);
		}
		json_end_array(to);
		break;
	case JSON_STRING:
		json_put_string(to, from->string);
		break;
	case JSON_REAL:
		*has_real = true;
		json_put_string(to, from->string);
		break;
	case JSON_INT:
		json_put_int(to, from->integer);
		break;
	case JSON_NULL:
		json_put_null(to);
		break;
	default:
		json_put_bool(to, from->kind == JSON_TRUE);
	}
}

static bool is_same(const struct json *a, const struct json *b)
{
	enum json_kind kind = a->kind == JSON_REAL ? JSON_STRING : a->kind;
	if (b->kind != kind || !str_eq(a->key, b->key) || !str_eq(a->string, b->string) || a->integer != b->integer) {
		return false;
	}
	const struct json *i = a->first, *k = b->first;
	for (; i && k; i = i->next, k = k->next) {
		if (!is_same(i, k)) {
			return false;
		}
	}
	return i == NULL && k == NULL;
}

static bool is_deep(struct str text)
{
	int depth = 0;
	bool is_quoted = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (is_quoted) {
			i += c == '\\';
			is_quoted = c != '"';
		} else {
			is_quoted = c == '"';
			depth += (c == '[' || c == '{') - (c == ']' || c == '}');
		}
		if (depth > 64) {
			return true;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = str_from(data, n);
	struct arena a;
	struct buf b;
	struct json *first, *second;
	struct err e;
	arena_init(&a, ARENA_BYTES);
	buf_init(&b, ARENA_BYTES);
	bool ok = json_parse(&a, text, &first, &e);
	const struct jansson *reference = jansson();
	void *other =
		reference ? reference->loadb(text.p, text.n, JANSSON_REJECT_DUPLICATES | JANSSON_DECODE_ANY, NULL) : NULL;
	if (ok) {
		bool has_real = false;
		struct json_out out = {.to = &b};
		write_again(&out, first, &has_real);
		must(buf_ok(&b, &e) && json_parse(&a, buf_str(&b), &second, &e) && is_same(first, second));
		/* jansson makes doubles and refuses those that are too large for one. */
		must(other != NULL || has_real || reference == NULL);
	} else {
		/* jansson takes a NUL after the value for the end of the text. */
		must(other == NULL || e.code == ERR_TOO_LARGE || is_deep(text) || str_find_byte(text, '\0') != SIZE_MAX);
	}
	if (other) {
		reference->free_tree(other);
	}
	buf_release(&b);
	arena_release(&a);
	return 0;
}
