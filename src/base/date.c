#include "base/date.h"

bool date_is_leap_year(int32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int32_t date_month_days(int32_t year, int32_t month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && date_is_leap_year(year) ? 29 : days[month - 1];
}

bool date_is_valid(struct date d)
{
	return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
	       d.day <= date_month_days(d.year, d.month);
}

/* Both conversions count years from March, so that the leap day is the last of its year, in eras of 400 years =
 * 146,097 days (Hinnant, "chrono-compatible low-level date algorithms"). 719,468 is the day number of 0000-03-01. */
day_number date_to_day(struct date d)
{
	int32_t year = d.year - (d.month <= 2);
	int32_t era = (year >= 0 ? year : year - 399) / 400;
	int32_t year_of_era = year - era * 400;
	int32_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static day_number clamp(int64_t day)
{
	return day < DAY_MIN ? DAY_MIN : day > DAY_MAX ? DAY_MAX : (day_number)day;
}

struct date date_of_day(day_number day)
{
	int32_t z = clamp(day) + 719468; /* never negative: 0001-01-01 lies after 0000-03-01 */
	int32_t era = z / 146097;
	int32_t day_of_era = z - era * 146097;
	int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int32_t month_from_march = (5 * day_of_year + 2) / 153;
	int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	return (struct date){
		.year = year_of_era + era * 400 + (month <= 2),
		.month = month,
		.day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
	};
}

int date_weekday(day_number day)
{
	/* 1970-01-01 was a Thursday. */
	int64_t w = ((int64_t)day + 3) % 7;
	return (int)(w < 0 ? w + 7 : w);
}

static bool read_digits(struct str s, int32_t *out)
{
	int32_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') {
			return false;
		}
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

bool date_parse(struct str iso, day_number *out)
{
	struct date d;
	if (iso.n != 10 || iso.p[4] != '-' || iso.p[7] != '-' || !read_digits(str_sub(iso, 0, 4), &d.year) ||
	    !read_digits(str_sub(iso, 5, 2), &d.month) || !read_digits(str_sub(iso, 8, 2), &d.day) || !date_is_valid(d)) {
		return false;
	}
	*out = date_to_day(d);
	return true;
}

static void write_digits(char *to, int32_t v, int n)
{
	while (n-- > 0) {
		to[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

void date_format(day_number day, char out[11])
{
	struct date d = date_of_day(day);
	write_digits(out, d.year, 4);
	out[4] = '-';
	write_digits(out + 5, d.month, 2);
	out[7] = '-';
	write_digits(out + 8, d.day, 2);
	out[10] = '\0';
}

day_number date_add_months(day_number day, int months)
{
	struct date d = date_of_day(day);
	int64_t count = (int64_t)d.year * 12 + (d.month - 1) + months;
	if (count < 12) {
		return DAY_MIN;
	}
	if (count >= INT64_C(10000) * 12) {
		return DAY_MAX;
	}
	d.year = (int32_t)(count / 12);
	d.month = (int32_t)(count % 12) + 1;
	int32_t last = date_month_days(d.year, d.month);
	if (d.day > last) {
		d.day = last;
	}
	return date_to_day(d);
}

bool date_nth_weekday(int32_t year, int32_t month, int n, int weekday, day_number *out)
{
	day_number first = date_to_day((struct date){year, month, 1}), last = first + date_month_days(year, month) - 1;
	day_number day = n > 0 ? first + (weekday - date_weekday(first) + 7) % 7 + (n - 1) * 7
	                       : last - (date_weekday(last) - weekday + 7) % 7 + (n + 1) * 7;
	if (n == 0 || day < first || day > last) {
		return false;
	}
	*out = day;
	return true;
}

/* Anonymous Gregorian computus (Nature, 20 April 1876; Meeus, Astronomical Algorithms, chapter 8). */
day_number date_easter(int32_t year)
{
	int32_t golden = year % 19, century = year / 100, rest = year % 100;
	int32_t moved = (century + 8) / 25;
	int32_t epact = (19 * golden + century - century / 4 - (century - moved + 1) / 3 + 15) % 30;
	int32_t weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
	int32_t late = (golden + 11 * epact + 22 * weekday) / 451;
	int32_t n = epact + weekday - 7 * late + 114;
	return date_to_day((struct date){year, n / 31, n % 31 + 1});
}
