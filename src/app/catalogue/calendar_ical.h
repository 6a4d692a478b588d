/* Calendars between calendars/<id>.yaml and iCalendar (base/ical.h). One thread. */
#ifndef CITYHALL_APP_CATALOGUE_CALENDAR_ICAL_H
#define CITYHALL_APP_CATALOGUE_CALENDAR_ICAL_H

#include "app/catalogue/reader.h"

/* What the file does not say, or is to be taken otherwise; empty: what the file says, else the usual. */
struct calendar_import {
	struct str id;
	struct str zone;      /* IANA name */
	struct str hours;     /* "8:30-12:00, 13:00-18:00"; then perhaps "; friday 8:30-13:00" */
	struct str weekend;   /* "saturday, sunday" */
	struct str years;     /* "2024-2026" */
	struct str file_name; /* the id when nothing says another */
	struct str workday;   /* events with this in their name are worked days */
};

/* Events of whole days are holidays, or worked days; an event of a part of a day closes the office for that time, which
 * makes a day with hours of its own. What can have no effect (a worked day on a weekday) is written as a comment.
 * ERR_INVALID: the file or the import cannot be used; the text names the line. */
bool calendar_from_ical(struct str ics, const struct calendar_import *how, struct buf *yaml, struct err *e) MUST_USE;
/* Mistakes of the YAML go to the report; false then, too. */
bool calendar_to_ical(struct str yaml, struct buf *ics, struct pack_report *report, struct err *e) MUST_USE;

#endif
