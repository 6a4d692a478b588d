#include "app/people/password.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/thread.h"

_Static_assert(crypto_pwhash_argon2id_STRBYTES == PASSWORD_HASH_MAX, "the stored form is libsodium's");

#define DEFAULT_PASSES 2
#define DEFAULT_MEMORY ((size_t)19 * 1024 * 1024)
#define THREADS_MAX 64

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE };

/* Lies on the caller's stack; the caller does not return before it is done or taken out of the queue again. */
struct job {
	struct job *next;
	struct str password;
	const char *hash; /* NULL: make one */
	char *out;
	bool is_right;
	bool is_failed; /* memory was out */
	enum job_state state;
	pthread_cond_t changed;
};

struct queue {
	struct job *first;
	int n;
};

struct password_pool {
	pthread_mutex_t lock;
	pthread_cond_t has_work;
	struct queue queues[2]; /* [0] known devices, [1] everybody else */
	bool is_stopping;
	int allowed; /* tests: how many more are taken; below 0: all */
	int queue_max, threads, percent, processors;
	int64_t wait_us;
	uint64_t passes;
	size_t memory_bytes;
	/* Of a password nobody knows, at the pool's own cost: what a check for an unknown account is made against. */
	char nobody[PASSWORD_HASH_MAX];
	struct thread workers[THREADS_MAX];
};

