/* Road networks: never crashes; every number points to something that is there. Needs brain. */
#include "brain/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void look(const struct net *n)
{
	for (uint32_t i = 0; i < n->lane_n; i++) {
		const struct net_lane *l = &n->lanes[i];
		must(l->length_m > 0 && l->speed_mps > 0 && l->move + l->move_n <= n->move_n && l->in + l->in_n <= n->move_n);
		must(l->is_inner ? l->link == NET_NONE : l->link < n->link_n);
		must(l->after == NET_NONE || !n->lanes[l->after].is_inner);
		must(net_lane_find(n, l->id) == i);
	}
	for (uint32_t i = 0; i < n->move_n; i++) {
		const struct net_move *m = &n->moves[i];
		must(m->from < n->lane_n && m->to < n->lane_n && n->into[i] < n->move_n);
		must(m->signal == NET_NONE || (m->signal < n->signal_n && m->group < n->signals[m->signal].group_n));
	}
	for (uint32_t i = 0; i < n->signal_n; i++) {
		const struct net_signal *s = &n->signals[i];
		must(s->group_n <= GROUPS_MAX && s->move + s->move_n <= n->move_n && net_signal_find(n, s->id) == i);
		for (uint32_t a = 0; a < s->group_n; a++) {
			must(!groups_has(&s->foes[a], a));
			for (uint32_t b = 0; b < s->group_n; b++) {
				must(groups_has(&s->foes[a], b) == groups_has(&s->foes[b], a));
			}
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct net net;
	struct err e;
	if (net_read_sumo(&net, str_from(data, n), &e)) {
		look(&net);
		if (net_read_programmes(&net, str_from(data, n), &e)) {
			look(&net);
		}
		net_release(&net);
	} else {
		must(e.code != ERR_NONE);
	}
	return 0;
}
