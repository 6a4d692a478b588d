#include "base/zip.h"

#include <zlib.h>

#include "base/fault.h"

enum {
	END_BYTES = 22,
	ENTRY_BYTES = 46,
	LOCAL_BYTES = 30,
	COMMENT_MAX = 65535,
	NAME_MAX_BYTES = 300,
	METHOD_STORED = 0,
	METHOD_DEFLATED = 8,
	FLAG_ENCRYPTED = 1,
	FLAG_STRONG = 1 << 6,
	FLAG_UTF8 = 1 << 11,
	MADE_ON_UNIX = 3,
	DAY_1980 = 0x21, /* 1 January 1980, as MS-DOS wrote days */
};
#define END_SIGN 0x06054b50u
#define ENTRY_SIGN 0x02014b50u
#define LOCAL_SIGN 0x04034b50u
/* The file's kind in the upper half of the external attributes. */
#define UNIX_KIND(attributes) (((attributes) >> 28) & 0xfu)
enum { UNIX_NONE = 0, UNIX_FOLDER = 4, UNIX_FILE = 8 };

/* --- Reading ----------------------------------------------------------------------------------------------------- */

static uint32_t u16(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8;
}

static uint32_t u32(const char *p)
{
	return u16(p) | u16(p + 2) << 16;
}

static bool damaged(struct err *e, const char *what)
{
	return err_tell(e, ERR_BAD_INPUT, N_("The zip file is damaged. Make it again."), "zip: %s", what);
}

/* The end record stands at the very end, but for a comment that says its own length. */
static bool find_end(struct str bytes, size_t *at)
{
	if (bytes.n < END_BYTES) {
		return false;
	}
	size_t last = bytes.n - END_BYTES, least = last > COMMENT_MAX ? last - COMMENT_MAX : 0;
	for (size_t i = last + 1; i-- > least;) {
		if (u32(bytes.p + i) == END_SIGN && i + END_BYTES + u16(bytes.p + i + 20) == bytes.n) {
			*at = i;
			return true;
		}
	}
	return false;
}

static bool is_good_path(struct str path)
{
	struct str rest = path, piece;
	if (path.n == 0 || path.n > NAME_MAX_BYTES || !str_is_utf8(path) || str_has_control(path, "") ||
	    str_find_byte(path, '\\') != SIZE_MAX || str_find_byte(path, ':') != SIZE_MAX) {
		return false;
	}
	while (str_next(&rest, '/', &piece)) {
		if (piece.n == 0 || str_is(piece, ".") || str_is(piece, "..")) {
			return false;
		}
	}
	return true;
}

static bool inflate_into(struct str packed, char *to, size_t n)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.p,
	              .avail_in = (uInt)packed.n,
	              .next_out = (Bytef *)to,
	              .avail_out = (uInt)n};
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK) {
		return false;
	}
	int how = inflate(&z, Z_FINISH);
	bool ok = how == Z_STREAM_END && z.total_out == n && z.avail_in == 0;
	inflateEnd(&z);
	return ok;
}

struct entry {
	uint32_t method, crc, packed_n, n, at;
	struct str path;
};

static bool read_bytes(struct arena *a, struct str bytes, const struct entry *en, struct str *out, struct err *e)
{
	if (en->at > bytes.n || bytes.n - en->at < LOCAL_BYTES || u32(bytes.p + en->at) != LOCAL_SIGN) {
		return damaged(e, "an entry points beside its file");
	}
	const char *local = bytes.p + en->at;
	size_t from = (size_t)en->at + LOCAL_BYTES + u16(local + 26) + u16(local + 28);
	if (from > bytes.n || bytes.n - from < en->packed_n) {
		return damaged(e, "a file goes beyond the end");
	}
	struct str packed = str_sub(bytes, from, en->packed_n);
	char *to = arena_alloc(a, (size_t)en->n + 1, 1);
	if (to == NULL) {
		return err_tell(e, ERR_TOO_LARGE, N_("The zip file holds more than can be taken at once."), "zip: no memory");
	}
	if (en->method == METHOD_STORED && en->packed_n == en->n) {
		memcpy(to, packed.p, packed.n);
	} else if (en->method != METHOD_DEFLATED || !inflate_into(packed, to, en->n)) {
		return damaged(e, "a file does not unpack to what it says");
	}
	if ((uint32_t)crc32(0, (const Bytef *)to, en->n) != en->crc) {
		return damaged(e, "a file has another sum than it says");
	}
	*out = str_from(to, en->n);
	return true;
}

