#include "http/multipart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "http/params.h"

enum { BOUNDARY_MAX = 70, PADDING_MAX = 64 };

enum state {
	IN_BODY,     /* of a part; also before the first boundary, where no byte may come */
	AFTER_DELIM, /* the boundary was read: "--", or padding and a line end */
	AFTER_DASH,  /* one '-' of the closing two */
	IN_PADDING,  /* white space after a boundary */
	AFTER_CR,    /* the CR that ends the boundary's line */
	IN_HEADERS,
	AT_END, /* after the closing boundary: padding, CR, LF, and nothing more */
	AT_END_CR,
	AT_END_DONE,
	BROKEN,
};

struct multipart {
	struct arena *arena;
	struct str spool_dir;
	char delimiter[4 + BOUNDARY_MAX]; /* CR LF - - boundary */
	size_t delimiter_n;
	size_t matched; /* bytes of the delimiter that the last bytes were */
	enum state state;
	int padding;
	bool has_begun; /* the first boundary was read */
	char header[MULTIPART_MAX_HEADER_BYTES];
	size_t header_n;

	/* the part at hand */
	bool is_file;
	bool is_nameless; /* filename="": what a browser sends for a file field that was left empty */
	struct param field;
	struct upload file;
	struct buf text;

	size_t text_total;
	size_t parts;
	struct params form;
	size_t form_room;
	struct upload files[MULTIPART_MAX_FILES];
	size_t file_n;
};

/* RFC 2046, 5.1.1: 1 to 70 of bchars, not ending with a space. */
static bool is_boundary(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_letter && (c == '\0' || strchr("'()+_,-./:=? ", c) == NULL)) {
			return false;
		}
	}
	return s.n > 0 && s.n <= BOUNDARY_MAX && s.p[s.n - 1] != ' ';
}

static bool is_token_byte(char c)
{
	return c > ' ' && c < 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* What stands between the quotes: \" is a quotation mark (curl), every other backslash stands for itself (old browsers
 * sent whole paths); the three escapes of the HTML standard, "multipart/form-data encoding algorithm". */
static struct str unquote(struct arena *a, struct str quoted)
{
	char *p = arena_alloc(a, quoted.n + 1, 1);
	if (p == NULL) {
		return STR_EMPTY;
	}
	size_t n = 0;
	for (size_t i = 0; i < quoted.n; i++) {
		char c = quoted.p[i];
		struct str three = str_sub(quoted, i, 3);
		if (c == '\\' && i + 1 < quoted.n && quoted.p[i + 1] == '"') {
			c = '"';
			i++;
		} else if (str_is(three, "%22")) {
			c = '"';
			i += 2;
		} else if (str_eq_nocase(three, STR("%0D")) || str_eq_nocase(three, STR("%0A"))) {
			c = ' ';
			i += 2;
		}
		p[n++] = c;
	}
	return str_from(p, n);
}

/* Reads one `name=value` at *at, which stands behind a ';'. */
static bool read_parameter(struct arena *a, struct str h, size_t *at, struct str *name, struct str *value)
{
	size_t i = *at;
	while (i < h.n && (h.p[i] == ' ' || h.p[i] == '\t')) {
		i++;
	}
	size_t from = i;
	while (i < h.n && is_token_byte(h.p[i])) {
		i++;
	}
	*name = str_sub(h, from, i - from);
	if (name->n == 0 || i == h.n || h.p[i] != '=') {
		return false;
	}
	i++;
	if (i < h.n && h.p[i] == '"') {
		from = ++i;
		while (i < h.n && h.p[i] != '"') {
			i += h.p[i] == '\\' && i + 1 < h.n && h.p[i + 1] == '"' ? 2 : 1;
		}
		if (i >= h.n) {
			return false;
		}
		*value = unquote(a, str_sub(h, from, i - from));
		i++;
	} else {
		from = i;
		while (i < h.n && is_token_byte(h.p[i])) {
			i++;
		}
		if (i == from) {
			return false;
		}
		*value = str_sub(h, from, i - from);
	}
	while (i < h.n && (h.p[i] == ' ' || h.p[i] == '\t')) {
		i++;
	}
	if (i < h.n && h.p[i] != ';') {
		return false;
	}
	*at = i < h.n ? i + 1 : i;
	return true;
}

