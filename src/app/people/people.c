#include "app/people/people.h"

#include "app/app.h"
#include "app/page.h"
#include "app/people/pages.h"
#include "app/people/people.sql.h"
#include "app/people/records.h"
#include "app/people/viewer.h"
#include "base/json.h"

const struct route people_routes[] = {
	ROUTE(METHOD_GET, PATH_SIGN_IN, MAY_ANYONE, sign_in_get),
	ROUTE(METHOD_POST, PATH_SIGN_IN, MAY_ANYONE, sign_in_post, .body_max = 8192),
	ROUTE(METHOD_GET, PATH_SIGN_UP, MAY_ANYONE, sign_up_get),
	ROUTE(METHOD_POST, PATH_SIGN_UP, MAY_ANYONE, sign_up_post, .body_max = 8192),
	ROUTE(METHOD_GET, PATH_INVITED, MAY_ANYONE, invited_get),
	ROUTE(METHOD_POST, PATH_INVITED, MAY_ANYONE, invited_post, .body_max = 8192),
	ROUTE(METHOD_POST, PATH_ACCOUNT "/joined", MAY_SIGNED_IN, account_joined_post, .body_max = 1024),
	ROUTE(METHOD_POST, PATH_SIGN_OUT, MAY_ANYONE, sign_out_post, .body_max = 1024),
	ROUTE(METHOD_GET, PATH_ACCOUNT, MAY_SIGNED_IN, account_get_page),
	ROUTE(METHOD_POST, PATH_ACCOUNT "/sessions", MAY_SIGNED_IN, account_sessions_post, .body_max = 1024),
	ROUTE(METHOD_GET, PATH_ACCOUNT "/password", MAY_SIGNED_IN, account_password_get),
	ROUTE(METHOD_POST, PATH_ACCOUNT "/password", MAY_SIGNED_IN, account_password_post, .body_max = 8192),
	ROUTE(METHOD_GET, "/staff", MAY_ADMINISTRATOR, staff_get),
	ROUTE(METHOD_POST, "/staff", MAY_ADMINISTRATOR, staff_post, .body_max = 4096),
	ROUTES_END,
};

/* --- The read model: who works where ----------------------------------------------------------------------------- */

static bool is_role_event(const struct event *ev)
{
	return str_is(ev->room, "people") && (str_is(ev->kind, "role_granted") || str_is(ev->kind, "role_revoked"));
}

static int64_t staff_target(const struct event *ev)
{
	return is_role_event(ev) ? ev->institution : 0;
}

static bool staff_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *payload = NULL;
	if (!json_parse(tx_arena(tx), ev->public_payload, &payload, e)) {
		return false;
	}
	enum role_kind kind = role_of(json_string(payload, STR("role")));
	if (kind == 0) {
		return err_set(e, ERR_CORRUPT, "an event names a role that there is not");
	}
	int64_t gone = 0;
	return staff_forget(tx,
	                    &(struct staff_forget_in){.institution = ev->institution, .account = ev->route, .kind = kind},
	                    &gone, e) &&
	       (str_is(ev->kind, "role_revoked") || staff_insert(tx,
	                                                         &(struct staff_insert_in){.institution = ev->institution,
	                                                                                   .account = ev->route,
	                                                                                   .kind = kind,
	                                                                                   .made_at = ev->effective_us},
	                                                         e));
}

const struct event_subscriber people_subscribers[] = {
	{.name = "staff", .target = staff_target, .apply = staff_apply},
#define X(name_, kind_) {.name = #name_, .target = name_##_target, .apply = name_##_apply},
	TWIN_SUBSCRIBERS(X)
#undef X
		{.name = NULL},
};