static bool check_entry(const struct entry *en, uint32_t flags, uint32_t made_on, uint32_t attributes, bool is_folder,
                        struct err *e)
{
	struct str path = is_folder ? str_sub(en->path, 0, en->path.n - 1) : en->path;
	uint32_t kind = made_on == MADE_ON_UNIX ? UNIX_KIND(attributes) : UNIX_NONE;
	if ((flags & (FLAG_ENCRYPTED | FLAG_STRONG)) != 0) {
		return err_tell(e, ERR_UNSUPPORTED, N_("The zip file is locked by a password. Make it without one."),
		                "zip: encrypted");
	}
	if (!is_good_path(path)) {
		return err_tell(e, ERR_BAD_INPUT,
		                N_("The zip file holds a name that leads elsewhere. Zip the folder of the pack itself."),
		                "zip: a path that leads elsewhere");
	}
	if (kind != UNIX_NONE && kind != (is_folder ? UNIX_FOLDER : UNIX_FILE)) {
		return err_tell(e, ERR_BAD_INPUT,
		                N_("The zip file holds a link or a device. Put the files themselves into it."),
		                "zip: neither file nor folder");
	}
	if (en->method != METHOD_STORED && en->method != METHOD_DEFLATED) {
		return err_tell(e, ERR_UNSUPPORTED,
		                N_("The zip file is packed in a way that is not read here. Make an ordinary one."),
		                "zip: method %u", en->method);
	}
	return true;
}

static bool is_there(const struct zip_files *f, struct str path)
{
	for (size_t i = 0; i < f->n; i++) {
		if (str_eq(f->items[i].path, path)) {
			return true;
		}
	}
	return false;
}

bool zip_read(struct arena *a, struct str bytes, const struct zip_limits *most, struct zip_files *out, struct err *e)
{
	size_t end = 0, left = most->all_bytes;
	*out = (struct zip_files){0};
	if (!find_end(bytes, &end)) {
		return err_tell(e, ERR_UNSUPPORTED, N_("This is no zip file."), "zip: no end record");
	}
	const char *record = bytes.p + end;
	size_t n = u16(record + 10), at = u32(record + 16), directory_n = u32(record + 12);
	if (u16(record + 4) != 0 || u16(record + 6) != 0 || u16(record + 8) != n || at > end || end - at != directory_n) {
		return damaged(e, "the directory is not where it should be");
	}
	if (n > most->files) {
		return err_tell(e, ERR_TOO_LARGE, N_("The zip file holds more files than can be taken at once."),
		                "zip: %zu entries", n);
	}
	out->items = arena_new(a, struct zip_file, n + 1);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "zip: no memory for %zu entries", n);
	}
	for (size_t i = 0; i < n; i++) {
		const char *p = bytes.p + at;
		if (end - at < ENTRY_BYTES || u32(p) != ENTRY_SIGN) {
			return damaged(e, "an entry is no entry");
		}
		size_t name_n = u16(p + 28), more = u16(p + 30) + u16(p + 32);
		if (end - at - ENTRY_BYTES < name_n + more) {
			return damaged(e, "an entry goes beyond the directory");
		}
		struct entry en = {.method = u16(p + 10),
		                   .crc = u32(p + 16),
		                   .packed_n = u32(p + 20),
		                   .n = u32(p + 24),
		                   .at = u32(p + 42),
		                   .path = str_from(p + ENTRY_BYTES, name_n)};
		at += ENTRY_BYTES + name_n + more;
		bool is_folder = str_ends(en.path, STR("/"));
		if (!check_entry(&en, u16(p + 8), u16(p + 4) >> 8, u32(p + 38), is_folder, e)) {
			return false;
		}
		if (is_folder) {
			continue;
		}
		if (en.n > most->file_bytes || en.n > left) {
			return err_tell(e, ERR_TOO_LARGE, N_("The zip file holds more than can be taken at once."),
			                "zip: an entry of %u bytes", en.n);
		}
		left -= en.n;
		struct zip_file *f = &out->items[out->n];
		f->path = arena_copy(a, en.path);
		if (is_there(out, f->path)) {
			return damaged(e, "two files have one name");
		}
		if (!read_bytes(a, bytes, &en, &f->bytes, e)) {
			return false;
		}
		out->n++;
	}
	return !a->is_full || err_set(e, ERR_MEMORY, "zip: no memory");
}