bool header_parameter(struct arena *a, struct str header, const char *name, struct str *out, bool *is_bad)
{
	bool found = false;
	*is_bad = false;
	size_t at = str_find_byte(header, ';');
	at = at == SIZE_MAX ? header.n : at + 1;
	while (at < header.n) {
		struct str key;
		struct str value;
		if (str_trim(str_sub(header, at, header.n - at)).n == 0) {
			break; /* a ';' at the end is forgiven */
		}
		if (!read_parameter(a, header, &at, &key, &value)) {
			*is_bad = true;
			return false;
		}
		if (str_eq_nocase(key, str_of(name))) {
			if (found) {
				*is_bad = true;
				return false;
			}
			*out = value;
			found = true;
		}
	}
	return found;
}

static struct str media_type(struct str header)
{
	struct str head;
	struct str tail;
	str_cut(header, ';', &head, &tail);
	return str_trim(head);
}

bool multipart_new(struct arena *a, struct str content_type, struct str spool_dir, struct multipart **out,
                   struct err *e)
{
	if (!str_eq_nocase(media_type(content_type), STR("multipart/form-data"))) {
		return err_set(e, ERR_UNSUPPORTED, "not multipart/form-data");
	}
	struct str boundary = STR_EMPTY;
	bool is_bad;
	if (!header_parameter(a, content_type, "boundary", &boundary, &is_bad) || !is_boundary(boundary)) {
		return err_set(e, ERR_BAD_INPUT, "no good boundary in Content-Type");
	}
	struct multipart *m = mem_alloc(1, sizeof *m);
	if (m == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a body");
	}
	m->arena = a;
	m->spool_dir = spool_dir;
	memcpy(m->delimiter, "\r\n--", 4);
	memcpy(m->delimiter + 4, boundary.p, boundary.n);
	m->delimiter_n = 4 + boundary.n;
	/* As if a line had just ended: the body begins with the boundary itself. */
	m->matched = 2;
	m->state = IN_BODY;
	m->file.fd = -1;
	buf_init(&m->text, MULTIPART_MAX_TEXT_BYTES);
	*out = m;
	return true;
}

void multipart_free(struct multipart *m)
{
	if (m == NULL) {
		return;
	}
	for (size_t i = 0; i < m->file_n; i++) {
		close(m->files[i].fd);
	}
	if (m->file.fd >= 0) {
		close(m->file.fd);
	}
	buf_release_secret(&m->text);
	mem_free(m);
}

/* --- Files ------------------------------------------------------------------------------------------------------ */

static bool open_spool(struct multipart *m, struct err *e)
{
	char *dir = arena_cstr(m->arena, m->spool_dir);
	if (dir == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a file name");
	}
	if (fault_here(FAULT_WRITE)) {
		errno = EIO;
		return err_errno(e, "making a file in the spool folder");
	}
	m->file.fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (m->file.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		/* A file system without O_TMPFILE. */
		struct str path = arena_printf(m->arena, "%s/upload-XXXXXX", dir);
		char *name = arena_cstr(m->arena, path);
		if (path.n == 0 || name == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for a file name");
		}
		m->file.fd = mkostemp(name, O_CLOEXEC);
		if (m->file.fd >= 0) {
			unlink(name);
		}
	}
	return m->file.fd >= 0 ? true : err_errno(e, "making a file in the spool folder");
}

