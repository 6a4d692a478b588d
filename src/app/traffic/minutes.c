#include "app/traffic/minutes.h"

#include "app/traffic/history.h"
#include "base/fault.h"
#include "base/log.h"

enum {
	ROWS_AT_ONCE = 400,
	QUARTER = 15,
	WEEK_MINUTES = 7 * 24 * 60,
	DAY_MINUTES = 24 * 60,
	USUAL_DAYS = 7,
	USUAL_WEEKS = 4,
	USUAL_AROUND = 15, /* minutes before and after this time of the day */
	GAP_MOST_S = 5,    /* a frame that comes later stands for no more */
	ORDERS_AT_ONCE = 200
};
#define SMOOTH_S 60.0
#define USUAL_LEAST_M 500.0 /* that vehicles went in all: fewer say nothing */

/* --- Sums --- */

bool minutes_begin(struct minutes *m, const struct outline *o, int64_t net, struct err *e)
{
	struct minute_link *links = mem_alloc(o->link_n + 1, sizeof *links);
	struct minute_signal *signals = mem_alloc(o->signal_n + 1, sizeof *signals);
	float *usual = mem_alloc(o->link_n + 1, sizeof *usual);
	struct live_link *smooth = mem_alloc(o->link_n + 1, sizeof *smooth);
	if (links == NULL || signals == NULL || usual == NULL || smooth == NULL) {
		mem_free(smooth);
		mem_free(links);
		mem_free(signals);
		mem_free(usual);
		return err_set(e, ERR_MEMORY, "no memory for the sums of a street");
	}
	int64_t institution = m->institution;
	minutes_end(m);
	*m = (struct minutes){.institution = institution,
	                      .net = net,
	                      .link_n = o->link_n,
	                      .signal_n = o->signal_n,
	                      .links = links,
	                      .signals = signals,
	                      .smooth = smooth,
	                      .usual_s_per_m = usual};
	return true;
}

void minutes_end(struct minutes *m)
{
	minutes_drop_batch(&m->batch);
	mem_free(m->links);
	mem_free(m->signals);
	mem_free(m->usual_s_per_m);
	mem_free(m->smooth);
}

void minutes_drop_batch(struct minutes_batch *b)
{
	mem_free(b->links);
	mem_free(b->signals);
	*b = (struct minutes_batch){0};
}

static int64_t whole(double v)
{
	return (int64_t)(v + 0.5);
}

/* The minute is over: rows of it, for links on which anything was. */
static void close_minute(struct minutes *m, const struct outline *o)
{
	struct minutes_batch b = {.institution = m->institution,
	                          .net = m->net,
	                          .minute = m->minute,
	                          .all_links = m->link_n,
	                          .wants_usual = m->minute / QUARTER != m->usual_of};
	b.links = mem_alloc(m->link_n + 1, sizeof *b.links);
	b.signals = mem_alloc(m->signal_n + 1, sizeof *b.signals);
	if (m->batch.links != NULL || b.links == NULL || b.signals == NULL) {
		log_line(LOG_WARN, "traffic-minute-lost", LOG_I("minute", m->minute));
		minutes_drop_batch(&b);
		return;
	}
	for (uint32_t i = 0; i < m->signal_n; i++) {
		const struct minute_signal *s = &m->signals[i];
		b.signals[b.signal_n++] = (struct signal_minute_add_in){.institution = m->institution,
		                                                        .net = m->net,
		                                                        .minute = m->minute,
		                                                        .signal = i,
		                                                        .span = 1,
		                                                        .seconds = whole(m->seconds),
		                                                        .brain_s = whole(s->brain_s),
		                                                        .agree_s = whole(s->agree_s),
		                                                        .walker_s = whole(s->walker_s),
		                                                        .walk_most_s = s->walk_most_s,
		                                                        .switches = s->switches};
	}
	for (uint32_t i = 0; i < m->link_n; i++) {
		const struct minute_link *l = &m->links[i];
		if (l->vehicle_s < 0.5) {
			continue;
		}
		struct link_minute_add_in row = {.institution = m->institution,
		                                 .net = m->net,
		                                 .minute = m->minute,
		                                 .link = i,
		                                 .span = 1,
		                                 .seconds = whole(m->seconds),
		                                 .brain_s = whole(l->brain_s),
		                                 .vehicle_s = whole(l->vehicle_s),
		                                 .halting_s = whole(l->halting_s),
		                                 .delay_s = whole(l->delay_s),
		                                 .metres = whole(l->metres)};
		b.links[b.link_n++] = row;
		uint32_t to = o->links[i].to_signal;
		if (to != FRAME_NONE) {
			b.signals[to].vehicle_s += row.vehicle_s;
			b.signals[to].halting_s += row.halting_s;
			b.signals[to].delay_s += row.delay_s;
			b.signals[to].metres += row.metres;
		}
	}
	m->batch = b;
}

