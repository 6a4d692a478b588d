#include "brain/net.h"

#include "base/buf.h"
#include "brain/net_build.h"
#include "os/file.h"

enum { FILE_MAX_BYTES = 1 << 30 };

uint32_t net_hash(struct str s)
{
	uint32_t h = 2166136261U; /* FNV-1a */
	for (size_t i = 0; i < s.n; i++) {
		h = (h ^ (uint8_t)s.p[i]) * 16777619U;
	}
	return h;
}

uint32_t net_lane_find(const struct net *n, struct str id)
{
	uint32_t mask = n->lane_name_n - 1, i = net_hash(id) & mask;
	while (n->lane_name_n > 0 && n->lane_names[i] != NET_NONE) {
		if (str_eq(n->lanes[n->lane_names[i]].id, id)) {
			return n->lane_names[i];
		}
		i = (i + 1) & mask;
	}
	return NET_NONE;
}

uint32_t net_signal_find(const struct net *n, struct str id)
{
	uint32_t mask = n->signal_name_n - 1, i = net_hash(id) & mask;
	while (n->signal_name_n > 0 && n->signal_names[i] != NET_NONE) {
		if (str_eq(n->signals[n->signal_names[i]].id, id)) {
			return n->signal_names[i];
		}
		i = (i + 1) & mask;
	}
	return NET_NONE;
}

bool net_leads_to(const struct net *n, uint32_t from, uint32_t to)
{
	const struct net_link *l = &n->links[from];
	for (uint32_t i = 0; i < l->lane_n; i++) {
		const struct net_lane *lane = &n->lanes[l->lane + i];
		for (uint32_t k = 0; k < lane->move_n; k++) {
			if (n->lanes[n->moves[lane->move + k].to].link == to) {
				return true;
			}
		}
	}
	return false;
}

bool net_load(struct net *n, const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, FILE_MAX_BYTES);
	bool ok = file_read_whole(path, &text, e);
	struct err why;
	if (ok && !net_read_sumo(n, buf_str(&text), &why)) {
		ok = err_set(e, why.code, "%s: %s", path, why.text);
	}
	buf_release(&text);
	return ok;
}

void net_release(struct net *n)
{
	arena_release(&n->arena);
	*n = (struct net){0};
}
