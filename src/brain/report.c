#include "brain/report.h"

#include "base/json.h"
#include "brain/net_build.h"

#define PLACE_MOST_M 1e6
#define SPEED_MOST_MPS 100.0
#define WAIT_MOST_S 86400.0
#define LATE_MOST_S 86400.0
#define AT_MOST_MS INT64_C(253402300800000) /* the year 10000 */

static const char *const kinds[] = {"counts", "place", "clock", "priority"};

static bool wrong(struct err *e, const char *what)
{
	return err_set(e, ERR_BAD_INPUT, "%s", what);
}

static bool take_real(const struct json *object, struct str key, double least, double most, double *v)
{
	const struct json *j = json_get(object, key);
	*v = j == NULL              ? least - 1
	     : j->kind == JSON_INT  ? (double)j->integer
	     : j->kind == JSON_REAL ? net_number(j->string, least - 1)
	                            : least - 1;
	return *v >= least && *v <= most;
}

static bool take_whole(const struct json *object, struct str key, int64_t most, int64_t *v)
{
	const struct json *j = json_get(object, key);
	*v = j != NULL && j->kind == JSON_INT ? j->integer : -1;
	return *v >= 0 && *v <= most;
}

static bool take_name(const struct json *object, struct str key, struct str *name)
{
	*name = json_string(object, key);
	return name->n > 0 && name->n <= REPORT_NAME_MAX && !str_has_control(*name, "");
}

static uint32_t length(const struct json *list)
{
	uint32_t n = 0;
	for (const struct json *j = list; j; j = j->next) {
		n++;
	}
	return n;
}

static bool take_list(const struct json *object, struct str key, const struct json **first, uint32_t *n)
{
	const struct json *list = json_get(object, key);
	*first = list ? list->first : NULL;
	*n = length(*first);
	return (list == NULL || list->kind == JSON_ARRAY) && *n <= REPORT_LIST_MAX;
}

static bool read_counts(struct arena *a, const struct json *object, struct report *r, struct err *e)
{
	const struct json *counts, *walkers;
	int64_t whole;
	double real;
	if (!take_list(object, STR("counts"), &counts, &r->count_n) ||
	    !take_list(object, STR("walkers"), &walkers, &r->walker_n)) {
		return wrong(e, "counts and walkers are lists of at most 512");
	}
	r->counts = arena_new(a, struct report_count, r->count_n + 1);
	r->walkers = arena_new(a, struct report_walkers, r->walker_n + 1);
	if (r->counts == NULL || r->walkers == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a report");
	}
	for (uint32_t i = 0; i < r->count_n; i++, counts = counts->next) {
		struct report_count *c = &r->counts[i];
		if (!take_name(counts, STR("detector"), &c->detector) ||
		    !take_whole(counts, STR("total"), UINT32_MAX, &whole)) {
			return wrong(e, "a count has a detector and how many it has counted so far");
		}
		c->total = (uint32_t)whole;
		if (!take_real(counts, STR("occupied"), 0, 1, &real)) {
			return wrong(e, "a detector is occupied for a share of the second, 0 to 1");
		}
		c->occupied = (float)real;
	}
	for (uint32_t i = 0; i < r->walker_n; i++, walkers = walkers->next) {
		struct report_walkers *w = &r->walkers[i];
		if (!take_name(walkers, STR("crossing"), &w->crossing) ||
		    !take_whole(walkers, STR("waiting"), UINT16_MAX, &whole) ||
		    !take_real(walkers, STR("longest_s"), 0, WAIT_MOST_S, &real)) {
			return wrong(e, "walkers have a crossing, how many wait, and how long the longest");
		}
		w->waiting = (uint32_t)whole;
		w->longest_s = (float)real;
	}
	return true;
}

static bool read_place(const struct json *object, struct report *r, struct err *e)
{
	double x, y, speed, heading = -1;
	bool has_heading = json_get(object, STR("heading")) != NULL;
	if (!take_name(object, STR("vehicle"), &r->vehicle)) {
		return wrong(e, "a place is of a vehicle");
	}
	if (!take_real(object, STR("x"), -PLACE_MOST_M, PLACE_MOST_M, &x) ||
	    !take_real(object, STR("y"), -PLACE_MOST_M, PLACE_MOST_M, &y) ||
	    !take_real(object, STR("speed"), 0, SPEED_MOST_MPS, &speed) ||
	    (has_heading && !take_real(object, STR("heading"), 0, 360, &heading))) {
		return wrong(e, "a place has x and y in metres, a speed in m/s, and perhaps a heading in degrees");
	}
	r->x = (float)x;
	r->y = (float)y;
	r->speed_mps = (float)speed;
	r->heading_deg = (float)heading;
	return true;
}

