#include "brain/field.h"

#include <math.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "brain/ctl_fixed.h"
#include "brain/net_build.h"

enum {
	LATE_MS = 10000,
	PLACE_LATE_MS = 5000,
	EARLY_MS = 2000,
	FOLLOWED_MS = 600000, /* a clock that is off by no more */
	OFF_MS = 1500,
	WINDOW_MS = 30000,
	RECENT = 1 << 16,
	READING_MAX_BYTES = 1 << 22,
	SILENT_SAID_AFTER = 3,
	REFUSED_SAID_EVERY_S = 60,
	TICK_MS = 1000,
};
#define POLL_WITHIN_US (US_PER_S / 4)
#define SEND_WITHIN_US (US_PER_S / 4)

const char *const FIELD_DOUBTS_NAMES[FIELD_DOUBTS] = {"garbage", "stranger", "anothers", "twice", "late", "early"};

bool field_begin(struct field *f, const char *path, struct city *c, struct err *e)
{
	*f = (struct field){.city = c, .now_ms = INT64_MIN};
	buf_init(&f->came, MQTT_WAITING_MAX_BYTES);
	arena_init(&f->reading, READING_MAX_BYTES);
	bool ok = field_file_read(&f->file, path, c->net, e) && match_init(&f->match, &f->file.arena, c->net, e);
	if (ok) {
		f->clocks = mem_alloc(f->file.device_n + 1, sizeof *f->clocks);
		f->signals = mem_alloc(f->file.peer_n + 1, sizeof *f->signals);
		f->recent = mem_alloc(RECENT, sizeof *f->recent);
		ok = (f->clocks && f->signals && f->recent) || err_set(e, ERR_MEMORY, "no memory for the field");
	}
	for (uint32_t i = 0; ok && i < f->file.peer_n; i++) {
		const struct city_signal *s = &c->signals[f->file.signals[i]];
		ok = (s->is_led && phases_of(&f->signals[i].phases, &s->plan)) ||
		     err_set(e, ERR_CONFIG, "signal %.*s cannot be led", STR_ARG(c->net->signals[f->file.signals[i]].id));
		f->file.peers[i].phase_n = f->signals[i].phases.n;
		f->file.peers[i].channel_n = s->plan.group_n;
	}
	const struct mqtt_options o = {.host = f->file.host,
	                               .port = f->file.port,
	                               .user = f->file.mqtt_user,
	                               .password = f->file.mqtt_password,
	                               .authorities = f->file.authorities,
	                               .subscribe = "street/v1/#"};
	ok = ok && ntcip_master_begin(&f->master, f->file.peers, f->file.peer_n, &f->file.snmp, e) &&
	     mqtt_begin(&f->mqtt, &o, e);
	if (!ok) {
		field_end(f);
	}
	return ok;
}

void field_end(struct field *f)
{
	mqtt_end(f->mqtt);
	ntcip_master_end(f->master);
	mem_free(f->clocks);
	mem_free(f->signals);
	mem_free(f->recent);
	heard_release(&f->heard);
	buf_release(&f->came);
	arena_release(&f->reading);
	field_file_release(&f->file);
	*f = (struct field){0};
}

/* --- What sensors tell -----------------------------------------------------------------------------------------------
 */

static bool doubt(struct field *f, enum field_doubt why)
{
	f->refused[why]++;
	return false;
}

/* The least that messages of a device took on their way, of the last half minute or so, is how far its clock is off:
 * late ones take longer, none takes less. */
static void follow_clock(struct field *f, uint32_t device, int64_t at_ms)
{
	struct field_clock *c = &f->clocks[device];
	int64_t lag_ms = f->now_ms - at_ms;
	if (!c->is_known || f->now_ms >= c->window_ends_ms) {
		c->least_lag_ms = c->is_known ? c->window_lag_ms : lag_ms;
		c->window_lag_ms = lag_ms;
		c->window_ends_ms = f->now_ms + WINDOW_MS;
		c->is_known = true;
	}
	c->window_lag_ms = lag_ms < c->window_lag_ms ? lag_ms : c->window_lag_ms;
	c->least_lag_ms = lag_ms < c->least_lag_ms ? lag_ms : c->least_lag_ms;
	bool is_off = c->least_lag_ms > OFF_MS || c->least_lag_ms < -OFF_MS;
	if (is_off != c->is_off) {
		log_line(is_off ? LOG_WARN : LOG_INFO, is_off ? "clock-off" : "clock-right",
		         LOG_S("device", f->file.devices[device].name), LOG_I("behind_ms", c->least_lag_ms));
		c->is_off = is_off;
	}
}

