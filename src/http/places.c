#include "http/places.h"

#include <errno.h>
#include <time.h>

#include "base/err.h"

void places_init(struct places *p, int total)
{
	must(total > 0);
	*p = (struct places){.total = total, .free = total};
	pthread_condattr_t a;
	must(pthread_condattr_init(&a) == 0 && pthread_condattr_setclock(&a, CLOCK_MONOTONIC) == 0);
	must(pthread_mutex_init(&p->lock, NULL) == 0);
	must(pthread_cond_init(&p->newcomer, &a) == 0 && pthread_cond_init(&p->returner, &a) == 0);
	pthread_condattr_destroy(&a);
}

void places_release(struct places *p)
{
	pthread_cond_destroy(&p->newcomer);
	pthread_cond_destroy(&p->returner);
	pthread_mutex_destroy(&p->lock);
}

bool places_take(struct places *p, int64_t wait_ms)
{
	bool got = true;
	pthread_mutex_lock(&p->lock);
	if (p->free == 0 || p->returning > 0) {
		struct timespec until;
		must(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
		until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
		until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		p->waiting++;
		int status = 0;
		while ((p->free == 0 || p->returning > 0) && status != ETIMEDOUT) {
			status = pthread_cond_timedwait(&p->newcomer, &p->lock, &until);
		}
		p->waiting--;
		got = p->free > 0 && p->returning == 0;
	}
	if (got) {
		p->free--;
	}
	pthread_mutex_unlock(&p->lock);
	return got;
}

/* With the lock held: somebody may go on. */
static void wake(struct places *p)
{
	if (p->returning > 0) {
		pthread_cond_signal(&p->returner);
	} else if (p->waiting > 0) {
		pthread_cond_signal(&p->newcomer);
	}
}

void places_retake(struct places *p)
{
	pthread_mutex_lock(&p->lock);
	if (p->free == 0) {
		p->returning++;
		while (p->free == 0) {
			pthread_cond_wait(&p->returner, &p->lock);
		}
		p->returning--;
	}
	p->free--;
	if (p->free > 0) {
		wake(p);
	}
	pthread_mutex_unlock(&p->lock);
}

void places_give(struct places *p)
{
	pthread_mutex_lock(&p->lock);
	p->free++;
	must(p->free <= p->total);
	wake(p);
	pthread_mutex_unlock(&p->lock);
}

int places_busy(struct places *p)
{
	pthread_mutex_lock(&p->lock);
	int busy = p->total - p->free;
	pthread_mutex_unlock(&p->lock);
	return busy;
}
