/* What the portal is told: an outline, then frames of it, then an answer. Never crashes; what is taken is written the
 * same again, and every number points to something that is there. Needs brain. */
#include "brain/frame.h"

#include "fuzz/crossroads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void look(const struct street_frame *f, const struct outline *o)
{
	for (uint32_t i = 0; i < f->signal_n; i++) {
		const struct frame_signal *s = &f->signals[i];
		must(s->stage < o->signals[i].stage_n || s->stage == FRAME_NO_STAGE);
		must(s->letters.n == 0 || s->letters.n == o->signals[i].group_n);
		must((s->least_s == NULL) == (s->most_s == NULL));
	}
	for (uint32_t i = 0; i < f->incident_n; i++) {
		must(f->incidents[i].link < o->link_n && f->incidents[i].kind < FRAME_INCIDENT_END);
	}
	for (uint32_t i = 0; i < f->priority_n; i++) {
		for (uint32_t k = 0; k < f->priorities[i].way_n; k++) {
			must(f->priorities[i].way[k].signal < o->signal_n);
		}
	}
	for (uint32_t i = 0; i < f->walker_n; i++) {
		must(f->walkers[i].crossing < o->crossing_n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct str message;
	struct outline o;
	struct street_frame f;
	struct err e;
	struct buf again;
	void *kept[16] = {0};
	size_t kept_n = 0;
	arena_init(&a, 1 << 26);
	buf_init(&again, 1 << 22);
	bool has_outline = false;
	while (kept_n < sizeof kept / sizeof kept[0] && next_piece(&data, &n, &message)) {
		kept[kept_n++] = (void *)(uintptr_t)message.p; /* names point into it */
		buf_reset(&again);
		if (frame_is_outline(message)) {
			has_outline = outline_take(&o, &a, message, &e);
			if (has_outline) {
				outline_put(&again, &o);
				must(str_eq(buf_str(&again), message));
			}
		} else if (has_outline && frame_take(&f, &o, &a, message, &e)) {
			look(&f, &o);
			frame_put(&again, &f);
		} else {
			struct str orders;
			bool wants;
			if (frame_answer_take(message, &wants, &orders, &e)) {
				frame_answer_put(&again, wants, orders);
				must(str_eq(buf_str(&again), message));
			}
		}
	}
	for (size_t i = 0; i < kept_n; i++) {
		mem_free(kept[i]);
	}
	buf_release(&again);
	arena_release(&a);
	return 0;
}