/* By our clock. */
static int64_t our_time(const struct field *f, uint32_t device, int64_t at_ms)
{
	const struct field_clock *c = &f->clocks[device];
	bool is_followed = c->is_off && c->least_lag_ms < FOLLOWED_MS && c->least_lag_ms > -FOLLOWED_MS;
	return is_followed ? at_ms + c->least_lag_ms : at_ms;
}

/* Whether counts of that second were told already. */
static bool is_twice(struct field_clock *c, int64_t at_ms)
{
	int64_t ahead = (at_ms - c->newest_ms + TICK_MS / 2) / TICK_MS;
	if (ahead > 0) {
		c->heard = ahead > 63 ? 0 : c->heard << ahead;
		c->newest_ms = at_ms;
		ahead = 0;
	}
	/* Of a clock that was put back far: it begins anew. */
	if (-ahead > 63) {
		c->newest_ms = at_ms;
		c->heard = 0;
		ahead = 0;
	}
	uint64_t bit = UINT64_C(1) << -ahead;
	bool is_there = (c->heard & bit) != 0;
	c->heard |= bit;
	return is_there;
}

static bool hear_counts(struct field *f, const struct report *r, uint32_t device)
{
	const struct net *n = f->city->net;
	/* All of it is checked before any of it is taken. */
	for (uint32_t i = 0; i < r->count_n; i++) {
		uint32_t d = field_find(f->file.detector_names, f->file.detector_n, r->counts[i].detector);
		if (d == NET_NONE || f->file.owner[d] != device) {
			return doubt(f, FIELD_ANOTHERS);
		}
	}
	follow_clock(f, device, r->at_ms);
	int64_t at_ms = our_time(f, device, r->at_ms);
	if (at_ms > f->now_ms + EARLY_MS) {
		return doubt(f, FIELD_EARLY);
	}
	if (at_ms < f->now_ms - LATE_MS) {
		return doubt(f, FIELD_LATE);
	}
	if (is_twice(&f->clocks[device], r->at_ms)) {
		return doubt(f, FIELD_TWICE);
	}
	for (uint32_t i = 0; i < r->count_n; i++) {
		const struct heard_total t = {field_find(f->file.detector_names, f->file.detector_n, r->counts[i].detector),
		                              at_ms, r->counts[i].total, r->counts[i].occupied};
		heard_add_total(&f->heard, &t);
	}
	for (uint32_t i = 0; i < r->walker_n; i++) {
		uint32_t lane = net_lane_find(n, r->walkers[i].crossing);
		for (uint32_t k = 0; lane != NET_NONE && k < n->lanes[lane].in_n; k++) {
			uint32_t move = n->into[n->lanes[lane].in + k];
			const struct heard_walkers w = {move, (float)r->walkers[i].waiting, r->walkers[i].longest_s * 1000};
			if (n->moves[move].is_crossing) {
				heard_add_walkers(&f->heard, &w);
			}
		}
	}
	return true;
}

/* Where a vehicle is by now. */
static bool take_place(struct field *f, const struct report *r, uint32_t device, struct heard_place *p)
{
	follow_clock(f, device, r->at_ms);
	int64_t at_ms = our_time(f, device, r->at_ms), late_ms = f->now_ms - at_ms;
	if (late_ms < -EARLY_MS || late_ms > PLACE_LATE_MS) {
		return doubt(f, late_ms > 0 ? FIELD_LATE : FIELD_EARLY);
	}
	/* Operators may give two vehicles one name. */
	uint64_t vehicle = ((uint64_t)net_hash(r->vehicle) << 20) ^ device;
	struct field_recent *before = &f->recent[(vehicle ^ vehicle >> 20) % RECENT];
	if (before->vehicle == vehicle && at_ms <= before->at_ms && before->at_ms - at_ms < WINDOW_MS) {
		return doubt(f, FIELD_TWICE);
	}
	*before = (struct field_recent){vehicle, at_ms};
	/* It has gone on since. */
	float gone_m = late_ms > 0 && r->heading_deg >= 0 ? r->speed_mps * (float)late_ms / 1000 : 0;
	float heading = r->heading_deg * (float)M_PI / 180;
	*p = (struct heard_place){vehicle,
	                          {.x = r->x + sinf(heading) * gone_m,
	                           .y = r->y + cosf(heading) * gone_m,
	                           .speed_mps = r->speed_mps,
	                           .heading_deg = r->heading_deg,
	                           .was_on = NET_NONE}};
	return true;
}

