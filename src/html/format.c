/* Forms of numbers, dates and money. The words (weekdays, months) and their order are messages of the translations, so
 * that a new language needs no code: the long form has {weekday} {day} {month} {year}, the short one {wday} {day}
 * {mon}. */
#include "base/date.h"
#include "html/translate.h"

static const char *const weekdays[7] = {N_("Monday"), N_("Tuesday"),  N_("Wednesday"), N_("Thursday"),
                                        N_("Friday"), N_("Saturday"), N_("Sunday")};
static const char *const months[12] = {N_("January"),   N_("February"), N_("March"),    N_("April"),
                                       N_("May"),       N_("June"),     N_("July"),     N_("August"),
                                       N_("September"), N_("October"),  N_("November"), N_("December")};
static const char *const short_weekdays[7] = {N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"),
                                              N_("Fri"), N_("Sat"), N_("Sun")};
static const char *const short_months[12] = {N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
                                             N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")};

void format_date(struct buf *to, struct str lang, int32_t this_year, int32_t day, enum date_form form)
{
	struct date d = date_of_day(day);
	int weekday = date_weekday(day);
	size_t month = (size_t)d.month - 1;
	bool has_year = form == DATE_WITH_YEAR || d.year != this_year;
	if (form == DATE_SHORT) {
		struct tr_arg args[] = {TR_O("wday", tr(lang, short_weekdays[weekday])), TR_I("day", d.day),
		                        TR_O("mon", tr(lang, short_months[month])), TR_I("year", d.year)};
		struct str form_of = has_year ? tr(lang, "{day} {mon} {year}") : tr(lang, "{wday} {day} {mon}");
		tr_put_plain(to, form_of, args, 4);
		return;
	}
	struct tr_arg args[] = {TR_O("weekday", tr(lang, weekdays[weekday])), TR_I("day", d.day),
	                        TR_O("month", tr(lang, months[month])), TR_I("year", d.year)};
	struct str form_of = has_year ? tr(lang, "{weekday} {day} {month} {year}") : tr(lang, "{weekday} {day} {month}");
	tr_put_plain(to, form_of, args, 4);
}

void format_time(struct buf *to, int32_t second_of_day)
{
	uint32_t s = second_of_day < 0 ? 0 : (uint32_t)second_of_day % 86400;
	buf_put_u64(to, s / 3600);
	buf_put_byte(to, ':');
	buf_put_padded(to, s / 60 % 60, 2);
}

static void put_grouped(struct buf *to, uint64_t v)
{
	char digits[32];
	size_t at = sizeof digits;
	int n = 0;
	do {
		if (n > 0 && n % 3 == 0) {
			digits[--at] = ',';
		}
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
		n++;
	} while (v != 0);
	buf_put_bytes(to, digits + at, sizeof digits - at);
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

#define MINUS STR("\u2212")
#define NO_BREAK_SPACE STR("\u00a0")
/* A figure and its unit stay in their order inside a right-to-left sentence: Unicode isolates, since <bdi> cannot stand
 * in attributes and letters. */
static void begin_ltr(struct buf *to, struct str lang)
{
	if (language_is_rtl(lang)) {
		buf_put(to, STR("\u2066"));
	}
}
static void end_ltr(struct buf *to, struct str lang)
{
	if (language_is_rtl(lang)) {
		buf_put(to, STR("\u2069"));
	}
}

void format_number(struct buf *to, int64_t v)
{
	if (v < 0) {
		buf_put(to, MINUS);
	}
	put_grouped(to, magnitude(v));
}

/* Digits after the point where they are not two: ISO 4217, list one. */
static int minor_digits(struct str currency)
{
	static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
	static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";
	if (currency.n == 3) {
		if (str_find(str_of(none), currency) % 4 == 0) {
			return 0;
		}
		if (str_find(str_of(three), currency) % 4 == 0) {
			return 3;
		}
	}
	return 2;
}

/* Three capital letters; anything else is not written, so that no text gets into a page this way. */
static bool is_currency(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 'A' || s.p[i] > 'Z') {
			return false;
		}
	}
	return s.n == 3;
}

void format_money(struct buf *to, struct str lang, int64_t minor, struct str currency)
{
	int digits = minor_digits(currency);
	uint64_t unit = digits == 0 ? 1 : digits == 3 ? 1000 : 100;
	bool is_yuan = str_eq(currency, STR("CNY")) && str_starts(lang, STR("zh"));
	begin_ltr(to, lang);
	if (minor < 0) {
		buf_put(to, MINUS);
	}
	if (!is_yuan && is_currency(currency)) {
		buf_put(to, currency);
		buf_put(to, NO_BREAK_SPACE);
	}
	put_grouped(to, magnitude(minor) / unit);
	if (magnitude(minor) % unit != 0) {
		buf_put_byte(to, '.');
		buf_put_padded(to, magnitude(minor) % unit, digits);
	}
	if (is_yuan) {
		buf_put(to, STR("元"));
	}
	end_ltr(to, lang);
}

/* Decimal units, as file managers show them. */
void format_bytes(struct buf *to, struct str lang, int64_t bytes)
{
	uint64_t b = bytes < 0 ? 0 : bytes > INT64_MAX / 16 ? INT64_MAX / 16 : (uint64_t)bytes;
	bool is_mega = b >= 999500;
	uint64_t unit = b < 1000 ? 1 : is_mega ? 1000000 : 1000;
	uint64_t tenths = (b * 10 + unit / 2) / unit;
	begin_ltr(to, lang);
	if (unit == 1 || tenths >= 100) {
		put_grouped(to, b / unit + (b % unit >= unit / 2 && unit > 1));
	} else {
		buf_put_u64(to, tenths / 10);
		if (tenths % 10 != 0) {
			buf_put_byte(to, '.');
			buf_put_u64(to, tenths % 10);
		}
	}
	buf_put(to, NO_BREAK_SPACE);
	buf_put(to, b < 1000 ? STR("B") : is_mega ? STR("MB") : STR("kB"));
	end_ltr(to, lang);
}
