/* Inside of transfer*.c. */
#ifndef CITYHALL_STORE_TRANSFER_INSIDE_H
#define CITYHALL_STORE_TRANSFER_INSIDE_H

#include "store/transfer.h"
#include "store/transfer_engine.h"

struct transfer_side {
	struct store *store;
	const struct transfer_engine *engine;
	void *conn;
	struct arena arena;
};

struct transfer {
	const struct transfer_options *o;
	struct transfer_result *result;
	struct transfer_side from, to;
	struct standing from_standing, to_standing;
	bool is_moved; /* FROM says so already, and TO is still to be opened */
	int64_t done, done_all;
};

/* False: somebody wants it to stop. */
bool transfer_told(struct transfer *x, const char *what, const char *doing, int64_t rows, int64_t rows_all,
                   struct err *e) MUST_USE;
/* transfer_blobs.c: files between a folder and rows, each compared with its digest. */
bool transfer_blobs(struct transfer *x, struct err *e) MUST_USE;

#endif