static bool hear_place(struct field *f, const struct report *r, uint32_t device)
{
	struct heard_place p;
	if (!f->file.devices[device].is_fleet) {
		return doubt(f, FIELD_ANOTHERS);
	}
	if (!take_place(f, r, device, &p)) {
		return false;
	}
	heard_add_place(&f->heard, &p);
	return true;
}

static bool hear_priority(struct field *f, const struct report *r, uint32_t device)
{
	struct heard_place p;
	float along_m = 0;
	if (!f->file.devices[device].is_announcer) {
		return doubt(f, FIELD_ANOTHERS);
	}
	if (!take_place(f, r, device, &p)) {
		return false;
	}
	uint32_t lane = match_find(&f->match, &p.at, &along_m);
	if (lane != NET_NONE) {
		priority_see(f->city, &(struct priority_vehicle){.kind = r->is_emergency ? PRIORITY_EMERGENCY : PRIORITY_BUS,
		                                                 .lane = lane,
		                                                 .to_go_m = f->city->net->lanes[lane].length_m - along_m,
		                                                 .speed_mps = r->speed_mps,
		                                                 .late_s = r->late_s});
	}
	return true;
}

bool field_hear(struct field *f, struct str topic, struct str payload)
{
	struct report r;
	struct err e;
	arena_reset(&f->reading);
	f->told++;
	if (!report_read(&f->reading, topic, payload, &r, &e)) {
		return doubt(f, FIELD_GARBAGE);
	}
	uint32_t device = field_find(f->file.device_names, f->file.device_n, r.device);
	if (r.kind == REPORT_CLOCK) {
		return str_eq(r.device, f->file.clock) || doubt(f, FIELD_STRANGER);
	}
	if (device == NET_NONE) {
		return doubt(f, FIELD_STRANGER);
	}
	return r.kind == REPORT_COUNTS  ? hear_counts(f, &r, device)
	       : r.kind == REPORT_PLACE ? hear_place(f, &r, device)
	                                : hear_priority(f, &r, device);
}

static void say_refused(struct field *f)
{
	uint64_t all = 0;
	for (int i = 0; i < FIELD_DOUBTS; i++) {
		all += f->refused[i];
	}
	if (all != f->said_refused && f->now_ms / TICK_MS % REFUSED_SAID_EVERY_S == 0) {
		log_line(LOG_WARN, "messages-refused", LOG_I("garbage", f->refused[FIELD_GARBAGE]),
		         LOG_I("stranger", f->refused[FIELD_STRANGER]), LOG_I("anothers", f->refused[FIELD_ANOTHERS]),
		         LOG_I("twice", f->refused[FIELD_TWICE]), LOG_I("late", f->refused[FIELD_LATE]),
		         LOG_I("early", f->refused[FIELD_EARLY]), LOG_I("of", f->told));
		f->said_refused = all;
	}
}

/* --- Time ------------------------------------------------------------------------------------------------------------
 */

/* The newest time that the street's own clock told in what came; INT64_MIN: none. */
static int64_t street_time(struct field *f, struct str came)
{
	struct str topic, payload;
	struct report r;
	struct err e;
	int64_t newest_ms = INT64_MIN;
	while (came.n > 0 && mqtt_next(&came, &topic, &payload)) {
		arena_reset(&f->reading);
		if (str_ends(topic, STR("/clock")) && report_read(&f->reading, topic, payload, &r, &e) &&
		    str_eq(r.device, f->file.clock) && r.at_ms > newest_ms) {
			newest_ms = r.at_ms;
		}
	}
	return newest_ms;
}

static int64_t machine_ms(void)
{
	struct time_source t;
	time_source_init(&t);
	return time_legal_us(&t) / 1000;
}

/* What came until the next second, one after the other in `came`. False: the deadline passed before. */
static bool wait_for_second(struct field *f, struct buf *came, int64_t deadline, int64_t *now_ms)
{
	struct buf more;
	bool is_there = false;
	buf_init(&more, MQTT_WAITING_MAX_BYTES);
	do {
		int64_t left_ms = TICK_MS - machine_ms() % TICK_MS;
		bool is_own = f->file.clock.n == 0;
		int64_t until = is_own ? deadline_in(left_ms * 1000) : deadline;
		buf_reset(&more);
		mqtt_collect(f->mqtt, &more, until < deadline ? until : deadline);
		buf_put(came, buf_str(&more));
		*now_ms = is_own ? machine_ms() / TICK_MS * TICK_MS : street_time(f, buf_str(&more));
		/* A simulation that waits for its brain tells the same time again. */
		is_there = is_own ? *now_ms > f->now_ms : *now_ms >= f->now_ms && *now_ms != INT64_MIN;
	} while (!is_there && deadline_left(deadline) > 0);
	buf_release(&more);
	return is_there;
}