static void add_links(struct minutes *m, const struct outline *o, const struct street_frame *f, double s)
{
	for (uint32_t i = 0; i < m->link_n; i++) {
		const struct frame_link *l = &f->links[i];
		uint32_t to = o->links[i].to_signal;
		double vehicles = l->count_10 / 10.0, allowed = o->links[i].speed_mmps / 1000.0, speed = l->speed_mmps / 1000.0;
		struct live_link *now = &m->smooth[i];
		float part = now->speed_mps <= 0 ? 1 : (float)(s / SMOOTH_S);
		now->vehicles += part * ((float)vehicles - now->vehicles);
		now->full += part * ((float)l->full_percent / 100 - now->full);
		if (vehicles > 0 || part >= 1) {
			now->speed_mps += part * ((float)speed - now->speed_mps);
		} else {
			now->speed_mps += part / 4 * ((float)allowed - now->speed_mps);
		}
		double lost = speed < allowed ? 1 - speed / allowed : 0;
		m->links[i].vehicle_s += vehicles * s;
		m->links[i].halting_s += l->halting_10 / 10.0 * s;
		m->links[i].delay_s += vehicles * lost * s;
		m->links[i].metres += vehicles * speed * s;
		m->links[i].brain_s += to != FRAME_NONE && f->signals[to].lead == FRAME_BY_BRAIN ? s : 0;
	}
}

static void add_signals(struct minutes *m, const struct outline *o, const struct street_frame *f, double s)
{
	for (uint32_t i = 0; i < m->signal_n; i++) {
		const struct frame_signal *now = &f->signals[i];
		struct minute_signal *to = &m->signals[i];
		to->brain_s += now->lead == FRAME_BY_BRAIN ? s : 0;
		to->agree_s += now->wish != FRAME_NO_STAGE && now->wish == now->stage ? s : 0;
		to->switches += m->last_us != 0 && to->stage != now->stage;
		to->stage = now->stage;
	}
	for (uint32_t i = 0; i < f->walker_n; i++) {
		const struct frame_walkers *w = &f->walkers[i];
		struct minute_signal *to = &m->signals[o->crossings[w->crossing].signal];
		to->walker_s += w->waiting * s;
		to->walk_most_s = w->longest_s > to->walk_most_s ? w->longest_s : to->walk_most_s;
	}
}

void minutes_add(struct minutes *m, const struct outline *o, const struct street_frame *f, struct live_minute *now)
{
	int64_t minute = f->at_us / US_PER_MIN;
	double s = m->last_us == 0 ? 1 : (double)(f->at_us - m->last_us) / US_PER_S;
	s = s < 0 ? 0 : s > GAP_MOST_S ? GAP_MOST_S : s;
	if (minute != m->minute) {
		if (m->seconds > 0) {
			close_minute(m, o);
		}
		memset(m->links, 0, m->link_n * sizeof *m->links);
		for (uint32_t i = 0; i < m->signal_n; i++) {
			m->signals[i] = (struct minute_signal){.stage = m->signals[i].stage};
		}
		m->seconds = 0;
		m->minute = minute;
	}
	m->seconds += s;
	add_links(m, o, f, s);
	add_signals(m, o, f, s);
	m->last_us = f->at_us;
	struct minute_link all = {0};
	double brain = 0, walk = 0;
	for (uint32_t i = 0; i < m->link_n; i++) {
		all.vehicle_s += m->links[i].vehicle_s;
		all.delay_s += m->links[i].delay_s;
		all.metres += m->links[i].metres;
	}
	for (uint32_t i = 0; i < m->signal_n; i++) {
		brain += m->signals[i].brain_s;
		walk += m->signals[i].walker_s;
	}
	*now = (struct live_minute){.minute = minute,
	                            .seconds = whole(m->seconds),
	                            .brain_s = m->signal_n > 0 ? whole(brain / m->signal_n) : 0,
	                            .vehicle_s = whole(all.vehicle_s),
	                            .delay_s = whole(all.delay_s),
	                            .metres = whole(all.metres),
	                            .walker_s = whole(walk)};
}

