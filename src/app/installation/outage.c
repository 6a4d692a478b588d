#include "app/installation/outage.h"

#include "app/installation/installation.sql.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"
#include "store/standing.h"

enum { THE_ONE = 1, ROWS_BYTES = 4 * 1024 * 1024 };
#define SAY_EVERY_US (30 * US_PER_S)

/* Older lists stay: somebody may be reading them. There are few, and they are small. */
struct outages {
	struct outages *older;
	size_t n;
	struct clock_outage items[];
};

/* --- The list ---------------------------------------------------------------------------------------------------- */

struct list_job {
	struct outages *list;
	struct arena *arena;
};

static bool read_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list_job *j = ctx;
	struct outage_list_rows rows;
	struct outage_list_out row;
	int64_t n = 0;
	mem_free(j->list);
	j->list = NULL;
	if (!outage_count(tx, &n, e) || !outage_list_open(tx, &rows, e)) {
		return false;
	}
	struct outages *list = mem_alloc(1, sizeof *list + (size_t)n * sizeof list->items[0]);
	while (list && list->n < (size_t)n && outage_list_next(&rows, &row)) {
		list->items[list->n++] = (struct clock_outage){row.from_at, row.until_at};
	}
	j->list = list;
	return outage_list_close(&rows, e) && (list != NULL || err_set(e, ERR_MEMORY, "no memory for outages"));
}

bool outages_read(struct tx *tx, int64_t *n, struct err *e)
{
	return outage_count(tx, n, e);
}

static bool load(struct app *app, struct err *e)
{
	struct arena a;
	struct list_job j = {0};
	arena_init(&a, ROWS_BYTES);
	bool ok = store_read(app->store, THE_ONE, &a, read_list, &j, e);
	arena_release(&a);
	if (!ok) {
		mem_free(j.list);
		return false;
	}
	struct outages *now = atomic_load(&app->outages);
	do {
		if (now != NULL && now->n >= j.list->n) { /* somebody was quicker */
			mem_free(j.list);
			return true;
		}
		j.list->older = now;
	} while (!atomic_compare_exchange_weak(&app->outages, &now, j.list));
	return true;
}

bool outages_follow(struct app *app, int64_t n, struct err *e)
{
	const struct outages *now = atomic_load(&app->outages);
	return (now != NULL && (int64_t)now->n >= n) || load(app, e);
}

size_t outages_all(const struct app *app, const struct clock_outage **out)
{
	const struct outages *now = atomic_load(&app->outages);
	*out = now ? now->items : NULL;
	return now ? now->n : 0;
}

void outages_close(struct app *app)
{
	struct outages *now = atomic_exchange(&app->outages, NULL);
	while (now != NULL) {
		struct outages *older = now->older;
		mem_free(now);
		now = older;
	}
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
		return outages_follow(app, 0, e);
	}
	struct arena a;
	struct serving_job j = {.wall_us = time_legal_us(&app->time) - atomic_load(&app->time.offset_us)};
	arena_init(&a, ROWS_BYTES);
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
	struct store_op op = {.route = THE_ONE, .is_background = true};
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
	return said_us != 0 && j.span.until_us == 0 ? true : load(app, e);
}
