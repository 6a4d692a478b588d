#include "brain/link.h"

#include <pthread.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "brain/frame.h"
#include "os/control.h"
#include "os/thread.h"

#define CALL_WITHIN_US (3 * US_PER_S)

struct link {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct thread thread;
	struct buf folder, outline, frame, orders; /* under the lock: frame, orders */
	bool is_fresh, has_orders, is_stopping;
};

static bool tell(struct link *l, struct str what, struct buf *reply, bool *wants_outline, struct str *orders,
                 struct err *e)
{
	buf_reset(reply);
	return control_call(buf_str(&l->folder), FRAME_COMMAND, what, CALL_WITHIN_US, reply, e) &&
	       frame_answer_take(buf_str(reply), wants_outline, orders, e);
}

static void *run(void *arg)
{
	struct link *l = arg;
	struct buf frame, reply;
	bool was_there = false;
	enum err_code said = ERR_NONE;
	buf_init(&frame, CONTROL_REQUEST_MAX);
	buf_init(&reply, CONTROL_REPLY_MAX);
	for (;;) {
		struct err e = {0};
		struct str orders = STR_EMPTY;
		bool wants_outline = false;
		pthread_mutex_lock(&l->lock);
		while (!l->is_fresh && !l->is_stopping) {
			pthread_cond_wait(&l->wake, &l->lock);
		}
		bool is_stopping = l->is_stopping;
		buf_reset(&frame);
		buf_put(&frame, buf_str(&l->frame));
		l->is_fresh = false;
		pthread_mutex_unlock(&l->lock);
		if (is_stopping) {
			break;
		}
		bool ok = tell(l, buf_str(&frame), &reply, &wants_outline, &orders, &e);
		if (ok && wants_outline) {
			ok = tell(l, buf_str(&l->outline), &reply, &wants_outline, &orders, &e);
		}
		if (ok && orders.n > 0) {
			pthread_mutex_lock(&l->lock);
			buf_reset(&l->orders);
			buf_put(&l->orders, orders);
			l->has_orders = true;
			pthread_mutex_unlock(&l->lock);
		}
		/* Once, not each second. */
		if (ok != was_there || (!ok && e.code != said)) {
			if (ok) {
				log_line(LOG_INFO, "portal-hears");
			} else {
				log_err(LOG_WARN, "portal-away", &e);
			}
			was_there = ok;
			said = e.code;
		}
	}
	buf_release(&frame);
	buf_release(&reply);
	return NULL;
}

bool link_start(struct str data_folder, struct str outline, struct link **out, struct err *e)
{
	struct link *l = mem_alloc(1, sizeof *l);
	if (l == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the way to the portal");
	}
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	buf_init(&l->folder, 4096);
	buf_init(&l->outline, CONTROL_REQUEST_MAX);
	buf_init(&l->frame, CONTROL_REQUEST_MAX);
	buf_init(&l->orders, ORDERS_MAX_BYTES);
	buf_put(&l->folder, data_folder);
	buf_put(&l->outline, outline);
	bool ok =
		buf_ok(&l->folder, e) && buf_ok(&l->outline, e) && thread_start(&l->thread, "portal", 512U * 1024, run, l, e);
	if (!ok) {
		l->thread.is_started = false;
		link_stop(l);
		return false;
	}
	*out = l;
	return true;
}

void link_stop(struct link *l)
{
	if (l == NULL) {
		return;
	}
	pthread_mutex_lock(&l->lock);
	l->is_stopping = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	thread_join(&l->thread);
	buf_release(&l->folder);
	buf_release(&l->outline);
	buf_release(&l->frame);
	buf_release(&l->orders);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

void link_tell(struct link *l, struct str frame)
{
	pthread_mutex_lock(&l->lock);
	buf_reset(&l->frame);
	buf_put(&l->frame, frame);
	l->is_fresh = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

bool link_orders(struct link *l, struct buf *to)
{
	pthread_mutex_lock(&l->lock);
	bool has = l->has_orders;
	if (has) {
		buf_put(to, buf_str(&l->orders));
		l->has_orders = false;
	}
	pthread_mutex_unlock(&l->lock);
	return has;
}
