/* Proleptic Gregorian dates as day numbers: days since 1970-01-01. Plain values, any thread. */
#ifndef CITYHALL_BASE_DATE_H
#define CITYHALL_BASE_DATE_H

#include "base/str.h"

typedef int32_t day_number; /* the one typedef: a scalar with a unit */

#define DAY_MIN (-719162) /* 0001-01-01 */
#define DAY_MAX 2932896   /* 9999-12-31 */

struct date {
	int32_t year;  /* 1 to 9999 */
	int32_t month; /* 1 to 12 */
	int32_t day;   /* 1 to 31 */
};

bool date_is_valid(struct date d);
day_number date_to_day(struct date d); /* d valid */
/* A day outside of DAY_MIN to DAY_MAX gives the nearest one inside; so do date_format and date_add_months. */
struct date date_of_day(day_number day);
int date_weekday(day_number day);                 /* 0 Monday to 6 Sunday */
bool date_parse(struct str iso, day_number *out); /* exactly YYYY-MM-DD, valid; else false and *out untouched */
/* Writes 10 characters and a NUL. */
void date_format(day_number day, char out[11]);
/* Months later (or earlier), clamped to the last day of the month (31 January + 1 month = 28 or 29 February). */
day_number date_add_months(day_number day, int months);
bool date_is_leap_year(int32_t year);
int32_t date_month_days(int32_t year, int32_t month); /* 28 to 31; month 1 to 12 */
/* The n-th weekday (0 Monday to 6 Sunday) of a month, n 1 to 5, or -1 to -5 from its end; false: it has none. */
bool date_nth_weekday(int32_t year, int32_t month, int n, int weekday, day_number *out);
/* Easter Sunday of the western churches, 1583 to 9999. */
day_number date_easter(int32_t year);

#endif
