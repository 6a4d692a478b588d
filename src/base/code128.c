#include "base/code128.h"

enum { START_B = 104, START_C = 105, TO_C = 99, TO_B = 100, STOP = 106, CHECK = 103 };

/* Table 1 of the standard: bars and spaces of each symbol. */
static const char *const patterns[] = {
	"212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312",  "132212", "221213", "221312",
	"231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211",  "221132", "221231", "213212",
	"223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",  "212123", "212321", "232121",
	"111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113",  "231311", "112133", "112331",
	"132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113",  "213311", "213131", "311123",
	"311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111",  "111224", "111422", "121124",
	"121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112",  "142211", "241211", "221114",
	"413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112",  "124211", "411212", "421112",
	"421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",  "114311", "411113", "411311",
	"113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
};

static void add(struct code128 *c, unsigned symbol, unsigned *sum, unsigned *place)
{
	for (const char *w = patterns[symbol]; *w; w++) {
		c->widths[c->width_n++] = (uint8_t)(*w - '0');
		c->modules += (uint32_t)(*w - '0');
	}
	*sum += symbol * (*place > 0 ? *place : 1);
	++*place;
}

static size_t digits_at(struct str s, size_t at)
{
	size_t n = 0;
	while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9') {
		n++;
	}
	return n;
}

bool code128_make(struct str text, struct code128 *out)
{
	unsigned sum = 0, place = 0;
	if (text.n == 0 || text.n > CODE128_TEXT_MAX) {
		return false;
	}
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < ' ' || text.p[i] > '~') {
			return false;
		}
	}
	*out = (struct code128){.width_n = 0};
	/* Set C holds two digits in a symbol; going there and back is worth it from four digits on. */
	bool is_c = digits_at(text, 0) >= 4;
	add(out, is_c ? START_C : START_B, &sum, &place);
	for (size_t i = 0; i < text.n;) {
		size_t digits = digits_at(text, i);
		if (is_c && digits >= 2) {
			add(out, (unsigned)(text.p[i] - '0') * 10 + (unsigned)(text.p[i + 1] - '0'), &sum, &place);
			i += 2;
		} else if (is_c) {
			add(out, TO_B, &sum, &place);
			is_c = false;
		} else if (digits >= 4 && digits % 2 == 0) {
			add(out, TO_C, &sum, &place);
			is_c = true;
		} else {
			add(out, (unsigned)(text.p[i++] - ' '), &sum, &place);
		}
	}
	add(out, sum % CHECK, &sum, &place);
	add(out, STOP, &sum, &place);
	return true;
}

void code128_put_path(const struct code128 *c, struct buf *to)
{
	unsigned x = 0;
	for (size_t i = 0; i < c->width_n; i++) {
		if (i % 2 == 0) {
			buf_printf(to, "M%u 0h%uv1h-%uz", x, c->widths[i], c->widths[i]);
		}
		x += c->widths[i];
	}
}
