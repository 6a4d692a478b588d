#include "app/traffic/live.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "app/catalogue/catalogue.h"
#include "app/traffic/incidents.h"
#include "app/traffic/minutes.h"
#include "base/codec.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/thread.h"

enum {
	STREET_BYTES_MAX = 256 * 1024 * 1024,
	ORDERS_AT_ONCE = 200,
	SCRATCH_BYTES = 4 * 1024 * 1024,
	REPORT_BYTES = 1024 * 1024
};

/* An outline and, once one came, a frame: held by whoever looks at it. */
struct live_outline {
	atomic_int held;
	struct arena arena;
	struct outline outline;
	struct str bytes; /* as it was told */
	int64_t net;
};
struct live_street {
	atomic_int held;
	struct live_outline *of;
	struct arena arena;
	struct street_frame frame;
	bool has_frame;
};

/* The last changes of one signal, a ring; its letters stand in one block. */
struct ring {
	uint32_t next, n;
	struct live_change items[LIVE_CHANGES];
	char *letters; /* [LIVE_CHANGES][group_n] */
};

struct traffic {
	struct app *app;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct thread thread;
	bool is_stopping;
	struct live_street *now; /* NULL: nothing was ever told */
	int64_t told_us;         /* running time; 0: not since this process began */
	int64_t version;
	struct ring *rings; /* by signal */
	struct minutes minutes;
	struct incident_book incidents;
	struct live_minute past[LIVE_MINUTES]; /* a ring */
	size_t past_next, past_n;
	bool has_new_outline, has_kept_outline; /* kept: the street's row is there */
};

static void outline_drop(struct live_outline *o)
{
	if (o != NULL && atomic_fetch_sub(&o->held, 1) == 1) {
		arena_release(&o->arena);
		mem_free(o);
	}
}

static void street_drop(struct live_street *s)
{
	if (s != NULL && atomic_fetch_sub(&s->held, 1) == 1) {
		outline_drop(s->of);
		arena_release(&s->arena);
		mem_free(s);
	}
}

const struct institution *traffic_office(struct app *app)
{
	const struct institution *all;
	size_t n = catalogue_institutions(app, &all);
	for (size_t i = 0; i < n; i++) {
		if (all[i].has_signals) {
			return &all[i];
		}
	}
	return NULL;
}

/* --- Looking --- */

void live_take(struct app *app, struct live_seen *out)
{
	struct traffic *t = app->traffic;
	*out = (struct live_seen){0};
	if (t == NULL) {
		return;
	}
	pthread_mutex_lock(&t->lock);
	if (t->now != NULL) {
		atomic_fetch_add(&t->now->held, 1);
		*out = (struct live_seen){
			.held = t->now,
			.outline = &t->now->of->outline,
			.frame = t->now->has_frame ? &t->now->frame : NULL,
			.institution = t->minutes.institution,
			.net = t->now->of->net,
			.is_fresh = t->told_us != 0 && time_running_us(&app->time) - t->told_us < LIVE_STALE_US,
			.version = t->version,
		};
	}
	pthread_mutex_unlock(&t->lock);
}

void live_release(struct live_seen *seen)
{
	street_drop(seen->held);
	*seen = (struct live_seen){0};
}

bool live_changes(struct app *app, uint32_t signal, struct arena *a, struct live_changes *out, struct err *e)
{
	struct traffic *t = app->traffic;
	*out = (struct live_changes){arena_new(a, struct live_change, LIVE_CHANGES), 0};
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for what a signal showed");
	}
	pthread_mutex_lock(&t->lock);
	if (t->rings != NULL && t->now != NULL && signal < t->now->of->outline.signal_n) {
		const struct ring *r = &t->rings[signal];
		for (uint32_t i = 0; i < r->n; i++) {
			const struct live_change *c = &r->items[(r->next + LIVE_CHANGES - r->n + i) % LIVE_CHANGES];
			out->items[out->n] = *c;
			out->items[out->n++].letters = arena_copy(a, c->letters);
		}
	}
	pthread_mutex_unlock(&t->lock);
	return !a->is_full || err_set(e, ERR_MEMORY, "no memory for what a signal showed");
}

size_t live_minutes(struct app *app, struct live_minute out[LIVE_MINUTES])
{
	struct traffic *t = app->traffic;
	size_t n = 0;
	if (t == NULL) {
		return 0;
	}
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->past_n; i++) {
		out[n++] = t->past[(t->past_next + LIVE_MINUTES - t->past_n + i) % LIVE_MINUTES];
	}
	pthread_mutex_unlock(&t->lock);
	return n;
}

