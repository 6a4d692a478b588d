/* The room's routes and read models: an institution's list, the appeals of a jurisdiction, the counts that are
 * published. */
#include "app/ratings/ratings.h"

#include "app/page.h"
#include "app/ratings/occasion.h"
#include "base/digest.h"
#include "base/json.h"

enum { FORM_BODY_MAX = 64 * 1024, PAYLOAD_ARENA_BYTES = 64 * 1024 };

int64_t ratings_judges(struct str jurisdiction)
{
	uint8_t digest[SHA256_BYTES];
	struct buf b;
	int64_t v = 0;
	buf_init(&b, 512);
	buf_put(&b, STR("rating-judges:"));
	buf_put(&b, jurisdiction);
	sha256_of(buf_str(&b), digest);
	buf_release(&b);
	memcpy(&v, digest, sizeof v);
	v &= INT64_MAX;
	return v != 0 ? v : 1;
}

/* --- What an event says --- */

struct said { /* the public payload of an event of this room */
	enum rating_move move;
	int64_t occasion, month, level, words, handler, state, contact, remedy, late, judges;
};

static bool is_ours(const struct event *ev)
{
	return str_is(ev->room, RATING_ROOM) && rating_move_of(ev->kind) < RATING_MOVE_COUNT;
}

static int64_t integer(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, str_of(key));
	return v && v->kind == JSON_INT ? v->integer : 0;
}

static bool read_said(struct arena *a, const struct event *ev, struct said *out, struct err *e)
{
	struct json *j = NULL;
	if (!json_parse(a, ev->public_payload, &j, e)) {
		return false;
	}
	*out = (struct said){
		.move = rating_move_of(ev->kind),
		.occasion = integer(j, "occasion"),
		.month = integer(j, "month"),
		.level = integer(j, "level"),
		.words = integer(j, "words"),
		.handler = integer(j, "handler"),
		.state = integer(j, "state"),
		.contact = integer(j, "contact"),
		.remedy = integer(j, "remedy"),
		.late = integer(j, "late"),
		.judges = integer(j, "judges"),
	};
	return out->level >= 1 && out->level <= RATING_LEVELS ? true : err_set(e, ERR_CORRUPT, "a rating of no level");
}

/* --- The institution's list --- */

static int64_t line_target(const struct event *ev)
{
	return is_ours(ev) ? ev->institution : 0;
}

static bool line_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct said s;
	if (!read_said(tx_arena(tx), ev, &s, e)) {
		return false;
	}
	int64_t due = s.state == RATING_OPEN ? s.contact : s.state == RATING_CONTACTED ? s.remedy : 0;
	return rating_line_put(tx,
	                       &(struct rating_line_put_in){
							   .institution = ev->institution,
							   .rating = ev->casefile,
							   .party = ev->route,
							   .service = ev->service,
							   .occasion = s.occasion,
							   .month = s.month,
							   .level = s.level,
							   .has_words = s.words != 0,
							   .handler = s.handler,
							   .state = s.state,
							   .due = (int32_t)due,
							   .event = ev->id,
						   },
	                       NULL, e);
}

/* --- Appeals --- */

static int64_t appeal_target(const struct event *ev)
{
	enum rating_move move = is_ours(ev) ? rating_move_of(ev->kind) : RATING_MOVE_COUNT;
	struct arena a;
	struct said s = {0};
	struct err ignored;
	if (move != RATE_APPEALED && move != RATE_UPHELD && move != RATE_DISMISSED) {
		return 0;
	}
	arena_init(&a, PAYLOAD_ARENA_BYTES);
	bool ok = read_said(&a, ev, &s, &ignored);
	arena_release(&a);
	return ok ? s.judges : 0;
}

static bool appeal_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct said s;
	if (!read_said(tx_arena(tx), ev, &s, e)) {
		return false;
	}
	if (s.move != RATE_APPEALED) {
		return rating_appeal_remove(
			tx, &(struct rating_appeal_remove_in){.jurisdiction = tx_route(tx), .rating = ev->casefile}, NULL, e);
	}
	return rating_appeal_add(tx,
	                         &(struct rating_appeal_add_in){
								 .jurisdiction = tx_route(tx),
								 .rating = ev->casefile,
								 .institution = ev->institution,
								 .service = ev->service,
								 .level = s.level,
								 .event = ev->id,
							 },
	                         NULL, e);
}

/* --- Counts --- */

static int64_t count_target(const struct event *ev)
{
	return is_ours(ev) || rating_occasion_of(ev) != RATING_NOT_ASKED ? ev->institution : 0;
}

static bool count_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct rating_count_add_in n = {.institution = ev->institution, .service = ev->service};
	struct said s;
	if (!is_ours(ev)) {
		n.occasion = rating_occasion_of(ev);
		n.month = rating_month(ctx, ev->institution, ev->effective_us);
		n.asked = 1;
		return rating_count_add(tx, &n, e);
	}
	if (!read_said(tx_arena(tx), ev, &s, e)) {
		return false;
	}
	n.occasion = s.occasion;
	n.month = s.month;
	int64_t *const of_level[] = {NULL, &n.very_bad, &n.bad, &n.fair, &n.good, &n.very_good};
	switch (s.move) {
	case RATE_RATED:
		*of_level[s.level] = 1;
		n.loops = s.level <= RATING_BAD_MOST;
		break;
	case RATE_UPHELD:
		*of_level[s.level] = -1;
		n.struck = 1;
		break;
	case RATE_REMEDIED:
		n.remedied = 1;
		break;
	case RATE_CONTACT_LATE:
	case RATE_REMEDY_LATE: /* each loop is late once */
		n.late = s.late == RATING_LATE_CONTACT || s.late == RATING_LATE_REMEDY;
		break;
	default:
		return true;
	}
	return rating_count_add(tx, &n, e);
}