bool minutes_has_batch(const struct minutes *m)
{
	return m->batch.links != NULL;
}

bool minutes_take_batch(struct minutes *m, struct minutes_batch *out)
{
	*out = m->batch;
	m->batch = (struct minutes_batch){0};
	return out->links != NULL;
}

uint32_t minutes_usual_s(const struct minutes *m, uint32_t link)
{
	return link < m->link_n ? (uint32_t)(m->usual_s_per_m[link] * 1000) : 0;
}

void minutes_set_usual(struct minutes *m, const struct minutes_batch *b, float *usual)
{
	if (m->net == b->net && m->link_n == b->all_links) {
		mem_free(m->usual_s_per_m);
		m->usual_s_per_m = usual;
		m->usual_of = b->minute / QUARTER;
	} else {
		mem_free(usual);
	}
}

/* --- The store --- */

struct write {
	const struct minutes_batch *b;
	uint32_t at, n; /* of links, then of signals */
};

/* Of all links, and of the signals at their ends. */
static bool add_to_history(struct tx *tx, const struct minutes_batch *b, struct err *e)
{
	struct city_sums s = {0};
	for (uint32_t i = 0; i < b->link_n; i++) {
		const struct link_minute_add_in *l = &b->links[i];
		history_sum(
			&s, &(struct city_sums){
					.vehicle_s = l->vehicle_s, .halting_s = l->halting_s, .delay_s = l->delay_s, .metres = l->metres});
	}
	for (uint32_t i = 0; i < b->signal_n; i++) {
		const struct signal_minute_add_in *g = &b->signals[i];
		history_sum(&s, &(struct city_sums){.signal_s = g->seconds, .brain_s = g->brain_s, .walker_s = g->walker_s});
		s.seconds = g->seconds;
	}
	return history_add(tx, b->institution, b->net, b->minute, &s, e);
}

static bool write_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct write *w = ctx;
	if (!street_wrote(tx, &(struct street_wrote_in){.institution = w->b->institution, .wrote = w->b->minute}, e)) {
		return false;
	}
	if (w->at == 0 && !add_to_history(tx, w->b, e)) {
		return false;
	}
	for (uint32_t i = w->at; i < w->at + w->n; i++) {
		if (!(i < w->b->link_n ? link_minute_add(tx, &w->b->links[i], NULL, e)
		                       : signal_minute_add(tx, &w->b->signals[i - w->b->link_n], NULL, e))) {
			return false;
		}
	}
	return true;
}

bool minutes_write(struct store *s, struct minutes_batch *b, struct err *e)
{
	uint32_t all = b->link_n + b->signal_n;
	while (b->written < all) {
		struct write w = {b, b->written, all - b->written < ROWS_AT_ONCE ? all - b->written : ROWS_AT_ONCE};
		struct store_op op = {.route = b->institution, .is_background = true};
		if (!store_write(s, &op, write_job, &w, e)) {
			return false;
		}
		b->written += w.n;
	}
	return true;
}

struct usual {
	const struct minutes_batch *b;
	int64_t since, until;
	double *seconds, *metres;
};

static bool usual_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct usual *u = ctx;
	struct link_minutes_sum_rows rows;
	struct link_minutes_sum_out o;
	struct link_minutes_sum_in in = {
		.institution = u->b->institution, .net = u->b->net, .since = u->since, .until = u->until};
	if (!link_minutes_sum_open(tx, &in, &rows, e)) {
		return false;
	}
	while (link_minutes_sum_next(&rows, &o)) {
		if (o.link >= 0 && o.link < u->b->all_links) {
			u->seconds[o.link] += (double)o.vehicle_s;
			u->metres[o.link] += (double)o.metres;
		}
	}
	return link_minutes_sum_close(&rows, e);
}

