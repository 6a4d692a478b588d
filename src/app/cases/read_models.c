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

/* A case that this queue may not know yet: submitted here, forwarded, opened again, or its opinion asked. */
static bool queue_begin(struct tx *tx, const struct event *ev, const struct json *open, struct str applicant,
                        enum case_part part, struct err *e)
{
	int64_t institution = tx_route(tx);
	bool is_new = case_move_of(ev->kind) == MOVE_SUBMITTED || part == AS_EXPERT;
	return participation_add(
			   tx,
			   &(struct participation_add_in){
				   .institution = institution, .casefile = ev->casefile, .party = ev->route, .part = part},
			   NULL, e) &&
	       queue_add(tx,
	                 &(struct queue_add_in){
						 .institution = institution,
						 .casefile = ev->casefile,
						 .party = ev->route,
						 .number = json_string(open, STR("number")),
						 .applicant = applicant,
						 .service = ev->service,
						 .state = integer(open, "state"),
						 .waits = part == AS_OWNER ? integer(open, "waits") : WAITS_OPINION,
						 .lane = queue_lane_of(part == AS_OWNER ? (unsigned)integer(open, "waits") : WAITS_OPINION),
						 .due_day = (int32_t)integer(open, part == AS_OWNER ? "due" : "until"),
						 .due_at = integer(open, "due_at"),
						 .legal_day = (int32_t)integer(open, "legal"),
						 .has_begun_day = json_get(open, STR("start")) != NULL,
						 .begun_day = (int32_t)integer(open, "start"),
						 .limit_unit = clock_unit_named(json_string(open, STR("unit"))),
						 .committed = integer(open, "committed"),
						 .statutory = integer(open, "statutory"),
						 .level = integer(open, "level"),
						 .stop = json_string(open, STR("stop")),
						 .stood_days = integer(open, "stood"),
						 .has_stood_until = json_get(open, STR("stood_until")) != NULL,
						 .stood_until = (int32_t)integer(open, "stood_until"),
						 .has_stands_since = json_get(open, STR("since")) != NULL,
						 .stands_since = (int32_t)integer(open, "since"),
						 .said_at = ev->effective_us,
						 .step = json_string(open, STR("step")),
						 .step_unit = clock_unit_named(json_string(open, STR("step_unit"))),
						 .has_step_since = json_get(open, STR("step")) != NULL,
						 .step_since = (int32_t)integer(open, "step_since"),
						 .has_step_due = json_get(open, STR("step")) != NULL,
						 .step_due = (int32_t)integer(open, "step_due"),
						 .has_step_due_at = json_get(open, STR("step")) != NULL,
						 .step_due_at = integer(open, "step_due_at"),
						 .part = part,
						 /* What a submission says is all there is; else queue_set() follows. */
						 .event = is_new ? ev->id : 0,
						 .actor = ev->actor,
					 },
	                 NULL, e);
}

static bool parse(struct tx *tx, const struct event *ev, struct json **open, struct json **closed, struct err *e)
{
	*open = *closed = NULL;
	/* The personal part may have been erased: the queue then shows the case without a name. */
	return json_parse(tx_arena(tx), ev->public_payload, open, e) &&
	       (ev->personal_payload.n == 0 || json_parse(tx_arena(tx), ev->personal_payload, closed, e));
}