struct live_link *live_links(struct app *app, struct arena *a, uint32_t *n)
{
	struct traffic *t = app->traffic;
	*n = 0;
	pthread_mutex_lock(&t->lock);
	struct live_link *links = t->told_us != 0 ? arena_new(a, struct live_link, t->minutes.link_n + 1) : NULL;
	if (links != NULL) {
		*n = t->minutes.link_n;
		memcpy(links, t->minutes.smooth, *n * sizeof *links);
	}
	pthread_mutex_unlock(&t->lock);
	return links;
}

uint32_t live_usual_s(struct app *app, uint32_t link)
{
	struct traffic *t = app->traffic;
	pthread_mutex_lock(&t->lock);
	uint32_t s = minutes_usual_s(&t->minutes, link);
	pthread_mutex_unlock(&t->lock);
	return s;
}

/* --- Being told --- */

/* Under the lock: a street of another shape begins all anew. */
static bool take_over(struct traffic *t, struct live_street *s, struct err *e)
{
	bool is_other = t->now == NULL || t->now->of->net != s->of->net;
	if (is_other) {
		const struct outline *o = &s->of->outline;
		struct ring *rings = mem_alloc(o->signal_n + 1, sizeof *rings);
		if (rings == NULL || !minutes_begin(&t->minutes, o, s->of->net, e)) {
			mem_free(rings);
			return rings != NULL ? false : err_set(e, ERR_MEMORY, "no memory for what signals showed");
		}
		for (uint32_t i = 0; t->rings != NULL && i < t->now->of->outline.signal_n; i++) {
			mem_free(t->rings[i].letters);
		}
		mem_free(t->rings);
		t->rings = rings;
		t->past_n = 0;
	}
	street_drop(t->now);
	t->now = s;
	return true;
}

static struct live_street *street_new(struct live_outline *of)
{
	struct live_street *s = mem_alloc(1, sizeof *s);
	if (s != NULL) {
		atomic_init(&s->held, 1);
		atomic_fetch_add(&of->held, 1);
		s->of = of;
		arena_init(&s->arena, STREET_BYTES_MAX);
	}
	return s;
}

static int64_t net_of(const struct outline *o)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | o->digest[i];
	}
	return (int64_t)(v >> 1 | 1);
}

/* From the brain, or from the store as it was told before. */
static bool know_outline(struct traffic *t, struct str message, bool is_told, struct err *e)
{
	struct live_outline *o = mem_alloc(1, sizeof *o);
	if (o == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the street");
	}
	atomic_init(&o->held, 1);
	arena_init(&o->arena, STREET_BYTES_MAX);
	o->bytes = arena_copy(&o->arena, message);
	bool ok = !o->arena.is_full || err_set(e, ERR_MEMORY, "no memory for the street");
	ok = ok && outline_take(&o->outline, &o->arena, o->bytes, e);
	struct live_street *s = NULL;
	if (ok) {
		o->net = net_of(&o->outline);
		s = street_new(o);
		ok = s != NULL || err_set(e, ERR_MEMORY, "no memory for the street");
	}
	if (ok) {
		pthread_mutex_lock(&t->lock);
		ok = take_over(t, s, e);
		t->has_new_outline = ok && is_told;
		t->has_kept_outline = ok && !is_told;
		t->version += ok;
		pthread_mutex_unlock(&t->lock);
	}
	if (!ok) {
		street_drop(s);
	}
	outline_drop(o);
	return ok;
}

/* Under the lock. */
static void note_changes(struct traffic *t, const struct street_frame *f, const struct outline *o)
{
	for (uint32_t i = 0; i < f->signal_n; i++) {
		const struct frame_signal *s = &f->signals[i];
		struct ring *r = &t->rings[i];
		uint32_t group_n = o->signals[i].group_n;
		const struct live_change *last = &r->items[(r->next + LIVE_CHANGES - 1) % LIVE_CHANGES];
		if (s->letters.n == 0 || (r->n > 0 && str_eq(last->letters, s->letters) && last->stage == s->stage &&
		                          last->wish == s->wish && last->plan == s->plan)) {
			continue;
		}
		if (r->letters == NULL) {
			r->letters = mem_alloc((size_t)LIVE_CHANGES * group_n + 1, 1);
		}
		if (r->letters == NULL) {
			continue;
		}
		char *letters = r->letters + (size_t)r->next * group_n;
		memcpy(letters, s->letters.p, group_n);
		r->items[r->next] = (struct live_change){f->at_us, s->stage, s->wish, s->plan, str_from(letters, group_n)};
		r->next = (r->next + 1) % LIVE_CHANGES;
		r->n += r->n < LIVE_CHANGES;
	}
}

