/* Fills a demonstration city for measuring: firms that are signed in, applications of about 2 KiB that are complete but
 * for the last button, officials that are signed in, cases that lie there already. It writes through the rooms' own
 * jobs and statements; only the password is left out, since Argon2 is not what is measured. Opens the data folder as a
 * sub-command does, so nobody may serve it meanwhile.
 *
 *	seed_open, seed_firms, seed_officials, seed_drafts ..., seed_close
 *
 * What was made stays in memory until seed_free, also after seed_close: from it come the requests. */
#ifndef CITYHALL_TESTS_BENCH_SEED_H
#define CITYHALL_TESTS_BENCH_SEED_H

#include "base/buf.h"
#include "cmd/open.h"
#include "http/csrf.h"
#include "store/blobs.h"

enum { SEED_ANSWER_BYTES = 2048, SEED_THREADS = 64 };

struct seed_person {        /* signed in */
	int64_t account, party; /* party: the firm; the account's own when there is none */
	char who[ID_CHARS + 1], sid[SID_CHARS + 1], csrf[CSRF_CHARS + 1];
	struct blob_ref paper; /* a firm's: all of its papers are the same small file */
};
struct seed_draft {
	struct seed_person *firm;
	int64_t id;
};

struct seed {
	struct settings settings;
	struct opened o;
	bool is_open;
	bool is_small; /* cases with a line of answers and no files */
	const struct service *service;
	const struct institution *institution;
	struct csrf_key csrf;
	struct buf answers; /* JSON, the same for all */
	struct seed_person *firms, *officials;
	size_t firm_n, official_n;
	struct seed_draft *drafts;
	size_t draft_n;
};

/* All of them end the process with a word when something fails. */
void seed_open(struct seed *s, const char *data_dir); /* made by `cityhall init --demo` */
void seed_make_small(struct seed *s);                 /* what is made from now on */
void seed_close(struct seed *s);                      /* the folder is free; the requests can still be made */
void seed_free(struct seed *s);
void seed_firms(struct seed *s, size_t n);
void seed_officials(struct seed *s, size_t n);
/* `n` more applications, shared out among the firms. */
void seed_drafts(struct seed *s, size_t n);
/* `n` more, submitted and brought into the queue by the relay. */
void seed_cases(struct seed *s, size_t n);
/* Once it is closed: the notices of the stored cases have left, so that no server begins by sending them. SQLite only.
 */
void seed_sent(const char *data_dir);

/* Does `each` for 0 to n - 1 on SEED_THREADS threads. */
void seed_in_parallel(size_t n, void (*each)(void *ctx, size_t i), void *ctx);

/* Requests, as a browser sends them. `body` is a form without csrf and op, which are added. */
void seed_put_get(struct buf *to, const struct seed_person *p, const char *path);
void seed_put_post(struct buf *to, const struct seed_person *p, const char *path, const char *fields);
/* The last button of an application. */
void seed_put_submit(struct buf *to, const struct seed_draft *d);

/* For the bare writer: what a submission of this draft writes. */
struct casefile_insert_in;
struct application_insert_in;
void seed_case_row(struct seed *s, const struct seed_draft *d, struct casefile_insert_in *row, char number[32],
                   uint8_t code[16]);
struct application_insert_in seed_case_wide(const struct seed *s, const uint8_t code[16]); /* without its key */

#endif
