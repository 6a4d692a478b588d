#include "os/render_client.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mman.h>
#include <zlib.h>

#include "base/fault.h"
#include "os/file.h"
#include "os/render_protocol.h"
#include "os/socket.h"
#include "os/supervisor.h"
#include "os/thread.h"
#include "unit/os/os_test.h"

static struct render_client *client;
static pid_t supervisor;
static int listen_fd = -1;

/* cityhall-render stands two folders above this test. */
static char *program(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
	assert_true(n > 0);
	path[n] = '\0';
	for (int i = 0; i < 3; i++) {
		*strrchr(path, '/') = '\0';
	}
	memcpy(path + strlen(path), "/cityhall-render", sizeof "/cityhall-render");
	return path;
}

static int supervise(void *arg)
{
	static char limit[] = "--upload-cpu-seconds=2";
	char *argv[] = {program(), limit, NULL};
	struct supervisor_child child[] = {
		{.name = "render", .argv = argv, .fds = {*(int *)arg}, .fd_n = 1, .grace_us = 5000000}};
	struct supervisor_options o = {.children = child, .child_n = 1, .backoff_first_us = 1000, .backoff_last_us = 1000};
	return supervisor_run(&o);
}

static int start(void **state)
{
	struct err e;
	if (test_dir_make(state) != 0 || mkdir(test_path("run").p, 0700) != 0 ||
	    !socket_listen_unix(test_path(RENDER_SOCKET), 0600, &listen_fd, &e) ||
	    !render_client_new(str_of(test_dir), &client, &e)) {
		return -1;
	}
	supervisor = test_fork(supervise, &listen_fd);
	return 0;
}

static int stop(void **state)
{
	kill(supervisor, SIGTERM);
	int status = test_wait(supervisor);
	socket_close(&listen_fd);
	render_client_free(client);
	return status == 0 ? test_dir_remove(state) : -1;
}

