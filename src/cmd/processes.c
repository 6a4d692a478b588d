/* Who serves this database, in words: for `cityhall doctor`, answered by the process that serves or read by itself. */

#include "base/date.h"
#include "base/fault.h"
#include "base/time_source.h"
#include "cmd/control_commands.h"
#include "store/process.h"

static void put_process(struct buf *to, const struct process_row *p)
{
	char day[11];
	int64_t minute = p->started_us / US_PER_MIN;
	int timers = __builtin_popcount(p->leases >> LEASE_TIMERS);
	const char *between = " ";
	date_format((day_number)(p->started_us / US_PER_DAY), day);
	buf_printf(to, "%s, since %s %02d:%02d UTC%s:", p->name, day, (int)(minute / 60 % 24), (int)(minute % 60),
	           p->is_leaving ? ", about to stop" : "");
	for (int i = 0; i < LEASE_TIMERS; i++) {
		if (p->leases >> i & 1) {
			buf_printf(to, "%s%s", between, lease_name(i));
			between = ", ";
		}
	}
	if (timers > 0) {
		buf_printf(to, "%stimers %d of %d", between, timers, TIMER_BUCKETS);
	} else if (p->leases == 0) {
		buf_put_c(to, " nothing of what only one does");
	}
	buf_put_byte(to, '\n');
}

bool processes_control(struct app *app, const struct words *words, struct str secret, struct buf *reply, struct err *e)
{
	(void)words;
	(void)secret;
	if (!store_is_shared(app->store)) {
		return true;
	}
	struct process_row *rows = mem_alloc(PROCESSES_MOST, sizeof *rows);
	size_t n = 0;
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to list who serves");
	}
	bool ok = process_read(app->store, rows, &n, e);
	for (size_t i = 0; ok && i < n; i++) {
		put_process(reply, &rows[i]);
	}
	mem_free(rows);
	return ok;
}