static bool write_all(int fd, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t w = -1;
		if (fault_here(FAULT_WRITE)) {
			errno = ENOSPC;
		} else {
			w = write(fd, p, n);
		}
		if (w < 0 && errno == EINTR) {
			continue;
		}
		if (w <= 0) {
			return err_errno(e, "writing an upload");
		}
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* Characters that other systems read as part of a path, or that steer the direction of writing (UAX 9). */
static bool is_deceiving(uint32_t c)
{
	return c < ' ' || (c >= 0x7F && c < 0xA0) || (c < 128 && strchr("\"*:<>?|", (int)c) != NULL) || c == 0x061C ||
	       c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 ||
	       c == 0x2029 || c == 0xFEFF;
}

static bool is_dot_or_space(char c)
{
	return c == '.' || c == ' ';
}

struct str filename_clean(struct arena *a, struct str name)
{
	for (size_t i = name.n; i-- > 0;) {
		if (name.p[i] == '/' || name.p[i] == '\\') {
			name = str_sub(name, i + 1, name.n);
			break;
		}
	}
	char *p = arena_alloc(a, name.n + 1, 1);
	if (p == NULL) {
		return STR_EMPTY;
	}
	size_t n = 0;
	for (size_t at = 0; at < name.n;) {
		size_t from = at;
		if (!is_deceiving(str_rune(name, &at))) {
			memcpy(p + n, name.p + from, at - from);
			n += at - from;
		}
	}
	while (n > 0 && is_dot_or_space(p[0])) {
		p++;
		n--;
	}
	while (n > 0 && is_dot_or_space(p[n - 1])) {
		n--;
	}
	if (n == 0) {
		return STR("file");
	}
	if (n > FILENAME_MAX_BYTES) {
		/* Shortened before the ending, at the border of a character. */
		size_t end = n;
		while (end > 0 && n - end < 12 && p[end - 1] != '.') {
			end--;
		}
		struct str ending =
			end > 0 && p[end - 1] == '.' && n - end < 12 ? str_from(p + end - 1, n - end + 1) : STR_EMPTY;
		size_t keep = FILENAME_MAX_BYTES - ending.n;
		while (keep > 0 && ((unsigned char)p[keep] & 0xC0) == 0x80) {
			keep--;
		}
		memmove(p + keep, ending.p, ending.n);
		n = keep + ending.n;
	}
	return str_from(p, n);
}

/* --- Parts ------------------------------------------------------------------------------------------------------ */

/* The value of the part's header `name`; false: absent. Twice is *is_bad. */
static bool part_header(struct str block, const char *name, struct str *out, bool *is_bad)
{
	bool found = false;
	while (block.n > 0) {
		size_t end = str_find(block, STR("\r\n"));
		struct str line = end == SIZE_MAX ? block : str_sub(block, 0, end);
		block = end == SIZE_MAX ? STR_EMPTY : str_sub(block, end + 2, block.n);
		struct str key;
		struct str value;
		if (!str_cut(line, ':', &key, &value) || key.n == 0 || !is_token_byte(key.p[0]) ||
		    !is_token_byte(key.p[key.n - 1]) || str_has_control(line, "\t") || !str_is_utf8(line)) {
			*is_bad = true;
			return false;
		}
		if (str_eq_nocase(key, str_of(name))) {
			*is_bad = *is_bad || found;
			*out = str_trim(value);
			found = true;
		}
	}
	return found;
}

static bool begin_part(struct multipart *m, struct err *e)
{
	struct str block = str_from(m->header, m->header_n);
	struct str disposition = STR_EMPTY;
	struct str type = STR_EMPTY;
	struct str encoding = STR_EMPTY;
	bool is_bad = false;
	bool has_disposition = part_header(block, "content-disposition", &disposition, &is_bad);
	part_header(block, "content-type", &type, &is_bad);
	bool has_encoding = part_header(block, "content-transfer-encoding", &encoding, &is_bad);
	if (is_bad || !has_disposition || !str_eq_nocase(media_type(disposition), STR("form-data"))) {
		return err_set(e, ERR_BAD_INPUT, "malformed header of a part");
	}
	/* RFC 7578, 4.7: deprecated; those that change nothing are harmless. */
	if (has_encoding && !str_eq_nocase(encoding, STR("binary")) && !str_eq_nocase(encoding, STR("8bit")) &&
	    !str_eq_nocase(encoding, STR("7bit"))) {
		return err_set(e, ERR_BAD_INPUT, "part with a transfer encoding");
	}
	if (++m->parts > MULTIPART_MAX_PARTS) {
		return err_set(e, ERR_TOO_LARGE, "more than %d parts", MULTIPART_MAX_PARTS);
	}
	struct str name = STR_EMPTY;
	struct str filename = STR_EMPTY;
	if (!header_parameter(m->arena, disposition, "name", &name, &is_bad) || name.n == 0) {
		return err_set(e, ERR_BAD_INPUT, "part without a name");
	}
	m->is_file = header_parameter(m->arena, disposition, "filename", &filename, &is_bad);
	if (is_bad) {
		return err_set(e, ERR_BAD_INPUT, "part with a malformed file name");
	}
	/* The header block lies in a buffer that the next part writes over. */
	m->field.name = arena_copy(m->arena, name);
	m->is_nameless = m->is_file && filename.n == 0;
	if (m->is_file) {
		if (m->file_n == MULTIPART_MAX_FILES) {
			return err_set(e, ERR_TOO_LARGE, "more than %d files", MULTIPART_MAX_FILES);
		}
		m->file = (struct upload){
			.field = m->field.name,
			.filename = filename_clean(m->arena, filename),
			.content_type = arena_copy(m->arena, type),
			.fd = -1,
		};
	}
	buf_reset(&m->text);
	if (m->arena->is_full) {
		return err_set(e, ERR_MEMORY, "no room for a part");
	}
	return true;
}

static bool put_data(struct multipart *m, const char *p, size_t n, struct err *e)
{
	if (n == 0) {
		return true;
	}
	if (!m->has_begun) {
		return err_set(e, ERR_BAD_INPUT, "body does not begin with its boundary");
	}
	if (m->is_file) {
		if (m->file.fd < 0 && !open_spool(m, e)) {
			return false;
		}
		m->file.bytes += (int64_t)n;
		return write_all(m->file.fd, p, n, e);
	}
	m->text_total += n;
	if (m->text_total > MULTIPART_MAX_TEXT_BYTES) {
		return err_set(e, ERR_TOO_LARGE, "more than %d bytes of text", MULTIPART_MAX_TEXT_BYTES);
	}
	buf_put_bytes(&m->text, p, n);
	return buf_ok(&m->text, e);
}

static bool add_field(struct multipart *m, struct err *e)
{
	size_t n = m->text.n;
	if (n > 0 && !text_clean(m->text.p, &n)) {
		return err_set(e, ERR_BAD_INPUT, "part is no clean text");
	}
	if (m->form.n == m->form_room) {
		size_t room = m->form_room ? m->form_room * 2 : 32;
		struct param *grown = arena_new(m->arena, struct param, room);
		if (grown == NULL) {
			return err_set(e, ERR_MEMORY, "no room for fields");
		}
		if (m->form.n > 0) {
			memcpy(grown, m->form.items, m->form.n * sizeof *grown);
		}
		m->form.items = grown;
		m->form_room = room;
	}
	m->field.value = arena_copy(m->arena, str_from(m->text.p, n));
	m->form.items[m->form.n++] = m->field;
	return m->arena->is_full ? err_set(e, ERR_MEMORY, "no room for a field") : true;
}

static bool finish_part(struct multipart *m, struct err *e)
{
	if (!m->has_begun) {
		m->has_begun = true;
		return true;
	}
	if (!m->is_file) {
		return add_field(m, e);
	}
	if (m->is_nameless && m->file.bytes == 0) {
		return true;
	}
	if (m->file.fd < 0 && !open_spool(m, e)) {
		return false;
	}
	if (lseek(m->file.fd, 0, SEEK_SET) != 0) {
		return err_errno(e, "going to the begin of an upload");
	}
	m->files[m->file_n++] = m->file;
	m->file.fd = -1;
	return true;
}

/* --- Bytes ------------------------------------------------------------------------------------------------------ */

/* Data of a part up to the next delimiter. The delimiter has its only CR at its begin, so that after a mismatch a new
 * match can begin at the byte at hand and nowhere before it. Moves *at. */
static bool take_data(struct multipart *m, struct str b, size_t *at, struct err *e)
{
	size_t i = *at;
	while (i < b.n) {
		if (m->matched == 0) {
			const char *cr = memchr(b.p + i, '\r', b.n - i);
			size_t end = cr ? (size_t)(cr - b.p) : b.n;
			if (!put_data(m, b.p + i, end - i, e)) {
				return false;
			}
			i = end;
			if (cr) {
				m->matched = 1;
				i++;
			}
		} else if (b.p[i] == m->delimiter[m->matched]) {
			m->matched++;
			i++;
			if (m->matched == m->delimiter_n) {
				m->matched = 0;
				m->state = AFTER_DELIM;
				m->padding = 0;
				*at = i;
				return finish_part(m, e);
			}
		} else {
			size_t was = m->matched;
			m->matched = 0;
			if (!put_data(m, m->delimiter, was, e)) {
				return false;
			}
		}
	}
	*at = i;
	return true;
}

/* A part's header block, up to the empty line. */
static bool take_header_byte(struct multipart *m, char c, struct err *e)
{
	if (m->header_n == sizeof m->header) {
		return err_set(e, ERR_BAD_INPUT, "header of a part over %d bytes", MULTIPART_MAX_HEADER_BYTES);
	}
	m->header[m->header_n++] = c;
	struct str so_far = str_from(m->header, m->header_n);
	if (c == '\n' && (m->header_n < 2 || m->header[m->header_n - 2] != '\r')) {
		return err_set(e, ERR_BAD_INPUT, "bare line feed in the header of a part");
	}
	if (str_ends(so_far, STR("\r\n\r\n"))) {
		m->header_n -= 4;
		m->state = IN_BODY;
		return begin_part(m, e);
	}
	if (str_is(so_far, "\r\n")) {
		return err_set(e, ERR_BAD_INPUT, "part without a header");
	}
	return true;
}

static bool take_byte(struct multipart *m, char c, struct err *e)
{
	bool is_space = c == ' ' || c == '\t';
	if (is_space && m->state != IN_HEADERS && ++m->padding > PADDING_MAX) {
		return err_set(e, ERR_BAD_INPUT, "padding after a boundary");
	}
	switch (m->state) {
	case AFTER_DELIM:
		if (c == '-') {
			m->state = AFTER_DASH;
			return true;
		}
		m->state = IN_PADDING;
		__attribute__((fallthrough));
	case IN_PADDING:
		if (c == '\r') {
			m->state = AFTER_CR;
			return true;
		}
		return is_space ? true : err_set(e, ERR_BAD_INPUT, "bytes behind a boundary");
	case AFTER_DASH:
		m->state = AT_END;
		return c == '-' ? true : err_set(e, ERR_BAD_INPUT, "bytes behind a boundary");
	case AFTER_CR:
		m->state = IN_HEADERS;
		m->header_n = 0;
		return c == '\n' ? true : err_set(e, ERR_BAD_INPUT, "bare carriage return behind a boundary");
	case IN_HEADERS:
		return take_header_byte(m, c, e);
	case AT_END:
		if (c == '\r') {
			m->state = AT_END_CR;
			return true;
		}
		return is_space ? true : err_set(e, ERR_BAD_INPUT, "bytes after the last boundary");
	case AT_END_CR:
		m->state = AT_END_DONE;
		return c == '\n' ? true : err_set(e, ERR_BAD_INPUT, "bytes after the last boundary");
	case AT_END_DONE:
		return err_set(e, ERR_BAD_INPUT, "bytes after the last boundary");
	case IN_BODY:
	case BROKEN:
		break;
	}
	must(false);
	return false;
}

bool multipart_push(struct multipart *m, struct str b, struct err *e)
{
	must(m->state != BROKEN);
	for (size_t at = 0; at < b.n;) {
		bool ok;
		if (m->state == IN_BODY) {
			ok = take_data(m, b, &at, e);
		} else {
			ok = take_byte(m, b.p[at++], e);
		}
		if (!ok) {
			m->state = BROKEN;
			return false;
		}
	}
	return true;
}

bool multipart_end(struct multipart *m, struct params *form, struct upload **uploads, size_t *upload_n, struct err *e)
{
	if (m->state != AT_END && m->state != AT_END_DONE) {
		return err_set(e, ERR_BAD_INPUT, "body ends before its last boundary");
	}
	*form = m->form;
	*uploads = m->files;
	*upload_n = m->file_n;
	return true;
}
