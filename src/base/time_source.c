#include "base/time_source.h"

#include <stdatomic.h>
#include <time.h>

#include "base/err.h"

static int64_t clock_us(clockid_t id)
{
	struct timespec t;
	must(clock_gettime(id, &t) == 0);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

void time_source_init(struct time_source *t)
{
	t->is_fixed = false;
	atomic_init(&t->fixed_legal_us, 0);
	atomic_init(&t->fixed_running_us, 0);
	atomic_init(&t->offset_us, 0);
}

void time_source_fixed(struct time_source *t, int64_t legal_us)
{
	time_source_init(t);
	t->is_fixed = true;
	atomic_init(&t->fixed_legal_us, legal_us);
	/* Not 0, so that "a minute ago" can be written down at once. */
	atomic_init(&t->fixed_running_us, US_PER_DAY);
}

void time_source_advance(struct time_source *t, int64_t by_us)
{
	must(by_us >= 0);
	if (t->is_fixed) {
		atomic_fetch_add(&t->fixed_legal_us, by_us);
		atomic_fetch_add(&t->fixed_running_us, by_us);
	} else {
		atomic_fetch_add(&t->offset_us, by_us);
	}
}

void time_source_follow(struct time_source *t, int64_t offset_us)
{
	int64_t now = atomic_load(&t->offset_us);
	while (now < offset_us && !atomic_compare_exchange_weak(&t->offset_us, &now, offset_us)) {
	}
}

int64_t time_legal_us(const struct time_source *t)
{
	int64_t base = t->is_fixed ? atomic_load(&t->fixed_legal_us) : clock_us(CLOCK_REALTIME);
	return base + atomic_load(&t->offset_us);
}

int64_t time_running_us(const struct time_source *t)
{
	return t->is_fixed ? atomic_load(&t->fixed_running_us) : clock_us(CLOCK_BOOTTIME);
}
