#include "app/cases/serials.h"

#include <pthread.h>

#include "app/cases/cases.h"
#include "app/cases/cases.sql.h"
#include "base/fault.h"

enum { BLOCK = 1000, PAIRS_MAX = 16, TRIES = 5 };

struct pair { /* one jurisdiction and year */
	int64_t jurisdiction;
	int32_t year;
	int64_t next, end;
};
struct case_serials {
	pthread_mutex_t mutex;
	struct pair pairs[PAIRS_MAX];
	size_t n;
};

bool case_serials_new(struct case_serials **out, struct err *e)
{
	struct case_serials *s = mem_alloc(1, sizeof *s);
	if (s == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for case serials");
	}
	pthread_mutex_init(&s->mutex, NULL);
	*out = s;
	return true;
}

void case_serials_free(struct case_serials *s)
{
	if (s) {
		pthread_mutex_destroy(&s->mutex);
		mem_free(s);
	}
}

struct lease {
	int64_t jurisdiction;
	int32_t year;
	int64_t version; /* 0: no row yet */
};

static bool lease_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct lease *in = ctx;
	return in->version == 0
	           ? serial_begin(
					 tx, &(struct serial_begin_in){.jurisdiction = in->jurisdiction, .year = in->year, .block = BLOCK},
					 e)
	           : serial_lease(
					 tx,
					 &(struct serial_lease_in){
						 .jurisdiction = in->jurisdiction, .year = in->year, .version = in->version, .block = BLOCK},
					 e);
}

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct pair *p = ctx;
	struct serial_get_out row;
	if (!serial_get(tx, &(struct serial_get_in){.jurisdiction = p->jurisdiction, .year = p->year}, &row, e)) {
		return false;
	}
	p->next = row.found ? row.next : 0;
	p->end = row.found ? row.version : 0; /* the version, on its way to lease() */
	return true;
}

/* Leases the next block. Whoever loses the race for a block tries the one after it. */
static bool lease(struct app *app, struct pair *p, struct err *e)
{
	for (int i = 0; i < TRIES; i++) {
		struct arena a;
		arena_init(&a, 16 * 1024);
		struct pair seen = {.jurisdiction = p->jurisdiction, .year = p->year};
		bool ok = store_read(app->store, p->jurisdiction, &a, read_job, &seen, e);
		arena_release(&a);
		if (!ok) {
			return false;
		}
		struct lease in = {p->jurisdiction, p->year, seen.end};
		if (store_write(app->store, &(struct store_op){.route = p->jurisdiction}, lease_job, &in, e)) {
			p->next = seen.next;
			p->end = seen.next + BLOCK;
			return true;
		}
		if (e->code != ERR_CONFLICT) {
			return false;
		}
	}
	return err_set(e, ERR_BUSY, "no block of case serials after %d tries", TRIES);
}

bool case_serial_next(struct app *app, int64_t jurisdiction, int32_t year, uint64_t *out, struct err *e)
{
	struct case_serials *s = app->serials;
	bool ok = true;
	pthread_mutex_lock(&s->mutex);
	size_t i = 0;
	while (i < s->n && (s->pairs[i].jurisdiction != jurisdiction || s->pairs[i].year != year)) {
		i++;
	}
	if (i == s->n) {
		/* A new year takes the place of the oldest: its rest becomes a gap. */
		i = s->n < PAIRS_MAX ? s->n++ : 0;
		for (size_t k = 0; i == 0 && s->n == PAIRS_MAX && k < PAIRS_MAX; k++) {
			i = s->pairs[k].year < s->pairs[i].year ? k : i;
		}
		s->pairs[i] = (struct pair){.jurisdiction = jurisdiction, .year = year};
	}
	struct pair *p = &s->pairs[i];
	if (p->next == p->end) {
		ok = lease(app, p, e);
	}
	if (ok) {
		*out = (uint64_t)p->next++ + 1; /* numbers begin with 1 */
	}
	pthread_mutex_unlock(&s->mutex);
	return ok;
}
