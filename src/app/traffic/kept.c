/* The newest minute that is in the store: what a process shows that the brain does not tell, while another one is told.
 */
#include "app/traffic/live.h"
#include "app/traffic/traffic.sql.h"
#include "store/tx.h"

#define CAR_DM 75.0                    /* with its gap */
#define KEPT_FRESH_US (3 * US_PER_MIN) /* a minute until it is over, and a slow machine */
#define MINUTES(s) ((double)(s) / 60)

struct newest {
	const struct live_seen *seen;
	struct live_kept *out;
	double vehicle_s, metres;
	bool is_any;
};

static void take(struct newest *n, const struct link_minutes_sum_out *row)
{
	const struct outline_link *of = &n->seen->outline->links[row->link];
	double room = (double)of->length_dm * (of->lanes > 0 ? of->lanes : 1) / CAR_DM, vehicles = MINUTES(row->vehicle_s);
	n->out->links[row->link] =
		(struct live_link){.vehicles = (float)vehicles,
	                       .speed_mps = row->vehicle_s > 0 ? (float)((double)row->metres / (double)row->vehicle_s) : 0,
	                       .full = (float)(room > vehicles ? vehicles / room : 1)};
	n->vehicle_s += (double)row->vehicle_s;
	n->metres += (double)row->metres;
	n->is_any = true;
}

static bool newest_job(struct tx *tx, void *ctx, struct err *e)
{
	struct newest *n = ctx;
	struct street_wrote_at_out street;
	struct link_minutes_sum_rows rows;
	struct link_minutes_sum_out row;
	struct link_minutes_sum_in in = {.institution = n->seen->institution, .net = n->seen->net};
	if (!street_wrote_at(tx, &(struct street_wrote_at_in){.institution = in.institution}, &street, e)) {
		return false;
	}
	if (!street.found || street.net != in.net) {
		return true;
	}
	n->out->minute = in.since = street.wrote;
	in.until = in.since + 1;
	if (!link_minutes_sum_open(tx, &in, &rows, e)) {
		return false;
	}
	while (link_minutes_sum_next(&rows, &row)) {
		if (row.link >= 0 && row.link < n->out->link_n) {
			take(n, &row);
		}
	}
	return link_minutes_sum_close(&rows, e);
}

bool live_kept(struct app *app, const struct live_seen *seen, struct arena *a, struct live_kept *out, struct err *e)
{
	const struct outline *o = seen->outline;
	struct newest n = {.seen = seen, .out = out};
	*out = (struct live_kept){.kmh = -1};
	if (o == NULL) {
		return true;
	}
	out->links = arena_new(a, struct live_link, o->link_n + 1);
	if (out->links == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the newest minute");
	}
	out->link_n = o->link_n;
	for (uint32_t i = 0; i < o->link_n; i++) {
		out->links[i].speed_mps = (float)o->links[i].speed_mmps / 1000; /* nobody is there */
	}
	if (!store_read(app->store, seen->institution, a, newest_job, &n, e)) {
		return false;
	}
	out->is_fresh = n.is_any && (out->minute + 1) * US_PER_MIN + KEPT_FRESH_US > time_legal_us(&app->time);
	out->vehicles = (int64_t)(MINUTES(n.vehicle_s) + 0.5);
	out->kmh = n.vehicle_s > 0 ? (int64_t)(3.6 * n.metres / n.vehicle_s + 0.5) : -1;
	return true;
}
