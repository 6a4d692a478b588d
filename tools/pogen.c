/* Compiles translations to C: pogen OUT.c EN.mo LANG.mo ... writes the hash tables that html/translate.c looks into.
 *
 * EN.mo holds every message with itself as translation (msgen makes it from the template): from it comes the made-up
 * language ar-XB, so that a message can never lack it. Each other file is one language, named by its file: zh-Hans.mo.
 * The .mo form is that of the gettext manual, "The Format of GNU MO Files", in this machine's byte order, as msgfmt has
 * just written it.
 *
 * Checked here, since msgfmt does not know our {names}: a translation names what its message names, and nothing else.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/pseudo.h"
#include "html/catalogue.h"

#define MAX_FORMS 6
#define MAX_NAMES 16
#define PSEUDO_TAG "ar-XB"

struct message {
	struct str msgid;
	struct str plural; /* empty: has none */
	struct str forms[MAX_FORMS];
	uint32_t form_n;
};

struct mo {
	const char *path;
	struct str bytes;
	struct message *messages;
	size_t n;
	struct str header; /* the translation of "" */
};

static struct arena memory;

static void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fail(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("pogen: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static struct str read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		fail("%s: %s", path, strerror(errno));
	}
	struct buf b;
	buf_init(&b, 64u << 20);
	char piece[8192];
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
		buf_put_bytes(&b, piece, n);
	}
	fclose(f);
	struct str s = arena_copy(&memory, buf_str(&b));
	buf_release(&b);
	return s;
}

static uint32_t word_at(const struct mo *m, size_t at)
{
	uint32_t w;
	if (at + 4 > m->bytes.n) {
		fail("%s: cut off", m->path);
	}
	memcpy(&w, m->bytes.p + at, 4);
	return w;
}

static struct str string_at(const struct mo *m, size_t at)
{
	uint32_t n = word_at(m, at);
	uint32_t from = word_at(m, at + 4);
	if (from > m->bytes.n || n >= m->bytes.n - from) {
		fail("%s: a string lies outside", m->path);
	}
	return str_from(m->bytes.p + from, n);
}

static struct mo read_mo(const char *path)
{
	struct mo m = {.path = path, .bytes = read_file(path)};
	if (word_at(&m, 0) != 0x950412deu) {
		fail("%s: no .mo file of this machine", path);
	}
	uint32_t n = word_at(&m, 8);
	uint32_t ids = word_at(&m, 12);
	uint32_t texts = word_at(&m, 16);
	m.messages = arena_new(&memory, struct message, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		struct str id = string_at(&m, ids + (size_t)8 * i);
		struct str text = string_at(&m, texts + (size_t)8 * i);
		if (id.n == 0) {
			m.header = text;
			continue;
		}
		if (str_find_byte(id, '\4') != SIZE_MAX) {
			fail("%s: contexts (msgctxt) are not supported: %.*s", path, STR_ARG(id));
		}
		struct message *e = &m.messages[m.n++];
		if (!str_cut(id, '\0', &e->msgid, &e->plural)) {
			e->msgid = id;
		}
		struct str form;
		while (str_next(&text, '\0', &form)) {
			if (e->form_n == MAX_FORMS) {
				fail("%s: more than %d plural forms", path, MAX_FORMS);
			}
			e->forms[e->form_n++] = form;
		}
	}
	return m;
}

/* --- Names in sentences ----------------------------------------------------------------------------------------------
 */

struct names {
	struct str items[MAX_NAMES];
	size_t n;
};

static bool has_name(const struct names *names, struct str name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (str_eq(names->items[i], name)) {
			return true;
		}
	}
	return false;
}

static struct names names_of(struct str s)
{
	struct names found = {.n = 0};
	for (size_t i = 0; i < s.n; i++) {
		size_t close = s.p[i] == '{' ? str_find_byte(str_sub(s, i, s.n), '}') : SIZE_MAX;
		if (close != SIZE_MAX) {
			struct str name = str_sub(s, i + 1, close - 1);
			if (!has_name(&found, name) && found.n < MAX_NAMES) {
				found.items[found.n++] = name;
			}
		}
	}
	return found;
}

