#include "base/fold.h"

#include "base/buf.h"

/* U+00C0 to U+017F without their accents; '.' is no letter, '*' has two letters of its own below. */
static const char folded[] =
	"aaaaaa*ceeeeiiiidnooooo.ouuuuy*saaaaaa*ceeeeiiiidnooooo.ouuuuy*y"
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkkllllllllllnnnnnnnnnoooooo**rrrrrrssssssssttttttu"
	"uuuuuuuuuuuwwyyyzzzzzzs";

uint32_t fold_width(uint32_t c)
{
	c = c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

size_t fold_rune(uint32_t c, uint32_t out[FOLD_RUNES_MAX])
{
	static const struct {
		uint32_t from;
		char to[FOLD_RUNES_MAX];
	} pairs[] = {{0xc6, "ae"},  {0xe6, "ae"},  {0xde, "th"},  {0xfe, "th"},
	             {0x132, "ij"}, {0x133, "ij"}, {0x152, "oe"}, {0x153, "oe"}};
	c = fold_width(c);
	out[0] = c >= 0xc0 && c <= 0x17f ? (uint32_t)folded[c - 0xc0] : c;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (pairs[i].from == c) {
			out[0] = (uint32_t)pairs[i].to[0];
			out[1] = (uint32_t)pairs[i].to[1];
			return 2;
		}
	}
	return 1;
}

static bool is_space(uint32_t c)
{
	return c <= ' ' || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200a) || c == ',' || c == 0xff0c;
}

static bool is_sign(uint32_t c)
{
	bool is_ascii_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
	return c < 0x80 ? !is_ascii_letter
	                : c < 0xc0 || c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c <= 0x206f) ||
	                      (c >= 0x3001 && c <= 0x303f) || (c >= 0xff00 && c <= 0xffef) || c == 0xfffd;
}

struct str fold_name(struct arena *a, struct str name)
{
	struct buf b;
	buf_init(&b, 4 * name.n + 16);
	for (size_t at = 0; at < name.n;) {
		uint32_t c = fold_width(str_rune(name, &at));
		if (is_space(c)) {
			if (b.n > 0 && b.p[b.n - 1] != ' ') {
				buf_put_rune(&b, ' ');
			}
		} else if (!is_sign(c)) {
			uint32_t to[FOLD_RUNES_MAX];
			size_t n = fold_rune(c, to);
			for (size_t i = 0; i < n; i++) {
				buf_put_rune(&b, to[i]);
			}
		}
	}
	struct str s = b.failed ? STR_EMPTY : arena_copy(a, str_trim(buf_str(&b)));
	buf_release(&b);
	return s;
}