/* The last days at this time, and this weekday in the last weeks. */
bool minutes_read_usual(struct store *s, const struct minutes_batch *b, float **out, struct err *e)
{
	struct arena scratch;
	*out = NULL;
	if (!b->wants_usual) {
		return true;
	}
	arena_init(&scratch, 64 * 1024 * 1024);
	struct usual u = {.b = b,
	                  .seconds = arena_new(&scratch, double, b->all_links + 1),
	                  .metres = arena_new(&scratch, double, b->all_links + 1)};
	float *usual = mem_alloc(b->all_links + 1, sizeof *usual);
	bool ok = (u.seconds != NULL && u.metres != NULL && usual != NULL) ||
	          err_set(e, ERR_MEMORY, "no memory for what is usual");
	for (int k = 1; ok && k < USUAL_DAYS + USUAL_WEEKS; k++) {
		int64_t days = k <= USUAL_DAYS ? k : (int64_t)(k - USUAL_DAYS + 1) * 7;
		u.since = b->minute - days * DAY_MINUTES - USUAL_AROUND;
		u.until = u.since + 2 * (int64_t)USUAL_AROUND + 1;
		ok = store_read(s, b->institution, &scratch, usual_job, &u, e);
	}
	for (uint32_t i = 0; ok && i < b->all_links; i++) {
		usual[i] = u.metres[i] >= USUAL_LEAST_M ? (float)(u.seconds[i] / u.metres[i]) : 0;
	}
	arena_release(&scratch);
	if (!ok) {
		mem_free(usual);
		return false;
	}
	*out = usual;
	return true;
}

struct thin {
	const struct minutes_batch *b;
	int64_t since; /* -1: nothing is old enough */
};

static bool oldest_job(struct tx *tx, void *ctx, struct err *e)
{
	struct thin *t = ctx;
	struct link_minute_oldest_out o;
	if (!link_minute_oldest(tx, &(struct link_minute_oldest_in){.institution = t->b->institution, .net = t->b->net}, &o,
	                        e)) {
		return false;
	}
	t->since = o.found && o.minute < t->b->minute - WEEK_MINUTES - QUARTER ? o.minute / QUARTER * QUARTER : -1;
	return true;
}

static bool thin_links(struct tx *tx, const struct thin *t, struct err *e)
{
	const int64_t institution = t->b->institution, net = t->b->net, until = t->since + QUARTER;
	struct link_minutes_thin_rows rows;
	struct link_minutes_thin_out o;
	struct link_minute_add_in *kept = arena_new(tx_arena(tx), struct link_minute_add_in, t->b->all_links + 1);
	size_t n = 0;
	if (kept == NULL ||
	    !link_minutes_thin_open(
			tx,
			&(struct link_minutes_thin_in){.institution = institution, .net = net, .since = t->since, .until = until},
			&rows, e)) {
		return kept != NULL ? false : err_set(e, ERR_MEMORY, "no memory for minutes");
	}
	while (n < t->b->all_links && link_minutes_thin_next(&rows, &o)) {
		kept[n++] = (struct link_minute_add_in){institution, net,         t->since,    o.link,    QUARTER, o.seconds,
		                                        o.brain_s,   o.vehicle_s, o.halting_s, o.delay_s, o.metres};
	}
	bool ok = link_minutes_thin_close(&rows, e) &&
	          link_minutes_drop(tx,
	                            &(struct link_minutes_drop_in){
									.institution = institution, .net = net, .since = t->since, .until = until},
	                            NULL, e);
	for (size_t i = 0; ok && i < n; i++) {
		ok = link_minute_add(tx, &kept[i], NULL, e);
	}
	return ok;
}

static bool thin_signals(struct tx *tx, const struct thin *t, struct err *e)
{
	const int64_t institution = t->b->institution, net = t->b->net, until = t->since + QUARTER;
	struct signal_minutes_thin_rows rows;
	struct signal_minutes_thin_out o;
	struct signal_minute_add_in *kept = arena_new(tx_arena(tx), struct signal_minute_add_in, t->b->signal_n + 1);
	size_t n = 0;
	if (kept == NULL ||
	    !signal_minutes_thin_open(
			tx,
			&(struct signal_minutes_thin_in){.institution = institution, .net = net, .since = t->since, .until = until},
			&rows, e)) {
		return kept != NULL ? false : err_set(e, ERR_MEMORY, "no memory for minutes");
	}
	while (n < t->b->signal_n && signal_minutes_thin_next(&rows, &o)) {
		kept[n++] = (struct signal_minute_add_in){.institution = institution,
		                                          .net = net,
		                                          .minute = t->since,
		                                          .signal = o.signal,
		                                          .span = QUARTER,
		                                          .seconds = o.seconds,
		                                          .brain_s = o.brain_s,
		                                          .agree_s = o.agree_s,
		                                          .vehicle_s = o.vehicle_s,
		                                          .halting_s = o.halting_s,
		                                          .delay_s = o.delay_s,
		                                          .metres = o.metres,
		                                          .walker_s = o.walker_s,
		                                          .walk_most_s = o.walk_most_s,
		                                          .switches = o.switches};
	}
	bool ok = signal_minutes_thin_close(&rows, e) &&
	          signal_minutes_drop(tx,
	                              &(struct signal_minutes_drop_in){
									  .institution = institution, .net = net, .since = t->since, .until = until},
	                              NULL, e);
	for (size_t i = 0; ok && i < n; i++) {
		ok = signal_minute_add(tx, &kept[i], NULL, e);
	}
	return ok;
}

