#include "bench_incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "brain/city.h"
#include "brain/incident.h"
#include "brain/sumo.h"
#include "sensors.h"

enum {
	EVERY_S = 600,
	STANDS_S = 300,
	IN_TIME_S = 120,
	AFTER_S = 180,
	BUSY_AN_HOUR = 300,
	NAME_BYTES = 64,
	SAYS_EVERY_S = 300,
	LEARNS_BY_SEED = 1000
};
#define SHORTEST_M 25.0F

struct tally {
	uint32_t stopped, found, found_in_time, false_alarms;
	uint32_t others;             /* told of somebody who stood though he could go, whom nobody had stopped */
	uint32_t on_busy;            /* false alarms, on links above 300 vehicles an hour */
	double seconds;              /* until found, all together */
	double link_days, busy_days; /* of links between rows of detectors */
};

/* What one way of seeing finds. */
struct finder {
	struct sensors sensors;
	struct incidents incidents;
	struct tally *tally;
	int64_t known; /* the last incident that was looked at */
	bool is_found;
};

struct stop {
	uint32_t link, lane; /* NET_NONE: none */
	float to_go_m;       /* where the next one stops */
	bool stands;
	double since_s;
	char name[NAME_BYTES];
};

struct drive {
	const struct bench_street *of;
	struct net net;
	struct city city;
	struct sumo sumo;
	struct finder seen, gps;
	struct incidents truth; /* who stands though he could go, with each car seen */
	struct stop stop;
	struct prng random;
	bool *is_busy;
	uint32_t *passed, *by_lane; /* by link, by lane: in the last ten minutes, at its first row */
};

static bool leads_to(const struct net *n, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < n->links[from].lane_n; i++) {
		const struct net_lane *l = &n->lanes[n->links[from].lane + i];
		for (uint32_t k = 0; k < l->move_n; k++) {
			if (n->lanes[n->moves[l->move + k].to].link == to) {
				return true;
			}
		}
	}
	return from == to;
}

static bool is_the_one(const struct drive *d, const struct incident *it)
{
	/* Until it is over, and the queue that it left: on the link, or on one that leads to it. */
	return d->stop.link != NET_NONE && d->stop.stands && leads_to(&d->net, it->link, d->stop.link);
}

/* Somebody stands there, or on a link that it leads to or that leads to it, who could go. */
static bool is_true(const struct drive *d, const struct incident *it)
{
	for (uint32_t k = 0; k < d->truth.n; k++) {
		uint32_t link = d->truth.all[k].link;
		if (leads_to(&d->net, it->link, link) || leads_to(&d->net, link, it->link)) {
			return true;
		}
	}
	return false;
}

static void look(const struct drive *d, struct finder *f, double now_s)
{
	for (uint32_t k = 0; k < f->incidents.n; k++) {
		const struct incident *it = &f->incidents.all[k];
		bool is_new = it->id > f->known;
		if (is_the_one(d, it)) {
			if (!f->is_found && now_s < d->stop.since_s + STANDS_S) {
				f->is_found = true;
				f->tally->found++;
				f->tally->found_in_time += now_s - d->stop.since_s <= IN_TIME_S;
				f->tally->seconds += now_s - d->stop.since_s;
				if (getenv("INCIDENTS")) {
					fprintf(stderr, "%s: after %.0f s, sign %d\n", f == &d->gps ? "by GPS alone" : "by all",
					        now_s - d->stop.since_s, (int)it->sign);
				}
			}
		} else if (is_new && is_true(d, it)) {
			f->tally->others++;
		} else if (is_new) {
			f->tally->false_alarms++;
			f->tally->on_busy += d->is_busy[it->link];
			if (getenv("INCIDENTS")) {
				const struct net_link *l = &d->net.links[it->link];
				fprintf(stderr, "false alarm at %.0f s: %.*s, sign %d, %.0f m before its end\n", now_s, STR_ARG(l->id),
				        (int)it->sign, (double)it->to_go_m);
			}
		}
	}
	f->known = f->incidents.next_id - 1;
}

/* Those between rows of detectors on which enough drove; how many lie between rows at all. */
static uint32_t busy_links(struct drive *d, uint32_t *links, uint32_t *all)
{
	uint32_t n = 0;
	*all = 0;
	bool *is_seen = mem_must(d->net.link_n + 1, sizeof *is_seen);
	memset(d->is_busy, 0, d->net.link_n);
	for (uint32_t k = 0; k < d->seen.incidents.section_n; k++) {
		uint32_t link = d->seen.incidents.sections[k].link;
		*all += !is_seen[link];
		d->is_busy[link] = d->passed[link] >= BUSY_AN_HOUR * EVERY_S / 3600;
		if (!is_seen[link] && d->is_busy[link] && d->net.links[link].length_m >= SHORTEST_M) {
			links[n++] = link;
		}
		is_seen[link] = true;
	}
	mem_free(is_seen);
	return n;
}

