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
	API_FILE =
		32, /* takes multipart/form-data with one file in `file`; of an act in `papers`, beside its other fields */
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
	  &schema_found, 200, "Services that the query may mean, best first")                                              \
	X(METHOD_GET, "/drafts", list_drafts, "drafts", SCOPE_DRAFTS_WRITE, 0, NULL, NULL, &schema_draft_list, 200,        \
	  "Applications that were begun and not sent")                                                                     \
	X(METHOD_POST, "/drafts", begin_draft, "drafts", SCOPE_DRAFTS_WRITE, API_OP | API_ETAG, NULL, &schema_new_draft,   \
	  &schema_draft, 201, "Begin an application for a service or a bundle")                                            \
	X(METHOD_GET, "/drafts/:draft", read_draft, "drafts", SCOPE_DRAFTS_WRITE, API_ETAG, NULL, NULL, &schema_draft,     \
	  200, "What was answered, what is asked, what is open")                                                           \
	X(METHOD_POST, "/drafts/:draft/answers", save_answers, "drafts", SCOPE_DRAFTS_WRITE, API_MATCH | API_ETAG, NULL,   \
	  &schema_new_answers, &schema_draft, 200,                                                                         \
	  "Answer questions of any pages; what is left out stays, null takes an answer away. All is kept, or nothing")     \
	X(METHOD_GET, "/drafts/:draft/check", check_draft, "drafts", SCOPE_DRAFTS_WRITE, 0, NULL, NULL,                    \
	  &schema_draft_check, 200, "Can it be sent? Else which questions are open, and why")                              \
	X(METHOD_GET, "/drafts/:draft/offers", list_offers, "drafts", SCOPE_DRAFTS_WRITE, 0, NULL, NULL,                   \
	  &schema_offer_list, 200,                                                                                         \
	  "What the party told before and is asked again: to be shown, and sent as an answer if it is still right")        \
	X(METHOD_POST, "/drafts/:draft/files/:question", add_file, "drafts", SCOPE_DRAFTS_WRITE, API_FILE | API_SLOW,      \
	  NULL, NULL, &schema_file_list, 201, "Add a file (PDF, JPEG, PNG, HEIC, TIFF, WebP) to a question of type files") \
	X(METHOD_POST, "/drafts/:draft/files/:file/remove", remove_file, "drafts", SCOPE_DRAFTS_WRITE, 0, NULL, NULL,      \
	  NULL, 204, "Take a file away")                                                                                   \
	X(METHOD_GET, "/drafts/:draft/files/:file/pages/:page", read_draft_picture, "drafts", SCOPE_DRAFTS_WRITE,          \
	  API_PICTURE, NULL, NULL, NULL, 200, "A page of a file as officials will see it; pages count from 0")             \
	X(METHOD_GET, "/drafts/:draft/pieces/:question", read_offset, "drafts", SCOPE_DRAFTS_WRITE, 0, api_q_pieces, NULL, \
	  &schema_offset, 200, "How much of a file that is sent in pieces is there")                                       \
	X(METHOD_POST, "/drafts/:draft/pieces/:question", add_piece, "drafts", SCOPE_DRAFTS_WRITE, API_BYTES, api_q_piece, \
	  NULL, &schema_offset, 200, "Send the next piece: at most 1 MiB, all but the last a multiple of 64 bytes")        \
	X(METHOD_POST, "/drafts/:draft/pieces/:question/whole", finish_pieces, "drafts", SCOPE_DRAFTS_WRITE, API_SLOW,     \
	  NULL, &schema_whole, &schema_file_list, 201, "All pieces are there: add the file to its question")               \
	X(METHOD_POST, "/drafts/:draft/discard", discard_draft, "drafts", SCOPE_DRAFTS_WRITE, API_MATCH, NULL, NULL, NULL, \
	  204, "Throw it away, with its files")                                                                            \
	X(METHOD_POST, "/drafts/:draft/submit", submit_draft, "drafts", SCOPE_DRAFTS_WRITE, API_OP | API_MATCH, NULL,      \
	  &schema_submit, &schema_submitted, 201, "Send it: it becomes a case, or the cases of a bundle")                  \
	X(METHOD_GET, "/track", track_case, "track", SCOPE_CASES_READ, API_PUBLIC, api_q_track, NULL, &schema_tracked,     \
	  200,                                                                                                             \
	  "State and dates of a case, by what stands on its receipt: number and typed code, or the code of its QR code "   \
	  "alone")                                                                                                         \
	X(METHOD_GET, "/cases", list_cases, "cases", SCOPE_CASES_READ, 0, api_q_page, NULL, &schema_case_page, 200,        \
	  "Cases of the parties that the owner acts for, newest first")                                                    \
	X(METHOD_GET, "/cases/:case", read_case, "cases", SCOPE_CASES_READ, API_ETAG, NULL, NULL, &schema_case, 200,       \
	  "One case: as its applicant, or as an official of an office that takes part in it, which is recorded and shown " \
	  "to the applicant")                                                                                              \
	X(METHOD_GET, "/cases/:case/receipt", read_receipt, "cases", SCOPE_CASES_READ, API_PDF | API_SLOW, NULL, NULL,     \
	  NULL, 200, "The receipt")                                                                                        \
	X(METHOD_GET, "/cases/:case/letter", read_letter, "cases", SCOPE_CASES_READ, API_PDF | API_SLOW, NULL, NULL, NULL, \
	  200, "The decision")                                                                                             \
	X(METHOD_POST, "/cases/:case/receipt/renew", renew_receipt, "cases", SCOPE_CASES_MOVE, API_OP, NULL, NULL,         \
	  &schema_moved, 200, "The receipt was lost: a new one, with new codes; the former ones open nothing any more")    \
	X(METHOD_GET, "/cases/:case/document", read_document, "cases", SCOPE_CASES_READ, API_PDF | API_SLOW, NULL, NULL,   \
	  NULL, 200, "What was granted: the document that was made out")                                                   \
	X(METHOD_POST, "/cases/:case/document/take", take_document, "cases", SCOPE_CASES_MOVE, API_OP, NULL, NULL,         \
	  &schema_moved, 200, "Its applicant downloads it: it is handed over by that, once")                               \
	X(METHOD_GET, "/cases/:case/opinion", read_opinion, "cases", SCOPE_CASES_READ, API_ETAG, NULL, NULL,               \
	  &schema_opinion, 200,                                                                                            \
	  "What is asked of an office whose opinion is asked, and the answers that it may read for it")                    \
	X(METHOD_GET, "/cases/:case/files/:file/pages/:page", read_case_picture, "cases", SCOPE_CASES_READ, API_PICTURE,   \
	  NULL, NULL, NULL, 200, "A page of a paper; pages count from 0")                                                  \
	X(METHOD_GET, "/cases/:case/moves", list_moves, "cases", SCOPE_CASES_READ, API_ETAG, NULL, NULL,                   \
	  &schema_move_list, 200, "What the owner can do to the case now, and what each asks for")                         \
	X(METHOD_POST, "/cases/:case/moves/:act", move_case, "cases", SCOPE_CASES_MOVE,                                    \
	  API_OP | API_MATCH | API_ACT | API_FILE | API_ETAG, NULL, NULL, &schema_moved, 200, "Do something to a case")    \
	X(METHOD_POST, "/cases/:case/correction", send_correction, "cases", SCOPE_CASES_MOVE, API_OP | API_MATCH, NULL,    \
	  &schema_new_answers, &schema_moved, 200, "Answer a correction that was asked for: all its questions at once")    \
	X(METHOD_GET, "/queue", read_queue, "queue", SCOPE_QUEUE_READ, 0, api_q_queue, NULL, &schema_queue, 200,           \
	  "Open cases of an office, what is due first first")                                                              \
	X(METHOD_GET, "/hooks", list_hooks, "hooks", SCOPE_HOOKS, 0, NULL, NULL, &schema_hook_list, 200,                   \
	  "Where news of cases are sent")                                                                                  \
	X(METHOD_POST, "/hooks", add_hook, "hooks", SCOPE_HOOKS, 0, NULL, &schema_new_hook, &schema_hook_secret, 201,      \
	  "Say where to send news of an institution's or a party's cases; the secret is shown this once")                  \
	X(METHOD_POST, "/hooks/:hook/rotate", rotate_hook, "hooks", SCOPE_HOOKS, 0, NULL, NULL, &schema_hook_secret, 200,  \
	  "A new secret; for a day the former one signs as well")                                                          \
	X(METHOD_POST, "/hooks/:hook/end", end_hook, "hooks", SCOPE_HOOKS, 0, NULL, NULL, NULL, 204,                       \
	  "Send nothing there any more")                                                                                   \
	X(METHOD_GET, "/hooks/:hook/deliveries", list_deliveries, "hooks", SCOPE_HOOKS, 0, api_q_page, NULL,               \
	  &schema_delivery_page, 200, "What was sent and what came of it, newest first, 30 days")                          \
	X(METHOD_POST, "/hooks/:hook/deliveries/:delivery/resend", send_again, "hooks", SCOPE_HOOKS, 0, NULL, NULL, NULL,  \
	  204, "Send it again; a hook that was switched off is on again")                                                  \
	X(METHOD_GET, "/mailbox", list_messages, "mailbox", SCOPE_MAILBOX_READ, 0, api_q_page, NULL, &schema_message_page, \
	  200, "What the parties of the owner were told, newest first")                                                    \
	X(METHOD_GET, "/mailbox/:message", read_message, "mailbox", SCOPE_MAILBOX_READ, 0, NULL, NULL, &schema_message,    \
	  200, "One message; reading it is noted, as it is on the page")

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

handler api_openapi_get;                          /* /api/v1/openapi.json */
handler tokens_get, tokens_post, tokens_end_post; /* token_pages.c */
handler api_docs_get;                             /* /api */

#endif
