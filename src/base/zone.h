/* Time zones: an own reader of TZif files (RFC 8536, versions 1 to 3, with the POSIX footer). Immutable after loading,
 * any thread. Files that count leap seconds ("right/...") are refused: our time does not count them. */
#ifndef CITYHALL_BASE_ZONE_H
#define CITYHALL_BASE_ZONE_H

#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"

struct zone;

struct local_time {
	day_number day;
	int32_t second;   /* of the day, 0 to 86399 */
	int32_t offset_s; /* east of UTC */
	char abbreviation[8];
};

/* name: "Asia/Shanghai"; checked against path tricks; looked up in $TZDIR or /usr/share/zoneinfo. ERR_INVALID: no name
 * of a zone; ERR_NOT_FOUND: no such zone; ERR_CONFIG: this machine has no zone database; ERR_CORRUPT: a damaged file.
 */
bool zone_load(struct str name, struct zone **out, struct err *e) MUST_USE;
/* The same from bytes (the fuzz target's way in). */
bool zone_parse(struct str name, struct str tzif, struct zone **out, struct err *e) MUST_USE;
void zone_free(struct zone *z);
struct str zone_name(const struct zone *z);
struct local_time zone_local(const struct zone *z, int64_t utc_us);
/* The instant of a local time. In a gap (spring) the later reading with the offset before it; in a fold (autumn) the
 * earlier one. second_of_day may be 86400, the end of the day. */
int64_t zone_instant_us(const struct zone *z, day_number day, int32_t second_of_day);
/* What the zone says about a stretch of time, as text: "+01:00 CET" holds at its begin, then a line an offset that
 * begins in it: "2026-03-29T01:00:00Z +02:00 CEST". Two sets of zone data that count alike write the same. */
void zone_write(const struct zone *z, int64_t from_us, int64_t until_us, struct buf *out);
/* A zone that says what such a text says, and goes on as it begins and ends; so that dates counted with data that have
 * changed since stay what they were. ERR_INVALID: it is no such text. */
bool zone_read(struct str name, struct str text, struct zone **out, struct err *e) MUST_USE;

#endif