static void count_passing(struct drive *d)
{
	struct sensors *s = &d->seen.sensors;
	for (uint32_t i = 0; i < s->seen.detector_n; i++) {
		uint32_t lane = s->seen.detectors[i].lane, first = s->sense.by_lane[s->sense.on[lane]];
		for (uint32_t k = 1; k < s->sense.on_n[lane]; k++) {
			uint32_t other = s->sense.by_lane[s->sense.on[lane] + k];
			first = s->seen.detectors[other].to_go_m > s->seen.detectors[first].to_go_m ? other : first;
		}
		d->passed[d->net.lanes[lane].link] += first == i ? s->seen.counted[i] : 0;
		d->by_lane[lane] += first == i ? s->seen.counted[i] : 0;
	}
}

/* The first who passes the place stops there. */
static void stop_one(struct drive *d, double now_s)
{
	struct stop *t = &d->stop;
	for (uint32_t i = 0; i < d->city.street.car_n; i++) {
		const struct street_car *c = &d->city.street.cars[i];
		bool is_there = c->name != NULL && c->lane != NET_NONE && d->net.lanes[c->lane].link == t->link &&
		                c->to_go_m <= t->to_go_m && c->to_go_m > t->to_go_m - 15.0F && c->speed_mps > 3.0F;
		if (is_there && strlen(c->name) < NAME_BYTES) {
			strcpy(t->name, c->name);
			t->stands = true;
			t->lane = c->lane;
			t->since_s = now_s;
			d->seen.is_found = d->gps.is_found = false;
			d->seen.tally->stopped++;
			d->gps.tally->stopped++;
			traci_drive(&d->sumo.traci, str_of(t->name), 0);
			return;
		}
	}
}

static void arrange(struct drive *d, double now_s)
{
	struct stop *t = &d->stop;
	if (t->link != NET_NONE && !t->stands) {
		stop_one(d, now_s);
	} else if (t->stands && now_s >= t->since_s + STANDS_S && t->name[0] != 0) {
		if (getenv("INCIDENTS")) {
			fprintf(stderr, "%s at %.0f s: %.*s, %u lanes, %.0f m before its end, %u in ten minutes on its lane\n",
			        d->seen.is_found ? "found" : "NOT FOUND", t->since_s, STR_ARG(d->net.links[t->link].id),
			        d->net.links[t->link].lane_n, (double)t->to_go_m, d->by_lane[t->lane]);
		}
		traci_drive(&d->sumo.traci, str_of(t->name), -1);
		t->name[0] = 0;
	} else if (t->stands && now_s >= t->since_s + STANDS_S + AFTER_S) {
		*t = (struct stop){.link = NET_NONE};
	}
	if ((int64_t)now_s % EVERY_S != 0) {
		return;
	}
	uint32_t *links = mem_must(d->seen.incidents.section_n + 1, sizeof *links), all = 0, n = busy_links(d, links, &all);
	for (int f = 0; f < 2; f++) {
		struct tally *of = (f == 0 ? &d->seen : &d->gps)->tally;
		of->link_days += all * EVERY_S / 86400.0;
		of->busy_days += n * EVERY_S / 86400.0;
	}
	if (d->of->stops && t->link == NET_NONE && n > 0 && now_s + STANDS_S + AFTER_S < d->of->end_s) {
		t->link = links[prng_below(&d->random, n)];
		uint32_t metres = (uint32_t)d->net.links[t->link].length_m - 20;
		t->to_go_m = 10.0F + (float)prng_below(&d->random, metres);
		t->stands = false;
	}
	memset(d->passed, 0, d->net.link_n * sizeof *d->passed);
	memset(d->by_lane, 0, d->net.lane_n * sizeof *d->by_lane);
	mem_free(links);
}

static void say(const struct drive *d, double now_s)
{
	const struct street *s = &d->city.street;
	uint32_t cars = 0, stand = 0;
	for (uint32_t i = 0; i < s->car_n; i++) {
		bool is_there = s->cars[i].name != NULL && s->cars[i].lane != NET_NONE;
		cars += is_there;
		stand += is_there && s->cars[i].speed_mps < STREET_HALTS_MPS;
	}
	fprintf(stderr, "%.0f s: %u vehicles, %u stand\n", now_s, cars, stand);
}

static bool second(struct drive *d, struct err *e)
{
	struct city *c = &d->city;
	if (!sumo_step(&d->sumo, c, e) || !sensors_look(&d->gps.sensors, c, e) || !sensors_look(&d->seen.sensors, c, e) ||
	    !incidents_look(&d->seen.incidents, &d->seen.sensors.sense, e) || !incidents_look_whole(&d->truth, c, e) ||
	    !incidents_look(&d->gps.incidents, &d->gps.sensors.sense, e)) {
		return false;
	}
	incidents_tell(&d->seen.incidents, c);
	double now_s = (double)c->now_ms / 1000;
	count_passing(d);
	look(d, &d->seen, now_s);
	look(d, &d->gps, now_s);
	arrange(d, now_s);
	if (getenv("INCIDENTS") && (int64_t)now_s % SAYS_EVERY_S == 0) {
		say(d, now_s);
	}
	if (!city_decide(c, 1, e)) {
		return false;
	}
	city_act(c);
	return true;
}