const struct event_subscriber ratings_subscribers[] = {
	{.name = "ratings", .target = line_target, .apply = line_apply},
	{.name = "rating-appeals", .target = appeal_target, .apply = appeal_apply},
	{.name = "rating-counts", .target = count_target, .apply = count_apply},
	{0},
};

/* --- For `store check` --- */

static bool line_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                      struct err *e)
{
	struct rating_line_all_rows list;
	struct rating_line_all_out q;
	*n = 0;
	if (!rating_line_all_open(tx,
	                          &(struct rating_line_all_in){
								  .after_institution = after->route, .after_rating = after->id, .most = (int64_t)most},
	                          &list, e)) {
		return false;
	}
	while (*n < most && rating_line_all_next(&list, &q)) {
		rows[(*n)++] = (struct model_row){
			.route = q.institution,
			.id = q.rating,
			.key = STR_EMPTY,
			.subject = q.rating,
			.text = model_text(tx, "%lld %.*s %lld %lld %lld %d %lld %lld %d %lld", (long long)q.party,
		                       STR_ARG(q.service), (long long)q.occasion, (long long)q.month, (long long)q.level,
		                       q.has_words, (long long)q.handler, (long long)q.state, (int)q.due, (long long)q.event),
			.name = STR_EMPTY,
		};
	}
	return rating_line_all_close(&list, e);
}

static bool appeal_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                        struct err *e)
{
	struct rating_appeal_all_rows list;
	struct rating_appeal_all_out q;
	*n = 0;
	if (!rating_appeal_all_open(tx,
	                            &(struct rating_appeal_all_in){.after_jurisdiction = after->route,
	                                                           .after_rating = after->id,
	                                                           .most = (int64_t)most},
	                            &list, e)) {
		return false;
	}
	while (*n < most && rating_appeal_all_next(&list, &q)) {
		rows[(*n)++] = (struct model_row){
			.route = q.jurisdiction,
			.id = q.rating,
			.key = STR_EMPTY,
			.subject = q.rating,
			.text = model_text(tx, "%lld %.*s %lld %lld", (long long)q.institution, STR_ARG(q.service),
		                       (long long)q.level, (long long)q.event),
			.name = STR_EMPTY,
		};
	}
	return rating_appeal_all_close(&list, e);
}

static bool count_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct rating_count_all_rows list;
	struct rating_count_all_out q;
	*n = 0;
	if (!rating_count_all_open(tx,
	                           &(struct rating_count_all_in){.after_institution = after->route,
	                                                         .after_month = after->id,
	                                                         .after_occasion = after->kind,
	                                                         .after_service = after->key,
	                                                         .most = (int64_t)most},
	                           &list, e)) {
		return false;
	}
	while (*n < most && rating_count_all_next(&list, &q)) {
		rows[(*n)++] = (struct model_row){
			.route = q.institution,
			.id = q.month,
			.kind = q.occasion,
			.key = q.service,
			.subject = q.institution,
			.text = model_text(tx, "%lld %lld %lld %lld %lld %lld %lld %lld %lld %lld", (long long)q.asked,
		                       (long long)q.very_bad, (long long)q.bad, (long long)q.fair, (long long)q.good,
		                       (long long)q.very_good, (long long)q.struck, (long long)q.loops, (long long)q.late,
		                       (long long)q.remedied),
			.name = STR_EMPTY,
		};
	}
	return rating_count_all_close(&list, e);
}

const struct read_model ratings_read_models[] = {
	{"rating_line", line_page},
	{"rating_appeal", appeal_page},
	{"rating_count", count_page},
	{NULL, NULL},
};

const struct route ratings_routes[] = {
	ROUTE(METHOD_GET, "/rate/:case/:occasion", MAY_SIGNED_IN, rate_get),
	ROUTE(METHOD_POST, "/rate/:case/:occasion", MAY_SIGNED_IN, rate_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_RATINGS, MAY_ANYONE, ratings_get),
	ROUTE(METHOD_GET, PATH_DESK_RATINGS, MAY_OFFICIAL, desk_ratings_get),
	ROUTE(METHOD_GET, PATH_DESK_RATINGS "/:id", MAY_OFFICIAL, desk_rating_get),
	ROUTE(METHOD_POST, PATH_DESK_RATINGS "/:id", MAY_OFFICIAL, desk_rating_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_DESK_APPEALS, MAY_SIGNED_IN, appeals_get),
	ROUTE(METHOD_GET, PATH_DESK_APPEALS "/:institution/:id", MAY_SIGNED_IN, appeal_get),
	ROUTE(METHOD_POST, PATH_DESK_APPEALS "/:institution/:id", MAY_SIGNED_IN, appeal_post, .body_max = FORM_BODY_MAX),
	ROUTES_END,
};
