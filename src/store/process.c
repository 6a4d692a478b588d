#include "store/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "os/file.h"
#include "os/thread.h"
#include "store/process.sql.h"
#include "store/standing.h"

#define LEASE_US (10 * US_PER_S)
#define BEAT_MOST_US US_PER_S

enum { HOUSE = 1, LOOK_BYTES = 1 << 20, NOTE_BYTES = 64 };

static const char *const names[LEASES] = {
	"relay",     "seal",      "sweep",     "timers-00", "timers-01", "timers-02", "timers-03",
	"timers-04", "timers-05", "timers-06", "timers-07", "timers-08", "timers-09", "timers-10",
	"timers-11", "timers-12", "timers-13", "timers-14", "timers-15",
};

const char *lease_name(int lease)
{
	return names[lease];
}

static int lease_named(struct str name)
{
	int i = 0;
	while (i < LEASES && !str_is(name, names[i])) {
		i++;
	}
	return i;
}

/* A process as its row said it, and since when it says that. */
struct seen {
	int64_t id, beat, lease_us;
	int64_t since_us; /* running time */
	bool is_leaving;
};

struct lease_row {
	int64_t holder, epoch;
};

struct process {
	struct process_options o;
	char name[PROCESS_NAME_MOST + 1];
	char *note_path;
	bool is_alone; /* nobody else can open this store */
	struct thread thread;
	pthread_mutex_t lock; /* for these */
	pthread_cond_t wake;
	bool is_stopping;
	int64_t there[PROCESSES_MOST]; /* those that serve, as the last look saw them */
	size_t there_n;
	_Atomic bool is_leaving;

	/* What process_holds looks at. */
	_Atomic uint32_t held;
	_Atomic int64_t until_us; /* running time */
	_Atomic size_t count;

	/* Of who calls process_tick. */
	_Atomic int64_t id; /* 0: not registered */
	struct seen seen[PROCESSES_MOST];
	size_t seen_n;
	struct lease_row leases[LEASES];
	bool knows_leaving; /* the last tick did */
	bool has_failed;    /* and said so */
};

static int64_t now_us(const struct process *p)
{
	return time_running_us(p->o.time);
}

uint32_t process_leases(const struct process *p)
{
	if (p && store_is_closed(p->o.store)) {
		return 0; /* nothing of this could be written */
	}
	if (p == NULL || p->is_alone) {
		return (UINT32_C(1) << LEASES) - 1;
	}
	/* The time first: `held` is never newer than what it counts for. */
	int64_t until_us = atomic_load(&p->until_us);
	uint32_t held = atomic_load(&p->held);
	return now_us(p) < until_us ? held : 0;
}

bool process_holds(const struct process *p, int lease)
{
	return process_leases(p) >> lease & 1;
}

size_t process_count(const struct process *p)
{
	return p == NULL || p->is_alone ? 1 : atomic_load(&p->count);
}

int64_t process_id(const struct process *p)
{
	return p ? atomic_load(&p->id) : 0;
}

bool process_is_there(const struct process *p, int64_t id)
{
	struct process *mutable = (struct process *)(uintptr_t)p;
	bool is_there = false;
	if (p == NULL || p->is_alone || id == 0) {
		return false;
	}
	pthread_mutex_lock(&mutable->lock);
	for (size_t i = 0; i < p->there_n && !is_there; i++) {
		is_there = p->there[i] == id;
	}
	pthread_mutex_unlock(&mutable->lock);
	return is_there;
}

/* --- Registering ---------------------------------------------------------------------------------------------------
 */

struct entry {
	const struct process *p;
	int64_t id, before; /* before: the one that had the note, or 0 */
};

static bool register_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct entry *r = ctx;
	struct process_insert_in in = {
		.house = HOUSE,
		.id = r->id,
		.name = str_of(r->p->name),
		.lease_us = r->p->o.lease_us,
		.is_leaving = atomic_load(&r->p->is_leaving),
		.started_at = tx_now_us(tx),
	};
	bool ok = process_insert(tx, &in, e) &&
	          (r->before == 0 || process_forget(tx, &(struct process_forget_in){HOUSE, r->before}, NULL, e));
	for (int i = 0; ok && i < LEASES; i++) {
		ok = lease_make(tx, &(struct lease_make_in){HOUSE, str_of(names[i])}, NULL, e);
	}
	return ok;
}

