/* What an official's daily mail counts. */
#include "app/cases/cases.h"
#include "app/cases/cases.sql.h"
#include "app/cases/queue.h"
#include "app/catalogue/catalogue.h"
#include "app/mail/mail.h"

enum { READ_BYTES = 64 * 1024 };

struct digest {
	int64_t account, institution;
	day_number by;
	int64_t mine, mine_due, free_due;
};

static bool count_job(struct tx *tx, void *ctx, struct err *e)
{
	struct digest *d = ctx;
	struct queue_count_in in = {
		.institution = d->institution, .handler = d->account, .lane = LANE_OFFICE, .until = INT32_MAX};
	if (!queue_count(tx, &in, &d->mine, e)) {
		return false;
	}
	in.until = d->by;
	if (!queue_count(tx, &in, &d->mine_due, e)) {
		return false;
	}
	in.handler = 0;
	return queue_count(tx, &in, &d->free_due, e);
}

bool cases_digest(struct app *app, int64_t account, int64_t institution, struct mail_digest *add, struct err *e)
{
	struct digest d = {.account = account, .institution = institution, .by = catalogue_today(app) + 1};
	struct arena arena;
	arena_init(&arena, READ_BYTES);
	bool ok = store_read(app->store, institution, &arena, count_job, &d, e);
	arena_release(&arena);
	add->mine += d.mine;
	add->mine_due += d.mine_due;
	add->free_due += d.free_due;
	return ok;
}