/* --- Writing ----------------------------------------------------------------------------------------------------- */

static void put_u16(struct buf *b, uint32_t v)
{
	buf_put_byte(b, (char)(v & 0xff));
	buf_put_byte(b, (char)(v >> 8 & 0xff));
}

static void put_u32(struct buf *b, uint32_t v)
{
	put_u16(b, v & 0xffff);
	put_u16(b, v >> 16);
}

/* What the local header and the directory say alike: version needed to lengths of names. */
struct zip_entry {
	uint32_t flags, method, crc, packed, bytes;
};

static void put_head(struct buf *b, const struct zip_entry *f, struct str path)
{
	put_u16(b, 20);
	put_u16(b, f->flags);
	put_u16(b, f->method);
	put_u16(b, 0);
	put_u16(b, DAY_1980);
	put_u32(b, f->crc);
	put_u32(b, f->packed);
	put_u32(b, f->bytes);
	put_u16(b, (uint32_t)path.n);
	put_u16(b, 0);
}

static void put_in_directory(struct zip_out *z, const struct zip_entry *f, struct str path, uint64_t at)
{
	struct buf *d = &z->directory;
	put_u32(d, ENTRY_SIGN);
	put_u16(d, MADE_ON_UNIX << 8 | 20);
	put_head(d, f, path);
	put_u16(d, 0); /* comment */
	put_u16(d, 0); /* disk */
	put_u16(d, 0); /* internal attributes */
	put_u32(d, (uint32_t)0100644 << 16);
	put_u32(d, (uint32_t)at);
	buf_put(d, path);
	z->n++;
	z->failed = z->failed || at > UINT32_MAX;
}

void zip_begin(struct zip_out *z, struct buf *to)
{
	*z = (struct zip_out){.to = to};
	buf_init(&z->directory, 16 * 1024 * 1024);
}

void zip_put(struct zip_out *z, struct str path, struct str bytes)
{
	must(bytes.n < UINT32_MAX && path.n <= NAME_MAX_BYTES && !z->piece);
	uint64_t at = z->taken + z->to->n;
	struct zip_entry f = {.flags = FLAG_UTF8,
	                      .method = METHOD_STORED,
	                      .crc = (uint32_t)crc32(0, (const Bytef *)bytes.p, (uInt)bytes.n),
	                      .packed = (uint32_t)bytes.n,
	                      .bytes = (uint32_t)bytes.n};
	put_u32(z->to, LOCAL_SIGN);
	put_head(z->to, &f, path);
	buf_put(z->to, path);
	buf_put(z->to, bytes);
	put_in_directory(z, &f, path, at);
}

/* --- In pieces --- */

struct zip_piece {
	z_stream stream;
	uint64_t at, packed, bytes;
	uint32_t crc;
	size_t path_n;
	char path[NAME_MAX_BYTES];
};
enum { PIECE_BYTES = 32 * 1024, FLAG_SIZES_FOLLOW = 8 };
#define SIZES_SIGN 0x08074b50U