/* 0: there is no note. */
static int64_t read_note(const struct process *p)
{
	struct buf text;
	struct err ignored;
	int64_t id = 0;
	buf_init(&text, NOTE_BYTES);
	if (p->note_path && file_read_whole(p->note_path, &text, &ignored) && !id_parse(str_trim(buf_str(&text)), &id)) {
		id = 0;
	}
	buf_release(&text);
	return id;
}

/* Written before the row: a row that nobody remembers would hold its leases for a while. */
static bool write_note(const struct process *p, int64_t id, struct err *e)
{
	return p->note_path == NULL || file_replace(&file_layer_real, p->note_path, str_of(id_text(id).c), 0600, e);
}

static bool enter(struct process *p, struct err *e)
{
	struct entry r = {.p = p, .id = id_random(), .before = read_note(p)};
	struct store_op op = {.route = HOUSE};
	int64_t begin_us = now_us(p);
	/* What a process of another id held is not held any more. */
	atomic_store(&p->held, 0);
	p->id = 0;
	if (!write_note(p, r.id, e) || !store_write(p->o.store, &op, register_job, &r, e)) {
		return false;
	}
	p->id = r.id;
	atomic_store(&p->until_us, begin_us + p->o.lease_us * 6 / 10);
	log_line(LOG_INFO, "process-registered", LOG_S("process", str_of(id_text(p->id).c)));
	return true;
}

/* --- Renewing, and changing what is held ---------------------------------------------------------------------------
 */

struct change {
	const struct process *p;
	struct {
		int lease;
		bool is_taken; /* else given back */
		int64_t epoch;
	} leases[LEASES];
	size_t lease_n;
	struct seen dead[PROCESSES_MOST];
	size_t dead_n;
	bool leaves;
};

static bool change_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct change *c = ctx;
	bool ok = process_beat(
		tx, &(struct process_beat_in){.is_leaving = atomic_load(&c->p->is_leaving), .house = HOUSE, .id = c->p->id}, e);
	for (size_t i = 0; ok && i < c->dead_n; i++) {
		ok = process_bury(tx, &(struct process_bury_in){HOUSE, c->dead[i].id, c->dead[i].beat}, NULL, e);
	}
	for (size_t i = 0; ok && i < c->lease_n; i++) {
		struct str name = str_of(names[c->leases[i].lease]);
		ok = c->leases[i].is_taken
		         ? lease_take(tx, &(struct lease_take_in){c->p->id, HOUSE, name, c->leases[i].epoch}, NULL, e)
		         : lease_give(tx, &(struct lease_give_in){HOUSE, name, c->p->id}, NULL, e);
	}
	return ok && (!c->leaves || process_forget(tx, &(struct process_forget_in){HOUSE, c->p->id}, NULL, e));
}

/* Every change renews: it shows that the row is still there. */
static bool change(struct process *p, struct change *c, struct err *e)
{
	struct store_op op = {.route = HOUSE};
	int64_t begin_us = now_us(p);
	c->p = p;
	if (!store_write(p->o.store, &op, change_job, c, e)) {
		return false;
	}
	atomic_store(&p->until_us, begin_us + p->o.lease_us * 6 / 10);
	return true;
}

/* --- Looking ------------------------------------------------------------------------------------------------------ */

struct look {
	struct seen rows[PROCESSES_MOST];
	size_t n;
	struct lease_row leases[LEASES];
};

