#include <dirent.h>
#include <unistd.h>

#include "../unit.h"
#include "http/multipart.h"

#define TYPE "multipart/form-data; boundary=\"b:1\""
#define FIELD(name) "--b:1\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_PART(name) \
	"--b:1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" name "\"\r\nContent-Type: image/png\r\n\r\n"
#define LAST "--b:1--\r\n"

struct state {
	struct arena a;
	char dir[64];
};

static int setup(void **state)
{
	struct state *st = calloc(1, sizeof *st);
	const char *tmp = getenv("TMPDIR");
	arena_init(&st->a, 4 << 20);
	snprintf(st->dir, sizeof st->dir, "%.30s/multipart-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(st->dir));
	*state = st;
	return 0;
}

static int teardown(void **state)
{
	struct state *st = *state;
	arena_release(&st->a);
	assert_int_equal(rmdir(st->dir), 0); /* and so it is empty */
	free(st);
	return 0;
}

/* Pushes `body` in pieces of `step` bytes. The parser is freed by the caller. */
static bool feed(struct state *st, struct str body, size_t step, struct multipart **m, struct params *form,
                 struct upload **files, size_t *file_n, struct err *e)
{
	*e = (struct err){0};
	if (!multipart_new(&st->a, STR(TYPE), str_of(st->dir), m, e)) {
		*m = NULL;
		return false;
	}
	for (size_t at = 0; at < body.n; at += step) {
		if (!multipart_push(*m, str_sub(body, at, step), e)) {
			return false;
		}
	}
	return multipart_end(*m, form, files, file_n, e);
}

static const struct str whole = STR_INIT(FIELD("a") "1\r\n2\r\n" FIELD("a") "\r\n" FILE_PART(
	"x.png") "\r\r\n\r\n-\r\n--b:\r\n--b:2\r\n--b\r\n" FIELD("c d") "\xE6\xA1\x88\r\n" FILE_PART("") "\r\n" LAST);

static void any_portions_give_the_same(void **state)
{
	struct state *st = *state;
	for (size_t step = 1; step <= whole.n; step++) {
		struct multipart *m;
		struct params form;
		struct upload *files;
		size_t n;
		struct err e;
		if (!feed(st, whole, step, &m, &form, &files, &n, &e)) {
			fail_msg("in pieces of %zu: %s", step, e.text);
		}
		assert_int_equal(form.n, 3);
		assert_str(form.items[0].name, "a");
		assert_str(form.items[0].value, "1\n2");
		assert_str(form.items[1].value, "");
		assert_str(form.items[2].name, "c d");
		assert_str(form.items[2].value, "案");
		assert_int_equal(n, 1);
		char bytes[64];
		assert_int_equal(read(files[0].fd, bytes, sizeof bytes), files[0].bytes);
		assert_str(str_from(bytes, (size_t)files[0].bytes), "\r\r\n\r\n-\r\n--b:\r\n--b:2\r\n--b");
		assert_str(files[0].filename, "x.png");
		assert_str(files[0].content_type, "image/png");
		assert_str(files[0].field, "f");
		multipart_free(m);
		arena_reset(&st->a);
	}
}

static void every_cut_is_refused(void **state)
{
	struct state *st = *state;
	/* The last line end alone may be missing. */
	for (size_t n = 0; n < whole.n - 2; n++) {
		struct multipart *m;
		struct params form;
		struct upload *files;
		size_t file_n;
		struct err e;
		assert_false(feed(st, str_sub(whole, 0, n), 7, &m, &form, &files, &file_n, &e));
		assert_int_equal(e.code, ERR_BAD_INPUT);
		multipart_free(m);
	}
}

static void malformed_bodies_are_refused(void **state)
{
	struct state *st = *state;
	static const struct str bad[] = {
		STR_INIT("x" FIELD("a") "1\r\n" LAST),
		STR_INIT("\r\n" FIELD("a") "1\r\n" LAST),
		STR_INIT(FIELD("a") "1\r\n" LAST "x"),
		STR_INIT(FIELD("a") "1\r\n" LAST FIELD("a")),
		STR_INIT("--b:1x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\"\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Type: text/plain\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\" x\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; "
	             "name=\"b\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: "
	             "base64\r\n\r\nMQ==\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\xFF\"\r\n\r\n1\r\n" LAST),
		STR_INIT("--b:1\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\x01\"\r\n\r\n1\r\n" LAST),
		STR_INIT(FIELD("a") "1\0\r\n" LAST),
		STR_INIT(FIELD("a") "\xFF\r\n" LAST),
		STR_INIT("--b:1-x"),
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct multipart *m;
		struct params form;
		struct upload *files;
		size_t n;
		struct err e;
		if (feed(st, bad[i], 1000, &m, &form, &files, &n, &e)) {
			fail_msg("taken: %.*s", STR_ARG(bad[i]));
		}
		assert_int_equal(e.code, ERR_BAD_INPUT);
		multipart_free(m);
	}
}

static void an_empty_form_is_a_form(void **state)
{
	struct state *st = *state;
	struct multipart *m;
	struct params form;
	struct upload *files;
	size_t n;
	struct err e;
	assert_true(feed(st, STR("--b:1--"), 3, &m, &form, &files, &n, &e));
	assert_int_equal(form.n + n, 0);
	multipart_free(m);
}

static void content_types_need_a_good_boundary(void **state)
{
	struct state *st = *state;
	static const struct {
		const char *type;
		enum err_code code;
	} cases[] = {
		{"text/plain; boundary=x", ERR_UNSUPPORTED},
		{"multipart/mixed; boundary=x", ERR_UNSUPPORTED},
		{"multipart/form-data", ERR_BAD_INPUT},
		{"multipart/form-data; boundary=", ERR_BAD_INPUT},
		{"multipart/form-data; boundary=\"\"", ERR_BAD_INPUT},
		{"multipart/form-data; boundary=\"a", ERR_BAD_INPUT},
		{"multipart/form-data; boundary=\"a \"", ERR_BAD_INPUT},
		{"multipart/form-data; boundary=a; boundary=b", ERR_BAD_INPUT},
		{"multipart/form-data; boundary=a[b", ERR_BAD_INPUT},
		{"multipart/form-data; boundary=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg1",
	     ERR_BAD_INPUT},
		{"Multipart/Form-Data;charset=utf-8; "
	     "BOUNDARY=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg",
	     ERR_NONE},
		{"multipart/form-data; boundary=----WebKitFormBoundaryABC;", ERR_NONE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct multipart *m = NULL;
		struct err e = {0};
		bool ok = multipart_new(&st->a, str_of(cases[i].type), str_of(st->dir), &m, &e);
		if (ok != (cases[i].code == ERR_NONE) || e.code != cases[i].code) {
			fail_msg("%s: %s", cases[i].type, e.text);
		}
		multipart_free(m);
	}
}

static void caps_hold(void **state)
{
	struct state *st = *state;
	struct multipart *m;
	struct err e = {0};
	/* text, over all parts */
	assert_true(multipart_new(&st->a, STR(TYPE), str_of(st->dir), &m, &e));
	static char block[64 << 10];
	memset(block, 'x', sizeof block);
	bool ok = true;
	size_t taken = 0;
	for (int i = 0; ok && i < 40; i++) {
		ok = multipart_push(m, STR(FIELD("a")), &e) && multipart_push(m, str_from(block, sizeof block), &e) &&
		     multipart_push(m, STR("\r\n"), &e);
		taken += ok ? sizeof block : 0;
	}
	assert_false(ok);
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_true(taken <= MULTIPART_MAX_TEXT_BYTES);
	multipart_free(m);
	/* files */
	assert_true(multipart_new(&st->a, STR(TYPE), str_of(st->dir), &m, &e));
	int files = 0;
	while (multipart_push(m, STR(FILE_PART("a") "x\r\n"), &e)) {
		files++;
	}
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_int_equal(files, MULTIPART_MAX_FILES);
	multipart_free(m);
	/* parts */
	assert_true(multipart_new(&st->a, STR(TYPE), str_of(st->dir), &m, &e));
	int parts = 0;
	while (multipart_push(m, STR(FIELD("a") "\r\n"), &e)) {
		parts++;
	}
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_int_equal(parts, MULTIPART_MAX_PARTS);
	multipart_free(m);
	/* the header of a part */
	assert_true(multipart_new(&st->a, STR(TYPE), str_of(st->dir), &m, &e));
	assert_true(multipart_push(m, STR("--b:1\r\nX: "), &e));
	assert_false(multipart_push(m, str_from(block, 5000), &e));
	assert_int_equal(e.code, ERR_BAD_INPUT);
	multipart_free(m);
}

static void names_of_files_are_made_harmless(void **state)
{
	struct state *st = *state;
	static const struct {
		const char *sent, *clean;
	} cases[] = {
		{"a.pdf", "a.pdf"},
		{"/etc/passwd", "passwd"},
		{"..\\..\\x.png", "x.png"},
		{"../..", "file"},
		{"a/", "file"},
		{"", "file"},
		{" . ", "file"},
		{".htaccess", "htaccess"},
		{"营业执照.jpg", "营业执照.jpg"},
		{"a\xE2\x80\xAEgpj.exe", "agpj.exe"},
		{"a<b>|c?.pdf", "abc.pdf"},
		{"con:x", "conx"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_str(filename_clean(&st->a, str_of(cases[i].sent)), cases[i].clean);
	}
	char longer[400];
	for (int i = 0; i < 390; i += 3) {
		memcpy(longer + i, "案", 3);
	}
	memcpy(longer + 390, ".jpeg", 6);
	struct str s = filename_clean(&st->a, str_of(longer));
	assert_true(s.n <= FILENAME_MAX_BYTES && s.n > FILENAME_MAX_BYTES - 4);
	assert_true(str_ends(s, STR("案.jpeg")) && str_is_utf8(s));
}

static void quotation_marks_in_names_are_read_as_browsers_write_them(void **state)
{
	struct state *st = *state;
	struct str v = STR_EMPTY;
	bool is_bad;
	assert_true(header_parameter(&st->a, STR("form-data; name=\"a%22b\\\"c\\d%0D%0A\"; x=y"), "NAME", &v, &is_bad));
	assert_str(v, "a\"b\"c\\d  ");
	assert_true(header_parameter(&st->a, STR("form-data; name=\"a;b=c\" ; x=y"), "x", &v, &is_bad));
	assert_str(v, "y");
	assert_false(header_parameter(&st->a, STR("form-data; name=\"a\""), "filename", &v, &is_bad));
	assert_false(is_bad);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(any_portions_give_the_same),         T(every_cut_is_refused),
		T(malformed_bodies_are_refused),       T(an_empty_form_is_a_form),
		T(content_types_need_a_good_boundary), T(caps_hold),
		T(names_of_files_are_made_harmless),   T(quotation_marks_in_names_are_read_as_browsers_write_them),
	};
	return cmocka_run_group_tests_name("multipart", tests, NULL, NULL);
}