static bool read_priority(const struct json *object, struct report *r, struct err *e)
{
	struct str kind = json_string(object, STR("kind"));
	double late = 0;
	r->is_emergency = str_is(kind, "emergency");
	if (!r->is_emergency && !str_is(kind, "bus")) {
		return wrong(e, "who goes before others is an emergency vehicle or a bus");
	}
	if (json_get(object, STR("late")) != NULL && !take_real(object, STR("late"), 0, LATE_MOST_S, &late)) {
		return wrong(e, "late is in seconds");
	}
	r->late_s = (float)late;
	return read_place(object, r, e);
}

bool report_read(struct arena *a, struct str topic, struct str payload, struct report *r, struct err *e)
{
	struct str rest = topic, piece, parts[4] = {0};
	struct json *object;
	size_t n = 0, kind = 0;
	*r = (struct report){.heading_deg = -1};
	while (n < 5 && str_next(&rest, '/', &piece)) {
		parts[n < 4 ? n : 0] = piece;
		n++;
	}
	while (kind < sizeof kinds / sizeof kinds[0] && !str_is(parts[3], kinds[kind])) {
		kind++;
	}
	r->device = parts[2];
	r->kind = (enum report_kind)kind;
	if (n != 4 || !str_is(parts[0], "street") || !str_is(parts[1], "v1") || parts[2].n == 0 ||
	    parts[2].n > REPORT_NAME_MAX || str_has_control(parts[2], "") || !str_is_utf8(parts[2]) ||
	    kind == sizeof kinds / sizeof kinds[0]) {
		return wrong(e, "a topic is street/v1/DEVICE/ and counts, place, priority or clock");
	}
	if (payload.n > REPORT_MAX_BYTES) {
		return wrong(e, "a report has at most 64 KiB");
	}
	if (!json_parse(a, payload, &object, e)) {
		return false;
	}
	if (object->kind != JSON_OBJECT || !take_whole(object, STR("at"), AT_MOST_MS, &r->at_ms)) {
		return wrong(e, "a report says \"at\", in milliseconds since 1970");
	}
	return r->kind == REPORT_COUNTS     ? read_counts(a, object, r, e)
	       : r->kind == REPORT_PLACE    ? read_place(object, r, e)
	       : r->kind == REPORT_PRIORITY ? read_priority(object, r, e)
	                                    : true;
}

/* --- Writing ---------------------------------------------------------------------------------------------------------
 */

void report_put_topic(struct buf *to, const struct report *r)
{
	buf_printf(to, "street/v1/%.*s/%s", STR_ARG(r->device), kinds[r->kind]);
}

static void put_real(struct json_out *j, const char *key, float v)
{
	json_key(j, str_of(key));
	buf_printf(j->to, "%.2f", (double)v);
	j->needs_comma = true;
}

static void put_whole(struct json_out *j, const char *key, int64_t v)
{
	json_key(j, str_of(key));
	json_put_int(j, v);
}

static void put_name(struct json_out *j, const char *key, struct str name)
{
	json_key(j, str_of(key));
	json_put_string(j, name);
}

void report_put(struct buf *to, const struct report *r)
{
	struct json_out j = {.to = to};
	json_begin_object(&j);
	put_whole(&j, "at", r->at_ms);
	if (r->kind == REPORT_COUNTS) {
		json_key(&j, STR("counts"));
		json_begin_array(&j);
		for (uint32_t i = 0; i < r->count_n; i++) {
			json_begin_object(&j);
			put_name(&j, "detector", r->counts[i].detector);
			put_whole(&j, "total", r->counts[i].total);
			put_real(&j, "occupied", r->counts[i].occupied);
			json_end_object(&j);
		}
		json_end_array(&j);
		json_key(&j, STR("walkers"));
		json_begin_array(&j);
		for (uint32_t i = 0; i < r->walker_n; i++) {
			json_begin_object(&j);
			put_name(&j, "crossing", r->walkers[i].crossing);
			put_whole(&j, "waiting", r->walkers[i].waiting);
			put_real(&j, "longest_s", r->walkers[i].longest_s);
			json_end_object(&j);
		}
		json_end_array(&j);
	} else if (r->kind == REPORT_PLACE || r->kind == REPORT_PRIORITY) {
		put_name(&j, "vehicle", r->vehicle);
		put_real(&j, "x", r->x);
		put_real(&j, "y", r->y);
		put_real(&j, "speed", r->speed_mps);
		if (r->heading_deg >= 0) {
			put_real(&j, "heading", r->heading_deg);
		}
	}
	if (r->kind == REPORT_PRIORITY) {
		put_name(&j, "kind", r->is_emergency ? STR("emergency") : STR("bus"));
		put_real(&j, "late", r->late_s);
	}
	json_end_object(&j);
}
