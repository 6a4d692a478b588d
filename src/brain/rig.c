#include "brain/rig.h"

#include <math.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "brain/net_build.h"
#include "brain/report.h"
#include "os/file.h"
#include "os/socket.h"

enum { RIG_ARENA_BYTES = 1 << 30, FIELD_FILE_MAX_BYTES = 256 << 20, LATER_MAX_BYTES = 64 << 20, MQTT_PORT = 1883 };
/* Orders that do not come are waited for so long, then the second is over. */
#define ORDERS_WITHIN_US US_PER_S
#define AGAIN_US (US_PER_S / 4)
#define PUMP_US (US_PER_S / 50)

static const char fleet[] = "fleet", announcer[] = "control-room", rig_clock[] = "rig";

/* --- Its street in a file --------------------------------------------------------------------------------------------
 */

/* Who tells of a detector: the cabinet of the signal that its lane leads to, or comes from; else one of the rest. */
static uint32_t device_of(const struct net *n, uint32_t lane, uint32_t *rest)
{
	const struct net_lane *l = &n->lanes[lane];
	for (uint32_t k = 0; k < l->move_n; k++) {
		if (n->moves[l->move + k].signal != NET_NONE) {
			return n->moves[l->move + k].signal;
		}
	}
	for (uint32_t i = 0; i < l->in_n; i++) {
		if (n->moves[n->into[l->in + i]].signal != NET_NONE) {
			return n->moves[n->into[l->in + i]].signal;
		}
	}
	return n->signal_n + (*rest)++ / REPORT_LIST_MAX;
}

static void put_text(struct json_out *j, const char *key, struct str s)
{
	json_key(j, str_of(key));
	json_put_string(j, s);
}

static void put_named(struct json_out *j, const char *key, char letter, uint32_t number)
{
	char name[16];
	int n = snprintf(name, sizeof name, "%c%u", letter, number);
	put_text(j, key, str_from(name, (size_t)n));
}

