#include "brain/window.h"

enum { TICK_MS = 1000, SERVED_MAX = 4, NEEDED_COUNTS = 3 };

/* A row of wishes: one now, then what stands until begin_ms, stages that are due one after the other, the way's. */
struct row {
	uint8_t first, served[SERVED_MAX], served_n;
	int64_t begin_ms;
};
struct tried {
	uint32_t lost;    /* seconds of the window without green, those when it is needed count more */
	int64_t green_ms; /* when the way has its green for the first time after all others; INT64_MAX: never */
	uint8_t forced;   /* the stage that a longest red takes it for; STAGE_NONE: none */
};

static bool is_green(const struct safety *s, const struct safety_plan *p, uint32_t group, int64_t now_ms)
{
	if (groups_has(&p->stages[s->stage].green, group)) {
		return now_ms >= s->green_ms[group];
	}
	bool was = s->before != STAGE_NONE && groups_has(&p->stages[s->before].green, group);
	return was && now_ms < s->red_ms[group];
}

static struct tried try_row(const struct window *w, const struct safety *now, const struct safety_plan *p,
                            const struct row *r, int64_t now_ms)
{
	int64_t red_ms[GROUPS_MAX], green_ms[GROUPS_MAX];
	struct safety s = *now;
	struct tried t = {.green_ms = INT64_MAX, .forced = STAGE_NONE};
	uint8_t at = 0;
	s.red_ms = red_ms;
	s.green_ms = green_ms;
	memcpy(red_ms, now->red_ms, p->group_n * sizeof *red_ms);
	memcpy(green_ms, now->green_ms, p->group_n * sizeof *green_ms);
	safety_tick(&s, p, r->first, now_ms);
	for (int64_t ms = now_ms; ms <= w->until_ms; ms += TICK_MS) {
		bool is_begun = ms >= r->begin_ms;
		while (is_begun && at < r->served_n && s.stage == r->served[at]) {
			at++;
		}
		bool is_last = is_begun && at == r->served_n;
		if (ms > now_ms) {
			safety_tick(&s, p, !is_begun ? s.stage : is_last ? w->stage : r->served[at], ms);
		}
		bool has = is_green(&s, p, w->group, ms);
		if (has && is_last && t.green_ms == INT64_MAX) {
			t.green_ms = ms;
		}
		if (!has && ms >= w->from_ms) {
			t.lost += ms >= w->needs_ms && ms <= w->needs_until_ms ? NEEDED_COUNTS : 1;
		}
		if (is_last && s.is_forced && !groups_has(&p->stages[s.stage].green, w->group) && t.forced == STAGE_NONE) {
			t.forced = s.stage;
		}
	}
	return t;
}

/* The best that can follow on a wish: what a longest red would take the green for is served before, one after the
 * other, as late as it can be. *due: what is to be served first; STAGE_NONE: nothing. */
static uint32_t loses(const struct window *w, const struct safety *s, const struct safety_plan *p, uint8_t first,
                      int64_t now_ms, uint8_t *due)
{
	struct row r = {.first = first};
	uint32_t least = UINT32_MAX;
	*due = STAGE_NONE;
	for (;;) {
		r.begin_ms = now_ms;
		struct tried t = try_row(w, s, p, &r, now_ms);
		if (t.green_ms < w->from_ms) {
			r.begin_ms = now_ms + (w->from_ms - t.green_ms) / TICK_MS * TICK_MS;
			struct tried later = try_row(w, s, p, &r, now_ms);
			t = later.lost <= t.lost ? later : t;
		}
		if (t.lost < least) {
			least = t.lost;
			*due = r.served_n > 0 ? r.served[0] : STAGE_NONE;
		}
		if (t.lost == 0 || t.forced == STAGE_NONE || r.served_n == SERVED_MAX) {
			return least;
		}
		r.served[r.served_n++] = t.forced;
	}
}

uint8_t window_wish(const struct window *w, const struct safety *s, const struct safety_plan *p, uint8_t wish,
                    int64_t now_ms)
{
	uint8_t best = wish < p->stage_n ? wish : s->stage, due;
	if (w->from_ms - now_ms > WINDOW_AHEAD_MS || w->stage >= p->stage_n) {
		return wish;
	}
	uint32_t least = loses(w, s, p, best, now_ms, &due);
	const uint8_t others[] = {s->stage, w->stage, due};
	uint32_t wished = least;
	for (size_t i = 0; least > 0 && i < sizeof others; i++) {
		uint8_t unused;
		uint32_t lost = others[i] < p->stage_n ? loses(w, s, p, others[i], now_ms, &unused) : UINT32_MAX;
		if (lost < least) {
			least = lost;
			best = others[i];
		}
	}
	return least < wished ? best : wish;
}
