/* The workload of the power-cut and fault tests: numbered submissions, each with an upload, three answers and an event,
 * handed to a read model by the relay and sealed; and the check of what a store holds afterwards. */
#ifndef CITYHALL_TESTS_FAULT_SUBMISSION_H
#define CITYHALL_TESTS_FAULT_SUBMISSION_H

#include "base/time_source.h"
#include "fault/submission.sql.h"
#include "os/file.h"
#include "store/blobs.h"
#include "store/event.h"

enum { PARTIES = 40, INSTITUTION = 5000 };

/* Everything that is open over one data folder. */
struct city {
	struct time_source time;
	struct store *store;
	struct blobs *blobs;
	struct relay *relay;
	struct sealer *sealer;
	char outside[300];
};

struct city_options {
	const char *dir;
	const char *vfs;                /* NULL: the default */
	const struct file_layer *files; /* NULL: the real one */
	bool has_relay;                 /* and a sealer */
};
bool city_open(struct city *c, const struct city_options *o, struct err *e) MUST_USE;
void city_close(struct city *c);

/* Upload, then the job. The same number is the same operation; *is_replay (or NULL) says whether it was done before. */
bool city_submit(struct city *c, uint32_t number, bool *is_replay, struct err *e) MUST_USE;
/* True: `all` submissions 0 ... n-1 are looked at; each that `is_acked` is there once, none is there twice or in part,
 * each upload can be read. *found counts them. */
bool city_check(struct city *c, const bool *is_acked, uint32_t n, uint32_t *found, struct err *e) MUST_USE;
/* Relays and seals all that is left, verifies the seals, and looks whether the read model got each event once. */
bool city_check_history(struct city *c, uint32_t found, struct err *e) MUST_USE;

#endif
