#include "app/installation/installation.h"

#include "app/installation/installation.sql.h"
#include "app/installation/outage.h"
#include "store/errand.h"
#include "store/timer.h"

enum { THE_ONE = 1 };

static bool make(struct tx *tx, void *ctx, struct err *e)
{
	const struct installation *what = ctx;
	return installation_insert(tx,
	                           &(struct installation_insert_in){
								   .id = THE_ONE,
								   .name = what->name,
								   .domain = what->domain,
								   .languages = what->languages,
								   .zone = what->zone,
								   .is_demo = what->is_demo,
								   .made_at = tx_now_us(tx),
							   },
	                           e);
}

bool installation_make(struct store *s, const struct installation *what, struct err *e)
{
	struct installation copy = *what;
	return store_write(s, &(struct store_op){.route = THE_ONE}, make, &copy, e);
}

static bool get(struct tx *tx, void *ctx, struct err *e)
{
	struct installation *out = ctx;
	struct installation_get_out row;
	if (!installation_get(tx, &(struct installation_get_in){.id = THE_ONE}, &row, e)) {
		return false;
	}
	if (!row.found) {
		return err_set(e, ERR_NOT_FOUND, "this data folder was never finished: run `cityhall init` on an empty folder");
	}
	*out = (struct installation){
		.name = row.name,
		.domain = row.domain,
		.languages = row.languages,
		.zone = row.zone,
		.is_demo = row.is_demo,
		.made_us = row.made_at,
		.offset_us = row.offset_us,
	};
	return true;
}

bool installation_read(struct store *s, struct arena *a, struct installation *out, struct err *e)
{
	return store_read(s, THE_ONE, a, get, out, e);
}

bool installation_offset(struct tx *tx, int64_t *offset_us, struct err *e)
{
	struct installation_get_out row;
	if (!installation_get(tx, &(struct installation_get_in){.id = THE_ONE}, &row, e)) {
		return false;
	}
	*offset_us = row.found ? row.offset_us : 0;
	return true;
}

bool installation_follow(struct app *app, int64_t offset_us, struct err *e)
{
	(void)e;
	int64_t before_us = time_legal_us(&app->time);
	time_source_follow(&app->time, offset_us);
	if (app->timers && app->errands && time_legal_us(&app->time) - before_us > US_PER_S) {
		timers_nudge(app->timers);
		errands_nudge(app->errands);
	}
	return true;
}

static bool travel(struct tx *tx, void *ctx, struct err *e)
{
	const int64_t *by_us = ctx;
	int64_t offset_us = 0;
	bool ok =
		installation_travel_forward(tx, &(struct installation_travel_forward_in){.id = THE_ONE, .by_us = *by_us}, e) &&
		installation_offset(tx, &offset_us, e);
	tx_result(tx, 0, offset_us);
	return ok;
}

static bool note(struct tx *tx, void *ctx, struct err *e)
{
	return outage_note(tx, ctx, e);
}

bool installation_travel(struct app *app, int64_t by_us, bool was_off, struct err *e)
{
	if (!app->is_demo) {
		return err_set(e, ERR_FORBIDDEN, "only a demo data folder can travel in time");
	}
	if (by_us < 0) {
		return err_set(e, ERR_INVALID, "legal time moves forward only");
	}
	struct store_op op = {.route = THE_ONE};
	int64_t from_us = time_legal_us(&app->time);
	struct outage_span span = {.from_us = from_us, .until_us = from_us + by_us, .is_told = true};
	return (!was_off || by_us == 0 || store_write(app->store, &(struct store_op){.route = 0}, note, &span, e)) &&
	       store_write(app->store, &op, travel, &by_us, e) && installation_follow(app, op.result[0], e);
}
