/* iCalendar: parsing, expansion, and the calendar that is made of it. The first byte says whether the whole way is
 * gone. */
#include "app/catalogue/calendar_file.h"
#include "app/catalogue/calendar_ical.h"
#include "base/fault.h"
#include "base/ical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expand(struct str bytes, const struct zone *zone)
{
	struct arena a;
	struct ical c;
	struct ical_occurrence *o = NULL;
	size_t count = 0;
	struct err e;
	day_number first = date_to_day((struct date){2024, 1, 1}), last = first + 3 * 365;
	arena_init(&a, 64 << 20);
	if (ical_parse(&a, bytes, &c, &e) && ical_occurrences(&a, &c, zone, first, last, &o, &count, &e)) {
		for (size_t i = 0; i < count; i++) {
			must(o[i].day >= first && o[i].day <= last && o[i].second >= 0 && o[i].second < 86400);
			must(o[i].end_day >= o[i].day - 1 && o[i].event->line > 0);
			must(i == 0 || o[i].day >= o[i - 1].day);
		}
	}
	arena_release(&a);
}

/* What is written is read again, or is refused in words. */
static void import(struct str bytes)
{
	struct calendar_import how = {.id = STR("x"), .zone = STR("Europe/Berlin"), .workday = STR("work")};
	struct buf yaml;
	struct err e = {0};
	buf_init(&yaml, 16 << 20);
	if (calendar_from_ical(bytes, &how, &yaml, &e)) {
		struct arena a;
		struct pack_report report;
		struct calendar_file f;
		arena_init(&a, 64 << 20);
		pack_report_init(&report);
		struct reader r = {.arena = &a, .report = &report, .file = STR("x")};
		calendar_file_languages(&r, buf_str(&yaml));
		must(calendar_file_read(&r, buf_str(&yaml), STR("x"), &f) || report.mistakes > 0 || a.is_full);
		pack_report_release(&report);
		arena_release(&a);
	} else {
		must(e.code != ERR_NONE && e.text[0] != '\0');
	}
	buf_release(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct zone *zone;
	struct err e;
	if (zone == NULL) {
		must(zone_load(STR("Europe/Berlin"), &zone, &e));
	}
	if (n > 0) {
		expand(str_from(data + 1, n - 1), zone);
		if (data[0] & 1) {
			import(str_from(data + 1, n - 1));
		}
	}
	return 0;
}