void zip_open(struct zip_out *z, struct str path)
{
	must(path.n <= NAME_MAX_BYTES && !z->piece);
	struct zip_piece *p = mem_alloc(1, sizeof *p);
	if (p == NULL || deflateInit2(&p->stream, 4, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		mem_free(p);
		z->failed = true;
		return;
	}
	p->at = z->taken + z->to->n;
	p->path_n = path.n;
	memcpy(p->path, path.p, path.n);
	z->piece = p;
	struct zip_entry f = {.flags = FLAG_UTF8 | FLAG_SIZES_FOLLOW, .method = METHOD_DEFLATED};
	put_u32(z->to, LOCAL_SIGN);
	put_head(z->to, &f, path);
	buf_put(z->to, path);
}

static void deflate_some(struct zip_out *z, int how)
{
	struct zip_piece *p = z->piece;
	do {
		char *room = buf_reserve(z->to, PIECE_BYTES);
		if (room == NULL) {
			z->failed = true;
			return;
		}
		p->stream.next_out = (Bytef *)room;
		p->stream.avail_out = PIECE_BYTES;
		if (deflate(&p->stream, how) == Z_STREAM_ERROR) {
			z->failed = true;
			return;
		}
		size_t n = PIECE_BYTES - p->stream.avail_out;
		buf_added(z->to, n);
		p->packed += n;
	} while (p->stream.avail_out == 0);
}

void zip_add(struct zip_out *z, struct str bytes)
{
	struct zip_piece *p = z->piece;
	if (p == NULL || z->failed) {
		return;
	}
	must(bytes.n < UINT32_MAX);
	p->crc = (uint32_t)crc32(p->crc, (const Bytef *)bytes.p, (uInt)bytes.n);
	p->bytes += bytes.n;
	p->stream.next_in = (Bytef *)(uintptr_t)bytes.p;
	p->stream.avail_in = (uInt)bytes.n;
	deflate_some(z, Z_NO_FLUSH);
}

void zip_close(struct zip_out *z)
{
	struct zip_piece *p = z->piece;
	if (p == NULL) {
		return;
	}
	deflate_some(z, Z_FINISH);
	deflateEnd(&p->stream);
	z->failed = z->failed || p->packed > UINT32_MAX || p->bytes > UINT32_MAX;
	struct zip_entry f = {.flags = FLAG_UTF8 | FLAG_SIZES_FOLLOW,
	                      .method = METHOD_DEFLATED,
	                      .crc = p->crc,
	                      .packed = (uint32_t)p->packed,
	                      .bytes = (uint32_t)p->bytes};
	put_u32(z->to, SIZES_SIGN);
	put_u32(z->to, f.crc);
	put_u32(z->to, f.packed);
	put_u32(z->to, f.bytes);
	put_in_directory(z, &f, str_from(p->path, p->path_n), p->at);
	mem_free(p);
	z->piece = NULL;
}

void zip_taken(struct zip_out *z)
{
	z->taken += z->to->n;
	buf_reset(z->to);
}

bool zip_end(struct zip_out *z, struct err *e)
{
	zip_close(z);
	uint32_t at = (uint32_t)(z->taken + z->to->n);
	z->failed = z->failed || z->taken + z->to->n > UINT32_MAX;
	struct str directory = buf_str(&z->directory);
	buf_put(z->to, directory);
	put_u32(z->to, END_SIGN);
	put_u32(z->to, 0);
	put_u16(z->to, (uint32_t)z->n);
	put_u16(z->to, (uint32_t)z->n);
	put_u32(z->to, (uint32_t)directory.n);
	put_u32(z->to, at);
	put_u16(z->to, 0);
	bool ok = buf_ok(&z->directory, e) && (z->n <= UINT16_MAX || err_set(e, ERR_TOO_LARGE, "zip: %zu files", z->n)) &&
	          buf_ok(z->to, e) && (!z->failed || err_set(e, ERR_TOO_LARGE, "zip: more than it holds"));
	buf_release(&z->directory);
	return ok;
}
