#include "brain/driver.h"

#include <poll.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/log.h"
#include "base/time_source.h"
#include "brain/ctl_fixed.h"

enum { LATE_LOOKS = 8, SAID_FOR_MS = 5000, MM_MOST = 1000000000 };
#define MM_PER_M 1000.0F
#define MESSAGE_WITHIN_US (US_PER_S / 2)

/* --- Messages --------------------------------------------------------------------------------------------------------
 */

static void put_mm(struct buf *to, float m)
{
	/* Whatever the street says, NaN too: it is read again. */
	float mm = m * MM_PER_M;
	codec_put_i64(to, mm >= MM_MOST ? MM_MOST : mm > -MM_MOST ? (int64_t)mm : -MM_MOST);
}

static float take_mm(struct codec *c)
{
	return (float)codec_within(c, MM_MOST) / MM_PER_M;
}

static void put_cars(struct buf *to, const struct street *s)
{
	uint32_t cars = 0, walks = 0;
	for (uint32_t i = 0; i < s->car_n; i++) {
		cars += s->cars[i].lane != NET_NONE;
	}
	codec_put_u32(to, cars);
	/* A number for each car as long as it is seen; no name leaves the driver. */
	for (uint32_t i = 0; i < s->car_n; i++) {
		if (s->cars[i].lane != NET_NONE) {
			codec_put_u32(to, i);
			codec_put_u32(to, s->cars[i].lane);
			put_mm(to, s->cars[i].to_go_m);
			put_mm(to, s->cars[i].speed_mps);
		}
	}
	for (uint32_t i = 0; i < s->net->move_n; i++) {
		walks += s->waiting[i] > 0;
	}
	codec_put_u32(to, walks);
	for (uint32_t i = 0; i < s->net->move_n; i++) {
		if (s->waiting[i] > 0) {
			codec_put_u32(to, i);
			codec_put_u32(to, (uint32_t)s->waiting[i]);
			codec_put_u32(to, (uint32_t)s->wait_ms[i]);
		}
	}
}

void driver_put_view(struct buf *to, const struct city *c, const struct heard *heard)
{
	codec_put_i64(to, c->now_ms);
	codec_put_i64(to, c->by_plan_until_ms);
	codec_put_u32(to, c->net->signal_n);
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		const struct city_signal *sig = &c->signals[i];
		codec_put_flag(to, sig->is_led);
		if (!sig->is_led) {
			continue;
		}
		safety_put(to, &sig->state, &sig->plan);
	}
	codec_put_u32(to, c->priority.vehicle_n);
	for (uint32_t i = 0; i < c->priority.vehicle_n; i++) {
		const struct priority_vehicle *v = &c->priority.vehicles[i];
		codec_put_u8(to, v->kind);
		codec_put_u32(to, v->lane);
		put_mm(to, v->to_go_m);
		put_mm(to, v->speed_mps);
		put_mm(to, v->late_s);
	}
	orders_put_state(to, c);
	codec_put_flag(to, heard != NULL);
	if (heard != NULL) {
		heard_put(to, heard);
	} else {
		put_cars(to, &c->street);
	}
}

static bool take_announced(struct city *c, struct codec *m)
{
	priority_tick(c);
	for (uint32_t n = codec_count(m, UINT32_MAX, 29); n > 0 && !m->failed; n--) {
		struct priority_vehicle v = {.kind = codec_u8(m)};
		v.lane = codec_u32(m);
		v.to_go_m = take_mm(m);
		v.speed_mps = take_mm(m);
		v.late_s = take_mm(m);
		if (v.kind >= PRIORITIES || v.lane >= c->net->lane_n) {
			return false;
		}
		priority_see(c, &v);
	}
	return true;
}

