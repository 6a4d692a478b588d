/* The checkpoint thread: copies the write-ahead log into the database file at moments of its own, so that no commit
 * waits for it. */
#include "base/log.h"
#include "store/sqlite.h"

static void checkpoint(struct sqlite *s)
{
	struct sqlite_conn *c = &s->checkpointer;
	int log = 0, copied = 0;
	int rc = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &copied);
	if (rc == SQLITE_OK && log > s->restart_pages) {
		/* Some reader always keeps the log from beginning anew: wait for them a moment. The writer waits too, so a long
		 * reader (a copy of the whole store) is not waited for again until the log has grown as much once more. */
		rc = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_RESTART, &log, &copied);
		s->restart_pages = rc == SQLITE_OK ? RESTART_PAGES : log + RESTART_PAGES;
	}
	atomic_fetch_add_explicit(&s->store->checkpoints, 1, memory_order_relaxed);
	if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
		struct err e;
		conn_fail(c, rc, "copying the log into the database", &e);
		log_err(LOG_ERROR, "store-checkpoint", &e);
	}
}

static void *run_checkpoints(void *arg)
{
	struct sqlite *s = arg;
	pthread_mutex_lock(&s->checkpoint_lock);
	for (;;) {
		while (s->checkpoint_pages == 0 && !s->is_checkpoint_stopping) {
			pthread_cond_wait(&s->checkpoint_due, &s->checkpoint_lock);
		}
		if (s->is_checkpoint_stopping) {
			break;
		}
		s->checkpoint_pages = 0;
		pthread_mutex_unlock(&s->checkpoint_lock);
		checkpoint(s);
		pthread_mutex_lock(&s->checkpoint_lock);
	}
	pthread_mutex_unlock(&s->checkpoint_lock);
	return NULL;
}

bool checkpoint_start(struct sqlite *s, struct err *e)
{
	s->checkpoint_next = CHECKPOINT_PAGES;
	s->restart_pages = RESTART_PAGES;
	return thread_start(&s->checkpoint_thread, "store-checkpoint", 0, run_checkpoints, s, e);
}

void checkpoint_stop(struct sqlite *s)
{
	pthread_mutex_lock(&s->checkpoint_lock);
	s->is_checkpoint_stopping = true;
	pthread_cond_signal(&s->checkpoint_due);
	pthread_mutex_unlock(&s->checkpoint_lock);
	thread_join(&s->checkpoint_thread);
}
