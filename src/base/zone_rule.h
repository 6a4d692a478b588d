/* The rule by which a zone goes on after its last recorded transition: the POSIX TZ string in the footer of a TZif file
 * (RFC 8536, section 3.3), such as CET-1CEST,M3.5.0,M10.5.0/3. A plain value, any thread; zone.c is its only user. */
#ifndef CITYHALL_BASE_ZONE_RULE_H
#define CITYHALL_BASE_ZONE_RULE_H

#include "base/str.h"

#define ZONE_OFFSET_MAX_S 93599 /* 25:59:59, the largest that RFC 8536 allows */

struct zone_rule_day {
	enum { RULE_MONTH_WEEK_DAY, RULE_JULIAN, RULE_ZERO_BASED } kind;
	int32_t month, week, weekday; /* RULE_MONTH_WEEK_DAY: 1-12; 1-5, 5 the last; 0 Sunday to 6 */
	int32_t day;                  /* RULE_JULIAN: 1-365, 29 February not counted; RULE_ZERO_BASED: 0-365 */
	int32_t time_s;               /* local time, -167 to 167 hours */
};

struct zone_rule {
	int32_t standard_s, summer_s; /* east of UTC */
	char standard[8], summer[8];  /* abbreviations, cut to 7 bytes */
	bool has_summer;
	struct zone_rule_day start, end; /* of summer time */
};

struct zone_rule_span {
	int64_t from, until; /* seconds; INT64_MIN and INT64_MAX: no end */
	int32_t offset_s;
	const char *abbreviation; /* 8 bytes inside the rule */
};

bool zone_rule_parse(struct str posix, struct zone_rule *out);
struct zone_rule_span zone_rule_at(const struct zone_rule *r, int64_t utc_s);

#endif