static bool take_cars(struct city *c, struct codec *m, struct err *e)
{
	struct street *s = &c->street;
	uint32_t cars = codec_count(m, UINT32_MAX, 24);
	for (uint32_t i = 0; !m->failed && i < cars; i++) {
		char name[16];
		uint32_t number = codec_u32(m), lane = codec_u32(m);
		float to_go = take_mm(m), speed = take_mm(m);
		if (m->failed || lane >= c->net->lane_n || c->net->lanes[lane].is_inner) {
			return err_set(e, ERR_CORRUPT, "the driver says what this net does not have");
		}
		int n = snprintf(name, sizeof name, "%u", number);
		if (!street_see(s, str_from(name, (size_t)n), lane, c->net->lanes[lane].length_m - to_go, speed, e)) {
			return false;
		}
	}
	uint32_t walks = codec_count(m, UINT32_MAX, 12);
	for (uint32_t i = 0; !m->failed && i < walks; i++) {
		uint32_t move = codec_u32(m), n = codec_u32(m), wait_ms = codec_u32(m);
		if (move >= c->net->move_n || !c->net->moves[move].is_crossing) {
			return err_set(e, ERR_CORRUPT, "the driver says what this net does not have");
		}
		street_see_walker(s, move, (float)wait_ms);
		s->waiting[move] = (float)n;
	}
	return codec_end(m, e) && city_look(c, e);
}

static bool take_heard(struct city *c, struct sense *sense, struct codec *m, struct err *e)
{
	sense_tick(sense, c->now_ms);
	sense_see_signals(sense, c);
	if (!heard_take(m, sense, e) || !codec_end(m, e) || !sense_end_tick(sense, e)) {
		return false;
	}
	sense_estimate(sense, &c->seen);
	sense_find_blind(sense, c);
	priority_look(c);
	return true;
}

bool driver_take_view(struct city *c, struct sense *sense, struct str message, struct err *e)
{
	struct codec m = codec_of(message);
	c->now_ms = codec_within(&m, TIME_MOST_MS);
	c->by_plan_until_ms = codec_within(&m, TIME_MOST_MS);
	bool ok = codec_u32(&m) == c->net->signal_n;
	street_tick(&c->street, c->now_ms);
	for (uint32_t i = 0; ok && i < c->net->signal_n; i++) {
		bool is_led = codec_flag(&m);
		/* Both sides read the same files: they lead the same signals. */
		ok = is_led == c->signals[i].is_led;
		if (ok && is_led) {
			safety_take(&c->signals[i].state, &c->signals[i].plan, &m);
		}
	}
	if (!ok || m.failed || !take_announced(c, &m)) {
		return err_set(e, ERR_CORRUPT, "the driver says what this net does not have");
	}
	if (!orders_take_state(c, &m, e)) {
		return false;
	}
	bool is_heard = codec_flag(&m);
	if (m.failed || is_heard != (sense != NULL)) {
		return err_set(e, ERR_CORRUPT, "the driver says what this net does not have");
	}
	return is_heard ? take_heard(c, sense, &m, e) : take_cars(c, &m, e);
}

void driver_put_wishes(struct buf *to, const struct city *c, struct str orders)
{
	codec_put_i64(to, c->now_ms);
	codec_put_u32(to, c->net->signal_n);
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		codec_put_u8(to, c->signals[i].wish);
	}
	codec_put_bytes(to, orders);
}

bool driver_take_wishes(struct city *c, struct str message, int64_t *of_ms, struct str *orders, struct err *e)
{
	struct codec m = codec_of(message), all;
	uint32_t n = c->net->signal_n;
	*of_ms = codec_within(&m, TIME_MOST_MS);
	m.failed = m.failed || codec_u32(&m) != n || m.rest.n < n || *of_ms > c->now_ms;
	all = codec_of(str_sub(m.rest, n, SIZE_MAX));
	*orders = codec_bytes(&all, ORDERS_MAX_BYTES);
	if (m.failed || !codec_end(&all, e)) {
		return err_set(e, ERR_CORRUPT, "the brain answers another question");
	}
	for (uint32_t i = 0; i < n; i++) {
		c->signals[i].wish = codec_u8(&m); /* any number: the safety layer takes only stages */
	}
	return true;
}

/* --- The driver ------------------------------------------------------------------------------------------------------
 */

