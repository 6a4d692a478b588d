#include "base/gzip.h"

#include <zlib.h>

enum { STEP_BYTES = 256 * 1024, GZIP_ONLY = 16 };

bool gzip_is(struct str bytes)
{
	return str_starts(bytes, STR("\x1f\x8b"));
}

bool gzip_unpack(struct str bytes, struct buf *to, struct err *e)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes.p};
	size_t left = bytes.n;
	int how = Z_OK;
	bool is_more = bytes.n > 0; /* input left, or output that had no room yet */
	if (inflateInit2(&z, GZIP_ONLY + MAX_WBITS) != Z_OK) {
		return err_set(e, ERR_MEMORY, "gzip: no memory");
	}
	while (is_more && (how == Z_OK || how == Z_STREAM_END)) {
		size_t room = to->cap - to->n < STEP_BYTES ? to->cap - to->n : STEP_BYTES;
		/* One byte more than the cap, so that a file that fits exactly is told from one that does not. */
		char over = 0, *at = room > 0 ? buf_reserve(to, room) : &over;
		uInt in = left < STEP_BYTES ? (uInt)left : STEP_BYTES, out = room > 0 ? (uInt)room : 1;
		if (at == NULL) {
			break;
		}
		if (how == Z_STREAM_END && inflateReset(&z) != Z_OK) {
			break;
		}
		z.next_out = (Bytef *)at;
		z.avail_out = out;
		z.avail_in = in;
		how = inflate(&z, Z_NO_FLUSH);
		left -= in - z.avail_in;
		if (room == 0 && z.avail_out == 0) {
			to->failed = true;
			break;
		}
		buf_added(to, room > 0 ? out - z.avail_out : 0);
		is_more = left > 0 || (how == Z_OK && z.avail_out == 0);
	}
	inflateEnd(&z);
	if (!buf_ok(to, e)) {
		return false;
	}
	return how == Z_STREAM_END || err_set(e, ERR_BAD_INPUT, "gzip: the file is damaged");
}
