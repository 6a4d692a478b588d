#include "app/supervision/board.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "app/catalogue/catalogue.h"
#include "app/supervision/supervision.sql.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/thread.h"

enum { EVERY_S = 1, IDLE_S = 30, PAGE = 512, CHANGED_MOST = 200, ARENA_BYTES = 32 << 20, PACE_DAYS = 10 };
/* Somebody looks at it as long as the last look is not older. */
#define WANTED_US (60 * US_PER_S)
#define FRESH_US (2500 * INT64_C(1000))

struct board {
	struct app *app;
	struct thread thread;
	pthread_mutex_t lock; /* of what the thread waits for */
	pthread_cond_t wake, fresh;
	bool is_stopping, has_failed;
	int64_t wanted_us, passes;
	int64_t read_us; /* running time of the last pass; 0: none yet */
	/* What is seen. */
	pthread_rwlock_t seen;
	struct board_office **offices; /* by institution */
	size_t n, room;
	int64_t exact_us, version;
};

void board_sums_add(struct board_sums *to, const struct board_sums *s)
{
	to->running += s->running;
	to->standing += s->standing;
	to->orange += s->orange;
	to->red += s->red;
	to->past += s->past;
}

int board_area(const struct jurisdiction *areas, size_t n, struct str id)
{
	for (size_t i = 0; id.n > 0 && i < n; i++) {
		if (str_eq(areas[i].pack_id, id)) {
			return (int)i;
		}
	}
	return -1;
}

void board_roll_up(const struct jurisdiction *areas, size_t n, struct str jurisdiction, const struct board_sums *s,
                   struct board_sums *by_area)
{
	for (int at = board_area(areas, n, jurisdiction); at >= 0; at = board_area(areas, n, areas[at].parent)) {
		board_sums_add(&by_area[at], s);
	}
}

/* --- Reading
 * ------------------------------------------------------------------------------------------------------------ */

struct pass {
	struct board *b;
	struct board_office **changed; /* fresh copies, in the heap */
	size_t n;
	int64_t exact_us;
	bool has_more;
};

static int by_institution(const void *a, const void *b)
{
	int64_t x = (*(struct board_office *const *)a)->institution, y = (*(struct board_office *const *)b)->institution;
	return (x > y) - (x < y);
}

static struct board_office *find(struct board_office *const *offices, size_t n, int64_t institution)
{
	struct board_office key = {.institution = institution}, *wanted = &key;
	struct board_office *const *at = n > 0 ? bsearch(&wanted, offices, n, sizeof *offices, by_institution) : NULL;
	return at ? *at : NULL;
}

static day_number today_at(struct app *app, int64_t institution, int64_t now_us)
{
	const struct institution *in = app->catalogue ? catalogue_institution(app, institution) : NULL;
	return in ? zone_local(calendar_zone(in->calendar), now_us).day : (day_number)(now_us / US_PER_DAY);
}

static bool read_totals(struct tx *tx, struct pass *p, struct err *e)
{
	int64_t after = 0;
	for (size_t got = PAGE; got == PAGE;) {
		struct board_total_all_rows rows;
		struct board_total_all_out t;
		got = 0;
		if (!board_total_all_open(tx, &(struct board_total_all_in){.most = PAGE, .institution = after}, &rows, e)) {
			return false;
		}
		while (board_total_all_next(&rows, &t)) {
			got++;
			after = t.institution;
			const struct board_office *known = find(p->b->offices, p->b->n, t.institution);
			day_number today = today_at(p->b->app, t.institution, p->exact_us);
			if (known && known->event == t.event && known->today == today) {
				continue;
			}
			struct board_office *o = p->n < CHANGED_MOST ? mem_alloc(1, sizeof *o) : NULL;
			p->has_more = p->has_more || o == NULL;
			if (o != NULL) {
				o->institution = t.institution;
				o->event = t.event;
				o->today = today;
				o->sums = (struct board_sums){t.running, t.standing, t.orange, t.red, t.past};
				p->changed[p->n++] = o;
			}
		}
		if (!board_total_all_close(&rows, e)) {
			return false;
		}
	}
	return true;
}

static bool read_days(struct tx *tx, struct board_office *o, struct err *e)
{
	struct board_day_list_rows rows;
	struct board_day_list_out d;
	struct board_day_list_in in = {.institution = o->institution, .since = o->today - (BOARD_DAYS - 1)};
	if (!board_day_list_open(tx, &in, &rows, e)) {
		return false;
	}
	while (o->day_n < BOARD_DAYS && board_day_list_next(&rows, &d)) {
		o->days[o->day_n++] = (struct board_office_day){.day = d.day,
		                                                .running = (int32_t)d.running,
		                                                .orange = (int32_t)d.orange,
		                                                .red = (int32_t)d.red,
		                                                .ended = (int32_t)d.ended,
		                                                .raised = (int32_t)d.raised,
		                                                .acted = (int32_t)d.acted};
	}
	return board_day_list_close(&rows, e);
}