static void check_message(const char *path, const struct message *m)
{
	struct names of_id = names_of(m->msgid);
	struct names of_plural = m->plural.n ? names_of(m->plural) : of_id;
	for (uint32_t k = 0; k < m->form_n; k++) {
		struct names of_form = names_of(m->forms[k]);
		if (m->forms[k].n == 0) {
			continue;
		}
		for (size_t i = 0; i < of_form.n; i++) {
			if (!has_name(&of_id, of_form.items[i]) && !has_name(&of_plural, of_form.items[i])) {
				fail("%s: the translation of \"%.*s\" names {%.*s}, which is not there", path, STR_ARG(m->msgid),
				     STR_ARG(of_form.items[i]));
			}
		}
		for (size_t i = 0; i < of_id.n; i++) {
			if (has_name(&of_plural, of_id.items[i]) && !has_name(&of_form, of_id.items[i])) {
				fail("%s: the translation of \"%.*s\" leaves out {%.*s}", path, STR_ARG(m->msgid),
				     STR_ARG(of_id.items[i]));
			}
		}
	}
}

/* --- Writing C -------------------------------------------------------------------------------------------------------
 */

static void put_c_string(struct buf *b, struct str s)
{
	buf_put_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\') {
			buf_put_byte(b, '\\');
			buf_put_byte(b, (char)c);
		} else if (c < 0x20) {
			buf_printf(b, "\\%03o", (unsigned)c);
		} else {
			buf_put_byte(b, (char)c);
		}
	}
	buf_put_byte(b, '"');
}

static void put_language(struct buf *out, int index, const struct mo *m)
{
	buf_printf(out, "\nstatic const struct str forms_%d[] = {\n", index);
	uint32_t *first = arena_new(&memory, uint32_t, m->n + 1);
	uint32_t at = 0;
	for (size_t i = 0; i < m->n; i++) {
		first[i] = at;
		for (uint32_t k = 0; k < m->messages[i].form_n; k++, at++) {
			buf_put(out, STR("\tSTR_INIT("));
			put_c_string(out, m->messages[i].forms[k]);
			buf_put(out, STR("),\n"));
		}
	}
	buf_put(out, STR("\tSTR_INIT(\"\")};\n"));

	uint32_t slots = 16;
	while (slots < m->n * 2) {
		slots *= 2;
	}
	size_t *slot = arena_new(&memory, size_t, slots); /* message number + 1 */
	for (size_t i = 0; i < m->n; i++) {
		uint32_t s = catalogue_hash(arena_cstr(&memory, m->messages[i].msgid)) & (slots - 1);
		while (slot[s] != 0) {
			s = (s + 1) & (slots - 1);
		}
		slot[s] = i + 1;
	}
	buf_printf(out, "static const struct catalogue_entry slots_%d[%" PRIu32 "] = {\n", index, slots);
	for (uint32_t s = 0; s < slots; s++) {
		if (slot[s] == 0) {
			continue;
		}
		const struct message *e = &m->messages[slot[s] - 1];
		buf_printf(out, "\t[%" PRIu32 "] = {", s);
		put_c_string(out, e->msgid);
		buf_printf(out, ", %" PRIu32 "u, %" PRIu32 "},\n", catalogue_hash(arena_cstr(&memory, e->msgid)),
		           first[slot[s] - 1]);
	}
	buf_printf(out, "};\n#define MASK_%d %" PRIu32 "\n", index, slots - 1);
}

/* The header's "Plural-Forms: nplurals=2; plural=(n != 1);": the expression is C by gettext's definition; only its
 * characters are let through. */
