/* The API, endpoint by endpoint: one table, from which come the routes, the checks before a handler is called, the
 * OpenAPI document and the page for people. What is not in here is not there. */
#ifndef CITYHALL_APP_API_ENDPOINTS_H
#define CITYHALL_APP_API_ENDPOINTS_H

#include "app/api/call.h"
#include "app/api/schema.h"
#include "app/api/token.h"

#define API_PREFIX "/api/v1"

enum api_flag {
	API_PUBLIC = 1, /* without a token too; a token that is sent must have the scope all the same */
	API_OP = 2,     /* does something once: asks for an operation id */
	API_MATCH = 4,  /* honours If-Match */
	API_PDF = 8,    /* answers with a document */
	API_PICTURE = 16,
	API_FILE = 32,  /* takes multipart/form-data with one file in `file` */
	API_BYTES = 64, /* takes application/octet-stream */
	API_ACT = 128,  /* one path for each act: acts.h says what its body holds */
	API_SLOW = 256, /* costs more than a look: counts tenfold against the rate */
	API_ETAG = 512, /* the answer has an ETag: the version of the case */
};

/* method, path below the prefix, name (operationId; its handler is api_NAME), part, scope, flags, query, request,
 * answer, status, summary */
#define API_ENDPOINTS(X)                                                                                               \
	X(METHOD_GET, "/me", me, "token", 0U, 0, NULL, NULL, &schema_me, 200,                                              \
	  "Whose the token is, what it may do and for whom it acts")                                                       \
	X(METHOD_GET, "/services", list_services, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, api_q_services, NULL,     \
	  &schema_service_page, 200, "Services in force, by id")                                                           \
	X(METHOD_GET, "/services/:service", read_service, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, NULL, NULL,       \
	  &schema_service, 200, "One service with all that it asks")                                                       \
	X(METHOD_GET, "/institutions", list_institutions, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, NULL, NULL,       \
	  &schema_institution_page, 200, "Institutions, in the order of the pack")                                         \
	X(METHOD_GET, "/institutions/:institution", read_institution, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, NULL, \
	  NULL, &schema_institution, 200, "One institution")                                                               \
	X(METHOD_GET, "/life-events", list_life_events, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, NULL, NULL,         \
	  &schema_life_event_page, 200, "Life events, each with its services and bundles")                                 \
	X(METHOD_GET, "/bundles", list_bundles, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, NULL, NULL,                 \
	  &schema_bundle_page, 200, "Services that are applied for together, as one form")                                 \
	X(METHOD_GET, "/bundles/:bundle", read_bundle, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, NULL, NULL,          \
	  &schema_service, 200, "One bundle, with the form that its services make together")                               \
	X(METHOD_GET, "/search", search_services, "catalogue", SCOPE_CATALOGUE_READ, API_PUBLIC, api_q_search, NULL,       \
	  &schema_found, 200, "Services that the query may mean, best first")

struct api_endpoint {
	enum method method;
	const char *path, *name, *part;
	unsigned scope, flags;
	const struct api_field *query;
	const struct api_schema *request, *answer;
	int status;
	const char *summary;
	api_handler *handle;
};
extern const struct api_endpoint api_endpoints[]; /* in the order of their routes; ended by path NULL */
/* The endpoint of the request's route; NULL when it is none of the API. */
const struct api_endpoint *api_endpoint_of(const struct req *r);

#define X(method, path, name, part, scope, flags, query, request, answer, status, summary) api_handler api_##name;
API_ENDPOINTS(X)
#undef X

handler api_openapi_get; /* /api/v1/openapi.json */
handler api_docs_get;    /* /api */

#endif