/* What a brain that has run for long has learned: how often each balance shifts. */
struct learned {
	float *shifts, *hours;
	uint32_t n;
};

static void begin_with(struct incidents *i, struct learned *l)
{
	if (l->shifts == NULL) {
		l->shifts = mem_must(i->section_n + 1, sizeof *l->shifts);
		l->hours = mem_must(i->section_n + 1, sizeof *l->hours);
		l->n = i->section_n;
	}
	for (uint32_t k = 0; k < i->section_n && k < l->n; k++) {
		i->sections[k].shifts = l->shifts[k];
		i->sections[k].hours = l->hours[k];
	}
}

static void keep_learned(const struct incidents *i, struct learned *l)
{
	for (uint32_t k = 0; k < i->section_n && k < l->n; k++) {
		l->shifts[k] = i->sections[k].shifts;
		l->hours[k] = i->sections[k].hours;
	}
}

static bool drive(const struct bench_street *of, uint64_t seed, struct learned *learned, struct tally by[2],
                  struct err *e)
{
	struct sumo_options so = {.program = "sumo",
	                          .files = of->files,
	                          .begin_s = of->begin_s,
	                          .end_s = of->end_s,
	                          .seed = seed,
	                          .is_led = true};
	struct drive *d = mem_must(1, sizeof *d);
	d->of = of;
	d->seen.tally = &by[0];
	d->gps.tally = &by[1];
	d->stop.link = NET_NONE;
	prng_seed(&d->random, seed);
	bool ok = net_load(&d->net, of->net, e);
	bool is_started = ok && sumo_start(&d->sumo, &so, &d->net, e);
	ok = is_started &&
	     city_init(&d->city, &d->net, &SAFETY_BENCH, controller_find(STR("horizon")), (int64_t)(of->begin_s * 1000),
	               e) &&
	     sensors_init(&d->seen.sensors, &d->net, seed, e) && sensors_init(&d->gps.sensors, &d->net, seed, e) &&
	     incidents_init(&d->truth, &d->net, NULL, e) &&
	     incidents_init(&d->seen.incidents, &d->net, &d->seen.sensors.sense, e) &&
	     incidents_init(&d->gps.incidents, &d->net, &d->gps.sensors.sense, e);
	d->gps.sensors.has_no_detectors = true;
	if (ok) {
		begin_with(&d->seen.incidents, learned);
	}
	d->is_busy = mem_must(d->net.link_n + 1, sizeof *d->is_busy);
	d->passed = mem_must(d->net.link_n + 1, sizeof *d->passed);
	d->by_lane = mem_must(d->net.lane_n + 1, sizeof *d->by_lane);
	while (ok && (double)d->city.now_ms < of->end_s * 1000) {
		ok = second(d, e);
	}
	if (ok) {
		keep_learned(&d->seen.incidents, learned);
	}
	struct err why;
	ok = (!is_started || sumo_stop(&d->sumo, ok ? e : &why)) && ok;
	incidents_release(&d->truth);
	incidents_release(&d->seen.incidents);
	incidents_release(&d->gps.incidents);
	sensors_release(&d->seen.sensors);
	sensors_release(&d->gps.sensors);
	city_release(&d->city);
	net_release(&d->net);
	mem_free(d->is_busy);
	mem_free(d->passed);
	mem_free(d->by_lane);
	mem_free(d);
	return ok;
}

bool bench_incidents(const struct bench_street *of, uint64_t first, int seeds,
                     void (*progress)(uint32_t done, uint32_t all), struct err *e)
{
	static const char *const names[2] = {"detectors at both ends, and GPS", "GPS alone"};
	struct tally by[2] = {{0}}, none[2] = {{0}};
	struct learned learned = {0};
	struct bench_street quiet = *of;
	quiet.stops = false;
	/* An hour before the first that is measured, by a seed of its own. */
	bool ok = drive(&quiet, first + LEARNS_BY_SEED, &learned, none, e);
	for (int k = 0; ok && k < seeds; k++) {
		ok = drive(of, first + (uint64_t)k, &learned, by, e);
		progress((uint32_t)k + 1, (uint32_t)seeds);
	}
	mem_free(learned.shifts);
	mem_free(learned.hours);
	if (!ok) {
		return false;
	}
	printf("\n%s\n\n| told by | stopped | found | in %d s | mean time to find | others that stood | false alarms | per "
	       "100 link-days |\n"
	       "|---|---|---|---|---|---|---|---|\n",
	       of->title, IN_TIME_S);
	for (int i = 0; i < 2; i++) {
		const struct tally *t = &by[i];
		printf("| %s | %u | %u | %.0f%% | %.0f s | %u | %u in %.1f link-days | %u in %.1f link-days |\n", names[i],
		       t->stopped, t->found, 100.0 * t->found_in_time / (t->stopped > 0 ? t->stopped : 1),
		       t->seconds / (t->found > 0 ? t->found : 1), t->others, t->false_alarms, t->link_days, t->on_busy,
		       t->busy_days);
	}
	return true;
}
