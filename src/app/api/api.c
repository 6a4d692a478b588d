#include "app/api/api.h"

#include "app/api/endpoints.h"
#include "app/page.h"
#include "app/people/admission.h"
#include "http/throttle.h"

enum { BODY_MAX = 128 * 1024, FILE_MAX = 21 * 1024 * 1024, PIECE_MAX = 1024 * 1024 };

#define BODY_OF(flags) ((flags)&API_FILE ? FILE_MAX : (flags)&API_BYTES ? PIECE_MAX : BODY_MAX)

const struct api_endpoint api_endpoints[] = {
#define X(method, path, name, part, scope, flags, query, request, answer, status, summary) \
	{method, path, #name, part, scope, flags, query, request, answer, status, summary, api_##name},
	API_ENDPOINTS(X)
#undef X
		{0},
};

/* In the order of the endpoints, so that a route's place is its endpoint's. */
const struct route api_routes[] = {
#define X(method_, path_, name, part, scope, flags_, query, request, answer, status, summary) \
	{.method = (method_),                                                                     \
	 .path = API_PREFIX path_,                                                                \
	 .who = MAY_CLIENT,                                                                       \
	 .handle = api_call_serve,                                                                \
	 .body_max = (method_) == METHOD_POST ? BODY_OF(flags_) : 0,                              \
	 .body_type = (flags_)&API_BYTES ? "application/octet-stream" : "application/json",       \
	 .has_files = ((flags_)&API_FILE) != 0,                                                   \
	 .is_without_csrf = true},
	API_ENDPOINTS(X)
#undef X
		ROUTE(METHOD_GET, API_PREFIX "/openapi.json", MAY_ANYONE, api_openapi_get),
	ROUTE(METHOD_GET, "/api", MAY_ANYONE, api_docs_get),
	ROUTE(METHOD_GET, "/account/tokens", MAY_SIGNED_IN, tokens_get),
	ROUTE(METHOD_POST, "/account/tokens", MAY_SIGNED_IN, tokens_post, .body_max = 4096),
	ROUTE(METHOD_POST, "/account/tokens/end", MAY_SIGNED_IN, tokens_end_post, .body_max = 1024),
	ROUTES_END,
};

enum { ENDPOINTS = sizeof api_endpoints / sizeof api_endpoints[0] - 1 };

const struct api_endpoint *api_endpoint_of(const struct req *r)
{
	bool is_ours = r->route >= api_routes && r->route < api_routes + ENDPOINTS;
	return is_ours ? &api_endpoints[r->route - api_routes] : NULL;
}

/* --- Hooks ------------------------------------------------------------------------------------------------------- */

static bool is_of_api(const struct req *r)
{
	return str_starts(r->path, STR(API_PREFIX "/")) || str_is(r->path, API_PREFIX);
}

/* Who tries tokens is slowed down long before one fits. */
static const struct throttle_rule wrong_tokens = {"api-wrong-token", 30, 2 * US_PER_S};

/* Cookies count for nothing here: what a browser is made to send by another site does nothing. */
bool api_admit(struct req *r, struct err *e)
{
	if (!is_of_api(r)) {
		return people_admit(r, e);
	}
	struct str sent = req_header(r, "authorization");
	struct str scheme;
	struct str text;
	if (!people_admit_account(r, 0, e) || sent.n == 0) {
		return sent.n == 0 && r->viewer != NULL;
	}
	struct str network = throttle_network(&r->arena, r->client);
	struct token *t = arena_new(&r->arena, struct token, 1);
	struct err why = {0};
	if (t == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a token");
	}
	bool ok =
		str_cut(sent, ' ', &scheme, &text) && str_eq_nocase(scheme, STR("bearer"))
			? token_admit(r, str_trim(text), t, &why)
			: err_tell(&why, ERR_NOT_SIGNED_IN, N_("Send the token as “Authorization: Bearer ...”."), "no bearer");
	if (ok && !people_admit_account(r, t->account, &why)) {
		ok = false;
	} else if (ok && r->viewer->account == 0) {
		ok = err_tell(&why, ERR_NOT_SIGNED_IN, N_("This token has ended. Ask its owner for a new one."),
		              "a token of an account that is disabled");
	}
	if (!ok) {
		if (why.code == ERR_NOT_SIGNED_IN && !throttle_take(r->app->throttle, &wrong_tokens, network, e)) {
			return false;
		}
		*e = why;
		return false;
	}
	r->viewer->token = t;
	r->viewer->client = t->name;
	return true;
}

bool api_allow(struct req *r, struct err *e)
{
	const struct api_endpoint *ep = api_endpoint_of(r);
	if (ep == NULL) {
		return people_allow(r, e);
	}
	if (r->viewer->token == NULL) {
		return (ep->flags & API_PUBLIC) || err_set(e, ERR_NOT_SIGNED_IN, "endpoint asks for a token");
	}
	if ((r->viewer->token->scopes & ep->scope) == ep->scope) {
		return true;
	}
	return err_tell(e, ERR_FORBIDDEN, N_("This token was not given the scope that this asks for."),
	                "token without the scope of %s", ep->name);
}

void api_error_page(struct req *r, const struct err *why)
{
	if (is_of_api(r)) {
		api_problem(r, why);
	} else {
		page_error(r, why);
	}
}