static bool look_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct process_list_rows processes;
	struct process_list_out o;
	struct lease_list_rows leases;
	struct lease_list_out row;
	*l = (struct look){0};
	if (!process_list_open(tx, &(struct process_list_in){.most = PROCESSES_MOST, .house = HOUSE}, &processes, e)) {
		return false;
	}
	while (l->n < PROCESSES_MOST && process_list_next(&processes, &o)) {
		l->rows[l->n++] = (struct seen){.id = o.id, .beat = o.beat, .lease_us = o.lease_us, .is_leaving = o.is_leaving};
	}
	if (!process_list_close(&processes, e) || !lease_list_open(tx, &(struct lease_list_in){HOUSE}, &leases, e)) {
		return false;
	}
	while (lease_list_next(&leases, &row)) {
		int i = lease_named(row.name);
		if (i < LEASES) {
			l->leases[i] = (struct lease_row){row.holder, row.epoch};
		}
	}
	return lease_list_close(&leases, e);
}

static const struct seen *seen_before(const struct process *p, int64_t id)
{
	for (size_t i = 0; i < p->seen_n; i++) {
		if (p->seen[i].id == id) {
			return &p->seen[i];
		}
	}
	return NULL;
}

/* Of what stands in the store now; the dead go into *c, and into no count. */
static bool look(struct process *p, struct change *c, struct err *e)
{
	struct arena a;
	struct look *l = mem_alloc(1, sizeof *l);
	if (l == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to look for other processes");
	}
	arena_init(&a, LOOK_BYTES);
	/* What is there now was there at the latest after the look, and what stood still did so until before it. */
	int64_t before_us = now_us(p);
	bool ok = store_read(p->o.store, HOUSE, &a, look_job, l, e);
	int64_t after_us = now_us(p);
	arena_release(&a);
	size_t kept = 0;
	c->dead_n = 0;
	for (size_t i = 0; ok && i < l->n; i++) {
		struct seen *s = &l->rows[i];
		const struct seen *old = seen_before(p, s->id);
		s->since_us = old && old->beat == s->beat ? old->since_us : after_us;
		if (s->id != p->id && before_us - s->since_us >= s->lease_us) {
			c->dead[c->dead_n++] = *s;
		}
	}
	for (size_t i = 0; ok && i < l->n; i++) {
		p->seen[kept++] = l->rows[i];
	}
	if (ok) {
		p->seen_n = kept;
		memcpy(p->leases, l->leases, sizeof p->leases);
	}
	mem_free(l);
	return ok;
}

/* --- Who holds what ------------------------------------------------------------------------------------------------
 */

static bool is_dead(const struct change *c, int64_t id)
{
	for (size_t i = 0; i < c->dead_n; i++) {
		if (c->dead[i].id == id) {
			return true;
		}
	}
	return false;
}

/* How many timer buckets are this one's: of those that stay, each as many as the others, the first ones one more. */
static int share(const struct process *p, const struct change *c)
{
	int n = 0, at = 0;
	bool leaves = atomic_load(&p->is_leaving);
	for (size_t i = 0; i < p->seen_n; i++) {
		bool is_me = p->seen[i].id == p->id;
		at = is_me ? n : at;
		n += is_me ? !leaves : !p->seen[i].is_leaving && !is_dead(c, p->seen[i].id);
	}
	if (leaves) {
		return n == 0 ? TIMER_BUCKETS : 0;
	}
	return TIMER_BUCKETS / n + (at < TIMER_BUCKETS % n);
}

static void set(struct change *c, const struct process *p, int lease, bool is_taken)
{
	c->leases[c->lease_n].lease = lease;
	c->leases[c->lease_n].is_taken = is_taken;
	c->leases[c->lease_n++].epoch = p->leases[lease].epoch;
}

/* Free: held by nobody, or by one that has no row or loses it in this change. Should it have renewed meanwhile, it
 * keeps both. */
static bool is_free(const struct process *p, const struct change *c, int lease)
{
	int64_t holder = p->leases[lease].holder;
	return holder == 0 || is_dead(c, holder) || (seen_before(p, holder) == NULL && p->seen_n < PROCESSES_MOST);
}

