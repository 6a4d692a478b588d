#include "brain/heard.h"

#include <stdio.h>

#include "base/fault.h"

#define FINE 1000.0F /* metres, shares and degrees travel in thousandths */
#define METRES_MOST 1e6F

void heard_release(struct heard *h)
{
	mem_free(h->totals);
	mem_free(h->places);
	mem_free(h->walkers);
	*h = (struct heard){0};
}

void heard_clear(struct heard *h)
{
	h->total_n = h->place_n = h->walker_n = 0;
}

/* Room for one more; false: there is none. */
static bool has_room(void **list, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room) {
		return true;
	}
	uint32_t wanted = *room > 0 ? *room * 2 : 256;
	void *larger = wanted <= HEARD_MAX ? mem_resize(*list, wanted, size) : NULL;
	if (larger == NULL) {
		return false;
	}
	*list = larger;
	*room = wanted;
	return true;
}

void heard_add_total(struct heard *h, const struct heard_total *t)
{
	if (has_room((void **)&h->totals, h->total_n, &h->total_room, sizeof *t)) {
		h->totals[h->total_n++] = *t;
	}
}

void heard_add_place(struct heard *h, const struct heard_place *p)
{
	if (has_room((void **)&h->places, h->place_n, &h->place_room, sizeof *p)) {
		h->places[h->place_n++] = *p;
	}
}

void heard_add_walkers(struct heard *h, const struct heard_walkers *w)
{
	if (has_room((void **)&h->walkers, h->walker_n, &h->walker_room, sizeof *w)) {
		h->walkers[h->walker_n++] = *w;
	}
}

static void put_fine(struct buf *to, float v)
{
	codec_put_i64(to, (int64_t)(v * FINE));
}

static float take_fine(struct codec *m)
{
	float v = (float)codec_i64(m) / FINE;
	m->failed = m->failed || !(v >= -METRES_MOST && v <= METRES_MOST);
	return m->failed ? 0 : v;
}

void heard_put(struct buf *to, const struct heard *h)
{
	codec_put_u32(to, h->total_n);
	for (uint32_t i = 0; i < h->total_n; i++) {
		codec_put_u32(to, h->totals[i].detector);
		codec_put_i64(to, h->totals[i].at_ms);
		codec_put_u32(to, h->totals[i].total);
		put_fine(to, h->totals[i].occupied);
	}
	codec_put_u32(to, h->place_n);
	for (uint32_t i = 0; i < h->place_n; i++) {
		const struct match_place *p = &h->places[i].at;
		codec_put_i64(to, (int64_t)(h->places[i].vehicle & INT64_MAX));
		put_fine(to, p->x);
		put_fine(to, p->y);
		put_fine(to, p->speed_mps);
		put_fine(to, p->heading_deg);
	}
	codec_put_u32(to, h->walker_n);
	for (uint32_t i = 0; i < h->walker_n; i++) {
		codec_put_u32(to, h->walkers[i].move);
		put_fine(to, h->walkers[i].waiting);
		codec_put_i64(to, (int64_t)h->walkers[i].wait_ms);
	}
}

bool heard_take(struct codec *m, struct sense *s, struct err *e)
{
	uint32_t n = codec_count(m, HEARD_MAX, 24);
	for (uint32_t i = 0; !m->failed && i < n; i++) {
		uint32_t detector = codec_u32(m);
		int64_t at_ms = codec_within(m, TIME_MOST_MS);
		uint32_t total = codec_u32(m);
		float occupied = take_fine(m);
		if (!m->failed) {
			sense_hear(s, detector, at_ms, total, occupied);
		}
	}
	n = codec_count(m, HEARD_MAX, 40);
	for (uint32_t i = 0; !m->failed && i < n; i++) {
		char name[24];
		int k = snprintf(name, sizeof name, "%llx", (unsigned long long)codec_i64(m));
		struct match_place at = {.was_on = NET_NONE};
		at.x = take_fine(m);
		at.y = take_fine(m);
		at.speed_mps = take_fine(m);
		at.heading_deg = take_fine(m);
		if (!m->failed && !sense_hear_vehicle(s, str_from(name, (size_t)k), &at, e)) {
			return false;
		}
	}
	n = codec_count(m, HEARD_MAX, 20);
	for (uint32_t i = 0; !m->failed && i < n; i++) {
		uint32_t move = codec_u32(m);
		float waiting = take_fine(m), wait_ms = (float)codec_within(m, TIME_MOST_MS);
		if (!m->failed && move < s->net->move_n) {
			sense_hear_walkers(s, move, waiting, wait_ms);
		}
	}
	return !m->failed || err_set(e, ERR_CORRUPT, "what was heard is cut off");
}
