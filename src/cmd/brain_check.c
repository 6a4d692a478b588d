#include <stdio.h>

#include "cmd/brain.h"
#include "cmd/commands.h"

int brain_check(struct brain_asked *a)
{
	struct net n;
	struct err e = {0};
	struct arena arena;
	uint32_t wrong = 0;
	if (!brain_load(a, &n, &e)) {
		return command_failed(&e);
	}
	printf("%u links, %u lanes, %u movements, %u signals\n", n.link_n, n.lane_n, n.move_n, n.signal_n);
	if (n.left_out > 0) {
		printf("%u signals have a programme that makes no sense: they are left alone\n", n.left_out);
		wrong += n.left_out;
	}
	arena_init(&arena, SIZE_MAX);
	for (uint32_t i = 0; i < n.signal_n; i++) {
		const struct net_signal *s = &n.signals[i];
		struct safety_plan p;
		if (!safety_plan(&p, &arena, &n, i, &SAFETY_LEGAL, &e)) {
			printf("signal %.*s: %s: it is left alone\n", STR_ARG(s->id), e.text);
			wrong++;
			continue;
		}
		printf("signal %.*s: %u groups, %u stages%s\n", STR_ARG(s->id), p.group_n, p.stage_n - p.extra_n,
		       s->phase_n == 0 ? ", made here: it has no programme" : "");
		if (p.accepted > 0) {
			printf("signal %.*s: the programme shows %u pairs of groups green together whose ways meet, and neither "
			       "gives way\n",
			       STR_ARG(s->id), p.accepted);
		}
		if ((p.stage_n - p.extra_n + 1) * (uint32_t)p.longest_ms > (uint32_t)SAFETY_LEGAL.most_walk_red_ms) {
			printf("signal %.*s: a round of its stages takes longer than %d s: the longest red cannot be kept\n",
			       STR_ARG(s->id), SAFETY_LEGAL.most_walk_red_ms / 1000);
		}
	}
	arena_release(&arena);
	net_release(&n);
	return wrong > 0 ? EXIT_FAILED : EXIT_STOPPED;
}
