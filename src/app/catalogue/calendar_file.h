/* calendars/<id>.yaml as a plain value: weekend, office hours, and the days that differ, each with its name; what is
 * written as a rule (25 December, the last Monday of May, two days before Easter) is worked out for the years covered.
 * Lives in the reader's arena. One thread. */
#ifndef CITYHALL_APP_CATALOGUE_CALENDAR_FILE_H
#define CITYHALL_APP_CATALOGUE_CALENDAR_FILE_H

#include "app/catalogue/pack.h"

enum calendar_entry_kind { ENTRY_HOLIDAY, ENTRY_WORKDAY, ENTRY_HALF_DAY };

struct calendar_entry {
	enum calendar_entry_kind kind;
	day_number from, to;       /* only holidays last several days */
	struct office_hours hours; /* half days */
	struct text name;
	int line;
	bool is_by_rule;
	bool moves_on; /* falls on a weekend: the next day that is worked is off for it */
};

struct calendar_file {
	struct str id, zone_name;
	int zone_line;
	uint8_t weekend;
	struct office_hours hours, weekday[7];
	day_number first, last;
	struct calendar_entry *entries; /* as written */
	size_t n, room;
};

extern const char *const calendar_weekdays[]; /* "monday" to "sunday", then NULL */

/* The reader takes names in the languages that the file itself has: what was checked once is not asked for more. */
void calendar_file_languages(struct reader *r, struct str yaml);
/* Mistakes go to the report. `id` empty: the file's own. False: it has some, or memory is out (the arena says so). */
bool calendar_file_read(struct reader *r, struct str yaml, struct str id, struct calendar_file *out);
/* The calendar that it describes; NULL after a mistake. */
struct calendar *calendar_file_make(struct reader *r, const struct calendar_file *f, const struct zone *zone,
                                    int32_t version);
/* "8:30-12:00, 13:00-17:30", also used on the command line. */
bool calendar_hours_parse(struct str s, struct office_hours *out);

/* calendar_rules.c: adds the days of an entry that is written as a rule ("yearly" or "easter"). */
void calendar_rule_read(struct reader *r, const struct yaml *row, struct calendar_entry like, struct calendar_file *f);
/* After all holidays were added: the days to which some of them move. */
void calendar_rules_end(struct reader *r, struct calendar_file *f);
/* For both: one more entry. */
void calendar_entry_add(struct reader *r, struct calendar_file *f, const struct calendar_entry *entry);

#endif
