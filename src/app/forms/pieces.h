/* Uploads that come in pieces, so that a broken connection costs a piece and not the file.
 *
 * What has come of a file lies in <data>/pieces, encrypted, under a keyed hash of whose it is; each piece is durable
 * before it is answered. It is a file of this machine: on another one the upload begins anew. Unfinished ones are
 * swept after a day. Any thread, any process of the machine. */
#ifndef CITYHALL_APP_FORMS_PIECES_H
#define CITYHALL_APP_FORMS_PIECES_H

#include "base/err.h"
#include "base/str.h"

enum {
	PIECE_BYTES_MAX = 1024 * 1024,
	PIECES_OF_ACCOUNT_MAX = 8, /* unfinished uploads */
	PIECES_MAX = 2000,         /* of all together: 40 GB at most */
	PIECES_KEY_MAX = 128,
};

/* Which upload: the browser gives the same file the same key, by what is in it. */
struct pieces {
	struct str data_dir;
	struct str secret; /* of the installation */
	int64_t account, draft;
	struct str question, key;
	int64_t total; /* bytes */
};

struct req;
/* The upload that the request names by `key` and `total`. */
bool pieces_of(struct req *r, int64_t draft, struct str question, struct pieces *p, struct err *e) MUST_USE;

/* How much is there: where to go on; 0 when there is nothing. */
bool pieces_offset(const struct pieces *p, int64_t *offset, struct err *e) MUST_USE;
/* Adds n bytes of fd that belong at `offset`; *now: what is durable then. ERR_CONFLICT when they belong elsewhere than
 * at the end of what is there, and *now says where that is; ERR_TOO_LARGE, ERR_BAD_INPUT (a piece that is not the last
 * has a multiple of 64 bytes), ERR_TOO_MANY when too many files were begun. */
bool pieces_add(const struct pieces *p, int64_t offset, int from_fd, int64_t n, int64_t *now, struct err *e) MUST_USE;
/* The whole file in a new anonymous one, at its beginning; the caller closes it. ERR_NOT_FOUND when it is not whole. A
 * key of 64 hexadecimal digits is its SHA-256, and ERR_CORRUPT says that it is another. */
bool pieces_whole(const struct pieces *p, int *fd, struct err *e) MUST_USE;
void pieces_drop(const struct pieces *p);
/* Removes what nobody added to for so long. */
bool pieces_sweep(struct str data_dir, int64_t age_us, struct err *e) MUST_USE;

#endif