/* --- Signals ---------------------------------------------------------------------------------------------------------
 */

static void follow_lamps(struct field *f, const struct ntcip_peer *p, struct city_signal *s)
{
	int64_t now_ms = f->now_ms;
	for (uint32_t g = 0; g < s->plan.group_n; g++) {
		bool is_green = groups_has(&p->status.channel_greens, g);
		if (!groups_has(&s->plan.stages[s->state.stage].green, g)) {
			continue;
		}
		if (is_green && s->state.green_ms[g] > now_ms) {
			s->state.green_ms[g] = now_ms;
		} else if (!is_green && s->state.green_ms[g] <= now_ms) {
			s->state.green_ms[g] = now_ms + TICK_MS;
		}
		s->state.ready_ms = s->state.green_ms[g] > s->state.ready_ms ? s->state.green_ms[g] : s->state.ready_ms;
	}
}

static void look_at_signal(struct field *f, uint32_t peer)
{
	const struct ntcip_peer *p = &f->file.peers[peer];
	struct field_signal *fs = &f->signals[peer];
	uint32_t signal = f->file.signals[peer];
	struct city_signal *s = &f->city->signals[signal];
	struct str id = f->city->net->signals[signal].id;
	bool is_silent = p->silent >= SILENT_SAID_AFTER;
	if (is_silent != fs->is_silent) {
		log_line(is_silent ? LOG_WARN : LOG_INFO, is_silent ? "signal-silent" : "signal-answers", LOG_S("signal", id));
		fs->is_silent = is_silent;
	}
	if (!p->is_heard) {
		/* It is taken to go by its plan: its backup time is over. */
		safety_tick(&s->state, &s->plan, fixed_stage(&f->city->net->signals[signal], &s->plan, f->now_ms), f->now_ms);
		return;
	}
	struct groups on = p->status.greens;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		on.w[i] |= p->status.nexts.w[i];
	}
	uint8_t stage = phases_stage(&fs->phases, &s->plan, &on);
	fs->strange += stage == STAGE_NONE;
	if (fs->is_strange != (stage == STAGE_NONE)) {
		fs->is_strange = stage == STAGE_NONE;
		log_line(fs->is_strange ? LOG_WARN : LOG_INFO, fs->is_strange ? "signal-strange" : "signal-known",
		         LOG_S("signal", id));
	}
	if (stage != STAGE_NONE && stage != s->state.stage) {
		safety_follow(&s->state, &s->plan, stage, f->now_ms - TICK_MS);
	}
	if (stage != STAGE_NONE) {
		follow_lamps(f, p, s);
	}
}

bool field_tick(struct field *f, int64_t deadline)
{
	struct str topic, payload;
	int64_t now_ms;
	if (!wait_for_second(f, &f->came, deadline, &now_ms)) {
		return false;
	}
	f->city->now_ms = f->now_ms = now_ms;
	heard_clear(&f->heard);
	priority_tick(f->city);
	for (struct str rest = buf_str(&f->came); rest.n > 0 && mqtt_next(&rest, &topic, &payload);) {
		field_hear(f, topic, payload);
	}
	buf_reset(&f->came);
	street_tick(&f->city->street, now_ms);
	say_refused(f);
	ntcip_poll(f->master, deadline_in(POLL_WITHIN_US));
	for (uint32_t i = 0; i < f->file.peer_n; i++) {
		look_at_signal(f, i);
	}
	return true;
}

void field_act(struct field *f, const struct driver *d)
{
	struct groups orders[AGENT_ORDERS];
	for (uint32_t i = 0; i < f->file.peer_n; i++) {
		uint32_t signal = f->file.signals[i];
		uint8_t wanted = d->was_held ? city_stage(f->city, signal) : STAGE_NONE;
		bool is_stage = wanted < f->city->signals[signal].plan.stage_n;
		uint8_t now = f->signals[i].is_strange ? STAGE_NONE : f->city->signals[signal].state.stage;
		agent_orders_for(&f->signals[i].phases, now, is_stage ? wanted : STAGE_NONE, orders);
		ntcip_order(f->master, i, orders);
	}
	ntcip_send(f->master, deadline_in(SEND_WITHIN_US));
}
