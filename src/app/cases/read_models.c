/* Read models that the relay feeds: the queue of an institution, the cases it takes part in, the look-ups by number and
 * receipt code. Each applies an event in a transaction of its target's own; the relay sees to it that each counts once.
 */
#include "app/cases/cases.h"
#include "app/cases/moves.h"
#include "app/cases/queue.h"
#include "base/json.h"

enum { TARGET_ARENA_BYTES = 64 * 1024 };

static bool is_ours(const struct event *ev)
{
	return str_is(ev->room, "cases") && case_move_of(ev->kind) < CASE_MOVE_COUNT;
}

static int64_t integer(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, str_of(key));
	return v && v->kind == JSON_INT ? v->integer : 0;
}

/* --- Queue
 * --------------------------------------------------------------------------------------------------------------- */

static int64_t queue_target(const struct event *ev)
{
	return is_ours(ev) ? ev->institution : 0;
}

static bool queue_submitted(struct tx *tx, const struct event *ev, const struct json *open, struct str name,
                            struct err *e)
{
	return participation_add(tx,
	                         &(struct participation_add_in){
								 .institution = ev->institution, .casefile = ev->casefile, .party = ev->route},
	                         NULL, e) &&
	       queue_add(tx,
	                 &(struct queue_add_in){
						 .institution = ev->institution,
						 .casefile = ev->casefile,
						 .party = ev->route,
						 .number = json_string(open, STR("number")),
						 .applicant = name,
						 .service = ev->service,
						 .state = integer(open, "state"),
						 .waits = integer(open, "waits"),
						 .lane = queue_lane_of((unsigned)integer(open, "waits")),
						 .due_day = (int32_t)integer(open, "due"),
						 .start_day = (int32_t)integer(open, "start"),
						 .committed_days = integer(open, "committed"),
						 .statutory_days = integer(open, "statutory"),
						 .event = ev->id,
						 .actor = ev->actor,
					 },
	                 NULL, e);
}

static bool queue_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *open = NULL, *closed = NULL;
	if (!json_parse(tx_arena(tx), ev->public_payload, &open, e)) {
		return false;
	}
	/* The personal part may have been erased: the queue then shows the case without a name. */
	if (ev->personal_payload.n > 0 && !json_parse(tx_arena(tx), ev->personal_payload, &closed, e)) {
		return false;
	}
	struct str name = json_string(closed, STR("name"));
	enum case_move move = case_move_of(ev->kind);
	if (move == MOVE_SUBMITTED) {
		return queue_submitted(tx, ev, open, name, e);
	}
	if (move == MOVE_LETTER_LEFT) {
		return queue_remove(tx, &(struct queue_remove_in){.institution = ev->institution, .casefile = ev->casefile},
		                    NULL, e);
	}
	if (move == MOVE_TAKEN &&
	    !queue_set_handler(tx,
	                       &(struct queue_set_handler_in){
							   .institution = ev->institution, .casefile = ev->casefile, .handler_name = name},
	                       NULL, e)) {
		return false;
	}
	if (move == MOVE_REPAIRED &&
	    !queue_set_limits(tx,
	                      &(struct queue_set_limits_in){.institution = ev->institution,
	                                                    .casefile = ev->casefile,
	                                                    .committed_days = integer(open, "committed"),
	                                                    .statutory_days = integer(open, "statutory")},
	                      NULL, e)) {
		return false;
	}
	return queue_set(tx,
	                 &(struct queue_set_in){
						 .institution = ev->institution,
						 .casefile = ev->casefile,
						 .state = integer(open, "state"),
						 .waits = integer(open, "waits"),
						 .lane = queue_lane_of((unsigned)integer(open, "waits")),
						 .handler = integer(open, "handler"),
						 .due_day = (int32_t)integer(open, "due"),
						 .stood_days = integer(open, "stood"),
						 .has_stands_since = json_get(open, STR("since")) != NULL,
						 .stands_since = (int32_t)integer(open, "since"),
						 .event = ev->id,
						 .actor = ev->actor,
					 },
	                 NULL, e);
}

/* --- Look-ups
 * ------------------------------------------------------------------------------------------------------------ */

/* A number of the public payload, where no transaction lends its arena. */
static int64_t payload_integer(const struct event *ev, const char *key)
{
	struct arena a;
	struct json *open = NULL;
	struct err ignored;
	arena_init(&a, TARGET_ARENA_BYTES);
	int64_t v = json_parse(&a, ev->public_payload, &open, &ignored) ? integer(open, key) : 0;
	arena_release(&a);
	return v;
}

/* Does the event say where the case is found? */
static bool has_marks(const struct event *ev)
{
	enum case_move move = is_ours(ev) ? case_move_of(ev->kind) : CASE_MOVE_COUNT;
	return move == MOVE_SUBMITTED || move == MOVE_RECEIPT_RENEWED;
}

static int64_t number_target(const struct event *ev)
{
	return has_marks(ev) ? payload_integer(ev, "number_bucket") : 0;
}

static bool number_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *open = NULL;
	if (!json_parse(tx_arena(tx), ev->public_payload, &open, e)) {
		return false;
	}
	struct number_add_in row = {.bucket = tx_route(tx),
	                            .number = json_string(open, STR("number")),
	                            .party = ev->route,
	                            .casefile = ev->casefile,
	                            .typed = integer(open, "typed"),
	                            .event = ev->id};
	return number_add(tx, &row, NULL, e) &&
	       (ev->is_first ||
	        number_set(tx,
	                   &(struct number_set_in){
						   .bucket = row.bucket, .number = row.number, .typed = row.typed, .event = row.event},
	                   NULL, e));
}

static int64_t receipt_target(const struct event *ev)
{
	return has_marks(ev) ? payload_integer(ev, "receipt_bucket") : 0;
}

static bool receipt_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *open = NULL;
	uint8_t hash[SHA256_BYTES];
	if (!json_parse(tx_arena(tx), ev->public_payload, &open, e)) {
		return false;
	}
	if (!str_to_bytes(json_string(open, STR("receipt_hash")), hash, sizeof hash)) {
		return err_set(e, ERR_CORRUPT, "an event that names a receipt has no hash of it");
	}
	return receipt_add(
		tx,
		&(struct receipt_add_in){
			.bucket = tx_route(tx), .hash = str_from(hash, sizeof hash), .party = ev->route, .casefile = ev->casefile},
		NULL, e);
}

const struct event_subscriber cases_subscribers[] = {
	{.name = "queue", .target = queue_target, .apply = queue_apply},
	{.name = "number", .target = number_target, .apply = number_apply},
	{.name = "receipt", .target = receipt_target, .apply = receipt_apply},
	{0},
};
