/* What the pages of the traffic room show, already decided. Within the room. */
#ifndef CITYHALL_APP_TRAFFIC_VIEWS_H
#define CITYHALL_APP_TRAFFIC_VIEWS_H

#include "app/page.h"
#include "app/traffic/live.h"
#include "html/form.h"
#include "html/pieces.h"

enum {
	NEEDS_MOST = 20,
	SLOWEST_MOST = 6,
	PRIORITIES_MOST = 20,
	STAGE_FIELDS = 8,
	REASON_CHARS = 500,
	SAID_MOST = 20,
	DOUBTS_MOST = 16,
	RULES_MOST = 40,
	PLACES_MOST = 600,
	RULE_ERRORS = 7
};

/* Numbered on the map and in the list. */
struct traffic_need {
	bool is_red;
	struct frame_point at;
	struct str number;            /* "1", or "1  13:41" */
	struct str title, text, href; /* href may be empty */
};
struct traffic_slow {
	struct str way, usual, now;
};
struct traffic_wave {
	struct str what, where, cost;
};
struct traffic_view {
	const struct live_seen *seen;
	const struct live_link *links; /* NULL: nothing was told */
	struct str city, when;
	bool is_staff, is_engineer, is_stale;
	bool is_kept; /* another process hears the brain: links and figures are of the newest minute in the store */
	struct str map_says;
	struct traffic_need needs[NEEDS_MOST];
	size_t need_n, need_left; /* left: more than fit */
	struct traffic_slow slowest[SLOWEST_MOST];
	size_t slow_n;
	bool has_usual;
	struct traffic_wave waves[PRIORITIES_MOST];
	size_t wave_n;
	int64_t vehicles, halting, waiting, longest_s, led, watched, signals;
	int64_t kmh; /* mean of all vehicles; below 0: nobody drives */
	/* Seconds lost on each kilometre; below 0: not known. */
	int64_t lost_now, lost_plan, lost_brain;
	struct str chart_says, change; /* change: "48% less" */
	bool is_less;
	int64_t version;
};

struct signal_row {
	struct str name, href, mode, lead, since, id;
	enum tag_sign sign;
	bool is_chosen;
};
struct signals_view {
	struct str action, csrf, op, op2, reason, error;
	struct signal_row *rows;
	size_t n, all;
	bool is_engineer, is_stale, is_kept;
	struct str counts[MODES];
	int64_t count[MODES];
};

struct group_row {
	struct str name;
	bool is_walk;
};
struct said_row {
	struct str when, what, who, why;
};
struct signal_view {
	struct str name, mode, mode_says, lead, since, why, action, csrf, op, reason, error, live;
	struct str compared; /* what watching showed; may be empty */
	enum tag_sign sign;
	bool is_engineer, is_stale, is_kept, is_led, is_raised;
	uint8_t mode_now;
	const struct outline_signal *of;
	const struct frame_signal *now;
	struct live_changes changes;
	int64_t until_us;
	struct group_row *groups;
	struct str diagram_says;
	struct said_row *said;
	size_t said_n;
	struct {
		struct str least_name, most_name, least, most, label;
	} stages[STAGE_FIELDS];
	size_t stage_n;
	struct said_row changes_rows[12];
	size_t change_n;
	struct said_row doubts[DOUBTS_MOST]; /* detectors before it that are not believed */
	size_t doubt_n;
};

struct weight_row {
	struct str name, hint, field, value, cost, error;
};
/* A way of an emergency vehicle, or a school's hours. */
struct rule_row {
	struct str name, where, progress, cost, who, href, number, op;
};
struct rule_rows {
	struct rule_row rows[RULES_MOST];
	size_t n;
};
struct priorities_view {
	struct str action, csrf, op, reason, error, end_action;
	struct weight_row rows[PRIORITIES];
	struct rule_rows *ways, *schools;
	int64_t version;
	struct traffic_wave waves[PRIORITIES_MOST];
	size_t wave_n;
	bool is_engineer, is_stale, is_kept;
};

struct incident_row {
	enum tag_sign sign;
	struct str state, street, text, when, pick; /* pick: the button's value; empty: nothing to do */
};
struct incidents_view {
	struct str action, csrf, op;
	struct incident_row *rows;
	size_t n, open_n; /* the open ones come first */
	bool is_stale;
};

/* A form to order one. */
struct way_view {
	struct str action, csrf, op, called, error_called, error_from, error_to, filter, led;
	struct form_choice *places, *ends, kinds[3], leaves[4];
	struct form_error errors[RULE_ERRORS];
	size_t error_n;
	size_t place_n;
	bool is_cut, is_stale; /* is_cut: there are more places */
	struct traffic_view map;
};
struct school_view {
	struct str action, csrf, op, number, called, from, until, weight, reason, filter;
	struct str error_called, error_days, error_from, error_until, error_signals, error_weight, error_reason;
	struct form_choice days[7], *signals;
	struct form_error errors[RULE_ERRORS];
	size_t error_n;
	size_t signal_n;
	bool is_cut, is_stale;
	struct traffic_view map;
};

/* map.c */
void traffic_map(struct html_out *o, const struct traffic_view *v);
void traffic_chart(struct html_out *o, const struct traffic_view *v, const struct live_minute *m, size_t n);
void traffic_chart_now(struct html_out *o, const struct traffic_view *v);
/* diagram.c */
void signal_diagram(struct html_out *o, const struct signal_view *v);

/* common.c: words */
struct req;
/* A link that comes to a signal or leaves one: "High Street before Mill Street, towards the east" (streets.c). */
struct str traffic_place_name(struct req *r, const struct outline *o, const struct outline_link *l);
struct str traffic_own_name(struct req *r, struct str name); /* of a street, isolated from our own words */
struct str traffic_signal_name(struct req *r, const struct outline_signal *s);
struct str traffic_time(struct req *r, int64_t us); /* "14:02:30" */
struct str traffic_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n);
const char *traffic_mode_word(uint8_t mode);
struct str traffic_lead_words(struct req *r, const struct frame_signal *s);
struct str traffic_incident_words(struct req *r, uint8_t kind, uint8_t sure_percent);
struct str traffic_group_name(struct req *r, const struct outline *o, const struct outline_group *g);
struct str traffic_seconds(struct req *r, int64_t s);      /* "2 min 10 s" */
struct str traffic_cost(struct req *r, int64_t person_ds); /* priorities_page.c */
/* Not told, while another process is. */
bool traffic_is_kept(struct req *r, const struct live_seen *seen);
bool traffic_is_staff(struct req *r, int64_t institution);
bool traffic_is_engineer(struct req *r, int64_t institution);

#endif
