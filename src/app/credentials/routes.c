#include "app/credentials/pages.h"

const struct route credentials_routes[] = {
	ROUTE(METHOD_GET, "/v/:code", MAY_ANYONE, validity_get),
	ROUTE(METHOD_GET, "/v/:code/statement", MAY_ANYONE, validity_statement_get),
	ROUTE(METHOD_GET, "/v/:code/seal", MAY_ANYONE, validity_seal_get),
	ROUTE(METHOD_GET, "/.well-known/cityhall-keys", MAY_ANYONE, keys_get),
	ROUTE(METHOD_GET, "/.well-known/cityhall-keys/:file", MAY_ANYONE, key_get),
	ROUTE(METHOD_GET, "/documents", MAY_SIGNED_IN, documents_get),
	ROUTES_END,
};