static void put_signals(const struct rig *r, struct json_out *j, struct str engine)
{
	const struct net *n = r->city->net;
	json_key(j, STR("signals"));
	json_begin_array(j);
	for (uint32_t i = 0; i < n->signal_n; i++) {
		if (r->agents[i].signal == NULL) {
			continue;
		}
		buf_put_c(j->to, "\n");
		json_begin_object(j);
		put_text(j, "signal", n->signals[i].id);
		put_text(j, "address", STR("127.0.0.1"));
		json_key(j, STR("port"));
		json_put_int(j, ntcip_server_port(r->server));
		put_named(j, "context", 's', i);
		put_text(j, "engine", engine);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_devices(const struct rig *r, struct json_out *j)
{
	const struct net *n = r->city->net;
	json_key(j, STR("devices"));
	json_begin_array(j);
	for (uint32_t v = 0; v < r->device_n; v++) {
		buf_put_c(j->to, "\n");
		json_begin_object(j);
		put_named(j, "device", 'c', v);
		json_key(j, STR("detectors"));
		json_begin_array(j);
		for (uint32_t d = 0; d < r->sensors.detector_n; d++) {
			if (r->device[d] == v) {
				json_begin_object(j);
				put_named(j, "detector", 'd', d);
				put_text(j, "lane", n->lanes[r->sensors.detectors[d].lane].id);
				json_key(j, STR("to_go"));
				buf_printf(j->to, "%.2f", (double)floorf(r->sensors.detectors[d].to_go_m * 100) / 100);
				j->needs_comma = true;
				json_end_object(j);
			}
		}
		json_end_array(j);
		json_end_object(j);
	}
	json_end_array(j);
	json_key(j, STR("fleets"));
	json_begin_array(j);
	json_put_string(j, str_of(fleet));
	json_end_array(j);
	json_key(j, STR("announcers"));
	json_begin_array(j);
	json_put_string(j, str_of(announcer));
	json_end_array(j);
}

static bool write_field(const struct rig *r, struct str host, uint16_t port, struct err *e)
{
	struct buf text, engine;
	buf_init(&text, FIELD_FILE_MAX_BYTES);
	buf_init(&engine, 200);
	ntcip_put_engine(&engine);
	struct json_out j = {.to = &text};
	json_begin_object(&j);
	json_key(&j, STR("broker"));
	json_begin_object(&j);
	put_text(&j, "host", host);
	json_key(&j, STR("port"));
	json_put_int(&j, port);
	json_end_object(&j);
	put_text(&j, "secrets", str_of(r->o.secrets));
	put_text(&j, "clock", str_of(rig_clock));
	put_signals(r, &j, buf_str(&engine));
	put_devices(r, &j);
	json_end_object(&j);
	buf_put_c(&text, "\n");
	bool ok = buf_ok(&text, e) && file_replace(&file_layer_real, r->o.field, buf_str(&text), 0600, e);
	buf_release(&text);
	buf_release(&engine);
	return ok;
}

/* --- Begin and end ---------------------------------------------------------------------------------------------------
 */

static bool make(struct rig *r, struct err *e)
{
	const struct net *n = r->city->net;
	uint32_t rest = 0;
	r->agents = arena_new(&r->arena, struct agent, n->signal_n + 1);
	r->sets = arena_new(&r->arena, uint64_t, n->signal_n + 1);
	if (!rig_sensors_init(&r->sensors, n, e)) {
		return false;
	}
	r->device = arena_new(&r->arena, uint32_t, r->sensors.detector_n + 1);
	if (r->arena.is_full) {
		return err_set(e, ERR_MEMORY, "no memory for the rig");
	}
	for (uint32_t i = 0; i < n->signal_n; i++) {
		if (!agent_init(&r->agents[i], &n->signals[i], &r->city->signals[i])) {
			r->agents[i] = (struct agent){0}; /* the simulation's own programme goes on */
		}
	}
	for (uint32_t d = 0; d < r->sensors.detector_n; d++) {
		r->device[d] = device_of(n, r->sensors.detectors[d].lane, &rest);
	}
	r->device_n = n->signal_n + rest / REPORT_LIST_MAX + 1;
	return true;
}

bool rig_begin(struct rig *r, const struct rig_options *o, struct city *c, struct err *e)
{
	struct ntcip_server_options so = {.port = o->port, .agent_n = c->net->signal_n};
	struct mqtt_options mo = {0};
	struct str host = str_of(o->broker), port_text;
	uint64_t port = MQTT_PORT;
	*r = (struct rig){.o = *o, .city = c};
	arena_init(&r->arena, RIG_ARENA_BYTES);
	prng_seed(&r->random, o->seed);
	for (int i = 0; i <= RIG_LATE_S; i++) {
		buf_init(&r->later[i], LATER_MAX_BYTES);
	}
	bool has_port = str_cut(host, ':', &host, &port_text);
	bool ok = !has_port || (str_to_u64(port_text, &port) && port > 0 && port <= UINT16_MAX) ||
	          err_set(e, ERR_USAGE, "the broker is HOST or HOST:PORT");
	ok = ok && field_secrets(&r->arena, o->field, str_of(o->secrets), "rig", &mo.user, &mo.password, &so.secret, e) &&
	     make(r, e);
	so.agents = r->agents;
	mo.host = arena_cstr(&r->arena, host);
	mo.port = (uint16_t)port;
	ok = ok && ntcip_serve(&r->server, &so, e) && write_field(r, host, (uint16_t)port, e) &&
	     mqtt_begin(&r->mqtt, &mo, e);
	if (!ok) {
		rig_end(r);
	}
	return ok;
}

void rig_end(struct rig *r)
{
	mqtt_end(r->mqtt);
	ntcip_server_stop(r->server);
	rig_sensors_release(&r->sensors);
	for (int i = 0; i <= RIG_LATE_S; i++) {
		buf_release(&r->later[i]);
	}
	arena_release(&r->arena);
	*r = (struct rig){0};
}

/* --- What sensors tell -----------------------------------------------------------------------------------------------
 */

static bool happens(struct rig *r, double percent)
{
	return prng_below(&r->random, 100000) < (uint64_t)(percent * 1000);
}

static void tell(struct rig *r, const struct report *report)
{
	struct buf topic, payload;
	if (happens(r, r->o.lost_percent)) {
		return;
	}
	buf_init(&topic, 400);
	buf_init(&payload, 4 * REPORT_MAX_BYTES);
	report_put_topic(&topic, report);
	report_put(&payload, report);
	int times = happens(r, r->o.doubled_percent) ? 2 : 1;
	uint64_t late_s = happens(r, r->o.late_percent) ? 1 + prng_below(&r->random, RIG_LATE_S) : 0;
	for (int i = 0; i < times; i++) {
		if (late_s > 0) {
			struct buf *later = &r->later[(r->ticks + late_s) % (RIG_LATE_S + 1)];
			codec_put_bytes(later, buf_str(&topic));
			codec_put_bytes(later, buf_str(&payload));
		} else {
			mqtt_publish(r->mqtt, buf_str(&topic), buf_str(&payload));
		}
	}
	buf_release(&topic);
	buf_release(&payload);
}

static void tell_counts(struct rig *r)
{
	const struct net *n = r->city->net;
	const struct street *street = &r->city->street;
	struct report_count counts[REPORT_LIST_MAX];
	struct report_walkers walkers[GROUPS_MAX];
	static _Thread_local char names[REPORT_LIST_MAX][16];
	for (uint32_t v = 0; v < r->device_n; v++) {
		char device[16];
		snprintf(device, sizeof device, "c%u", v);
		struct report report = {.kind = REPORT_COUNTS,
		                        .device = str_of(device),
		                        .at_ms = r->city->now_ms,
		                        .counts = counts,
		                        .walkers = walkers};
		for (uint32_t d = 0; d < r->sensors.detector_n && report.count_n < REPORT_LIST_MAX; d++) {
			if (r->device[d] == v) {
				snprintf(names[report.count_n], sizeof names[0], "d%u", d);
				counts[report.count_n] =
					(struct report_count){str_of(names[report.count_n]), r->sensors.total[d], r->sensors.occupied[d]};
				report.count_n++;
			}
		}
		for (uint32_t k = 0; v < n->signal_n && k < n->signals[v].move_n && report.walker_n < GROUPS_MAX; k++) {
			uint32_t m = n->under[n->signals[v].move + k];
			if (n->moves[m].is_crossing) {
				walkers[report.walker_n++] = (struct report_walkers){
					n->lanes[n->moves[m].to].id, (uint32_t)street->waiting[m], street->wait_ms[m] / 1000};
			}
		}
		if (report.count_n + report.walker_n > 0) {
			tell(r, &report);
		}
	}
}

static float noise(struct rig *r)
{
	return (float)r->o.noise_m * ((float)prng_below(&r->random, 2001) / 1000.0F - 1.0F);
}

/* A report of somebody who is there on the lane, as GPS would have it. */
static struct report place_of(struct rig *r, enum report_kind kind, uint32_t lane, float to_go_m, float speed_mps)
{
	const struct net_lane *l = &r->city->net->lanes[lane];
	float along = l->length_m > 0 && to_go_m < l->length_m ? 1.0F - to_go_m / l->length_m : 0;
	float heading = atan2f(l->x2 - l->x, l->y2 - l->y) * 180.0F / (float)M_PI;
	return (struct report){.kind = kind,
	                       .at_ms = r->city->now_ms,
	                       .x = l->x + along * (l->x2 - l->x) + noise(r),
	                       .y = l->y + along * (l->y2 - l->y) + noise(r),
	                       .speed_mps = speed_mps,
	                       .heading_deg = heading < 0 ? heading + 360 : heading};
}

/* Buses and emergency vehicles; a control room knows them all. */
static void tell_priorities(struct rig *r)
{
	for (uint32_t i = 0; i < r->city->priority.vehicle_n; i++) {
		const struct priority_vehicle *v = &r->city->priority.vehicles[i];
		char name[16];
		int n = snprintf(name, sizeof name, "v%u", i);
		struct report report = place_of(r, REPORT_PRIORITY, v->lane, v->to_go_m, v->speed_mps);
		report.device = str_of(announcer);
		report.vehicle = str_from(name, (size_t)n);
		report.is_emergency = v->kind == PRIORITY_EMERGENCY;
		report.late_s = v->late_s;
		tell(r, &report);
	}
}

static void tell_places(struct rig *r)
{
	const struct street *street = &r->city->street;
	for (uint32_t i = 0; i < street->car_n; i++) {
		const struct street_car *c = &street->cars[i];
		if (c->name == NULL || c->lane == NET_NONE ||
		    (double)(net_hash(str_of(c->name)) % 10000) >= r->o.gps_percent * 100) {
			continue;
		}
		char name[16];
		snprintf(name, sizeof name, "%x", net_hash(str_of(c->name)));
		struct report report = place_of(r, REPORT_PLACE, c->lane, c->to_go_m, c->speed_mps);
		report.device = str_of(fleet);
		report.vehicle = str_of(name);
		tell(r, &report);
	}
}

static void tell_late_ones(struct rig *r)
{
	struct buf *now = &r->later[r->ticks % (RIG_LATE_S + 1)];
	struct str topic, payload;
	for (struct str rest = buf_str(now); rest.n > 0 && mqtt_next(&rest, &topic, &payload);) {
		mqtt_publish(r->mqtt, topic, payload);
	}
	buf_reset(now);
}

/* The street's time ends each second's messages; it is not lost. */
static void tell_time(struct rig *r)
{
	struct buf topic, payload;
	const struct report report = {.kind = REPORT_CLOCK, .device = str_of(rig_clock), .at_ms = r->city->now_ms};
	buf_init(&topic, 100);
	buf_init(&payload, 100);
	report_put_topic(&topic, &report);
	report_put(&payload, &report);
	mqtt_publish(r->mqtt, buf_str(&topic), buf_str(&payload));
	buf_release(&topic);
	buf_release(&payload);
}

/* --- A second --------------------------------------------------------------------------------------------------------
 */

/* Whether those that are led were told what to do in this second. */
static bool are_all_told(const struct rig *r)
{
	for (uint32_t i = 0; i < r->city->net->signal_n; i++) {
		const struct agent *a = &r->agents[i];
		if (a->signal != NULL && a->mode == AGENT_SYSTEM && a->sets == r->sets[i]) {
			return false;
		}
	}
	return true;
}

static bool is_any_led(const struct rig *r)
{
	for (uint32_t i = 0; i < r->city->net->signal_n; i++) {
		if (r->agents[i].signal != NULL && r->agents[i].mode == AGENT_SYSTEM) {
			return true;
		}
	}
	return false;
}

static void take_orders(struct rig *r)
{
	int64_t least = deadline_in(r->o.pace > 0 ? (int64_t)((double)US_PER_S / r->o.pace) : 0);
	int64_t most = deadline_in(r->o.orders_within_us > 0 ? r->o.orders_within_us : ORDERS_WITHIN_US);
	for (;;) {
		bool is_done = are_all_told(r);
		int64_t until = is_done || least > most ? least : most, slice = deadline_in(PUMP_US);
		if (deadline_left(until) == 0) {
			break;
		}
		ntcip_server_pump(r->server, r->city->now_ms, slice < until ? slice : until);
	}
}

bool rig_await(struct rig *r, int64_t deadline, struct err *e)
{
	int64_t again = 0;
	while (!is_any_led(r)) {
		if (deadline_left(deadline) == 0) {
			return err_set(e, ERR_BUSY, "nobody leads the signals");
		}
		if (deadline_left(again) == 0) {
			tell_time(r);
			again = deadline_in(AGAIN_US);
		}
		ntcip_server_pump(r->server, r->city->now_ms, deadline_in(PUMP_US));
	}
	return true;
}

bool rig_tick(struct rig *r, struct err *e)
{
	const struct net *n = r->city->net;
	if (!rig_sensors_look(&r->sensors, &r->city->street, e)) {
		return false;
	}
	for (uint32_t i = 0; i < n->signal_n; i++) {
		r->sets[i] = r->agents[i].sets;
	}
	tell_late_ones(r);
	tell_counts(r);
	tell_places(r);
	tell_priorities(r);
	tell_time(r);
	take_orders(r);
	for (uint32_t i = 0; i < n->signal_n; i++) {
		if (r->agents[i].signal != NULL) {
			agent_tick(&r->agents[i], r->city->now_ms);
			r->by_plan += r->agents[i].mode == AGENT_BACKUP;
		}
	}
	r->ticks++;
	bool is_led = is_any_led(r);
	if (is_led != r->was_led) {
		log_line(is_led ? LOG_INFO : LOG_WARN, is_led ? "signals-led" : "signals-by-plan",
		         LOG_I("street_ms", r->city->now_ms));
		r->was_led = is_led;
	}
	return true;
}
