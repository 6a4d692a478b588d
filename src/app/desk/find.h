/* What cases are found by: beginnings of the applicant's name, and identity numbers. Both are kept, by institution, as
 * keyed hashes; a read model fed by the relay. Calls belong into jobs routed to the institution. */
#ifndef CITYHALL_APP_DESK_FIND_H
#define CITYHALL_APP_DESK_FIND_H

#include "app/desk/desk.sql.h"

enum { FOUND_MOST = 20 };

struct find {
	int64_t institution;
	struct str typed;
	bool is_number; /* an identity number; else the beginning of a name */
	int64_t before; /* newest first: cases older than this one; INT64_MAX: all */

	struct found_rows_out found[FOUND_MOST]; /* in the order of age; casefile 0: gone */
	size_t n;
	int64_t looked; /* the oldest that was looked at */
	bool is_more;
	bool is_too_short; /* nothing was looked for */
};
store_job find_job; /* ctx: struct find */

#endif