static void plan(const struct process *p, struct change *c)
{
	int mine = share(p, c), have = 0;
	c->lease_n = 0;
	for (int i = 0; i < LEASES; i++) {
		bool is_timer = i >= LEASE_TIMERS;
		bool is_wanted = is_timer ? have < mine : mine > 0;
		if (p->leases[i].holder == p->id) {
			have += is_timer && is_wanted;
			if (!is_wanted) {
				set(c, p, i, false);
			}
		}
	}
	for (int i = 0; i < LEASES; i++) {
		bool is_timer = i >= LEASE_TIMERS;
		if (is_free(p, c, i) && (is_timer ? have < mine : mine > 0)) {
			have += is_timer;
			set(c, p, i, true);
		}
	}
}

static uint32_t held_now(const struct process *p)
{
	uint32_t held = 0;
	for (int i = 0; i < LEASES; i++) {
		held |= p->leases[i].holder == p->id ? UINT32_C(1) << i : 0;
	}
	return held;
}

static bool settle(struct process *p, struct change *c, struct err *e)
{
	if (!look(p, c, e)) {
		return false;
	}
	plan(p, c);
	if (c->dead_n > 0 || c->lease_n > 0) {
		/* What is given away is not used any more, before anybody can have it. */
		for (size_t i = 0; i < c->lease_n; i++) {
			if (!c->leases[i].is_taken) {
				atomic_fetch_and(&p->held, ~(UINT32_C(1) << c->leases[i].lease));
			}
		}
		for (size_t i = 0; i < c->dead_n; i++) {
			log_line(LOG_WARN, "process-taken-for-dead", LOG_S("process", str_of(id_text(c->dead[i].id).c)));
		}
		/* Which of it came true is read again: another may have been faster. */
		if (!change(p, c, e) || !look(p, c, e)) {
			return false;
		}
	}
	pthread_mutex_lock(&p->lock);
	p->there_n = 0;
	for (size_t i = 0; i < p->seen_n; i++) {
		if (!is_dead(c, p->seen[i].id)) {
			p->there[p->there_n++] = p->seen[i].id;
		}
	}
	pthread_mutex_unlock(&p->lock);
	uint32_t held = held_now(p);
	if (held != atomic_exchange(&p->held, held)) {
		log_line(LOG_INFO, "leases", LOG_I("relay", held >> LEASE_RELAY & 1), LOG_I("seal", held >> LEASE_SEAL & 1),
		         LOG_I("sweep", held >> LEASE_SWEEP & 1), LOG_I("timers", __builtin_popcount(held >> LEASE_TIMERS)));
	}
	atomic_store(&p->count, p->seen_n - c->dead_n);
	return true;
}

bool process_tick(struct process *p, struct err *e)
{
	if (p->is_alone) {
		return true;
	}
	struct change *c = mem_alloc(1, sizeof *c);
	if (c == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to renew the leases");
	}
	p->knows_leaving = atomic_load(&p->is_leaving);
	bool ok = p->id != 0 && change(p, c, e);
	if (p->id == 0 || (!ok && e->code == ERR_CONFLICT)) {
		/* Taken for dead by the others while it was frozen or cut off. */
		ok = enter(p, e);
	}
	ok = ok && settle(p, c, e);
	mem_free(c);
	return ok;
}

/* --- Life cycle ----------------------------------------------------------------------------------------------------
 */

/* The next beat; false: it stops. */
static bool waits(struct process *p)
{
	struct timespec until;
	int64_t us = p->o.lease_us / 10 < BEAT_MOST_US ? p->o.lease_us / 10 : BEAT_MOST_US;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t ns = until.tv_nsec + us % US_PER_S * 1000;
	until.tv_sec += us / US_PER_S + ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_mutex_lock(&p->lock);
	int rc = 0;
	while (!p->is_stopping && rc == 0 && p->knows_leaving == atomic_load(&p->is_leaving)) {
		rc = pthread_cond_timedwait(&p->wake, &p->lock, &until);
	}
	bool goes_on = !p->is_stopping;
	pthread_mutex_unlock(&p->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct process *p = arg;
	while (waits(p)) {
		struct err e;
		bool ok = process_tick(p, &e);
		if (!ok && !p->has_failed && e.code != ERR_CLOSED) {
			log_err(LOG_WARN, "process", &e);
		}
		p->has_failed = !ok;
	}
	return NULL;
}

static void free_process(struct process *p)
{
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->wake);
	mem_free(p->note_path);
	mem_free(p);
}

