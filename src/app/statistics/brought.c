#include "app/statistics/brought.h"

#include "base/json.h"
#include "store/tx.h"

enum { PAYLOAD_MAX = 256 * 1024, EVENT_PARTS_MOST = 40 };

static void put_pair(struct json_out *j, int64_t a, int64_t b)
{
	json_begin_array(j);
	json_put_int(j, a);
	json_put_int(j, b);
	json_end_array(j);
}

static void put_part(struct json_out *j, const struct brought_part *p)
{
	json_begin_object(j);
	if (p->day != 0) {
		json_key(j, STR("day"));
		json_put_int(j, p->day);
	}
	if (p->official != 0) {
		json_key(j, STR("official"));
		json_put_int(j, p->official);
	}
	if (p->service.n > 0) {
		json_key(j, STR("service"));
		json_put_string(j, p->service);
	}
	json_key(j, STR("figures"));
	json_begin_array(j);
	for (int i = 0; i < FIGURE_COUNT; i++) {
		if (p->n[i] != 0) {
			put_pair(j, figure_number((enum figure_at)i), p->n[i]);
		}
	}
	json_end_array(j);
	json_key(j, STR("minutes"));
	json_begin_array(j);
	for (size_t i = 0; i < p->time_n; i++) {
		put_pair(j, p->times[i].minutes, p->times[i].n);
	}
	json_end_array(j);
	json_end_object(j);
}

static void put_stop(struct json_out *j, const struct brought_stop *stop)
{
	json_begin_object(j);
	if (stop->day != 0) {
		json_key(j, STR("day"));
		json_put_int(j, stop->day);
	}
	json_key(j, STR("service"));
	json_put_string(j, stop->service);
	json_key(j, STR("reason"));
	json_put_string(j, stop->reason);
	json_key(j, STR("n"));
	json_put_int(j, stop->n);
	json_key(j, STR("minutes"));
	json_put_int(j, stop->minutes);
	json_end_object(j);
}

/* Some of the parts; the stops stand with the first of them. What they add up to does not depend on how they are cut.
 */
static bool append(struct tx *tx, const struct brought *in, size_t from, struct err *e)
{
	size_t end = in->part_n - from < EVENT_PARTS_MOST ? in->part_n : from + EVENT_PARTS_MOST;
	struct buf b;
	buf_init(&b, PAYLOAD_MAX);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("month"));
	json_put_int(&j, in->month / 12 * 100 + in->month % 12 + 1);
	json_key(&j, STR("parts"));
	json_begin_array(&j);
	for (size_t i = from; i < end; i++) {
		put_part(&j, &in->parts[i]);
	}
	json_end_array(&j);
	json_key(&j, STR("stops"));
	json_begin_array(&j);
	for (size_t i = 0; from == 0 && i < in->stop_n; i++) {
		put_stop(&j, &in->stops[i]);
	}
	json_end_array(&j);
	json_end_object(&j);
	struct event ev = {.route = in->institution,
	                   .room = STR("statistics"),
	                   .kind = STR("brought-over"),
	                   .version = 1,
	                   .institution = in->institution,
	                   .service = STR_EMPTY,
	                   .effective_us = tx_now_us(tx),
	                   .public_payload = buf_str(&b),
	                   .personal_payload = STR_EMPTY};
	bool ok = buf_ok(&b, e) && event_append(tx, &ev, e);
	buf_release(&b);
	return ok;
}

static bool bring_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct brought *in = ctx;
	struct brought_add_in row = {.institution = in->institution, .month = in->month, .has_days = in->has_days};
	bool ok = brought_add(tx, &row, e) && append(tx, in, 0, e);
	for (size_t from = EVENT_PARTS_MOST; ok && from < in->part_n; from += EVENT_PARTS_MOST) {
		ok = append(tx, in, from, e);
	}
	return ok;
}

bool statistics_bring(struct app *app, const struct brought *b, struct err *e)
{
	struct store_op op = {.route = b->institution};
	struct brought copy = *b;
	return store_write(app->store, &op, bring_job, &copy, e);
}

/* --- Counting ------------------------------------------------------------------------------------------------------
 */

static int64_t int_of(const struct json *j)
{
	return j && j->kind == JSON_INT ? j->integer : 0;
}

