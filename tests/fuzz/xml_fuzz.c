/* XML: never crashes; start and end tags match; attributes are UTF-8. Needs base. */
#include "base/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct xml x;
	struct arena a;
	struct err e;
	enum xml_kind kind;
	size_t depth = 0, elements = 0;
	arena_init(&a, 1 << 20);
	bool ok = xml_begin(&x, &a, str_from(data, n), &e);
	while (ok && (ok = xml_next(&x, &kind, &e)) && kind != XML_END) {
		depth = kind == XML_START ? depth + 1 : depth - 1;
		elements += kind == XML_START;
		must(depth <= XML_DEPTH_MAX && x.name.n > 0 && elements <= n);
		for (size_t i = 0; i < x.attribute_n; i++) {
			must(x.attributes[i].name.n > 0 && str_is_utf8(x.attributes[i].value));
		}
	}
	must(ok ? depth == 0 && elements > 0 : str_starts(str_of(e.text), STR("line ")) || e.code == ERR_MEMORY);
	arena_release(&a);
	return 0;
}
