#include "brain/mode.h"

const char *const MODE_NAMES[MODES] = {"watch", "advise", "bounds", "act"};

uint8_t mode_stage(const struct mode_set *m, const struct safety *s, const struct safety_plan *p, uint8_t wish,
                   int64_t green_ms)
{
	if (m->mode != MODE_BOUNDS) {
		return wish;
	}
	bool goes = wish != s->stage && wish < p->stage_n;
	uint16_t most_s = m->most_s[s->stage];
	if (goes) {
		return green_ms < m->least_s[s->stage] * 1000 ? s->stage : wish;
	}
	bool is_over = most_s > 0 && green_ms >= most_s * 1000;
	uint32_t next = s->stage + 1U < p->stage_n - p->extra_n ? s->stage + 1U : 0;
	return is_over ? (uint8_t)next : s->stage;
}