static bool queue_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *open, *closed;
	if (!parse(tx, ev, &open, &closed, e)) {
		return false;
	}
	enum case_move move = case_move_of(ev->kind);
	/* It carries all that a row needs: the queue may not know the case, or have forgotten it. */
	bool is_whole = move != MOVE_SUBMITTED && move != MOVE_OPINION_ASKED && json_get(open, STR("number")) != NULL;
	int64_t state = integer(open, "state"), who = integer(open, "handler");
	if (case_is_ended(state) && integer(open, "waits") == 0) {
		return queue_remove(tx, &(struct queue_remove_in){.institution = ev->institution, .casefile = ev->casefile},
		                    NULL, e);
	}
	struct str holder = json_string(closed, STR("holder"));
	if (move == MOVE_SUBMITTED) {
		return queue_begin(tx, ev, open, json_string(closed, STR("name")), AS_OWNER, e);
	}
	if ((is_whole && !queue_begin(tx, ev, open, json_string(closed, STR("applicant")), AS_OWNER, e)) ||
	    ((holder.n > 0 || who == 0) &&
	     !queue_set_handler(tx,
	                        &(struct queue_set_handler_in){
								.institution = ev->institution, .casefile = ev->casefile, .handler_name = holder},
	                        NULL, e))) {
		return false;
	}
	return queue_set(tx,
	                 &(struct queue_set_in){
						 .institution = ev->institution,
						 .casefile = ev->casefile,
						 .state = state,
						 .waits = integer(open, "waits"),
						 .lane = queue_lane_of((unsigned)integer(open, "waits")),
						 .handler = who,
						 .due_day = (int32_t)integer(open, "due"),
						 .due_at = integer(open, "due_at"),
						 .legal_day = (int32_t)integer(open, "legal"),
						 .has_begun_day = json_get(open, STR("start")) != NULL,
						 .begun_day = (int32_t)integer(open, "start"),
						 .committed = integer(open, "committed"),
						 .statutory = integer(open, "statutory"),
						 .level = integer(open, "level"),
						 .stop = json_string(open, STR("stop")),
						 .stood_days = integer(open, "stood"),
						 .has_stood_until = json_get(open, STR("stood_until")) != NULL,
						 .stood_until = (int32_t)integer(open, "stood_until"),
						 .said_at = ev->effective_us,
						 .step = json_string(open, STR("step")),
						 .step_unit = clock_unit_named(json_string(open, STR("step_unit"))),
						 .has_step_since = json_get(open, STR("step")) != NULL,
						 .step_since = (int32_t)integer(open, "step_since"),
						 .has_step_due = json_get(open, STR("step")) != NULL,
						 .step_due = (int32_t)integer(open, "step_due"),
						 .has_step_due_at = json_get(open, STR("step")) != NULL,
						 .step_due_at = integer(open, "step_due_at"),
						 .has_stands_since = json_get(open, STR("since")) != NULL,
						 .stands_since = (int32_t)integer(open, "since"),
						 .event = ev->id,
						 .actor = ev->actor,
					 },
	                 NULL, e);
}

/* --- Institutions beside its own: from where it was forwarded, and whose opinion is asked
 * ------------------------------------- */

static int64_t other_target(const struct event *ev, size_t n)
{
	struct arena a;
	struct json *open = NULL;
	struct err ignored;
	int64_t v = 0;
	if (!is_ours(ev) || str_find(ev->public_payload, STR("\"others\"")) == SIZE_MAX) {
		return 0;
	}
	arena_init(&a, TARGET_ARENA_BYTES);
	if (json_parse(&a, ev->public_payload, &open, &ignored)) {
		const struct json *others = json_get(open, STR("others"));
		const struct json *at = others ? others->first : NULL;
		for (size_t i = 0; at && i < n; i++) {
			at = at->next;
		}
		v = at && at->kind == JSON_INT ? at->integer : 0;
	}
	arena_release(&a);
	return v;
}

static int64_t other_target_0(const struct event *ev)
{
	return other_target(ev, 0);
}
static int64_t other_target_1(const struct event *ev)
{
	return other_target(ev, 1);
}
static int64_t other_target_2(const struct event *ev)
{
	return other_target(ev, 2);
}
static int64_t other_target_3(const struct event *ev)
{
	return other_target(ev, 3);
}

static bool other_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *open, *closed;
	enum case_move move = case_move_of(ev->kind);
	if (move != MOVE_OPINION_ASKED) {
		/* Forwarded, given, or no longer needed. */
		return queue_remove(tx, &(struct queue_remove_in){.institution = tx_route(tx), .casefile = ev->casefile}, NULL,
		                    e) &&
		       (move != MOVE_FORWARDED ||
		        participation_leave(
					tx, &(struct participation_leave_in){.institution = tx_route(tx), .casefile = ev->casefile}, NULL,
					e));
	}
	/* Whose opinion is asked reads what it needs on the case's page, where the look is recorded. */
	return parse(tx, ev, &open, &closed, e) && queue_begin(tx, ev, open, STR_EMPTY, AS_EXPERT, e);
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
	/* One for each of OPINIONS_MOST: an event goes to one target a subscriber. */
	{.name = "queue-other-1", .target = other_target_0, .apply = other_apply},
	{.name = "queue-other-2", .target = other_target_1, .apply = other_apply},
	{.name = "queue-other-3", .target = other_target_2, .apply = other_apply},
	{.name = "queue-other-4", .target = other_target_3, .apply = other_apply},
	{0},
};
