/* What stands in the bodies of the API: one table a shape, from which requests are checked and the OpenAPI document is
 * written, so that neither can say what the other does not. Constant; any thread. */
#ifndef CITYHALL_APP_API_SCHEMA_H
#define CITYHALL_APP_API_SCHEMA_H

#include "base/json.h"
#include "base/str.h"

enum api_type {
	API_TEXT = 1,
	API_WORD, /* one of `words` */
	API_ID,   /* 13 characters, see base/id.h */
	API_INTEGER,
	API_FLAG,
	API_DATE,    /* YYYY-MM-DD */
	API_INSTANT, /* RFC 3339, UTC */
	API_URL,
	API_OBJECT,  /* `of` */
	API_ANSWERS, /* an object: question id to answer, of the kind that the question's type asks for */
	API_ANSWER,  /* one of those */
	API_STRINGS, /* an object of texts: names as the event's kind has them */
};

struct api_schema;
struct api_field {
	const char *name;
	enum api_type type;
	const char *about;
	const struct api_schema *of;
	const char *words;   /* with spaces between */
	int32_t max;         /* text: characters; list: items; 0: said nowhere */
	bool is_list;        /* of that type */
	bool is_optional;    /* may be left out; in answers: is left out when there is none */
	bool is_nullable;    /* may be null */
	int64_t least, most; /* integers, when most is not 0 */
};
/* A row of a table: name, type, about, then what else is to be said. */
#define F(name_, type_, about_, ...)                                       \
	{                                                                      \
		.name = (name_), .type = (type_), .about = (about_), ##__VA_ARGS__ \
	}
struct api_schema {
	const char *name, *about;
	const struct api_field *fields; /* ended by name NULL */
};

extern const struct api_schema schema_problem;
/* Calls `visit` once for each schema that is reached from this one, itself included, before those that it names. */
typedef void api_visit(void *ctx, const struct api_schema *s);

/* What is asked for and what comes back, by endpoint. */
extern const struct api_schema schema_me, schema_money, schema_service, schema_service_page, schema_institution,
	schema_institution_page, schema_life_event, schema_life_event_page, schema_bundle_page, schema_found,
	schema_draft_list, schema_new_draft, schema_draft, schema_new_answers, schema_draft_check, schema_offer_list,
	schema_file_list, schema_offset, schema_whole, schema_submit, schema_submitted, schema_tracked, schema_case_page,
	schema_case, schema_move_list, schema_moved, schema_opinion, schema_queue, schema_hook_list, schema_new_hook,
	schema_hook_secret, schema_delivery_page, schema_message_page, schema_message;

/* Query parameters: fields, ended by name NULL. */
extern const struct api_field api_q_page[], api_q_services[], api_q_search[], api_q_pieces[], api_q_piece[],
	api_q_track[], api_q_queue[];

#endif