static bool begin(struct process *p, struct err *e)
{
	struct change *c = mem_alloc(1, sizeof *c);
	if (c == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for leases");
	}
	bool ok = enter(p, e) && settle(p, c, e);
	mem_free(c);
	return ok && (p->o.has_no_thread || thread_start(&p->thread, "process", 0, run, p, e));
}

bool process_start(const struct process_options *o, struct process **out, struct err *e)
{
	*out = NULL;
	struct process *p = mem_alloc(1, sizeof *p);
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for leases");
	}
	p->o = *o;
	p->o.lease_us = o->lease_us > 0 ? o->lease_us : LEASE_US;
	p->is_alone = !store_is_shared(o->store);
	struct str name = str_sub(o->name, 0, PROCESS_NAME_MOST);
	while (!str_is_utf8(name)) {
		name.n--;
	}
	if (name.n > 0) {
		memcpy(p->name, name.p, name.n);
	}
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	p->note_path = o->note_path.n > 0 ? file_path(o->note_path, STR_EMPTY) : NULL;
	if (!p->is_alone && !begin(p, e)) {
		free_process(p);
		return false;
	}
	*out = p;
	return true;
}

void process_retire(struct process *p)
{
	if (p) {
		pthread_mutex_lock(&p->lock);
		atomic_store(&p->is_leaving, true);
		pthread_cond_signal(&p->wake);
		pthread_mutex_unlock(&p->lock);
	}
}

static void leave(struct process *p)
{
	struct err e;
	struct change *c = mem_alloc(1, sizeof *c);
	atomic_store(&p->held, 0);
	if (c == NULL || p->id == 0) {
		mem_free(c);
		return;
	}
	for (int i = 0; i < LEASES; i++) {
		if (p->leases[i].holder == p->id) {
			set(c, p, i, false);
		}
	}
	c->leaves = true;
	if (!change(p, c, &e) && e.code != ERR_CONFLICT && e.code != ERR_CLOSED) {
		/* Then the others find out. */
		log_err(LOG_WARN, "process", &e);
	}
	mem_free(c);
}

void process_stop(struct process *p)
{
	if (p == NULL) {
		return;
	}
	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	thread_join(&p->thread);
	if (!p->is_alone) {
		leave(p);
	}
	free_process(p);
}

/* --- For people ----------------------------------------------------------------------------------------------------
 */

struct read {
	struct process_row *out;
	size_t n;
};

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct read *r = ctx;
	struct process_list_rows processes;
	struct process_list_out o;
	struct lease_list_rows leases;
	struct lease_list_out row;
	r->n = 0;
	if (!process_list_open(tx, &(struct process_list_in){.most = PROCESSES_MOST, .house = HOUSE}, &processes, e)) {
		return false;
	}
	while (r->n < PROCESSES_MOST && process_list_next(&processes, &o)) {
		struct process_row *to = &r->out[r->n++];
		*to = (struct process_row){.id = o.id, .started_us = o.started_at, .is_leaving = o.is_leaving};
		memcpy(to->name, o.name.p, o.name.n < PROCESS_NAME_MOST ? o.name.n : PROCESS_NAME_MOST);
	}
	if (!process_list_close(&processes, e) || !lease_list_open(tx, &(struct lease_list_in){HOUSE}, &leases, e)) {
		return false;
	}
	while (lease_list_next(&leases, &row)) {
		int lease = lease_named(row.name);
		for (size_t i = 0; i < r->n && lease < LEASES; i++) {
			r->out[i].leases |= r->out[i].id == row.holder ? UINT32_C(1) << lease : 0;
		}
	}
	return lease_list_close(&leases, e);
}

bool process_read(struct store *s, struct process_row out[PROCESSES_MOST], size_t *n, struct err *e)
{
	struct arena a;
	struct read r = {.out = out};
	arena_init(&a, LOOK_BYTES);
	bool ok = store_read(s, HOUSE, &a, read_job, &r, e);
	*n = r.n;
	arena_release(&a);
	return ok;
}