static bool read_due(struct tx *tx, struct board_office *o, struct err *e)
{
	struct board_due_list_rows rows;
	struct board_due_list_out d;
	struct board_due_list_in in = {
		.institution = o->institution, .due_day = o->today, .until = o->today + BOARD_AHEAD - 1};
	if (!board_due_list_open(tx, &in, &rows, e)) {
		return false;
	}
	while (o->due_n < BOARD_AHEAD && board_due_list_next(&rows, &d)) {
		o->due[o->due_n++] = (struct board_office_due){d.due_day, d.n};
	}
	return board_due_list_close(&rows, e);
}

/* Ids of services come from the catalogue, which keeps them as long as the program runs. */
static bool read_services(struct tx *tx, struct app *app, struct board_office *o, struct err *e)
{
	struct board_count_list_rows rows;
	struct board_count_list_out c;
	if (!board_count_list_open(tx, &(struct board_count_list_in){.institution = o->institution}, &rows, e)) {
		return false;
	}
	while (board_count_list_next(&rows, &c)) {
		const struct service *s = app->catalogue ? catalogue_service(app, c.service) : NULL;
		struct board_sums sums = {c.running, c.standing, c.orange, c.red, c.past};
		size_t i = 0;
		while (i < o->service_n && !(s && str_eq(o->services[i].service, s->id))) {
			i++;
		}
		if (s == NULL || i == BOARD_SERVICES) {
			continue; /* it is in the sums all the same */
		}
		if (i == o->service_n) {
			o->services[o->service_n++] = (struct board_service){.service = s->id};
		}
		board_sums_add(&o->services[i].sums, &sums);
	}
	return board_count_list_close(&rows, e);
}

static void keep_text(char *to, size_t room, struct str s)
{
	size_t n = s.n < room ? s.n : room - 1;
	memcpy(to, s.p, n);
	to[n] = '\0';
}

static bool read_alerts(struct tx *tx, struct board_office *o, struct err *e)
{
	struct alert_newest_rows rows;
	struct alert_newest_out a;
	struct alert_newest_in in = {.institution = o->institution, .before = INT64_MAX, .most = BOARD_ALERTS};
	if (!alert_newest_open(tx, &in, &rows, e)) {
		return false;
	}
	while (o->alert_n < BOARD_ALERTS && alert_newest_next(&rows, &a)) {
		struct board_alert *to = &o->alerts[o->alert_n++];
		*to = (struct board_alert){
			.casefile = a.casefile, .raised_us = a.raised_at, .institution = o->institution, .level = (int)a.level};
		keep_text(to->number, sizeof to->number, a.number);
		keep_text(to->service, sizeof to->service, a.service);
	}
	return alert_newest_close(&rows, e);
}

static bool pass_job(struct tx *tx, void *ctx, struct err *e)
{
	struct pass *p = ctx;
	p->exact_us = tx_now_us(tx);
	bool ok = read_totals(tx, p, e);
	for (size_t i = 0; ok && i < p->n; i++) {
		struct board_office *o = p->changed[i];
		ok = read_days(tx, o, e) && read_due(tx, o, e) && read_services(tx, p->b->app, o, e) && read_alerts(tx, o, e);
	}
	return ok;
}

/* Puts the fresh copies in the places of the old ones. */
static bool put_seen(struct board *b, struct pass *p, struct err *e)
{
	if (b->n + p->n > b->room) {
		size_t room = b->n + p->n + 64;
		struct board_office **more = mem_resize(b->offices, room, sizeof *more);
		if (more == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for the board");
		}
		b->offices = more;
		b->room = room;
	}
	size_t known_n = b->n;
	for (size_t i = 0; i < p->n; i++) {
		struct board_office *was = find(b->offices, known_n, p->changed[i]->institution);
		if (was != NULL) {
			*was = *p->changed[i];
		} else {
			b->offices[b->n++] = p->changed[i];
			p->changed[i] = NULL;
		}
	}
	if (b->n > known_n) {
		qsort(b->offices, b->n, sizeof(struct board_office *), by_institution);
	}
	b->exact_us = p->exact_us;
	b->version += p->n > 0;
	return true;
}

bool board_refresh(struct board *b, struct err *e)
{
	struct board_office *changed[CHANGED_MOST];
	bool ok = true, has_more = true;
	while (ok && has_more) {
		struct pass p = {.b = b, .changed = changed};
		struct arena a;
		arena_init(&a, ARENA_BYTES);
		ok = store_read(b->app->store, 0, &a, pass_job, &p, e);
		if (ok) {
			pthread_rwlock_wrlock(&b->seen);
			ok = put_seen(b, &p, e);
			pthread_rwlock_unlock(&b->seen);
		}
		for (size_t i = 0; i < p.n; i++) {
			mem_free(p.changed[i]);
		}
		arena_release(&a);
		has_more = p.has_more && p.n > 0;
	}
	return ok;
}

/* --- The thread
 * --------------------------------------------------------------------------------------------------------- */

static void wait_s(struct board *b, int s)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += s;
	(void)pthread_cond_timedwait(&b->wake, &b->lock, &until);
}

