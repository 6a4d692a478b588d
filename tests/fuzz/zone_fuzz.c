/* TZif files: never crashes, and whatever they say a local time is one. Needs base. */
#include "base/time_source.h"
#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct zone *z;
	struct err e;
	if (!zone_parse(STR("Test/Zone"), str_from(data, n), &z, &e)) {
		must(e.code == ERR_CORRUPT);
		return 0;
	}
	static const int64_t instants_s[] = {-INT64_C(9000000000000), -5000000000, -1, 0, 951782400, 1774746000, 4102444800,
	                                     INT64_C(9000000000000)};
	for (size_t i = 0; i < sizeof instants_s / sizeof *instants_s; i++) {
		struct local_time t = zone_local(z, instants_s[i] * US_PER_S);
		must(t.second >= 0 && t.second < 86400 && t.offset_s >= -93599 && t.offset_s <= 93599);
		must(((int64_t)t.day * 86400 + t.second) - t.offset_s == instants_s[i]);
		must(memchr(t.abbreviation, 0, sizeof t.abbreviation) != NULL);
		int64_t back = zone_instant_us(z, t.day, t.second);
		if (t.day >= DAY_MIN && t.day <= DAY_MAX) {
			must(back >= (instants_s[i] - 2 * 93599) * US_PER_S && back <= (instants_s[i] + 2 * 93599) * US_PER_S);
		}
	}
	zone_free(z);
	return 0;
}
