/* The made-up language: never crashes; text stays text. Needs base. */
#include "base/pseudo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str english = str_from(data, n);
	struct buf b;
	buf_init(&b, n * 4 + 4);
	pseudo_text(&b, english);
	must(!b.failed && b.n >= n);
	must(!str_is_utf8(english) || str_is_utf8(buf_str(&b)));
	buf_release(&b);
	return 0;
}