static int sample(const char *name)
{
	char path[200];
	snprintf(path, sizeof path, "tests/data/uploads/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void reencode(const char *name, struct render_result *r)
{
	int fd = sample(name);
	assert_ok(render_reencode(client, fd, r, e));
	close(fd);
}

static int memory_file(struct str bytes)
{
	int fd = memfd_create("upload", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(file_write_all(&file_layer_real, fd, bytes, e));
	return fd;
}

static void bytes_of(int fd, struct buf *to)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	buf_init(to, 100U * 1024 * 1024);
	char *room = buf_reserve(to, (size_t)st.st_size);
	assert_non_null(room);
	assert_int_equal(pread(fd, room, (size_t)st.st_size, 0), st.st_size);
	buf_added(to, (size_t)st.st_size);
}

static bool contains(const struct buf *b, struct str what)
{
	return str_find(buf_str(b), what) != SIZE_MAX;
}

/* --- Good files -----------------------------------------------------------------------------------------------------
 */

static void pictures_come_back_as_pictures(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum upload_kind kind;
		enum page_type type;
		uint32_t width, height;
	} cases[] = {
		{"photo-gps.jpg", UPLOAD_JPEG, PAGE_JPEG, 320, 240}, {"progressive.jpg", UPLOAD_JPEG, PAGE_JPEG, 320, 240},
		{"cmyk.jpg", UPLOAD_JPEG, PAGE_JPEG, 320, 240},      {"wide.jpg", UPLOAD_JPEG, PAGE_JPEG, 2800, 3000},
		{"opaque.png", UPLOAD_PNG, PAGE_JPEG, 320, 240},     {"holes.png", UPLOAD_PNG, PAGE_PNG, 64, 48},
		{"interlaced.png", UPLOAD_PNG, PAGE_JPEG, 320, 240}, {"grey16.png", UPLOAD_PNG, PAGE_JPEG, 96, 160},
		{"tail.png", UPLOAD_PNG, PAGE_JPEG, 320, 240},       {"photo.heic", UPLOAD_HEIC, PAGE_JPEG, 320, 240},
		{"photo.webp", UPLOAD_WEBP, PAGE_JPEG, 320, 240},    {"lossless.webp", UPLOAD_WEBP, PAGE_JPEG, 96, 160},
		{"photo.tif", UPLOAD_TIFF, PAGE_JPEG, 320, 240},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct render_result r;
		struct buf bytes;
		print_message("%s\n", cases[i].name);
		reencode(cases[i].name, &r);
		assert_int_equal(r.kind, cases[i].kind);
		assert_int_equal(r.page_n, 1);
		assert_int_equal(r.pages[0].type, cases[i].type);
		assert_int_equal(r.pages[0].width, cases[i].width);
		assert_int_equal(r.pages[0].height, cases[i].height);
		bytes_of(r.fd, &bytes);
		assert_int_equal(bytes.n, r.pages[0].bytes);
		assert_true(str_starts(buf_str(&bytes), r.pages[0].type == PAGE_PNG ? STR("\x89PNG") : STR("\xFF\xD8\xFF")));
		buf_release(&bytes);
		render_result_release(&r);
	}
}

static void nothing_but_the_picture_is_left(void **state)
{
	(void)state;
	struct buf before, after;
	struct render_result r;
	int fd = sample("photo-gps.jpg");
	bytes_of(fd, &before);
	close(fd);
	assert_true(contains(&before, STR("Exif")) && contains(&before, STR("CameraOfLin")) &&
	            contains(&before, STR("taken at home")));
	reencode("photo-gps.jpg", &r);
	bytes_of(r.fd, &after);
	assert_false(contains(&after, STR("Exif")));
	assert_false(contains(&after, STR("CameraOfLin")));
	assert_false(contains(&after, STR("taken at home")));
	assert_false(contains(&after, STR("\xFF\xE1")));
	render_result_release(&r);
	buf_release(&before);
	buf_release(&after);
	reencode("tail.png", &r);
	bytes_of(r.fd, &after);
	assert_false(contains(&after, STR("script")));
	buf_release(&after);
	render_result_release(&r);
}

static void turned_pictures_come_back_upright(void **state)
{
	(void)state;
	static const char *const turned[] = {"turned-3.jpg", "turned-6.jpg", "turned-8.jpg"};
	struct buf upright;
	struct render_result r;
	reencode("upright.png", &r);
	bytes_of(r.fd, &upright);
	render_result_release(&r);
	for (size_t i = 0; i < 3; i++) {
		struct buf bytes;
		reencode(turned[i], &r);
		bytes_of(r.fd, &bytes);
		assert_int_equal(bytes.n, upright.n);
		assert_memory_equal(bytes.p, upright.p, bytes.n);
		buf_release(&bytes);
		render_result_release(&r);
	}
	buf_release(&upright);
}

static void each_page_of_a_pdf_becomes_a_picture(void **state)
{
	(void)state;
	struct render_result r;
	reencode("two-pages.pdf", &r);
	assert_int_equal(r.kind, UPLOAD_PDF);
	assert_int_equal(r.page_n, 2);
	for (size_t i = 0; i < 2; i++) {
		int fd = -1;
		struct buf bytes;
		assert_int_equal(r.pages[i].type, PAGE_JPEG);
		assert_int_equal(r.pages[i].width, 1074); /* 595 points at 130 dots an inch */
		assert_int_equal(r.pages[i].height, 1520);
		assert_ok(render_page_fd(&r, i, &fd, e));
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
		bytes_of(fd, &bytes);
		assert_int_equal(bytes.n, r.pages[i].bytes);
		assert_true(str_starts(buf_str(&bytes), STR("\xFF\xD8\xFF")));
		assert_true(str_ends(buf_str(&bytes), STR("\xFF\xD9")));
		buf_release(&bytes);
		close(fd);
	}
	render_result_release(&r);
}

static void each_page_of_a_tiff_becomes_a_picture(void **state)
{
	(void)state;
	struct render_result r;
	reencode("two-pages.tif", &r);
	assert_int_equal(r.kind, UPLOAD_TIFF);
	assert_int_equal(r.page_n, 2);
	assert_int_equal(r.pages[1].width, 96);
	assert_int_equal(r.pages[1].height, 160);
	render_result_release(&r);
}

static struct render_page first_page(const char *name)
{
	struct render_result r;
	reencode(name, &r);
	struct render_page page = r.pages[0];
	render_result_release(&r);
	print_message("%s: lightness %u, sharpness %u\n", name, page.luma, page.sharpness);
	return page;
}

static void dark_and_blurred_pictures_measure_less(void **state)
{
	(void)state;
	struct render_page good = first_page("readable.jpg");
	struct render_page dark = first_page("dark.jpg");
	struct render_page blurred = first_page("blurred.jpg");
	assert_true(good.luma > 100 && good.luma <= 255 && good.sharpness > 500);
	assert_true(dark.luma < 40);
	assert_true(blurred.luma > 100 && blurred.sharpness < 15);
	assert_true(first_page("photo-gps.jpg").luma != MEASURE_NONE);
	assert_int_equal(first_page("holes.png").luma, MEASURE_NONE); /* too small to say */
	assert_int_equal(first_page("two-pages.pdf").luma, MEASURE_NONE);
}

static void a_thin_page_is_drawn(void **state)
{
	(void)state;
	struct render_result r;
	reencode("strip-page.pdf", &r);
	assert_int_equal(r.pages[0].width, RENDER_OUT_SIDE_MAX);
	assert_int_equal(r.pages[0].height, 1);
	render_result_release(&r);
}

/* --- Bad files ------------------------------------------------------------------------------------------------------
 */

static void assert_file_refused(int fd, enum err_code code, enum render_say say)
{
	struct render_result r;
	struct err why = {0};
	if (render_reencode(client, fd, &r, &why)) {
		print_error("it was taken, not refused as: %s\n", render_says[say]);
		fail();
	}
	if (why.code != code || err_say(&why) != render_says[say]) {
		print_error("%s: %s (%s)\n", err_name(why.code), why.text, err_say(&why));
	}
	assert_int_equal(why.code, code);
	assert_ptr_equal(err_say(&why), render_says[say]);
	assert_int_equal(r.fd, -1);
	close(fd);
}

static void what_is_no_picture_and_no_pdf_is_refused_by_its_content(void **state)
{
	(void)state;
	assert_file_refused(sample("page.html.png"), ERR_UNSUPPORTED, SAY_KIND);
	assert_file_refused(sample("svg.png"), ERR_UNSUPPORTED, SAY_KIND);
	assert_file_refused(sample("gif.jpg"), ERR_UNSUPPORTED, SAY_KIND);
	assert_file_refused(sample("empty.jpg"), ERR_UNSUPPORTED, SAY_EMPTY);
	assert_file_refused(memory_file(STR(" %PDF-1.4")), ERR_UNSUPPORTED, SAY_KIND);
}

static void damaged_files_are_refused(void **state)
{
	(void)state;
	struct buf bytes;
	assert_file_refused(sample("truncated.jpg"), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(sample("truncated.pdf"), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(sample("truncated.heic"), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(sample("truncated.tif"), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(sample("truncated.webp"), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(memory_file(STR("\0\0\0\x18"
	                                    "ftypheic\0\0\0\0")),
	                    ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(memory_file(STR("II*\0\x08\0\0\0")), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(memory_file(STR("RIFF\0\0\0\0WEBPVP8 ")), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(sample("no-pages.pdf"), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(sample("loop.pdf"), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(memory_file(STR("\xFF\xD8\xFF")), ERR_UNSUPPORTED, SAY_DAMAGED);
	assert_file_refused(memory_file(STR("\x89PNG\r\n\x1A\n")), ERR_UNSUPPORTED, SAY_DAMAGED);
	int fd = sample("opaque.png");
	bytes_of(fd, &bytes);
	close(fd);
	assert_file_refused(memory_file(str_sub(buf_str(&bytes), 0, bytes.n / 2)), ERR_UNSUPPORTED, SAY_DAMAGED);
	buf_release(&bytes);
}

static void a_pdf_under_a_password_says_so(void **state)
{
	(void)state;
	assert_file_refused(sample("password.pdf"), ERR_UNSUPPORTED, SAY_PASSWORD);
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	struct render_result r;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_refused(render_reencode(client, ends[0], &r, e), ERR_BAD_INPUT);
	close(ends[0]);
	close(ends[1]);
}

static void too_many_bytes_are_refused_unread(void **state)
{
	(void)state;
	int fd = memfd_create("upload", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)RENDER_INPUT_MAX + 1), 0);
	assert_file_refused(fd, ERR_TOO_LARGE, SAY_BYTES);
}

/* --- Bombs ----------------------------------------------------------------------------------------------------------
 */

static void put_u32(struct buf *to, uint32_t v)
{
	char bytes[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};
	buf_put_bytes(to, bytes, 4);
}

static void put_chunk(struct buf *to, struct str type, struct str body)
{
	put_u32(to, (uint32_t)body.n);
	size_t from = to->n;
	buf_put(to, type);
	buf_put(to, body);
	put_u32(to, (uint32_t)crc32(0, (const Bytef *)to->p + from, (uInt)(to->n - from)));
}

/* Little-endian TIFF directory of one entry a size; `next` follows. */
static void put_tiff(struct buf *to, uint32_t width, uint32_t height, uint32_t next)
{
	const uint32_t words[] = {width, height};
	buf_put_bytes(to, "\x02\0", 2);
	for (int i = 0; i < 2; i++) {
		buf_put_bytes(to, i == 0 ? "\0\x01" : "\x01\x01", 2);
		buf_put_bytes(to, "\x04\0\x01\0\0\0", 6);
		buf_put_bytes(to, &words[i], 4);
	}
	buf_put_bytes(to, &next, 4);
}

static void tiff_and_webp_bombs_are_refused_by_their_headers(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10000);
	buf_put(&b, STR("II*\0\x08\0\0\0"));
	put_tiff(&b, 60000, 60000, 0);
	assert_file_refused(memory_file(buf_str(&b)), ERR_TOO_LARGE, SAY_PIXELS);
	buf_truncate(&b, 8);
	put_tiff(&b, 10, 10, 8); /* a chain that is a ring */
	assert_file_refused(memory_file(buf_str(&b)), ERR_TOO_LARGE, SAY_PAGES);
	buf_truncate(&b, 8);
	put_tiff(&b, 10, 10, 0xFFFFFFF0);
	assert_file_refused(memory_file(buf_str(&b)), ERR_UNSUPPORTED, SAY_DAMAGED);
	buf_reset(&b);
	buf_put(&b, STR("RIFF\xFF\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\xFE\xFF\xFE\xFE\xFF\xFE\0\0\0"));
	assert_file_refused(memory_file(buf_str(&b)), ERR_TOO_LARGE, SAY_PIXELS);
	buf_release(&b);
}

static void put_png_header(struct buf *to, uint32_t width, uint32_t height, char depth, char colour)
{
	struct buf body;
	buf_init(&body, 100);
	put_u32(&body, width);
	put_u32(&body, height);
	buf_put_byte(&body, depth);
	buf_put_byte(&body, colour);
	buf_put_bytes(&body, "\0\0\0", 3);
	buf_put(to, STR("\x89PNG\r\n\x1A\n"));
	put_chunk(to, STR("IHDR"), buf_str(&body));
	buf_release(&body);
}

/* n bytes of zero, compressed. */
static void put_zeros(struct buf *to, size_t n)
{
	static unsigned char zeros[65536], packed[65536];
	z_stream z = {0};
	assert_int_equal(deflateInit(&z, 6), Z_OK);
	int r = Z_OK;
	while (r != Z_STREAM_END) {
		if (z.avail_in == 0 && n > 0) {
			z.next_in = zeros;
			z.avail_in = (uInt)(n < sizeof zeros ? n : sizeof zeros);
			n -= z.avail_in;
		}
		z.next_out = packed;
		z.avail_out = sizeof packed;
		r = deflate(&z, n == 0 ? Z_FINISH : Z_NO_FLUSH);
		assert_true(r == Z_OK || r == Z_STREAM_END);
		buf_put_bytes(to, packed, sizeof packed - z.avail_out);
	}
	deflateEnd(&z);
}

static void pictures_with_too_many_pixels_are_refused_by_their_header(void **state)
{
	(void)state;
	static const struct {
		uint32_t width, height;
	} sizes[] = {{60000, 60000}, {12001, 1}, {1, 12001}, {11000, 11000}, {UINT32_MAX, UINT32_MAX}};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct buf png;
		buf_init(&png, 1000);
		put_png_header(&png, sizes[i].width, sizes[i].height, 8, 2);
		put_chunk(&png, STR("IDAT"), STR("x"));
		put_chunk(&png, STR("IEND"), STR_EMPTY);
		assert_file_refused(memory_file(buf_str(&png)), ERR_TOO_LARGE, SAY_PIXELS);
		buf_release(&png);
	}
	assert_file_refused(
		memory_file(STR("\xFF\xD8\xFF\xE0\0\2\xFF\xC0\0\x11\x08\xFF\xFF\xFF\xFF\3\1\x11\0\2\x11\1\3\x11\1\xFF\xD9")),
		ERR_TOO_LARGE, SAY_PIXELS);
}

/* The largest picture that the header check lets through, 400 MB of zeros in 400 KB. It may be drawn or refused: what
 * matters is that it ends, and that the next one is served. */
static void a_picture_that_unpacks_to_a_thousand_times_its_size_harms_nobody(void **state)
{
	(void)state;
	struct buf png, data;
	struct render_result r;
	struct err why = {0};
	buf_init(&png, 10U * 1024 * 1024);
	buf_init(&data, 10U * 1024 * 1024);
	put_png_header(&png, 10000, 10000, 8, 6);
	put_zeros(&data, 10000 * (1 + (size_t)40000));
	put_chunk(&png, STR("IDAT"), buf_str(&data));
	put_chunk(&png, STR("IEND"), STR_EMPTY);
	int fd = memory_file(buf_str(&png));
	if (render_reencode(client, fd, &r, &why)) {
		assert_int_equal(r.pages[0].width, RENDER_OUT_SIDE_MAX);
		render_result_release(&r);
	} else {
		print_message("%s: %s\n", err_name(why.code), why.text);
		assert_true(why.code == ERR_TOO_LARGE || why.code == ERR_UNSUPPORTED);
	}
	close(fd);
	buf_release(&png);
	buf_release(&data);
	reencode("opaque.png", &r);
	render_result_release(&r);
}

/* A text chunk and a colour profile of 600 MB each. */
static void chunks_that_unpack_without_end_harm_nobody(void **state)
{
	(void)state;
	static const char *const types[] = {"zTXt", "iCCP"};
	for (size_t i = 0; i < 2; i++) {
		struct buf png, chunk, data;
		struct render_result r;
		struct err why = {0};
		buf_init(&png, 10U * 1024 * 1024);
		buf_init(&chunk, 10U * 1024 * 1024);
		buf_init(&data, 1000);
		put_png_header(&png, 2, 2, 8, 0);
		buf_put_bytes(&chunk, "name\0\0", 6);
		put_zeros(&chunk, 600U * 1000 * 1000);
		put_chunk(&png, str_of(types[i]), buf_str(&chunk));
		put_zeros(&data, 6);
		put_chunk(&png, STR("IDAT"), buf_str(&data));
		put_chunk(&png, STR("IEND"), STR_EMPTY);
		int fd = memory_file(buf_str(&png));
		if (render_reencode(client, fd, &r, &why)) {
			assert_true(r.pages[0].bytes < 10000);
			render_result_release(&r);
		} else {
			assert_true(why.code == ERR_TOO_LARGE || why.code == ERR_UNSUPPORTED);
		}
		close(fd);
		buf_release(&png);
		buf_release(&chunk);
		buf_release(&data);
	}
}

static void put_pdf(struct buf *to, int pages, const char *content_filter, struct str content)
{
	buf_put(to, STR("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids ["));
	for (int i = 0; i < pages; i++) {
		buf_printf(to, "%d 0 R ", 4 + i);
	}
	buf_printf(to, "] /Count %d >>\nendobj\n3 0 obj\n<< /Length %zu %s >>\nstream\n", pages, content.n, content_filter);
	buf_put(to, content);
	buf_put(to, STR("\nendstream\nendobj\n"));
	for (int i = 0; i < pages; i++) {
		buf_printf(to, "%d 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R >>\nendobj\n",
		           4 + i);
	}
	buf_printf(to, "trailer\n<< /Root 1 0 R /Size %d >>\n%%%%EOF\n", 4 + pages);
}

static void a_pdf_with_too_many_pages_is_refused(void **state)
{
	(void)state;
	static const int counts[] = {101, 10000};
	for (size_t i = 0; i < 2; i++) {
		struct buf pdf;
		buf_init(&pdf, 10U * 1024 * 1024);
		put_pdf(&pdf, counts[i], "", STR("0 0 m"));
		assert_file_refused(memory_file(buf_str(&pdf)), ERR_TOO_LARGE, SAY_PAGES);
		buf_release(&pdf);
	}
}

static void a_page_of_a_size_that_cannot_be_is_refused(void **state)
{
	(void)state;
	assert_file_refused(sample("huge-page.pdf"), ERR_TOO_LARGE, SAY_PIXELS);
}

/* A page whose drawing never ends within the limit of time. */
static void put_endless_pdf(struct buf *to, size_t rounds)
{
	struct buf strokes, packed;
	buf_init(&strokes, 200U * 1024 * 1024);
	buf_init(&packed, 100U * 1024 * 1024);
	for (size_t i = 0; i < rounds; i++) {
		buf_put(&strokes, STR("0 0 m 595 842 l 0 842 595 0 300 400 c S\n"));
	}
	uLongf n = compressBound(strokes.n);
	char *room = buf_reserve(&packed, n);
	assert_non_null(room);
	assert_int_equal(compress2((Bytef *)room, &n, (const Bytef *)strokes.p, strokes.n, 1), Z_OK);
	buf_added(&packed, n);
	put_pdf(to, 1, "/Filter /FlateDecode", buf_str(&packed));
	buf_release(&strokes);
	buf_release(&packed);
}

static void a_page_that_takes_too_long_ends_its_worker_alone(void **state)
{
	(void)state;
	struct buf pdf;
	struct render_status before, after;
	struct render_result r;
	buf_init(&pdf, 20U * 1024 * 1024);
	put_endless_pdf(&pdf, 1000000);
	assert_ok(render_ask_status(client, &before, e));
	assert_file_refused(memory_file(buf_str(&pdf)), ERR_TOO_LARGE, SAY_HEAVY);
	assert_ok(render_ask_status(client, &after, e));
	assert_int_equal(after.worker_deaths, before.worker_deaths + 1);
	reencode("opaque.png", &r);
	render_result_release(&r);
	buf_release(&pdf);
}

/* --- Documents and codes --------------------------------------------------------------------------------------------
 */

static const struct document_item dates[] = {
	{STR_INIT("We promise a decision by"), STR_INIT("Monday 23 November"), STR_INIT("15 working days")},
	{STR_INIT("The law says at the latest"), STR_INIT("Monday 30 November"), STR_INIT("20 working days")}};
static const struct document_item rows[] = {{STR_INIT("决定机关"), STR_INIT("劳动和社会保障局"), STR_INIT("")},
                                            {STR_INIT("Fee"), STR_INIT("None"), STR_INIT("a note")}};
static const struct document_block blocks[] = {
	{.kind = BLOCK_ADDRESS, .items = rows, .item_n = 2, .caption = STR_INIT("19 November 2026")},
	{.kind = BLOCK_HEADING, .level = 1, .text = STR_INIT("We have your application")},
	{.kind = BLOCK_PARAGRAPH, .style = PARAGRAPH_LEAD, .text = STR_INIT("如有缺少 أرسله Lin")},
	{.kind = BLOCK_SLIP},
	{.kind = BLOCK_QR, .text = STR_INIT("https://example.org/"), .caption = STR_INIT("Scan")},
	{.kind = BLOCK_HEADING, .level = 2, .text = STR_INIT("Receipt")},
	{.kind = BLOCK_NUMBER, .text = STR_INIT("PL-2026-048176-3"), .caption = STR_INIT("Case")},
	{.kind = BLOCK_DATES, .items = dates, .item_n = 2},
	{.kind = BLOCK_PAIRS, .items = rows, .item_n = 2},
	{.kind = BLOCK_SLIP_END},
	{.kind = BLOCK_STEPS, .items = dates, .item_n = 2},
	{.kind = BLOCK_NOTE, .text = STR_INIT("A note"), .caption = STR_INIT("Look")},
	{.kind = BLOCK_LIST, .items = dates, .item_n = 2},
	{.kind = BLOCK_SPACER, .level = 10},
	{.kind = BLOCK_SIGNATURES, .items = dates, .item_n = 2},
};

static struct document a_document(void)
{
	return (struct document){.title = STR("Receipt PL-2026-048176-3"),
	                         .lang = STR("zh-Hans"),
	                         .city = STR("Port Linden"),
	                         .place = STR("City Hall"),
	                         .institution = STR("Office"),
	                         .footer = STR("4 Chandlers Row"),
	                         .page_label = STR("Page {page} of {pages}"),
	                         .made_us = INT64_C(1793610840000000),
	                         .blocks = blocks,
	                         .block_n = sizeof blocks / sizeof blocks[0]};
}

static void a_document_becomes_a_pdf_with_title_language_and_fonts(void **state)
{
	(void)state;
	struct document d = a_document();
	struct buf first, second;
	int fd = -1;
	assert_ok(render_pdf(client, &d, &fd, e));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	bytes_of(fd, &first);
	close(fd);
	assert_true(str_starts(buf_str(&first), STR("%PDF-1.")));
	assert_true(str_ends(buf_str(&first), STR("%%EOF\n")));
	assert_true(contains(&first, STR("/Lang (zh-Hans)")));
	assert_true(contains(&first, STR("/DisplayDocTitle true")));
	assert_true(contains(&first, STR("Receipt PL-2026-048176-3")));
	assert_true(contains(&first, STR("/FontFile")));
	assert_true(contains(&first, STR("/MarkInfo << /Marked true >>")));
	assert_ok(render_pdf(client, &d, &fd, e));
	bytes_of(fd, &second);
	close(fd);
	assert_int_equal(first.n, second.n);
	assert_memory_equal(first.p, second.p, first.n);
	buf_release(&first);
	buf_release(&second);
}

/* The page of a document with that paragraph, as a picture. */
static void draw_paragraph(struct str text, struct buf *to)
{
	struct document_block one[] = {{.kind = BLOCK_PARAGRAPH, .text = text}};
	struct document d = a_document();
	struct render_result r;
	int fd = -1;
	d.blocks = one;
	d.block_n = 1;
	assert_ok(render_pdf(client, &d, &fd, e));
	assert_ok(render_reencode(client, fd, &r, e));
	bytes_of(r.fd, to);
	render_result_release(&r);
	close(fd);
}

/* U+5982 alone is left out by cairo 1.16's own way with CFF fonts. */
static void a_chinese_glyph_leaves_ink(void **state)
{
	(void)state;
	struct buf with, without, again;
	draw_paragraph(STR("如"), &with);
	draw_paragraph(STR(" "), &without);
	draw_paragraph(STR(" "), &again);
	assert_true(str_eq(buf_str(&without), buf_str(&again)));
	assert_false(str_eq(buf_str(&with), buf_str(&without)));
	buf_release(&with);
	buf_release(&without);
	buf_release(&again);
}

static void our_own_pdf_can_be_uploaded(void **state)
{
	(void)state;
	struct document d = a_document();
	struct render_result r;
	int fd = -1;
	d.is_rtl = true;
	d.lang = STR("ar-XB");
	assert_ok(render_pdf(client, &d, &fd, e));
	assert_ok(render_reencode(client, fd, &r, e));
	assert_true(r.page_n >= 1);
	assert_int_equal(r.pages[0].width, 1074);
	render_result_release(&r);
	close(fd);
}

static void a_long_document_gets_pages(void **state)
{
	(void)state;
	static struct document_block many[DOCUMENT_BLOCKS_MAX];
	static char long_text[20000];
	struct document d = a_document();
	struct render_result r;
	int fd = -1;
	memset(long_text, 'x', sizeof long_text - 1);
	for (size_t i = 0; i < sizeof long_text - 1; i += 7) {
		long_text[i] = ' ';
	}
	for (size_t i = 0; i < DOCUMENT_BLOCKS_MAX; i++) {
		many[i] = blocks[i % (sizeof blocks / sizeof blocks[0])];
	}
	static struct document_item long_item[1];
	long_item[0].term = STR("Long");
	long_item[0].value = str_of(long_text);
	many[0] = (struct document_block){.kind = BLOCK_PARAGRAPH, .text = str_of(long_text)};
	many[1] = (struct document_block){.kind = BLOCK_PAIRS, .items = long_item, .item_n = 1};
	many[2] = (struct document_block){.kind = BLOCK_NOTE, .text = str_of(long_text)};
	d.blocks = many;
	d.block_n = DOCUMENT_BLOCKS_MAX;
	assert_ok(render_pdf(client, &d, &fd, e));
	struct err why = {0};
	if (render_reencode(client, fd, &r, &why)) {
		assert_true(r.page_n > 20);
		render_result_release(&r);
	} else {
		assert_true(why.code == ERR_TOO_LARGE); /* above the pages or the time that an upload may have */
	}
	close(fd);
	d.block_n = DOCUMENT_BLOCKS_MAX + 1;
	assert_refused(render_pdf(client, &d, &fd, e), ERR_TOO_LARGE);
}

static void a_document_that_is_none_is_refused(void **state)
{
	(void)state;
	struct document_block bad[] = {{.kind = (enum block_kind)99}};
	struct document d = a_document();
	int fd = -1;
	d.blocks = bad;
	d.block_n = 1;
	assert_refused(render_pdf(client, &d, &fd, e), ERR_CORRUPT);
	bad[0] = (struct document_block){.kind = BLOCK_PARAGRAPH, .text = STR("\xFF\xFE")};
	assert_refused(render_pdf(client, &d, &fd, e), ERR_CORRUPT);
	assert_int_equal(fd, -1);
}

static void a_code_is_one_path_with_its_three_corners(void **state)
{
	(void)state;
	struct render_qr q;
	static char long_text[QR_TEXT_MAX + 1];
	assert_ok(render_qr(client, STR("https://port-linden.example/r/7k3m9q2xv5ahd8r1tb6wz4ce0n"), QR_M, &q, e));
	assert_int_equal(q.side, 33);
	assert_true(str_starts(buf_str(&q.path), STR("M0 0h7v1h-7z")));
	assert_true(contains(&q.path, STR("M26 0h7v1h-7z")));
	assert_true(contains(&q.path, STR("M0 32h7v1h-7z")));
	render_qr_release(&q);
	memset(long_text, 'x', sizeof long_text);
	assert_refused(render_qr(client, STR_EMPTY, QR_M, &q, e), ERR_TOO_LARGE);
	assert_refused(render_qr(client, str_from(long_text, sizeof long_text), QR_M, &q, e), ERR_TOO_LARGE);
	assert_ok(render_qr(client, str_from(long_text, 800), QR_L, &q, e));
	render_qr_release(&q);
}

/* --- Bad days -------------------------------------------------------------------------------------------------------
 */

static void rubbish_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "\x09", "\x02", "\x02more", "\x03", "\x04\xff\xff\xff\xff"};
	struct message m;
	struct render_status s;
	message_init(&m, RENDER_REPLY_MAX);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_ok(message_call(test_path(RENDER_SOCKET), str_of(bad[i]), NULL, 0, &m, deadline_in(5000000), e));
		assert_true(m.bytes.n > 0 && m.bytes.p[0] == 0);
	}
	message_release(&m);
	assert_ok(render_ask_status(client, &s, e));
	assert_non_null(strstr(s.sandbox, "no-new-privileges"));
}

/* The first process of that name whose parent is given; 0 when there is none. */
static pid_t child_of(pid_t parent, const char *name)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	pid_t found = 0;
	int pid;
	while (!found && fscanf(f, "%d", &pid) == 1) {
		char comm[64];
		snprintf(comm, sizeof comm, "/proc/%d/comm", pid);
		FILE *c = fopen(comm, "re");
		if (c && fgets(line, sizeof line, c)) {
			line[strcspn(line, "\n")] = '\0';
			if (strcmp(line, name) == 0) {
				found = pid;
			}
		}
		if (c) {
			fclose(c);
		}
	}
	fclose(f);
	return found;
}

struct slow_call {
	int fd;
	bool ok;
	struct err e;
	struct render_result r;
};

static void *call_slowly(void *arg)
{
	struct slow_call *c = arg;
	c->ok = render_reencode(client, c->fd, &c->r, &c->e);
	return NULL;
}

/* Kills the dispatcher `times` times, each time while a worker draws the same upload. */
static void kill_in_the_middle(struct slow_call *c, int times)
{
	struct thread t;
	struct buf pdf;
	struct render_status s;
	buf_init(&pdf, 20U * 1024 * 1024);
	put_endless_pdf(&pdf, 1000000);
	assert_ok(render_ask_status(client, &s, e));
	c->fd = memory_file(buf_str(&pdf));
	assert_ok(thread_start(&t, "slow", 0, call_slowly, c, e));
	for (int i = 0; i < times; i++) {
		pid_t render = 0, worker = 0;
		while (worker == 0) {
			render = child_of(supervisor, "render");
			worker = render > 0 ? child_of(render, "render-upload") : 0;
			sched_yield();
		}
		kill(render, SIGKILL);
		/* The worker goes with it. */
		while (kill(worker, 0) == 0 && child_of(supervisor, "render") == render) {
			sched_yield();
		}
	}
	thread_join(&t);
	close(c->fd);
	buf_release(&pdf);
}

static void render_killed_in_the_middle_is_started_again_and_asked_again(void **state)
{
	(void)state;
	struct slow_call c;
	kill_in_the_middle(&c, 1);
	/* The second try ran to its limit, which only a whole new render can have told. */
	assert_false(c.ok);
	assert_int_equal(c.e.code, ERR_TOO_LARGE);
	struct render_qr q;
	assert_ok(render_qr(client, STR("after"), QR_M, &q, e));
	render_qr_release(&q);
}

static void render_killed_twice_is_a_clear_error(void **state)
{
	(void)state;
	struct slow_call c;
	kill_in_the_middle(&c, 2);
	assert_false(c.ok);
	assert_int_equal(c.e.code, ERR_BUSY);
	struct render_result r;
	reencode("opaque.png", &r);
	render_result_release(&r);
}

static void the_documents_worker_comes_back_when_it_is_killed(void **state)
{
	(void)state;
	struct render_status s;
	struct render_qr q;
	assert_ok(render_ask_status(client, &s, e));
	pid_t render = child_of(supervisor, "render");
	pid_t documents = child_of(render, "render-document");
	assert_true(documents > 0);
	kill(documents, SIGKILL);
	assert_ok(render_qr(client, STR("again"), QR_M, &q, e));
	render_qr_release(&q);
	assert_int_equal(child_of(supervisor, "render"), render);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_come_back_as_pictures),
		cmocka_unit_test(nothing_but_the_picture_is_left),
		cmocka_unit_test(turned_pictures_come_back_upright),
		cmocka_unit_test(each_page_of_a_pdf_becomes_a_picture),
		cmocka_unit_test(each_page_of_a_tiff_becomes_a_picture),
		cmocka_unit_test(dark_and_blurred_pictures_measure_less),
		cmocka_unit_test(tiff_and_webp_bombs_are_refused_by_their_headers),
		cmocka_unit_test(a_thin_page_is_drawn),
		cmocka_unit_test(what_is_no_picture_and_no_pdf_is_refused_by_its_content),
		cmocka_unit_test(damaged_files_are_refused),
		cmocka_unit_test(a_pdf_under_a_password_says_so),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(too_many_bytes_are_refused_unread),
		cmocka_unit_test(pictures_with_too_many_pixels_are_refused_by_their_header),
		cmocka_unit_test(a_picture_that_unpacks_to_a_thousand_times_its_size_harms_nobody),
		cmocka_unit_test(chunks_that_unpack_without_end_harm_nobody),
		cmocka_unit_test(a_pdf_with_too_many_pages_is_refused),
		cmocka_unit_test(a_page_of_a_size_that_cannot_be_is_refused),
		cmocka_unit_test(a_page_that_takes_too_long_ends_its_worker_alone),
		cmocka_unit_test(a_document_becomes_a_pdf_with_title_language_and_fonts),
		cmocka_unit_test(a_chinese_glyph_leaves_ink),
		cmocka_unit_test(our_own_pdf_can_be_uploaded),
		cmocka_unit_test(a_long_document_gets_pages),
		cmocka_unit_test(a_document_that_is_none_is_refused),
		cmocka_unit_test(a_code_is_one_path_with_its_three_corners),
		cmocka_unit_test(rubbish_is_refused),
		cmocka_unit_test(render_killed_in_the_middle_is_started_again_and_asked_again),
		cmocka_unit_test(render_killed_twice_is_a_clear_error),
		cmocka_unit_test(the_documents_worker_comes_back_when_it_is_killed),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
