#include "brain/brain.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "brain/driver.h"
#include "os/socket.h"

enum { DEATHS_ARE_ENOUGH = 2, FORGIVEN_AFTER = 60, TRIED_AGAIN_AFTER = 600 }; /* answers */

/* --- Deaths ----------------------------------------------------------------------------------------------------------
 */

static size_t watch_bytes(uint32_t signal_n)
{
	return sizeof(struct brain_watch) + signal_n * sizeof(struct brain_death);
}

bool brain_watch_make(struct brain_watch **out, const struct net *n, struct err *e)
{
	/* cppcheck-suppress invalidFunctionArg ; an anonymous mapping has no file */
	void *p = mmap(NULL, watch_bytes(n->signal_n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		return err_errno(e, "no memory to watch the brain");
	}
	*out = p;
	(*out)->signal_n = n->signal_n;
	return true;
}

void brain_watch_drop(struct brain_watch *w)
{
	if (w != NULL) {
		munmap(w, watch_bytes(w->signal_n));
	}
}

void brain_begin(struct brain *b)
{
	struct brain_watch *w = b->watch;
	if (w == NULL) {
		return;
	}
	for (uint32_t t = 0; t < CITY_THREADS_MAX; t++) {
		uint32_t i = atomic_exchange(&w->deciding[t], 0);
		if (i == 0 || i > w->signal_n) {
			continue;
		}
		struct brain_death *d = &w->signals[i - 1];
		d->deaths = (uint8_t)(d->deaths < DEATHS_ARE_ENOUGH ? d->deaths + 1 : d->deaths);
		d->answers = 0;
		if (d->deaths == DEATHS_ARE_ENOUGH) {
			log_line(LOG_ERROR, "signal-left-out", LOG_S("signal", b->city->net->signals[i - 1].id));
		}
	}
	b->city->deciding = w->deciding;
}

/* Who is left out this time, and with how many threads the others are decided. */
static uint32_t leave_out(struct brain *b)
{
	bool is_any = false;
	for (uint32_t i = 0; b->watch != NULL && i < b->watch->signal_n; i++) {
		struct brain_death *d = &b->watch->signals[i];
		bool is_out = d->deaths >= DEATHS_ARE_ENOUGH;
		if (d->deaths > 0 && ++d->answers >= (is_out ? TRIED_AGAIN_AFTER : FORGIVEN_AFTER)) {
			/* Once more, and it is out again. */
			d->deaths = is_out ? DEATHS_ARE_ENOUGH - 1 : 0;
			d->answers = 0;
			is_out = false;
		}
		b->city->signals[i].is_out = is_out;
		is_any = is_any || (d->deaths > 0 && !is_out);
	}
	return is_any ? 1 : b->threads;
}

/* --- Answers ---------------------------------------------------------------------------------------------------------
 */

static void keep_journal(struct brain *b)
{
	struct err e;
	if (b->journal != NULL && !journal_put(b->journal, b->city, &e)) {
		log_err(LOG_ERROR, "journal-given-up", &e);
		journal_end(b->journal);
		b->journal = NULL;
	}
}

static bool decide(struct brain *b, struct err *e)
{
	uint32_t threads = leave_out(b);
	/* An endless loop ends here: nobody handles the signal. */
	alarm(b->watch != NULL ? BRAIN_HANGS_S : 0);
	bool ok = city_decide(b->city, threads, e);
	alarm(0);
	return ok;
}

/* What follows for the estimate is in the journal with it. */
static bool look_for_incidents(struct brain *b, struct err *e)
{
	if (b->incidents == NULL) {
		return true;
	}
	bool ok =
		b->sense != NULL ? incidents_look(b->incidents, b->sense, e) : incidents_look_whole(b->incidents, b->city, e);
	incidents_tell(b->incidents, b->city);
	return ok;
}

bool brain_order(struct brain *b, struct str message, struct err *e)
{
	if (orders_newest(message) == 0) {
		return err_set(e, ERR_CORRUPT, "the portal's orders cannot be read");
	}
	buf_release(&b->orders);
	buf_init(&b->orders, ORDERS_MAX_BYTES);
	buf_put(&b->orders, message);
	return buf_ok(&b->orders, e);
}

void brain_end(struct brain *b)
{
	buf_release(&b->orders);
}

bool brain_answer(struct brain *b, int fd, int64_t deadline, struct err *e)
{
	struct message in;
	struct buf out;
	message_init(&in, DRIVER_VIEW_MAX_BYTES);
	buf_init(&out, DRIVER_WISHES_MAX_BYTES);
	bool ok = message_recv(fd, &in, deadline, e) && driver_take_view(b->city, b->sense, buf_str(&in.bytes), e) &&
	          look_for_incidents(b, e) && decide(b, e);
	if (ok) {
		keep_journal(b);
		if (b->orders.n > 0 && orders_newest(buf_str(&b->orders)) <= b->city->orders_last) {
			buf_reset(&b->orders);
		}
		driver_put_wishes(&out, b->city, buf_str(&b->orders));
		ok = buf_ok(&out, e) && message_send(fd, buf_str(&out), NULL, 0, deadline, e);
	}
	message_release(&in);
	buf_release(&out);
	return ok;
}
