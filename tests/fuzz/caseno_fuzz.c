/* Case numbers, ids and dates as strangers write them: never crashes, and what is accepted is written as it was read.
 * Needs base. */
#include "base/caseno.h"
#include "base/date.h"
#include "base/id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = str_from(data, n);
	struct caseno strict, typed, again;
	char written[CASENO_CHARS_MAX + 1];
	bool is_typed = caseno_parse_typed(text, &typed);
	if (caseno_parse(text, &strict)) {
		must(is_typed);
		caseno_format(&strict, written);
		must(str_is(text, written));
	}
	if (is_typed) {
		caseno_format(&typed, written);
		must(caseno_parse(str_of(written), &again));
		must(again.year == typed.year && again.serial == typed.serial);
		must(str_is(str_of(again.jurisdiction), typed.jurisdiction));
	}
	int64_t id;
	if (id_parse(text, &id)) {
		char id_text[ID_CHARS + 1];
		id_format(id, id_text);
		must(id > 0 && str_is(text, id_text));
	}
	day_number day;
	if (date_parse(text, &day)) {
		char day_text[11];
		date_format(day, day_text);
		must(str_is(text, day_text));
	}
	int check = check_mod97(text);
	must(check >= 2 && check <= 98);
	return 0;
}
