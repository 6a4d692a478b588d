/* What the streets of an outline are called.
 */
#include "app/traffic/history.h"
#include "app/traffic/views.h"
#include "brain/frame.h"

enum way { EAST, WEST, NORTH, SOUTH };

static enum way way_of(const struct outline_link *l)
{
	int64_t x = l->points[l->point_n - 1].x_dm - l->points[0].x_dm;
	int64_t y = l->points[l->point_n - 1].y_dm - l->points[0].y_dm;
	bool is_across = (x < 0 ? -x : x) > (y < 0 ? -y : y);
	return is_across ? (x > 0 ? EAST : WEST) : (y > 0 ? NORTH : SOUTH);
}

/* Which other street it comes to; empty: none that has a name. */
static struct str cross_of(const struct outline *o, const struct outline_link *l)
{
	const struct outline_signal *s = l->to_signal < o->signal_n ? &o->signals[l->to_signal] : NULL;
	for (int i = 0; s != NULL && i < 2; i++) {
		if (s->streets[i].n > 0 && !str_eq(s->streets[i], l->name)) {
			return s->streets[i];
		}
	}
	return STR_EMPTY;
}

static const char *const ways[] = {N_("{street}, towards the east"), N_("{street}, towards the west"),
                                   N_("{street}, towards the north"), N_("{street}, towards the south")};
static const char *const before[] = {
	N_("{street} before {other}, towards the east"), N_("{street} before {other}, towards the west"),
	N_("{street} before {other}, towards the north"), N_("{street} before {other}, towards the south")};

static struct str name_of(struct req *r, const struct outline *o, const struct outline_link *l)
{
	if (l->name.n == 0 || l->point_n < 2) {
		return l->id;
	}
	const struct tr_arg args[] = {TR_O("street", l->name), TR_O("other", cross_of(o, l))};
	bool has_cross = cross_of(o, l).n > 0;
	return history_say(r, has_cross ? before[way_of(l)] : ways[way_of(l)], args, has_cross ? 2 : 1);
}

struct str traffic_place_name(struct req *r, const struct outline *o, const struct outline_link *l)
{
	static const char *const after[] = {
		N_("{street} after {other}, towards the east"), N_("{street} after {other}, towards the west"),
		N_("{street} after {other}, towards the north"), N_("{street} after {other}, towards the south")};
	struct outline_link own = *l;
	bool is_before = l->to_signal < o->signal_n;
	own.to_signal = is_before ? l->to_signal : l->from_signal;
	struct str other = cross_of(o, &own);
	if (l->name.n == 0 || l->point_n < 2) {
		return traffic_own_name(r, l->id);
	}
	const struct tr_arg args[] = {TR_O("street", traffic_own_name(r, l->name)),
	                              TR_O("other", traffic_own_name(r, other))};
	const char *const *words = other.n == 0 ? ways : is_before ? before : after;
	return history_say(r, words[way_of(l)], args, other.n > 0 ? 2 : 1);
}

bool history_street_names(struct req *r, const struct city_history *h, struct str **names, size_t *n, struct err *e)
{
	struct outline o;
	*n = 0;
	if (!outline_take(&o, &r->arena, h->street.outline, e)) {
		return false;
	}
	*names = arena_new(&r->arena, struct str, (size_t)o.link_n + 1);
	for (; *names != NULL && *n < o.link_n; (*n)++) {
		(*names)[*n] = name_of(r, &o, &o.links[*n]);
	}
	return *names != NULL || err_set(e, ERR_MEMORY, "no memory for streets' names");
}
