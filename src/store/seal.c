#include "store/seal.h"

#include <pthread.h>
#include <time.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time_source.h"
#include "os/thread.h"
#include "store/event.h"
#include "store/event.sql.h"
#include "store/merkle.h"
#include "store/process.h"
#include "store/seal_row.h"

enum {
	BATCH_MOST = 65536, /* events in a batch */
	READ_MOST = 2048,   /* rows in a read */
	READ_BYTES = 32 << 20,
	LINE_MOST = 4096,
	MESSAGE_MOST = 512,
};

struct sealer {
	struct seal_options o;
	char *outside_path;
	struct thread thread;
	pthread_mutex_t lock; /* is_stopping */
	pthread_cond_t wake;
	bool is_stopping;
	pthread_mutex_t sealing; /* one at a time: sealed_outside and what follows from it */
	int64_t outside;         /* newest batch that the outside file is known to hold; -1: not read yet */
};

/* --- Reading the log -----------------------------------------------------------------------------------------------
 */

struct leaves {
	int64_t from, most;
	struct merkle *tree;
	int64_t n; /* out: read now */
};

static bool leaves_job(struct tx *tx, void *ctx, struct err *e)
{
	struct leaves *l = ctx;
	struct event_log_page_rows rows;
	struct event_log_page_out r;
	struct merkle tree = *l->tree;
	l->n = 0;
	if (!event_log_page_open(tx, &(struct event_log_page_in){.most = l->most, .log = EVENT_LOG, .position = l->from},
	                         &rows, e)) {
		return false;
	}
	bool is_whole = true;
	while (is_whole && event_log_page_next(&rows, &r)) {
		is_whole = r.position == l->from + l->n && r.leaf.n == SHA256_BYTES;
		if (is_whole) {
			merkle_add(&tree, (const uint8_t *)r.leaf.p);
			l->n++;
		}
	}
	if (!event_log_page_close(&rows, e)) {
		return false;
	}
	if (!is_whole) {
		return err_set(e, ERR_CORRUPT, "the event log is damaged at position %lld", (long long)(l->from + l->n));
	}
	*l->tree = tree;
	return true;
}

/* --- Sealing --------------------------------------------------------------------------------------------------------
 */

struct insert {
	const struct seal *seal;
	const struct process *process;
};

static bool insert_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct insert *i = ctx;
	const struct seal *s = i->seal;
	struct seal_last_out last;
	if (!process_holds(i->process, LEASE_SEAL)) {
		return err_set(e, ERR_CONFLICT, "sealing is another process's by now");
	}
	if (!seal_last(tx, &(struct seal_last_in){EVENT_LOG}, &last, e)) {
		return false;
	}
	if (last.found != (s->batch > 1) ||
	    (last.found && (last.batch != s->batch - 1 || !str_eq(last.hash, str_from(s->previous, SHA256_BYTES))))) {
		return err_set(e, ERR_CONFLICT, "another sealer was faster with batch %lld", (long long)s->batch);
	}
	return seal_insert(tx,
	                   &(struct seal_insert_in){
						   .log = EVENT_LOG,
						   .batch = s->batch,
						   .first = s->first,
						   .leaves = s->leaves,
						   .root = str_from(s->root, sizeof s->root),
						   .previous = str_from(s->previous, sizeof s->previous),
						   .hash = str_from(s->hash, sizeof s->hash),
						   .signature = str_from(s->signature, sizeof s->signature),
						   .sealed_at = s->sealed_us,
					   },
	                   e);
}

static bool now_job(struct tx *tx, void *ctx, struct err *e)
{
	(void)e;
	*(int64_t *)ctx = tx_now_us(tx);
	return true;
}

/* Seals the next batch. *done: there was nothing to seal. */
static bool seal_batch(struct sealer *s, bool *done, struct err *e)
{
	struct find_seal last;
	struct merkle tree;
	struct arena a;
	merkle_init(&tree);
	if (!seal_find(s->o.store, 0, &last, e)) {
		return false;
	}
	struct seal next = {
		.batch = last.found ? last.seal.batch + 1 : 1,
		.first = last.found ? last.seal.first + last.seal.leaves : 1,
	};
	arena_init(&a, READ_BYTES);
	bool ok = true;
	struct leaves l = {.tree = &tree};
	do {
		l.from = next.first + next.leaves;
		l.most = READ_MOST;
		arena_reset(&a);
		ok = store_read(s->o.store, EVENT_LOG, &a, leaves_job, &l, e);
		next.leaves += ok ? l.n : 0;
	} while (ok && l.n == READ_MOST && next.leaves < BATCH_MOST);
	ok = ok && store_read(s->o.store, EVENT_LOG, &a, now_job, &next.sealed_us, e);
	arena_release(&a);
	*done = ok && next.leaves == 0;
	if (!ok || *done) {
		return ok;
	}
	if (last.found) {
		memcpy(next.previous, last.seal.hash, sizeof next.previous);
	}
	merkle_root(&tree, next.root);
	struct buf message;
	buf_init(&message, MESSAGE_MOST);
	seal_message(&message, &next);
	sha256_of(buf_str(&message), next.hash);
	struct insert in = {.seal = &next, .process = s->o.process};
	struct store_op op = {.route = EVENT_LOG, .is_background = true};
	ok = buf_ok(&message, e) && s->o.sign(s->o.sign_ctx, buf_str(&message), next.signature, e) &&
	     store_write(s->o.store, &op, insert_job, &in, e);
	buf_release(&message);
	return ok;
}

