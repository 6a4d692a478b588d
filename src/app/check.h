/* `cityhall store check`: proves what is stored. The seal, the operations and the read models (recomputed from the
 * events in a store of its own and compared row by row) for all rooms; what a room's rows say about each other and
 * about files is the room's own `check`. Reads only. One thread at a time. */
#ifndef CITYHALL_APP_CHECK_H
#define CITYHALL_APP_CHECK_H

#include "app/app.h"

/* A row of a read model. Rows come in the order of route, id, kind, key. */
struct model_row {
	int64_t route, id, kind;
	struct str key;
	int64_t subject; /* the casefile or account it is about */
	struct str text; /* all that must be equal */
	struct str name; /* must be equal unless its event's personal part was erased */
};
struct read_model {
	const char *table;
	/* At most `most` rows that come after `after` (zeros: all), text in tx_arena. In a read of route 0. */
	bool (*page)(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
	             struct err *e);
};
/* Printed text in the transaction's arena: model_text(tx, "%lld ...", ...). */
struct str model_text(struct tx *tx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum { CHECK_PAGE = 256 };

struct check {
	struct app *app;
	struct arena *arena; /* of a page */
	struct buf *report;
	void (*progress)(const char *part, uint64_t looked); /* or NULL */
	/* Of the part at hand. */
	const char *part;
	uint64_t looked, wrong;
	uint64_t wrong_all;
};
void check_begin(struct check *c, const char *part);
void check_looked(struct check *c, uint64_t n);
/* One line; after twenty of a part they are only counted. */
void check_wrong(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What a room's job saw on one page of rows, said once the read is over. First in the room's own struct, whose other
 * members say behind which row the page begins and what is to be looked at outside of the read. */
struct check_page {
	size_t n; /* rows looked at; below CHECK_PAGE: there are no more */
	size_t wrong_n;
	struct {
		int64_t subject;
		const char *what;
	} wrong[CHECK_PAGE];
};
/* At most once for each row. what: NULL when it is right. */
void check_found(struct check_page *p, int64_t subject, const char *what);
/* Page after page, the job's ctx being p; `then`, unless NULL, looks at each page outside of the read. */
bool check_pages(struct check *c, store_job *job, struct check_page *p,
                 void (*then)(struct check *c, struct check_page *p), struct err *e) MUST_USE;
/* What is right is said in one line. */
void check_end(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct check_options {
	struct app *app;
	const struct store_schema *const *schemas; /* as the store was opened */
	const struct room *rooms;
	struct str scratch;     /* a folder that is made and removed again; on the disk, some bytes for each event */
	struct str seal_log;    /* the seal's outside file */
	uint8_t public_key[32]; /* of the seal */
	void (*progress)(const char *part, uint64_t looked);
};
/* True: looked at everything; *wrong says how much was not right, *report what. */
bool check_all(const struct check_options *o, struct buf *report, uint64_t *wrong, struct err *e) MUST_USE;

#endif