static int64_t clock_us(clockid_t id)
{
	struct timespec t = {0};
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct timespec after_us(int64_t us)
{
	int64_t at = clock_us(CLOCK_MONOTONIC) + us;
	return (struct timespec){.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000};
}

static void push(struct queue *q, struct job *j)
{
	struct job **at = &q->first;
	while (*at != NULL) {
		at = &(*at)->next;
	}
	*at = j;
	q->n++;
}

static void take_out(struct queue *q, struct job *j)
{
	for (struct job **at = &q->first; *at != NULL; at = &(*at)->next) {
		if (*at == j) {
			*at = j->next;
			q->n--;
			return;
		}
	}
}

static struct job *next_job(struct password_pool *p)
{
	for (int i = 0; i < 2; i++) {
		struct job *j = p->queues[i].first;
		if (j != NULL) {
			take_out(&p->queues[i], j);
			return j;
		}
	}
	return NULL;
}

static bool make_hash(struct str password, uint64_t passes, size_t memory_bytes, char out[PASSWORD_HASH_MAX])
{
	return crypto_pwhash_argon2id_str(out, password.p, password.n, passes, memory_bytes) == 0;
}

static void work_on(struct password_pool *p, struct job *j)
{
	if (j->out != NULL) {
		j->is_failed = !make_hash(j->password, p->passes, p->memory_bytes, j->out);
	} else {
		bool is_right = crypto_pwhash_argon2id_str_verify(j->hash, j->password.p, j->password.n) == 0;
		j->is_right = is_right && j->hash != p->nobody;
	}
}

int64_t password_rest_us(int64_t cpu_us, int threads, int processors, int percent)
{
	/* threads * cpu / (cpu + rest) <= processors * percent / 100 */
	int64_t share = (int64_t)processors * percent;
	int64_t whole = (int64_t)threads * 100;
	return share >= whole ? 0 : (cpu_us * whole + share - 1) / share - cpu_us;
}

static void *worker(void *arg)
{
	struct password_pool *p = arg;
	thread_set_idle();
	int64_t rest_until = 0;
	pthread_mutex_lock(&p->lock);
	while (!p->is_stopping) {
		int64_t rest = rest_until - clock_us(CLOCK_MONOTONIC);
		if (rest > 0) {
			struct timespec until = after_us(rest);
			pthread_cond_timedwait(&p->has_work, &p->lock, &until);
			continue;
		}
		struct job *j = p->allowed == 0 ? NULL : next_job(p);
		if (j == NULL) {
			pthread_cond_wait(&p->has_work, &p->lock);
			continue;
		}
		p->allowed -= p->allowed > 0;
		j->state = JOB_RUNNING;
		pthread_mutex_unlock(&p->lock);
		int64_t cpu = clock_us(CLOCK_THREAD_CPUTIME_ID);
		work_on(p, j);
		cpu = clock_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
		rest_until = clock_us(CLOCK_MONOTONIC) + password_rest_us(cpu, p->threads, p->processors, p->percent);
		pthread_mutex_lock(&p->lock);
		j->state = JOB_DONE;
		pthread_cond_signal(&j->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void cond_init_monotonic(pthread_cond_t *c)
{
	pthread_condattr_t a;
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(c, &a);
	pthread_condattr_destroy(&a);
}

bool password_pool_start(const struct password_options *o, struct password_pool **out, struct err *e)
{
	static const struct password_options defaults;
	*out = NULL;
	o = o != NULL ? o : &defaults;
	if (sodium_init() < 0) {
		return err_set(e, ERR_INTERNAL, "libsodium cannot start");
	}
	struct password_pool *p = mem_alloc(1, sizeof(*p));
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "password pool");
	}
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	p->processors = processors < 1 ? 1 : (int)processors;
	p->percent = o->percent > 0 ? o->percent : 25;
	p->threads = o->threads > 0 ? o->threads : (p->processors + 3) / 4;
	p->threads = p->threads > THREADS_MAX ? THREADS_MAX : p->threads;
	p->queue_max = o->queue_max > 0 ? o->queue_max : 16;
	p->wait_us = o->wait_us > 0 ? o->wait_us : INT64_C(10000000);
	p->passes = o->passes > 0 ? o->passes : DEFAULT_PASSES;
	p->memory_bytes = o->memory_bytes > 0 ? o->memory_bytes : DEFAULT_MEMORY;
	p->allowed = o->is_held ? 0 : -1;
	pthread_mutex_init(&p->lock, NULL);
	cond_init_monotonic(&p->has_work);
	char unknown[32];
	randombytes_buf(unknown, sizeof(unknown));
	bool ok = make_hash(str_from(unknown, sizeof(unknown)), p->passes, p->memory_bytes, p->nobody) ||
	          err_set(e, ERR_MEMORY, "first password hash");
	for (int i = 0; ok && i < p->threads; i++) {
		ok = thread_start(&p->workers[i], "password", 0, worker, p, e);
	}
	if (!ok) {
		password_pool_stop(p);
		return false;
	}
	*out = p;
	return true;
}

void password_pool_stop(struct password_pool *p)
{
	if (p == NULL) {
		return;
	}
	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	pthread_cond_broadcast(&p->has_work);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->threads; i++) {
		thread_join(&p->workers[i]);
	}
	pthread_cond_destroy(&p->has_work);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
}

void password_pool_allow(struct password_pool *p, int n)
{
	pthread_mutex_lock(&p->lock);
	p->allowed = n;
	pthread_cond_broadcast(&p->has_work);
	pthread_mutex_unlock(&p->lock);
}

size_t password_pool_waiting(struct password_pool *p)
{
	pthread_mutex_lock(&p->lock);
	size_t n = (size_t)(p->queues[0].n + p->queues[1].n);
	pthread_mutex_unlock(&p->lock);
	return n;
}

static bool ask(struct password_pool *p, struct job *j, bool is_known_device, struct err *e)
{
	struct queue *q = &p->queues[is_known_device ? 0 : 1];
	bool is_refused = false;
	cond_init_monotonic(&j->changed);
	struct timespec until = after_us(p->wait_us);
	pthread_mutex_lock(&p->lock);
	if (q->n >= p->queue_max) {
		is_refused = true;
	} else {
		push(q, j);
		pthread_cond_broadcast(&p->has_work); /* not signal: it could wake one that rests */
		while (j->state != JOB_DONE) {
			bool is_late = pthread_cond_timedwait(&j->changed, &p->lock, &until) == ETIMEDOUT;
			if (is_late && j->state == JOB_WAITING) {
				take_out(q, j);
				is_refused = true;
				break;
			}
			if (is_late) { /* it runs: a few milliseconds more, and its stack is ours */
				until = after_us(p->wait_us);
			}
		}
	}
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&j->changed);
	if (is_refused) {
		return err_set(e, ERR_TOO_MANY, "password queue is full");
	}
	return !j->is_failed || err_set(e, ERR_MEMORY, "password hash");
}

bool password_hash(struct password_pool *p, struct str password, char out[PASSWORD_HASH_MAX], struct err *e)
{
	struct job j = {.password = password, .out = out};
	return ask(p, &j, false, e);
}

bool password_check(struct password_pool *p, struct str password, const char *hash, bool is_known_device,
                    bool *is_right, struct err *e)
{
	struct job j = {.password = password, .hash = hash != NULL ? hash : p->nobody};
	*is_right = false;
	if (!ask(p, &j, is_known_device, e)) {
		return false;
	}
	*is_right = j.is_right;
	return true;
}

bool password_hash_here(struct str password, char out[PASSWORD_HASH_MAX], struct err *e)
{
	if (sodium_init() < 0 || !make_hash(password, DEFAULT_PASSES, DEFAULT_MEMORY, out)) {
		return err_set(e, ERR_MEMORY, "password hash");
	}
	return true;
}

void password_wipe(struct str secret)
{
	if (secret.n > 0) {
		mem_wipe((void *)(uintptr_t)secret.p, secret.n);
	}
}