/* Under the lock. */
static void note_minute(struct traffic *t, const struct live_minute *m)
{
	size_t last = (t->past_next + LIVE_MINUTES - 1) % LIVE_MINUTES;
	if (t->past_n > 0 && t->past[last].minute == m->minute) {
		t->past[last] = *m;
		return;
	}
	t->past[t->past_next] = *m;
	t->past_next = (t->past_next + 1) % LIVE_MINUTES;
	t->past_n += t->past_n < LIVE_MINUTES;
}

static bool know_frame(struct traffic *t, struct str message, bool *wants_outline, int64_t *taken, struct err *e)
{
	pthread_mutex_lock(&t->lock);
	struct live_outline *of = t->now != NULL ? t->now->of : NULL;
	if (of != NULL) {
		atomic_fetch_add(&of->held, 1);
	}
	/* What the store remembers may be of another street. */
	*wants_outline = of == NULL || t->told_us == 0;
	pthread_mutex_unlock(&t->lock);
	struct live_street *s = of != NULL ? street_new(of) : NULL;
	struct str bytes = s != NULL ? arena_copy(&s->arena, message) : STR_EMPTY;
	struct err why = {0};
	bool ok = s != NULL && bytes.n == message.n && frame_take(&s->frame, &of->outline, &s->arena, bytes, &why);
	if (!ok) {
		street_drop(s);
		outline_drop(of);
		*wants_outline = true;
		return of == NULL || why.code == ERR_CORRUPT || err_set(e, ERR_MEMORY, "no memory for a frame");
	}
	s->has_frame = true;
	*taken = s->frame.taken_order;
	pthread_mutex_lock(&t->lock);
	ok = take_over(t, s, e);
	if (ok) {
		struct live_minute now;
		t->told_us = time_running_us(&t->app->time);
		t->version++;
		note_changes(t, &s->frame, &of->outline);
		minutes_add(&t->minutes, &of->outline, &s->frame, &now);
		note_minute(t, &now);
		incident_book_note(&t->incidents, of->net, &s->frame);
		pthread_cond_signal(&t->wake);
	} else {
		street_drop(s);
	}
	pthread_mutex_unlock(&t->lock);
	outline_drop(of);
	return ok;
}

bool traffic_told(struct app *app, struct str message, struct buf *reply, struct err *e)
{
	struct traffic *t = app->traffic;
	const struct institution *office = traffic_office(app);
	bool wants_outline = false;
	int64_t taken = -1;
	if (t == NULL || office == NULL) {
		return err_set(e, ERR_CONFIG, "no institution of the pack looks after the signals: say signals: yes in it");
	}
	pthread_mutex_lock(&t->lock);
	t->minutes.institution = office->id;
	pthread_mutex_unlock(&t->lock);
	if (!(frame_is_outline(message) ? know_outline(t, message, true, e)
	                                : know_frame(t, message, &wants_outline, &taken, e))) {
		return false;
	}
	struct arena scratch;
	struct str orders = STR_EMPTY;
	arena_init(&scratch, SCRATCH_BYTES);
	bool ok = taken < 0 || minutes_orders_after(app->store, office->id, taken, &scratch, &orders, e);
	if (ok) {
		frame_answer_put(reply, wants_outline, orders);
	}
	arena_release(&scratch);
	return ok;
}

/* --- Keeping --- */

static bool keep_outline(struct traffic *t, struct err *e)
{
	pthread_mutex_lock(&t->lock);
	struct live_outline *o = t->has_new_outline && t->now != NULL ? t->now->of : NULL;
	int64_t institution = t->minutes.institution;
	if (o != NULL) {
		atomic_fetch_add(&o->held, 1);
	}
	t->has_new_outline = false;
	pthread_mutex_unlock(&t->lock);
	bool ok = o == NULL || minutes_keep_outline(t->app->store, institution, o->net, o->bytes, e);
	if (ok && o != NULL) {
		pthread_mutex_lock(&t->lock);
		t->has_kept_outline = t->has_kept_outline || t->now->of == o;
		pthread_mutex_unlock(&t->lock);
	}
	outline_drop(o);
	return ok;
}

/* Under the lock. */
static bool has_report(const struct traffic *t)
{
	return t->incidents.has_work && t->has_kept_outline && t->now->has_frame;
}

