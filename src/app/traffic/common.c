/* Words and rights of the room's pages. */
#include "app/people/viewer.h"
#include "app/traffic/views.h"
#include "html/translate.h"

struct str traffic_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 4000);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str traffic_own_name(struct req *r, struct str name)
{
	return arena_printf(&r->arena, "\xe2\x81\xa8%.*s\xe2\x81\xa9", STR_ARG(name));
}

struct str traffic_signal_name(struct req *r, const struct outline_signal *s)
{
	if (s->streets[1].n > 0) {
		return traffic_say(r, N_("{street} and {other}"),
		                   (const struct tr_arg[]){TR_O("street", traffic_own_name(r, s->streets[0])),
		                                           TR_O("other", traffic_own_name(r, s->streets[1]))},
		                   2);
	}
	return s->streets[0].n > 0
	           ? traffic_own_name(r, s->streets[0])
	           : traffic_say(r, N_("Signal {id}"), (const struct tr_arg[]){TR_O("id", traffic_own_name(r, s->id))}, 1);
}

struct str traffic_time(struct req *r, int64_t us)
{
	struct local_time t = page_local_time(r, us);
	return arena_printf(&r->arena, "%d:%02d:%02d", t.second / 3600, t.second / 60 % 60, t.second % 60);
}

struct str traffic_seconds(struct req *r, int64_t s)
{
	return s < 60
	           ? traffic_say(r, N_("{s} s"), (const struct tr_arg[]){TR_N("s", s)}, 1)
	           : traffic_say(r, N_("{m} min {s} s"), (const struct tr_arg[]){TR_N("m", s / 60), TR_N("s", s % 60)}, 2);
}

const char *traffic_mode_word(uint8_t mode)
{
	static const char *const words[MODES] = {
		[MODE_WATCH] = N_("Watch"),
		[MODE_ADVISE] = N_("Advise"),
		[MODE_BOUNDS] = N_("Act within bounds"),
		[MODE_ACT] = N_("Act"),
	};
	return words[mode < MODES ? mode : MODE_WATCH];
}

struct str traffic_lead_words(struct req *r, const struct frame_signal *s)
{
	static const char *const words[FRAME_LEAD_END] = {
		[FRAME_BY_PLAN] = N_("Its plan leads"),
		[FRAME_BY_BRAIN] = N_("The brain leads"),
		[FRAME_BY_LEASE] = N_("Its plan leads: the brain did not answer in time"),
		[FRAME_LEFT_OUT] = N_("Its plan leads: the brain failed here twice and tries again within ten minutes"),
		[FRAME_NOT_LED] = N_("Led by its own controller alone"),
	};
	return tr(r->lang, s->is_given_back && s->lead == FRAME_BY_PLAN ? N_("Given back to its plan") : words[s->lead]);
}

struct str traffic_incident_words(struct req *r, uint8_t kind, uint8_t sure_percent)
{
	static const char *const words[FRAME_INCIDENT_END] = {
		[FRAME_STANDING] = N_("Somebody stands in the way. {percent} sure."),
		[FRAME_BLOCKED] = N_("A lane lets nobody pass. {percent} sure."),
		[FRAME_SLOW] = N_("Far slower than usual; why is not known. {percent} sure."),
	};
	struct str sure = arena_printf(&r->arena, "%u%%", sure_percent);
	return traffic_say(r, words[kind < FRAME_INCIDENT_END ? kind : FRAME_SLOW],
	                   (const struct tr_arg[]){TR_O("percent", sure)}, 1);
}

struct str traffic_group_name(struct req *r, const struct outline *o, const struct outline_group *g)
{
	static const struct {
		char turn;
		const char *msgid, *bare;
	} turns[] = {
		{'s', N_("{street}, straight on"), N_("Straight on")},
		{'l', N_("{street}, left"), N_("Turning left")},
		{'L', N_("{street}, left"), N_("Turning left")},
		{'r', N_("{street}, right"), N_("Turning right")},
		{'R', N_("{street}, right"), N_("Turning right")},
		{'t', N_("{street}, turning round"), N_("Turning round")},
		{'c', N_("On foot"), N_("On foot")},
		{'m', N_("{street}, all ways"), N_("All ways")},
	};
	struct str name = g->link != FRAME_NONE ? o->links[g->link].name : STR_EMPTY;
	for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
		if (turns[i].turn == g->turn) {
			return name.n > 0 && g->turn != 'c'
			           ? traffic_say(r, turns[i].msgid,
			                         (const struct tr_arg[]){TR_O("street", traffic_own_name(r, name))}, 1)
			           : tr(r->lang, turns[i].bare);
		}
	}
	return name;
}

bool traffic_is_kept(struct req *r, const struct live_seen *seen)
{
	struct live_kept kept;
	struct err e;
	return !seen->is_fresh && live_kept(r->app, seen, &r->arena, &kept, &e) && kept.is_fresh &&
	       (seen->frame == NULL || kept.minute * US_PER_MIN > seen->frame->at_us);
}

bool traffic_is_engineer(struct req *r, int64_t institution)
{
	return institution != 0 && viewer_has_role(r->viewer, ROLE_TRAFFIC_ENGINEER, institution);
}

/* On duty: an engineer, an official or the head of the office that looks after the signals. */
bool traffic_is_staff(struct req *r, int64_t institution)
{
	return institution != 0 &&
	       (traffic_is_engineer(r, institution) || viewer_has_role(r->viewer, ROLE_OFFICIAL, institution) ||
	        viewer_has_role(r->viewer, ROLE_HEAD, institution));
}
