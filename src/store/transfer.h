/* Moves a whole town from one database to another: rows, files of people, and who may write where.
 *
 * FROM is closed first (standing.h), so that nothing acknowledged can be missed, and read in one snapshot behind a
 * fence that holds off whoever knows nothing of standings. TO takes the rows table by table, in chunks; how far it came
 * is a row of TO, written in the chunk's own transaction. So whatever ends a copy, the same call goes on where it
 * stopped. What arrived is read back and compared with what was read: the number of rows and the sum of their hashes,
 * in a form that is the same on every engine (row_form.h). At the end FROM becomes "moved", then TO "open": at no
 * moment are both open.
 *
 * One thread. Both stores are opened with is_transfer and the same schemas. */
#ifndef CITYHALL_STORE_TRANSFER_H
#define CITYHALL_STORE_TRANSFER_H

#include "store/blobs.h"
#include "store/standing.h"

struct transfer_progress {
	const char *what;       /* a table, or files */
	const char *doing;      /* "copying", "indexing", "comparing" */
	int64_t rows, rows_all; /* of what: so far, and about how many there are */
	int64_t done, done_all; /* of the whole copy, each row counted twice: copied and compared */
};

struct transfer_options {
	struct store *from, *to;
	struct blobs *from_blobs, *to_blobs;
	const char *from_name, *to_name; /* for people, without passwords */
	const char *until;               /* for the notice; may be empty */
	int64_t chunk_rows;              /* rows in one transaction of TO; 0: many */
	int64_t notice_us;               /* how long serving processes get to notice before the fence stands */
	/* Between chunks. False: stop here, to go on another time. */
	bool (*progress)(void *ctx, const struct transfer_progress *p);
	void *ctx;
};

struct transfer_result {
	int64_t tables, rows, blobs;
	bool was_resumed, was_finished; /* was_finished: an earlier call had done everything */
};

/* ERR_CONFIG: these two cannot be copied, and why. ERR_BUSY: stopped or in the way, run it again. ERR_CORRUPT: what
 * arrived is not what was sent. */
bool transfer_run(const struct transfer_options *o, struct transfer_result *out, struct err *e) MUST_USE;
/* Gives a copy up: the town is open at FROM again, and what lies in TO is worth nothing. One that was finished is only
 * reopened with `even_moved`: what happened at TO since then is not here. */
bool transfer_give_up(struct store *from, bool even_moved, struct err *e) MUST_USE;

#endif