static bool report_incidents(struct traffic *t, struct err *e)
{
	struct arena words;
	struct incident_report *report = mem_alloc(1, sizeof *report);
	if (report == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for incidents");
	}
	arena_init(&words, REPORT_BYTES);
	pthread_mutex_lock(&t->lock);
	bool has_work = has_report(t), ok = true;
	int64_t institution = t->minutes.institution;
	if (has_work) {
		ok = incident_book_take(&t->incidents, &t->now->of->outline, &t->now->frame, &words, report, e);
		report->institution = institution;
	}
	pthread_mutex_unlock(&t->lock);
	ok = ok && (!has_work || incident_report_write(t->app->store, report, e));
	if (ok && has_work) {
		pthread_mutex_lock(&t->lock);
		incident_book_set(&t->incidents, report);
		pthread_mutex_unlock(&t->lock);
	}
	arena_release(&words);
	mem_free(report);
	return ok;
}

bool traffic_write(struct traffic *t, struct err *e)
{
	struct minutes_batch batch;
	if (!keep_outline(t, e) || !report_incidents(t, e)) {
		return false;
	}
	pthread_mutex_lock(&t->lock);
	bool has_batch = minutes_take_batch(&t->minutes, &batch);
	pthread_mutex_unlock(&t->lock);
	if (!has_batch) {
		return true;
	}
	float *usual = NULL;
	bool ok = minutes_write(t->app->store, &batch, e) && minutes_read_usual(t->app->store, &batch, &usual, e) &&
	          minutes_thin(t->app->store, &batch, e);
	if (usual != NULL) {
		pthread_mutex_lock(&t->lock);
		minutes_set_usual(&t->minutes, &batch, usual);
		pthread_mutex_unlock(&t->lock);
	}
	/* What could not be written is tried again, as long as no other minute is over. */
	pthread_mutex_lock(&t->lock);
	bool is_kept = !ok && batch.written < batch.link_n + batch.signal_n && !minutes_has_batch(&t->minutes);
	if (is_kept) {
		t->minutes.batch = batch;
	}
	pthread_mutex_unlock(&t->lock);
	if (!is_kept) {
		minutes_drop_batch(&batch);
	}
	return ok;
}

static void *run(void *arg)
{
	struct traffic *t = arg;
	pthread_mutex_lock(&t->lock);
	while (!t->is_stopping) {
		struct err e;
		bool has_work = t->has_new_outline || has_report(t) || minutes_has_batch(&t->minutes);
		if (!has_work) {
			pthread_cond_wait(&t->wake, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		bool ok = traffic_write(t, &e);
		if (!ok) {
			log_err(LOG_WARN, "traffic", &e);
		}
		pthread_mutex_lock(&t->lock);
		if (!ok && !t->is_stopping) {
			pthread_cond_wait(&t->wake, &t->lock); /* for the next frame */
		}
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* The map is there before the brain is. */
static void remember(struct traffic *t)
{
	const struct institution *office = traffic_office(t->app);
	struct arena scratch;
	struct str outline = STR_EMPTY;
	struct err e;
	arena_init(&scratch, STREET_BYTES_MAX);
	if (office != NULL) {
		pthread_mutex_lock(&t->lock);
		t->minutes.institution = office->id;
		pthread_mutex_unlock(&t->lock);
		if (!minutes_read_outline(t->app->store, office->id, &scratch, &outline, &e) ||
		    (outline.n > 0 && !know_outline(t, outline, false, &e))) {
			log_err(LOG_WARN, "traffic-outline", &e);
		}
	}
	arena_release(&scratch);
}

void live_remember(struct app *app)
{
	struct traffic *t = app->traffic;
	if (t == NULL) {
		return;
	}
	pthread_mutex_lock(&t->lock);
	bool is_told = t->told_us != 0;
	pthread_mutex_unlock(&t->lock);
	if (!is_told) {
		remember(t);
	}
}

bool traffic_start(struct app *app, struct traffic **out, struct err *e)
{
	struct traffic *t = mem_alloc(1, sizeof *t);
	*out = NULL;
	if (t == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the street");
	}
	t->app = app;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	remember(t);
	if (!thread_start(&t->thread, "traffic", 512U * 1024, run, t, e)) {
		traffic_stop(t);
		return false;
	}
	*out = t;
	return true;
}

void traffic_stop(struct traffic *t)
{
	if (t == NULL) {
		return;
	}
	pthread_mutex_lock(&t->lock);
	t->is_stopping = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	thread_join(&t->thread);
	for (uint32_t i = 0; t->rings != NULL && i < t->now->of->outline.signal_n; i++) {
		mem_free(t->rings[i].letters);
	}
	mem_free(t->rings);
	minutes_end(&t->minutes);
	street_drop(t->now);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	mem_free(t);
}
