/* Strangers' files by their first bytes: kinds and sizes are told from any bytes without a decoder, nothing is read
 * beyond the end, and what is taken keeps the limits. The render program is no library, so its reader of headers is
 * compiled here. Needs os. */
#include "../../src/render/sniff.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct upload_facts facts;
	struct err e;
	if (!upload_sniff(str_from(data, n), &facts, &e)) {
		must(e.code == ERR_UNSUPPORTED || e.code == ERR_TOO_LARGE);
		must(err_say(&e) != NULL);
		return 0;
	}
	must(facts.kind >= UPLOAD_PDF && facts.kind <= UPLOAD_WEBP && facts.page_n <= RENDER_PAGES_MAX);
	bool has_size = facts.kind != UPLOAD_PDF && facts.kind != UPLOAD_HEIC;
	must(!has_size || (facts.page_n > 0 && facts.width > 0 && facts.width <= RENDER_SIDE_MAX && facts.height > 0 &&
	                   facts.height <= RENDER_SIDE_MAX));
	return 0;
}