static uint32_t put_plural(struct buf *out, int index, const struct mo *m)
{
	size_t at = str_find(m->header, STR("Plural-Forms:"));
	struct str line = at == SIZE_MAX ? STR_EMPTY : str_sub(m->header, at, m->header.n);
	line.n = str_find_byte(line, '\n') < line.n ? str_find_byte(line, '\n') : line.n;
	size_t count_at = str_find(line, STR("nplurals="));
	size_t rule_at =
		str_find(line, STR("plural=(")) != SIZE_MAX ? str_find(line, STR("plural=(")) : str_find(line, STR(" plural="));
	uint64_t count = 0;
	if (count_at == SIZE_MAX || rule_at == SIZE_MAX || !str_to_u64(str_sub(line, count_at + 9, 1), &count) ||
	    count < 1 || count > MAX_FORMS) {
		fail("%s: no usable Plural-Forms in the header", m->path);
	}
	struct str rule = str_sub(line, rule_at, line.n);
	rule = str_sub(rule, str_find_byte(rule, '=') + 1, rule.n);
	rule.n = str_find_byte(rule, ';') < rule.n ? str_find_byte(rule, ';') : rule.n;
	for (size_t i = 0; i < rule.n; i++) {
		if (strchr("n0123456789 ()?:<>=!&|%+-*/", rule.p[i]) == NULL) {
			fail("%s: '%c' in the plural rule", m->path, rule.p[i]);
		}
	}
	buf_printf(out,
	           "static uint32_t plural_%d(uint64_t n)\n{\n\t(void)n;\n\tuint32_t form = (uint32_t)(%.*s);\n"
	           "\treturn form < %" PRIu64 "u ? form : 0;\n}\n",
	           index, STR_ARG(rule), count);
	for (size_t i = 0; i < m->n; i++) {
		if (m->messages[i].plural.n > 0 && m->messages[i].form_n != count) {
			fail("%s: \"%.*s\" has %" PRIu32 " forms, not %" PRIu64, m->path, STR_ARG(m->messages[i].msgid),
			     m->messages[i].form_n, count);
		}
	}
	return (uint32_t)count;
}

static void make_pseudo(struct mo *en)
{
	for (size_t i = 0; i < en->n; i++) {
		struct message *m = &en->messages[i];
		struct str english[2] = {m->msgid, m->plural};
		m->form_n = m->plural.n ? 2 : 1;
		for (uint32_t k = 0; k < m->form_n; k++) {
			struct buf b;
			buf_init(&b, 1 << 20);
			pseudo_text(&b, english[k]);
			m->forms[k] = arena_copy(&memory, buf_str(&b));
			buf_release(&b);
		}
	}
	en->header = STR("Plural-Forms: nplurals=2; plural=(n != 1);\n");
}

/* "po/zh-Hans.mo": "zh-Hans". */
static struct str tag_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str name = str_of(slash ? slash + 1 : path);
	struct str tag;
	struct str rest;
	return str_cut(name, '.', &tag, &rest) ? tag : name;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: pogen OUT.c EN.mo LANG.mo ...\n");
		return 2;
	}
	arena_init(&memory, 512u << 20);
	struct buf out;
	buf_init(&out, 64u << 20);
	buf_put(&out, STR("/* Made by pogen from po/. */\n#include \"html/catalogue.h\"\n"));
	struct buf table;
	buf_init(&table, 1u << 20);
	for (int i = 2; i < argc; i++) {
		struct mo m = read_mo(argv[i]);
		struct str tag = tag_of(argv[i]);
		if (i == 2) {
			make_pseudo(&m);
			tag = STR(PSEUDO_TAG);
		}
		for (size_t k = 0; k < m.n; k++) {
			check_message(m.path, &m.messages[k]);
		}
		put_language(&out, i, &m);
		uint32_t plural_n = put_plural(&out, i, &m);
		buf_printf(&table, "\t{\"%.*s\", slots_%d, MASK_%d, forms_%d, %" PRIu32 ", plural_%d},\n", STR_ARG(tag), i, i,
		           i, plural_n, i);
	}
	buf_printf(&out, "\nconst struct catalogue catalogues[] = {\n%.*s};\nconst size_t catalogue_n = %d;\n",
	           STR_ARG(buf_str(&table)), argc - 2);
	FILE *f = fopen(argv[1], "wb");
	bool ok = f != NULL && !out.failed && !table.failed && fwrite(out.p, 1, out.n, f) == out.n;
	if (f == NULL || fclose(f) != 0 || !ok) {
		fail("%s: cannot be written", argv[1]);
	}
	buf_release(&out);
	buf_release(&table);
	arena_release(&memory);
	return 0;
}
