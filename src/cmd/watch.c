#include "cmd/watch.h"

#include <pthread.h>
#include <time.h>

#include "app/catalogue/catalogue.h"
#include "app/closing.h"
#include "app/installation/installation.h"
#include "app/installation/outage.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/thread.h"

enum { LOOK_EVERY_S = 1, LOOK_BYTES = 64 * 1024, LOOK_ROUTE = 1 };

/* `read` brings a number that grows when there is something to follow, out of a replicated table; `follow` takes it to
 * this process and does nothing when it is there already. */
static const struct watched {
	bool (*read)(struct tx *tx, int64_t *now, struct err *e);
	bool (*follow)(struct app *app, int64_t now, struct err *e);
} watched[] = {
	{catalogue_version, catalogue_follow},
	{installation_offset, installation_follow},
	{closing_read, closing_follow},
};
enum { WATCHED = sizeof watched / sizeof watched[0] };

struct watch {
	struct app *app;
	struct thread thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_stopping;
	/* The thread's own. */
	int64_t now[WATCHED];
	int64_t failed[WATCHED]; /* what was said not to be followed */
	bool has_failed;         /* and said that it cannot look */
	bool has_failed_serving; /* and that it cannot say that it serves */
};

static bool look_job(struct tx *tx, void *ctx, struct err *e)
{
	struct watch *w = ctx;
	bool ok = true;
	for (int i = 0; ok && i < WATCHED; i++) {
		ok = watched[i].read(tx, &w->now[i], e);
	}
	return ok;
}

static void look(struct watch *w)
{
	struct arena a;
	struct err e;
	arena_init(&a, LOOK_BYTES);
	bool ok = store_read(w->app->store, LOOK_ROUTE, &a, look_job, w, &e);
	if (!ok && !w->has_failed) {
		log_err(LOG_WARN, "watch", &e);
	}
	w->has_failed = !ok;
	for (int i = 0; ok && i < WATCHED; i++) {
		if (!watched[i].follow(w->app, w->now[i], &e) && w->failed[i] != w->now[i]) {
			w->failed[i] = w->now[i];
			log_err(LOG_ERROR, "watch", &e);
		}
	}
	arena_release(&a);
	ok = serving_say(w->app, &e);
	if (!ok && !w->has_failed_serving) {
		log_err(LOG_WARN, "serving", &e);
	}
	w->has_failed_serving = !ok;
}

static void *run(void *arg)
{
	struct watch *w = arg;
	pthread_mutex_lock(&w->lock);
	while (!w->is_stopping) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += LOOK_EVERY_S;
		while (!w->is_stopping && pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0) {
		}
		if (!w->is_stopping) {
			pthread_mutex_unlock(&w->lock);
			look(w);
			pthread_mutex_lock(&w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void free_watch(struct watch *w)
{
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
	mem_free(w);
}

bool watch_start(struct app *app, struct watch **out, struct err *e)
{
	*out = NULL;
	struct watch *w = mem_alloc(1, sizeof *w);
	if (w == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to watch for changes");
	}
	w->app = app;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (!thread_start(&w->thread, "watch", 0, run, w, e)) {
		free_watch(w);
		return false;
	}
	*out = w;
	return true;
}

void watch_stop(struct watch *w)
{
	if (w == NULL) {
		return;
	}
	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	thread_join(&w->thread);
	free_watch(w);
}
