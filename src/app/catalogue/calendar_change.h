/* A calendar that somebody wants to change: one more day in its file, and the calendar that this would be, before it is
 * published. Any thread. */
#ifndef CITYHALL_APP_CATALOGUE_CALENDAR_CHANGE_H
#define CITYHALL_APP_CATALOGUE_CALENDAR_CHANGE_H

#include "app/catalogue/calendar_file.h"
#include "app/catalogue/published.h"

/* What a page shows of the published calendar: its days that are not usual, by day. In the arena. ERR_NOT_FOUND. */
bool calendar_entries(struct app *app, struct arena *a, struct str id, struct calendar_file *out,
                      struct err *e) MUST_USE;

/* The file with one more day: off, worked, or with hours of its own (`hours` as in the file). `names` by language, as
 * many as the pack has. Rows that are there, comments and order stay as they are. False: the list cannot be found. */
struct calendar_new_day {
	enum calendar_entry_kind kind;
	day_number day;
	struct str hours;
	struct str names[LANG_COUNT]; /* empty: none in this language */
};
bool calendar_with_day(struct str yaml, const struct calendar_new_day *day, struct buf *out) MUST_USE;

/* A calendar from a file that is not published. ERR_INVALID with its first mistake. */
struct calendar_draft {
	struct pack *holder;
	struct calendar *calendar;
};
bool calendar_draft_make(struct str id, struct str yaml, int32_t version, struct calendar_draft *out,
                         struct err *e) MUST_USE;
void calendar_draft_release(struct calendar_draft *d);

/* Was this version made by other data of its zone, with the file as it was? */
bool calendar_is_zones_change(struct app *app, struct arena *a, struct str id, int32_t version, bool *out,
                              struct err *e) MUST_USE;

#endif