static bool count_part(struct tx *tx, int64_t month, const struct json *part, struct err *e)
{
	int64_t institution = tx_route(tx), official = int_of(json_get(part, STR("official")));
	struct str service = json_string(part, STR("service"));
	const struct json *figures = json_get(part, STR("figures")), *minutes = json_get(part, STR("minutes"));
	for (const struct json *f = figures ? figures->first : NULL; f; f = f->next) {
		int64_t kind = int_of(f->first), n = f->first ? int_of(f->first->next) : 0;
		bool ok = official != 0
		              ? official_figure_add(
							tx,
							&(struct official_figure_add_in){
								.institution = institution, .month = month, .official = official, .kind = kind, .n = n},
							e)
		              : service_figure_add(
							tx,
							&(struct service_figure_add_in){
								.institution = institution, .month = month, .service = service, .kind = kind, .n = n},
							e);
		if (!ok) {
			return false;
		}
	}
	for (const struct json *m = minutes ? minutes->first : NULL; m; m = m->next) {
		int64_t bucket = spread_bucket(int_of(m->first)), n = m->first ? int_of(m->first->next) : 0;
		bool ok =
			official != 0
				? official_spread_add(
					  tx,
					  &(struct official_spread_add_in){
						  .institution = institution, .month = month, .official = official, .bucket = bucket, .n = n},
					  e)
				: service_spread_add(
					  tx,
					  &(struct service_spread_add_in){
						  .institution = institution, .month = month, .service = service, .bucket = bucket, .n = n},
					  e);
		if (!ok) {
			return false;
		}
	}
	return true;
}

/* Of a day: beside the parts of the month, not into it. */
static bool count_day(struct tx *tx, day_number day, const struct json *part, struct err *e)
{
	int64_t n[FIGURE_COUNT] = {0};
	struct day_spread_add_in spread = {.institution = tx_route(tx),
	                                   .day = day,
	                                   .service = json_string(part, STR("service")),
	                                   .official = int_of(json_get(part, STR("official")))};
	const struct json *figures = json_get(part, STR("figures")), *minutes = json_get(part, STR("minutes"));
	for (const struct json *f = figures ? figures->first : NULL; f; f = f->next) {
		enum figure_at at = figure_of(int_of(f->first));
		if (at < FIGURE_COUNT) {
			n[at] += f->first ? int_of(f->first->next) : 0;
		}
	}
	for (const struct json *m = minutes ? minutes->first : NULL; m; m = m->next) {
		spread.bucket = spread_bucket(int_of(m->first));
		spread.n = m->first ? int_of(m->first->next) : 0;
		if (!day_spread_add(tx, &spread, e)) {
			return false;
		}
	}
	return day_figure_add(tx,
	                      &(struct day_figure_add_in){.institution = spread.institution,
	                                                  .day = day,
	                                                  .service = spread.service,
	                                                  .official = spread.official,
#define X(name, number, key, column) .column = n[name],
	                                                  DAY_FIGURES(X)
#undef X
	                      },
	                      e);
}

static bool count_stop(struct tx *tx, int64_t month, const struct json *stop, struct err *e)
{
	int64_t day = int_of(json_get(stop, STR("day"))), n = int_of(json_get(stop, STR("n"))),
			minutes = int_of(json_get(stop, STR("minutes"))), institution = tx_route(tx);
	struct str service = json_string(stop, STR("service")), reason = json_string(stop, STR("reason"));
	return day != 0 ? day_stop_add(tx,
	                               &(struct day_stop_add_in){.institution = institution,
	                                                         .day = month_first_day(month) + (day_number)day - 1,
	                                                         .service = service,
	                                                         .reason = reason,
	                                                         .n = n,
	                                                         .minutes = minutes},
	                               e)
	                : service_stop_add(tx,
	                                   &(struct service_stop_add_in){.institution = institution,
	                                                                 .month = month,
	                                                                 .service = service,
	                                                                 .reason = reason,
	                                                                 .n = n,
	                                                                 .minutes = minutes},
	                                   e);
}

bool brought_count(struct tx *tx, const struct json *open, struct err *e)
{
	int64_t named = int_of(json_get(open, STR("month"))), month = named / 100 * 12 + named % 100 - 1;
	const struct json *parts = json_get(open, STR("parts")), *stops = json_get(open, STR("stops"));
	for (const struct json *p = parts ? parts->first : NULL; p; p = p->next) {
		int64_t day = int_of(json_get(p, STR("day")));
		if (!(day != 0 ? count_day(tx, month_first_day(month) + (day_number)day - 1, p, e)
		               : count_part(tx, month, p, e))) {
			return false;
		}
	}
	for (const struct json *s = stops ? stops->first : NULL; s; s = s->next) {
		if (!count_stop(tx, month, s, e)) {
			return false;
		}
	}
	return true;
}
