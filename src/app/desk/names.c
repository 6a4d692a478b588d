#include "app/desk/names.h"

#include "base/buf.h"
#include "base/fold.h"

enum { NAME_BYTES_MAX = 4096, STARTS_MAX = 8 };

/* Lengths in characters that are kept; a Han character says more than a letter. */
static const size_t letters[] = {2, 4, 8}, han[] = {1, 2, 4};
enum { LENGTHS = sizeof letters / sizeof *letters };

static bool is_han(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

/* Folded, and without spaces beside Han characters: they are typed or not. */
static struct str folded(struct arena *a, struct str name)
{
	struct str s = fold_name(a, name);
	struct buf b;
	uint32_t last = 0;
	buf_init(&b, NAME_BYTES_MAX);
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		size_t ahead = at;
		uint32_t next = at < s.n ? str_rune(s, &ahead) : 0;
		if (c != ' ' || !(is_han(last) || is_han(next))) {
			buf_put_rune(&b, c);
		}
		last = c;
	}
	struct str out = b.failed ? STR_EMPTY : arena_copy(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* The first n characters; empty when there are fewer. */
static struct str first(struct str s, size_t n)
{
	size_t at = 0;
	while (n > 0 && at < s.n) {
		str_rune(s, &at);
		n--;
	}
	return n == 0 ? str_sub(s, 0, at) : STR_EMPTY;
}

static const size_t *lengths_of(struct str s)
{
	size_t at = 0;
	return s.n > 0 && is_han(str_rune(s, &at)) ? han : letters;
}

/* Where a name can be begun. */
static size_t starts(struct str name, struct str out[STARTS_MAX])
{
	size_t n = 0, at = 0;
	while (n < STARTS_MAX && at < name.n) {
		out[n++] = str_sub(name, at, name.n);
		size_t space = str_find_byte(out[n - 1], ' ');
		at = space == SIZE_MAX ? name.n : at + space + 1;
	}
	return n;
}

size_t name_pieces(struct arena *a, struct str name, struct str pieces[NAME_PIECES_MAX])
{
	struct str from[STARTS_MAX];
	size_t n = 0, start_n = starts(folded(a, name), from);
	for (size_t i = 0; i < start_n; i++) {
		for (size_t k = 0; k < LENGTHS; k++) {
			struct str piece = first(from[i], lengths_of(from[i])[k]);
			bool is_there = piece.n == 0;
			for (size_t x = 0; x < n && !is_there; x++) {
				is_there = str_eq(pieces[x], piece);
			}
			if (!is_there && n < NAME_PIECES_MAX) {
				pieces[n++] = piece;
			}
		}
	}
	return n;
}

struct str name_piece_of(struct arena *a, struct str typed)
{
	struct str s = folded(a, typed), piece = STR_EMPTY;
	for (size_t k = 0; k < LENGTHS; k++) {
		struct str longer = first(s, lengths_of(s)[k]);
		piece = longer.n > 0 ? longer : piece;
	}
	return piece;
}

bool name_begins(struct arena *a, struct str name, struct str typed)
{
	struct str from[STARTS_MAX], begin = folded(a, typed);
	size_t n = starts(folded(a, name), from);
	for (size_t i = 0; i < n; i++) {
		if (str_starts(from[i], begin)) {
			return true;
		}
	}
	return false;
}