static bool thin_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct thin *t = ctx;
	return street_wrote(tx, &(struct street_wrote_in){.institution = t->b->institution, .wrote = t->b->minute}, e) &&
	       thin_links(tx, t, e) && thin_signals(tx, t, e);
}

bool minutes_thin(struct store *s, const struct minutes_batch *b, struct err *e)
{
	struct thin t = {.b = b};
	struct arena scratch;
	arena_init(&scratch, 64 * 1024);
	bool ok = store_read(s, b->institution, &scratch, oldest_job, &t, e);
	arena_release(&scratch);
	struct store_op op = {.route = b->institution, .is_background = true};
	return ok && (t.since < 0 || store_write(s, &op, thin_job, &t, e));
}

/* --- The outline --- */

struct keep {
	int64_t institution, net;
	struct str outline;
	bool is_there;
	struct street_get_out row;
};

static bool get_job(struct tx *tx, void *ctx, struct err *e)
{
	struct keep *k = ctx;
	return street_get(tx, &(struct street_get_in){.institution = k->institution}, &k->row, e);
}

static bool keep_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct keep *k = ctx;
	return k->is_there
	           ? street_told(
					 tx,
					 &(struct street_told_in){
						 .institution = k->institution, .net = k->net, .outline = k->outline, .told_at = tx_now_us(tx)},
					 e)
	           : street_add(
					 tx,
					 &(struct street_add_in){
						 .institution = k->institution, .net = k->net, .outline = k->outline, .told_at = tx_now_us(tx)},
					 e);
}

bool minutes_keep_outline(struct store *s, int64_t institution, int64_t net, struct str outline, struct err *e)
{
	struct keep k = {.institution = institution, .net = net, .outline = outline};
	struct arena scratch;
	arena_init(&scratch, 256 * 1024 * 1024);
	bool ok = store_read(s, institution, &scratch, get_job, &k, e);
	bool is_same = ok && k.row.found && str_eq(k.row.outline, outline);
	k.is_there = ok && k.row.found;
	arena_release(&scratch);
	struct store_op op = {.route = institution, .is_background = true};
	return ok && (is_same || store_write(s, &op, keep_job, &k, e));
}

bool minutes_read_outline(struct store *s, int64_t institution, struct arena *a, struct str *out, struct err *e)
{
	struct keep k = {.institution = institution};
	bool ok = store_read(s, institution, a, get_job, &k, e);
	*out = ok && k.row.found ? k.row.outline : STR_EMPTY;
	return ok;
}

/* --- Orders --- */

struct orders {
	int64_t institution, number;
	struct buf bytes;
};

static bool orders_job(struct tx *tx, void *ctx, struct err *e)
{
	struct orders *in = ctx;
	struct signal_orders_after_rows rows;
	struct signal_orders_after_out o;
	struct signal_orders_after_in ask = {.institution = in->institution, .number = in->number, .most = ORDERS_AT_ONCE};
	buf_reset(&in->bytes);
	if (!signal_orders_after_open(tx, &ask, &rows, e)) {
		return false;
	}
	while (signal_orders_after_next(&rows, &o)) {
		buf_put(&in->bytes, o.body);
	}
	return signal_orders_after_close(&rows, e);
}

bool minutes_orders_after(struct store *s, int64_t institution, int64_t number, struct arena *a, struct str *out,
                          struct err *e)
{
	struct orders in = {.institution = institution, .number = number};
	buf_init(&in.bytes, ORDERS_MAX_BYTES);
	bool ok = store_read(s, institution, a, orders_job, &in, e) && buf_ok(&in.bytes, e);
	*out = ok ? arena_copy(a, buf_str(&in.bytes)) : STR_EMPTY;
	buf_release(&in.bytes);
	return ok;
}
