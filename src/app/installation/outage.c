#include "app/installation/outage.h"

#include "app/installation/installation.sql.h"
#include "base/id.h"
#include "base/log.h"
#include "store/standing.h"

enum { THE_ONE = 1, ROW_BYTES = 4096 };
#define SAY_EVERY_US (30 * US_PER_S)

/* --- What was noted ---------------------------------------------------------------------------------------------- */

bool outages_since(struct tx *tx, int64_t since_us, struct clock_outage **out, size_t *n, struct err *e)
{
	struct outage_since_rows rows;
	struct outage_since_out row;
	int64_t most = 0;
	*out = NULL;
	*n = 0;
	if (!outage_count_since(tx, &(struct outage_count_since_in){.until_at = since_us}, &most, e)) {
		return false;
	}
	if (most == 0) {
		return true;
	}
	*out = arena_new(tx_arena(tx), struct clock_outage, (size_t)most);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for outages");
	}
	if (!outage_since_open(tx, &(struct outage_since_in){.until_at = since_us}, &rows, e)) {
		return false;
	}
	while (*n < (size_t)most && outage_since_next(&rows, &row)) {
		(*out)[(*n)++] = (struct clock_outage){row.from_at, row.until_at};
	}
	return outage_since_close(&rows, e);
}

bool outages_give_back(struct tx *tx, int64_t from_us, int64_t *until_us, struct err *e)
{
	struct clock_outage *items;
	size_t n;
	if (!outages_since(tx, from_us, &items, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n && items[i].from_us < *until_us; i++) {
		*until_us += items[i].until_us - (items[i].from_us > from_us ? items[i].from_us : from_us);
	}
	return true;
}

bool outage_note(struct tx *tx, const struct outage_span *span, struct err *e)
{
	return outage_insert(tx,
	                     &(struct outage_insert_in){.id = id_in_time(span->until_us),
	                                                .from_at = span->from_us,
	                                                .until_at = span->until_us,
	                                                .is_told = span->is_told},
	                     e);
}

/* --- Who serves says so ------------------------------------------------------------------------------------------ */

struct serving_job {
	struct serving_get_out was;
	int64_t wall_us;
	struct outage_span span; /* until 0: there was none */
};

static bool read_serving(struct tx *tx, void *ctx, struct err *e)
{
	struct serving_job *j = ctx;
	return serving_get(tx, &(struct serving_get_in){.id = THE_ONE}, &j->was, e);
}

static bool write_serving(struct tx *tx, void *ctx, struct err *e)
{
	const struct serving_job *j = ctx;
	return (j->was.found
	            ? serving_beat(
					  tx, &(struct serving_beat_in){.id = THE_ONE, .version = j->was.version, .beat_at = j->wall_us}, e)
	            : serving_insert(tx, &(struct serving_insert_in){.id = THE_ONE, .beat_at = j->wall_us}, e)) &&
	       (j->span.until_us == 0 || outage_note(tx, &j->span, e));
}

bool serving_say(struct app *app, struct err *e)
{
	int64_t running_us = time_running_us(&app->time), said_us = atomic_load(&app->serving_said_us);
	if (said_us != 0 && running_us - said_us < SAY_EVERY_US) {
		return true;
	}
	if (store_is_closed(app->store)) { /* the town is being moved: nobody is served, and nothing is written */
		return true;
	}
	struct arena a;
	struct serving_job j = {.wall_us = time_legal_us(&app->time) - atomic_load(&app->time.offset_us)};
	arena_init(&a, ROW_BYTES);
	bool ok = store_read(app->store, THE_ONE, &a, read_serving, &j, e);
	arena_release(&a);
	if (!ok) {
		return false;
	}
	int64_t gap_us = j.wall_us - j.was.beat_at;
	bool was_here = said_us != 0 && running_us - said_us < OUTAGE_LEAST_US; /* somebody set the machine's clock */
	if (j.was.found && gap_us > OUTAGE_LEAST_US && !was_here) {
		int64_t until_us = time_legal_us(&app->time);
		j.span = (struct outage_span){.from_us = until_us - gap_us, .until_us = until_us};
	}
	struct store_op op = {.route = 0, .is_background = true}; /* to be known everywhere */
	if (!store_write(app->store, &op, write_serving, &j, e)) {
		if (e->code != ERR_CONFLICT) {
			return false;
		}
		j.span.until_us = 0; /* another process said it, and wrote down what there was */
	}
	atomic_store(&app->serving_said_us, running_us);
	if (j.span.until_us != 0) {
		log_line(LOG_WARN, "outage", LOG_I("minutes", gap_us / US_PER_MIN));
	}
	return true;
}
