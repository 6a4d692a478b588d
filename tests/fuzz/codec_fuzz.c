/* Messages between our processes, read in any order: never crashes; what can be read whole is written the same again.
 * The first byte says how many reads follow, the next ones which. Needs base. */
#include "base/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t reads = n > 0 ? data[0] % 16 : 0;
	if (n < 1 + reads) {
		return 0;
	}
	struct str message = str_from(data + 1 + reads, n - 1 - reads);
	struct codec c = codec_of(message);
	struct buf b;
	struct err e;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < reads; i++) {
		switch (data[1 + i] % 6) {
		case 0:
			codec_put_u8(&b, codec_u8(&c));
			break;
		case 1:
			codec_put_flag(&b, codec_flag(&c));
			break;
		case 2:
			codec_put_u32(&b, codec_u32(&c));
			break;
		case 3:
			codec_put_i64(&b, codec_i64(&c));
			break;
		case 4:
			codec_put_bytes(&b, codec_bytes(&c, 1000));
			break;
		default:
			codec_put_str(&b, codec_str(&c, 1000));
		}
	}
	if (codec_end(&c, &e)) {
		must(str_eq(buf_str(&b), message));
	}
	buf_release(&b);
	return 0;
}