/* --- The file outside ----------------------------------------------------------------------------------------------
 */

static void put_line(struct buf *b, const struct seal *s)
{
	struct json_out j = {.to = b};
	struct {
		const char *key;
		const uint8_t *p;
		size_t n;
	} bytes[] = {
		{"root", s->root, sizeof s->root},
		{"hash", s->hash, sizeof s->hash},
		{"signature", s->signature, sizeof s->signature},
	};
	json_begin_object(&j);
	json_key(&j, STR("batch"));
	json_put_int(&j, s->batch);
	json_key(&j, STR("events"));
	json_put_int(&j, s->first + s->leaves - 1);
	json_key(&j, STR("sealed_us"));
	json_put_int(&j, s->sealed_us);
	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		struct buf hex;
		buf_init(&hex, 256);
		buf_put_hex(&hex, bytes[i].p, bytes[i].n);
		json_key(&j, str_of(bytes[i].key));
		json_put_string(&j, buf_str(&hex));
		buf_release(&hex);
	}
	json_end_object(&j);
	buf_put_byte(b, '\n');
}

/* Brings the outside file up to the newest seal. */
static bool write_outside(struct sealer *s, struct err *e)
{
	struct find_seal last;
	if (!seal_find(s->o.store, 0, &last, e)) {
		return false;
	}
	bool is_ended = true;
	if (s->outside < 0) {
		struct outside_file o;
		if (!outside_open(&o, s->outside_path, e)) {
			return false;
		}
		int64_t newest = 0;
		for (; o.has_line; outside_next(&o)) {
			newest = o.now.batch > newest ? o.now.batch : newest;
		}
		is_ended = o.is_ended;
		outside_close(&o);
		if (newest > (last.found ? last.seal.batch : 0)) {
			log_line(LOG_ERROR, "seal-outside-is-ahead", LOG_I("outside", newest),
			         LOG_I("store", last.found ? last.seal.batch : 0));
		}
		s->outside = is_ended ? newest : 0;
	}
	if (!last.found || s->outside >= last.seal.batch) {
		return true;
	}
	struct buf line;
	buf_init(&line, LINE_MOST);
	buf_put(&line, is_ended ? STR_EMPTY : STR("\n"));
	put_line(&line, &last.seal);
	bool ok = buf_ok(&line, e) && file_append_durable(s->o.files, s->outside_path, buf_str(&line), 0600, e);
	/* After a failure nobody knows what the file holds: it is read again. */
	s->outside = ok ? last.seal.batch : -1;
	buf_release(&line);
	return ok;
}

/* --- The thread ----------------------------------------------------------------------------------------------------
 */

bool sealer_seal(struct sealer *s, struct err *e)
{
	pthread_mutex_lock(&s->sealing);
	bool done = false;
	bool ok = true;
	while (ok && !done && process_holds(s->o.process, LEASE_SEAL)) {
		ok = seal_batch(s, &done, e);
		if (!ok && e->code == ERR_CONFLICT) {
			ok = true; /* another sealer won this batch; the next round looks again */
		}
	}
	ok = ok && write_outside(s, e);
	pthread_mutex_unlock(&s->sealing);
	return ok;
}

static bool update_outside(struct sealer *s, struct err *e)
{
	pthread_mutex_lock(&s->sealing);
	bool ok = write_outside(s, e);
	pthread_mutex_unlock(&s->sealing);
	return ok;
}

static void seal_and_log(struct sealer *s)
{
	struct err e;
	if (!sealer_seal(s, &e)) {
		log_err(LOG_ERROR, "seal", &e);
	}
}

static void *run(void *arg)
{
	struct sealer *s = arg;
	struct err e;
	/* Others may have sealed before this one came. */
	if (store_is_shared(s->o.store) && !update_outside(s, &e)) {
		log_err(LOG_ERROR, "seal", &e);
	}
	pthread_mutex_lock(&s->lock);
	while (!s->is_stopping) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		int64_t ns = until.tv_nsec + s->o.every_us % US_PER_S * 1000;
		until.tv_sec += s->o.every_us / US_PER_S + ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		while (!s->is_stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0) {
		}
		if (!s->is_stopping) {
			pthread_mutex_unlock(&s->lock);
			seal_and_log(s);
			pthread_mutex_lock(&s->lock);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void free_sealer(struct sealer *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->sealing);
	pthread_cond_destroy(&s->wake);
	mem_free(s->outside_path);
	mem_free(s);
}

bool sealer_start(const struct seal_options *o, struct sealer **out, struct err *e)
{
	*out = NULL;
	struct sealer *s = mem_alloc(1, sizeof *s);
	if (!s) {
		return err_set(e, ERR_MEMORY, "no memory for the sealer");
	}
	s->o = *o;
	s->o.files = o->files ? o->files : &file_layer_real;
	s->outside = -1;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->sealing, NULL);
	s->outside_path = file_path(o->outside_path, STR_EMPTY);
	if (!s->outside_path) {
		free_sealer(s);
		return err_set(e, ERR_MEMORY, "no memory for the sealer");
	}
	if (!thread_start(&s->thread, "sealer", 0, run, s, e)) {
		free_sealer(s);
		return false;
	}
	*out = s;
	return true;
}

void sealer_stop(struct sealer *s)
{
	if (!s) {
		return;
	}
	pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	thread_join(&s->thread);
	seal_and_log(s); /* what is left */
	free_sealer(s);
}
