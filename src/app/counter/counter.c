#include "app/counter/counter.h"

#include "app/counter/counter.sql.h"
#include "app/counter/form_number.h"
#include "app/counter/pages.h"
#include "app/forms/page_state.h"
#include "app/page.h"
#include "base/json.h"

enum { SMALL = 8192 };

const struct route counter_routes[] = {
	ROUTE(METHOD_GET, PATH_COUNTER, MAY_OFFICIAL, counter_get),
	ROUTE(METHOD_POST, PATH_COUNTER "/scan", MAY_OFFICIAL, counter_scan_post, .body_max = SMALL),
	ROUTE(METHOD_POST, PATH_COUNTER "/screen", MAY_OFFICIAL, counter_pair_post, .body_max = SMALL),
	ROUTE(METHOD_POST, PATH_COUNTER "/screen/part", MAY_OFFICIAL, counter_part_post, .body_max = SMALL),
	ROUTE(METHOD_GET, PATH_COUNTER "/person", MAY_OFFICIAL, person_get),
	ROUTE(METHOD_POST, PATH_COUNTER "/person", MAY_OFFICIAL, person_post, .body_max = SMALL),
	ROUTE(METHOD_GET, PATH_COUNTER "/person/:party", MAY_OFFICIAL, record_get_page),
	ROUTE(METHOD_POST, PATH_COUNTER "/person/:party/join", MAY_OFFICIAL, record_join_post, .body_max = SMALL),
	ROUTE(METHOD_POST, PATH_COUNTER "/person/:party/part", MAY_OFFICIAL, record_part_post, .body_max = SMALL),
	ROUTE(METHOD_POST, PATH_COUNTER "/person/:party/invite", MAY_OFFICIAL, record_invite_post, .body_max = SMALL),
	ROUTE(METHOD_GET, PATH_COUNTER "/begin/:party", MAY_OFFICIAL, begin_get),
	ROUTE(METHOD_POST, PATH_COUNTER "/begin/:party", MAY_OFFICIAL, begin_post, .body_max = SMALL),
	ROUTE(METHOD_GET, PATH_COUNTER "/intake/:draft", MAY_OFFICIAL, intake_get_page),
	ROUTE(METHOD_POST, PATH_COUNTER "/intake/:draft", MAY_OFFICIAL, intake_post, .body_max = FORM_BODY_MAX,
          .has_files = true),
	ROUTE(METHOD_GET, PATH_COUNTER "/receipt/:draft", MAY_OFFICIAL, counter_receipt_get),
	ROUTE(METHOD_GET, PATH_COUNTER "/receipt/:draft/pdf", MAY_OFFICIAL, counter_receipt_pdf_get),
	ROUTE(METHOD_GET, PATH_COUNTER "/forms", MAY_OFFICIAL, forms_get),
	ROUTE(METHOD_POST, PATH_COUNTER "/forms", MAY_OFFICIAL, forms_post, .body_max = SMALL),
	ROUTE(METHOD_GET, PATH_COUNTER "/forms/:institution/:block", MAY_OFFICIAL, block_get_page),
	ROUTE(METHOD_GET, PATH_COUNTER "/form/:number", MAY_OFFICIAL, form_pdf_get),
	ROUTE(METHOD_GET, "/screen", MAY_ANYONE, screen_get_page),
	ROUTE(METHOD_GET, "/screen/now", MAY_ANYONE, screen_now_get),
	ROUTE(METHOD_POST, "/screen/confirm", MAY_ANYONE, screen_confirm_post, .body_max = SMALL),
	ROUTES_END,
};

/* --- A numbered form is entered when the case that names it is there -----------------------------------------------
 */

static bool number_in(struct arena *a, const struct event *ev, struct form_number *n)
{
	struct json *root = NULL;
	struct err ignored;
	return str_is(ev->room, "cases") && str_is(ev->kind, "submitted") &&
	       json_parse(a, ev->public_payload, &root, &ignored) && form_number_parse(json_string(root, STR("form")), n);
}

static int64_t form_target(const struct event *ev)
{
	struct arena a;
	struct form_number n;
	if (!str_is(ev->room, "cases") || !str_is(ev->kind, "submitted") ||
	    str_find(ev->public_payload, STR("\"form\"")) == SIZE_MAX) {
		return 0;
	}
	arena_init(&a, 64 * 1024);
	int64_t institution = number_in(&a, ev, &n) ? ev->institution : 0;
	arena_release(&a);
	return institution;
}

static bool form_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct form_number n;
	int64_t rows = 0;
	(void)ctx;
	if (!number_in(tx_arena(tx), ev, &n)) {
		return err_set(e, ERR_CORRUPT, "an event names a form by no number");
	}
	return numbered_form_close(
		tx,
		&(struct numbered_form_close_in){
			.institution = ev->institution, .n = n.serial, .casefile = ev->casefile, .party = ev->route},
		&rows, e);
}

const struct event_subscriber counter_subscribers[] = {
	{.name = "paper-forms", .target = form_target, .apply = form_apply},
	{.name = NULL},
};
