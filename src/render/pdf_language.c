#include <string.h>

#include "render/document.h"

/* Index of the last occurrence, or SIZE_MAX. */
static size_t find_last(struct str s, struct str needle)
{
	for (size_t at = s.n >= needle.n ? s.n - needle.n + 1 : 0; at > 0; at--) {
		if (memcmp(s.p + at - 1, needle.p, needle.n) == 0) {
			return at - 1;
		}
	}
	return SIZE_MAX;
}

/* The number after `name` in the text from `at` on; 0 when it is not there. */
static uint64_t number_after(struct str s, size_t at, struct str name)
{
	struct str rest = str_sub(s, at, SIZE_MAX);
	size_t found = str_find(rest, name);
	if (found == SIZE_MAX) {
		return 0;
	}
	rest = str_trim(str_sub(rest, found + name.n, SIZE_MAX));
	size_t n = 0;
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9') {
		n++;
	}
	uint64_t v = 0;
	return str_to_u64(str_sub(rest, 0, n), &v) ? v : 0;
}

static bool is_tag(struct str lang)
{
	for (size_t i = 0; i < lang.n; i++) {
		char c = lang.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) {
			return false;
		}
	}
	return lang.n > 0;
}

void pdf_put_language(struct buf *pdf, struct str lang, bool is_rtl)
{
	struct str s = buf_str(pdf);
	size_t trailer = find_last(s, STR("trailer"));
	size_t start = find_last(s, STR("startxref"));
	if (trailer == SIZE_MAX || start == SIZE_MAX || !is_tag(lang)) {
		return;
	}
	uint64_t root = number_after(s, trailer, STR("/Root"));
	uint64_t info = number_after(s, trailer, STR("/Info"));
	uint64_t size = number_after(s, trailer, STR("/Size"));
	uint64_t before = number_after(s, start, STR("startxref"));
	struct buf name, update;
	buf_init(&name, 64);
	buf_init(&update, 64U * 1024);
	buf_printf(&name, "\n%llu 0 obj\n", (unsigned long long)root);
	size_t object = find_last(s, buf_str(&name));
	struct str body = object == SIZE_MAX ? STR_EMPTY : str_sub(s, object + name.n, SIZE_MAX);
	size_t body_end = str_find(body, STR("endobj"));
	body = str_trim(str_sub(body, 0, body_end == SIZE_MAX ? 0 : body_end));
	if (root > 0 && info > 0 && size > 0 && before > 0 && str_starts(body, STR("<<")) && str_ends(body, STR(">>"))) {
		buf_put(&update, STR("\n"));
		size_t at = pdf->n + update.n;
		buf_printf(&update,
		           "%llu 0 obj\n%.*s   /Lang (%.*s)\n   /ViewerPreferences << /DisplayDocTitle true%s >>\n>>\nendobj\n",
		           (unsigned long long)root, STR_ARG(str_sub(body, 0, body.n - 2)), STR_ARG(lang),
		           is_rtl ? " /Direction /R2L" : "");
		size_t xref = pdf->n + update.n;
		buf_printf(&update, "xref\n%llu 1\n%010zu 00000 n \n", (unsigned long long)root, at);
		buf_printf(&update,
		           "trailer\n<< /Size %llu\n   /Root %llu 0 R\n   /Info %llu 0 R\n   /Prev "
		           "%llu\n>>\nstartxref\n%zu\n%%%%EOF\n",
		           (unsigned long long)size, (unsigned long long)root, (unsigned long long)info,
		           (unsigned long long)before, xref);
		if (!update.failed) {
			buf_put(pdf, buf_str(&update));
		}
	}
	buf_release(&name);
	buf_release(&update);
}
