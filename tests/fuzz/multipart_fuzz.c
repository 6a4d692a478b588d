/* Multipart bodies. The first byte is the size of the portions in which the rest is pushed; the rest begins with the
 * Content-Type, up to a line feed. Never crashes; whatever the portions, the result is the one of a single push; names
 * of files are no paths. Needs http. */
#include <stdlib.h>
#include <unistd.h>

#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outcome {
	bool ok;
	enum err_code code;
	struct multipart *m;
	struct params form;
	struct upload *files;
	size_t file_n;
};

static void run(struct arena *a, struct str type, struct str body, size_t step, struct outcome *o)
{
	struct err e = {0};
	*o = (struct outcome){0};
	const char *tmp = getenv("TMPDIR");
	o->ok = multipart_new(a, type, str_of(tmp ? tmp : "/tmp"), &o->m, &e);
	for (size_t at = 0; o->ok && at < body.n; at += step) {
		o->ok = multipart_push(o->m, str_sub(body, at, step), &e);
	}
	o->ok = o->ok && multipart_end(o->m, &o->form, &o->files, &o->file_n, &e);
	o->code = e.code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 1) {
		return 0;
	}
	size_t step = data[0] % 64U + 1;
	struct str type;
	struct str body;
	str_cut(str_from(data + 1, n - 1), '\n', &type, &body);
	struct arena a;
	arena_init(&a, 64 << 20);
	struct outcome whole;
	struct outcome pieces;
	run(&a, type, body, body.n + 1, &whole);
	run(&a, type, body, step, &pieces);
	must(whole.ok == pieces.ok && whole.code == pieces.code);
	must(whole.form.n == pieces.form.n && whole.file_n == pieces.file_n);
	for (size_t i = 0; i < whole.form.n; i++) {
		must(str_eq(whole.form.items[i].name, pieces.form.items[i].name));
		must(str_eq(whole.form.items[i].value, pieces.form.items[i].value));
		must(str_is_utf8(whole.form.items[i].value) && !str_has_control(whole.form.items[i].value, "\n\t"));
	}
	for (size_t i = 0; i < whole.file_n; i++) {
		const struct upload *f = &whole.files[i];
		must(f->bytes == pieces.files[i].bytes && str_eq(f->filename, pieces.files[i].filename));
		must(f->filename.n > 0 && f->filename.n <= FILENAME_MAX_BYTES && str_is_utf8(f->filename));
		must(str_find_byte(f->filename, '/') == SIZE_MAX && str_find_byte(f->filename, '\\') == SIZE_MAX);
		must(f->filename.p[0] != '.' && !str_has_control(f->filename, ""));
		must(lseek(f->fd, 0, SEEK_END) == f->bytes && (size_t)f->bytes <= body.n);
	}
	multipart_free(whole.m);
	multipart_free(pieces.m);
	arena_release(&a);
	return 0;
}