void driver_init(struct driver *d, struct city *c, int listen_fd, int64_t answers_within_us)
{
	*d = (struct driver){.city = c,
	                     .listen_fd = listen_fd,
	                     .fd = -1,
	                     .answers_within_us = answers_within_us,
	                     .held_until_ms = INT64_MIN};
	message_init(&d->in, DRIVER_WISHES_MAX_BYTES);
}

void driver_release(struct driver *d)
{
	socket_close(&d->fd);
	message_release(&d->in);
}

static void hang_up(struct driver *d)
{
	socket_close(&d->fd);
	d->refused++;
}

/* Orders that make no sense are no reason to lose the brain that hands them on. */
static void take_orders(struct driver *d, struct str orders)
{
	struct err e;
	uint32_t taken = 0;
	if (!orders_take(d->city, orders, &taken, &e)) {
		log_err(LOG_ERROR, "orders-refused", &e);
	} else if (taken > 0 && d->orders_path != NULL && !orders_save(d->city, d->orders_path, &e)) {
		log_err(LOG_ERROR, "orders-not-kept", &e);
	}
}

/* One answer, waited for until the deadline. False: none came, or what came was none. */
static bool take_answer(struct driver *d, int64_t deadline)
{
	struct err e;
	struct pollfd p = {.fd = d->fd, .events = POLLIN};
	struct str orders;
	int64_t of_ms;
	if (poll(&p, 1, (int)((deadline_left(deadline) + 999) / 1000)) <= 0) {
		return false;
	}
	/* One that is gone, stops in the middle of a message, or talks nonsense is hung up on. */
	if (!message_recv(d->fd, &d->in, deadline_in(MESSAGE_WITHIN_US), &e) ||
	    !driver_take_wishes(d->city, buf_str(&d->in.bytes), &of_ms, &orders, &e)) {
		hang_up(d);
		return false;
	}
	take_orders(d, orders);
	d->held_until_ms = of_ms + DRIVER_LEASE_MS;
	d->answer_ms = of_ms;
	d->is_late = of_ms < d->city->now_ms;
	return true;
}

static void ask(struct driver *d)
{
	struct buf view;
	struct err e;
	int64_t deadline = deadline_in(d->is_late ? 0 : d->answers_within_us);
	buf_init(&view, DRIVER_VIEW_MAX_BYTES);
	/* A late one is asked again only when it has answered: its questions would pile up. */
	for (int i = 0; d->is_late && i < LATE_LOOKS && d->fd >= 0; i++) {
		if (take_answer(d, deadline_in(0))) {
			d->is_late = false;
		}
	}
	if (d->fd >= 0 && !d->is_late) {
		deadline = deadline_in(d->answers_within_us);
		driver_put_view(&view, d->city, d->heard);
		if (!buf_ok(&view, &e) || !message_send(d->fd, buf_str(&view), NULL, 0, deadline, &e)) {
			hang_up(d);
		} else if (!take_answer(d, deadline)) {
			d->is_late = true;
		}
	}
	buf_release(&view);
}

void driver_decide(struct driver *d)
{
	struct city *c = d->city;
	struct err e;
	int fd = -1;
	/* A brain that was started again takes the place of the one before. */
	if (socket_accept(d->listen_fd, deadline_in(0), &fd, &e)) {
		socket_close(&d->fd);
		d->fd = fd;
		d->is_late = false;
	}
	if (d->fd >= 0) {
		ask(d);
	}
	d->ticks++;
	bool is_held = c->now_ms < d->held_until_ms;
	if (is_held != d->was_held) {
		log_line(is_held ? LOG_INFO : LOG_WARN, is_held ? "brain-leads" : "plan-leads", LOG_I("street_ms", c->now_ms),
		         LOG_I("answer_ms", d->answer_ms));
		d->was_held = is_held;
	}
	if (is_held) {
		return;
	}
	d->by_plan++;
	c->by_plan_until_ms = c->now_ms + SAID_FOR_MS;
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		if (c->signals[i].is_led) {
			c->signals[i].wish = fixed_stage(&c->net->signals[i], &c->signals[i].plan, c->now_ms);
		}
	}
}