static void *run(void *arg)
{
	struct board *b = arg;
	pthread_mutex_lock(&b->lock);
	while (!b->is_stopping) {
		struct err e = {0};
		pthread_mutex_unlock(&b->lock);
		bool ok = board_refresh(b, &e);
		pthread_mutex_lock(&b->lock);
		if (!ok && !b->has_failed) {
			log_err(LOG_WARN, "board", &e);
		}
		b->has_failed = !ok;
		int64_t now_us = time_running_us(&b->app->time);
		if (ok) {
			b->read_us = now_us;
		}
		pthread_cond_broadcast(&b->fresh);
		if (!b->is_stopping) {
			wait_s(b, now_us - b->wanted_us < WANTED_US ? EVERY_S : IDLE_S);
		}
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

bool board_start(struct app *app, struct board **out, struct err *e)
{
	struct board *b = mem_alloc(1, sizeof *b);
	*out = NULL;
	if (b == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the board");
	}
	b->app = app;
	b->wanted_us = -WANTED_US;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&b->lock, NULL);
	pthread_rwlock_init(&b->seen, NULL);
	pthread_cond_init(&b->wake, &monotonic);
	pthread_cond_init(&b->fresh, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*out = b;
	if (!thread_start(&b->thread, "board", 512 * 1024, run, b, e)) {
		board_stop(b);
		*out = NULL;
		return false;
	}
	return true;
}

void board_stop(struct board *b)
{
	if (b == NULL) {
		return;
	}
	pthread_mutex_lock(&b->lock);
	b->is_stopping = true;
	pthread_cond_signal(&b->wake);
	pthread_mutex_unlock(&b->lock);
	thread_join(&b->thread);
	for (size_t i = 0; i < b->n; i++) {
		mem_free(b->offices[i]);
	}
	mem_free(b->offices);
	pthread_mutex_destroy(&b->lock);
	pthread_rwlock_destroy(&b->seen);
	pthread_cond_destroy(&b->wake);
	pthread_cond_destroy(&b->fresh);
	mem_free(b);
}

/* --- Looking
 * ------------------------------------------------------------------------------------------------------------ */

bool board_take(struct app *app, struct board_seen *out, struct err *e)
{
	struct board *b = app->board;
	*out = (struct board_seen){0};
	if (b == NULL) {
		return err_set(e, ERR_BUSY, "no board is kept here");
	}
	pthread_mutex_lock(&b->lock);
	int64_t now_us = time_running_us(&app->time);
	b->wanted_us = now_us;
	if (b->read_us == 0 || now_us - b->read_us > FRESH_US) {
		/* Nobody looked for a while: one pass, for which the first who looks waits. */
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += 2;
		pthread_cond_signal(&b->wake);
		(void)pthread_cond_timedwait(&b->fresh, &b->lock, &until);
	}
	bool has_read = b->read_us != 0;
	pthread_mutex_unlock(&b->lock);
	if (!has_read) {
		return err_set(e, ERR_BUSY, "the board was not read yet");
	}
	pthread_rwlock_rdlock(&b->seen);
	*out = (struct board_seen){
		.board = b, .offices = b->offices, .n = b->n, .exact_us = b->exact_us, .version = b->version};
	return true;
}

void board_release(struct board_seen *seen)
{
	if (seen->board != NULL) {
		pthread_rwlock_unlock(&seen->board->seen);
		seen->board = NULL;
	}
}

const struct board_office *board_office(const struct board_seen *seen, int64_t institution)
{
	return find(seen->offices, seen->n, institution);
}

/* --- Looking ahead
 * ------------------------------------------------------------------------------------------------------ */

void board_foresee(const struct board_office *o, const struct calendar *c, day_number today, day_number until,
                   struct board_forecast *add)
{
	day_number since = calendar_add(c, today, -PACE_DAYS), first = today;
	int64_t ended = 0;
	for (size_t i = 0; i < o->day_n; i++) {
		if (o->days[i].day >= since && o->days[i].day < today) {
			ended += o->days[i].ended;
		}
		first = o->days[i].day < first ? o->days[i].day : first;
	}
	/* An office that began last week is not measured by the weeks before. */
	int32_t days = calendar_between(c, (first > since ? first : since) - 1, today - 1);
	days = days < 1 ? 1 : days > PACE_DAYS ? PACE_DAYS : days;
	int64_t before = o->sums.past, due = 0, unhandled = 0;
	for (size_t i = 0; i < o->due_n && o->due[i].day <= until; i++) {
		/* By the end of its day the oldest so many are done, those past their limit before all others. */
		int64_t can = ended * calendar_between(c, today - 1, o->due[i].day) / days;
		int64_t n = o->due[i].n, open = before + n - can;
		unhandled += open < 0 ? 0 : open > n ? n : open;
		before += n;
		due += n;
	}
	add->due += due;
	add->unhandled += unhandled;
	add->ended += ended;
	add->days = days > add->days ? days : add->days;
}
