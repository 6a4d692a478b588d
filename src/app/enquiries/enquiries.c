#include "app/enquiries/enquiries.h"

#include "app/enquiries/thread.h"
#include "app/page.h"
#include "base/json.h"

enum { FORM_BODY_MAX = 64 * 1024 };

/* --- The read model --- */

static int64_t queue_target(const struct event *ev)
{
	return str_is(ev->room, ENQUIRY_ROOM) ? ev->institution : 0;
}

static bool queue_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *closed = NULL;
	/* The personal part may have been erased: the list then shows the question without a name. */
	if (ev->personal_payload.n > 0 && !json_parse(tx_arena(tx), ev->personal_payload, &closed, e)) {
		return false;
	}
	int64_t state = str_is(ev->kind, ENQUIRY_KIND_ANSWERED) ? ENQUIRY_ANSWERED : ENQUIRY_ASKED;
	return enquiry_queue_add(tx,
	                         &(struct enquiry_queue_add_in){
								 .institution = ev->institution,
								 .enquiry = ev->casefile,
								 .party = ev->route,
								 .name = json_string(closed, STR("name")),
								 .service = ev->service,
								 .state = state,
								 .changed_at = ev->effective_us,
								 .event = ev->id,
							 },
	                         NULL, e) &&
	       enquiry_queue_set(tx,
	                         &(struct enquiry_queue_set_in){
								 .institution = ev->institution,
								 .enquiry = ev->casefile,
								 .state = state,
								 .changed_at = ev->effective_us,
								 .event = ev->id,
							 },
	                         NULL, e);
}

const struct event_subscriber enquiries_subscribers[] = {
	{.name = "enquiries", .target = queue_target, .apply = queue_apply},
	{0},
};

static bool queue_page_of(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                          struct err *e)
{
	struct enquiry_queue_all_rows list;
	struct enquiry_queue_all_out q;
	*n = 0;
	if (!enquiry_queue_all_open(tx,
	                            &(struct enquiry_queue_all_in){.after_institution = after->route,
	                                                           .after_enquiry = after->id,
	                                                           .most = (int64_t)most},
	                            &list, e)) {
		return false;
	}
	while (*n < most && enquiry_queue_all_next(&list, &q)) {
		rows[(*n)++] = (struct model_row){
			.route = q.institution,
			.id = q.enquiry,
			.key = STR_EMPTY,
			.subject = q.enquiry,
			.text = model_text(tx, "%lld %.*s %lld %lld %lld", (long long)q.party, STR_ARG(q.service),
		                       (long long)q.state, (long long)q.changed_at, (long long)q.event),
			.name = q.name,
		};
	}
	return enquiry_queue_all_close(&list, e);
}

const struct read_model enquiries_read_models[] = {
	{"enquiry_queue", queue_page_of},
	{NULL, NULL},
};

const struct route enquiries_routes[] = {
	ROUTE(METHOD_GET, PATH_ASK, MAY_SIGNED_IN, ask_get),
	ROUTE(METHOD_POST, PATH_ASK, MAY_SIGNED_IN, ask_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_QUESTIONS "/:id", MAY_SIGNED_IN, question_get),
	ROUTE(METHOD_POST, PATH_QUESTIONS "/:id", MAY_SIGNED_IN, question_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_DESK_QUESTIONS, MAY_OFFICIAL, desk_questions_get),
	ROUTE(METHOD_GET, PATH_DESK_QUESTIONS "/:id", MAY_OFFICIAL, desk_question_get),
	ROUTE(METHOD_POST, PATH_DESK_QUESTIONS "/:id", MAY_OFFICIAL, desk_question_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_DESK_QUESTIONS "/:id/page", MAY_OFFICIAL, desk_propose_get),
	ROUTE(METHOD_POST, PATH_DESK_QUESTIONS "/:id/page", MAY_OFFICIAL, desk_propose_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_DESK_ANSWERS, MAY_OFFICIAL, desk_answers_get),
	ROUTE(METHOD_POST, PATH_DESK_ANSWERS "/:id", MAY_OFFICIAL, desk_answers_post, .body_max = FORM_BODY_MAX),
	ROUTES_END,
};
