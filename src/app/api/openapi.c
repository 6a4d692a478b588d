/* The OpenAPI 3.1 document, from the table of endpoints and the tables of shapes. */
#include "app/api/endpoints.h"

#include <stdio.h>

#include "app/api/moves.h"
#include "app/catalogue/catalogue.h"

/* In order of meeting. */
struct met {
	const struct api_schema *schema;
	bool is_sent; /* by the client: unknown names are refused */
	struct met *next;
};

struct writer {
	struct req *r;
	struct json_out j;
	struct met *schemas;
	bool has_answers;
};

static void collect(struct writer *w, const struct api_schema *s, bool is_sent) // NOLINT(misc-no-recursion)
{
	struct met **at = &w->schemas;
	if (s == NULL) {
		return;
	}
	while (*at && (*at)->schema != s) {
		at = &(*at)->next;
	}
	if (*at && ((*at)->is_sent || !is_sent)) {
		return;
	}
	if (*at == NULL) {
		*at = arena_new(&w->r->arena, struct met, 1);
		if (*at == NULL) {
			return; /* the arena says so when the page ends */
		}
		**at = (struct met){.schema = s};
	}
	(*at)->is_sent = is_sent;
	for (const struct api_field *f = s->fields; f->name; f++) {
		w->has_answers = w->has_answers || f->type == API_ANSWERS || f->type == API_ANSWER;
		collect(w, f->of, is_sent);
	}
}

static void put_c(struct writer *w, const char *key, const char *v)
{
	put_str(&w->j, key, str_of(v));
}

static void open_object(struct writer *w, const char *key)
{
	put_key(&w->j, key);
	json_begin_object(&w->j);
}

static void put_ref(struct writer *w, const char *name)
{
	put_str(&w->j, "$ref", arena_printf(&w->r->arena, "#/components/schemas/%s", name));
}

/* --- Shapes ------------------------------------------------------------------------------------------------------ */

static void put_kind(struct writer *w, const char *type, bool is_nullable)
{
	if (!is_nullable) {
		put_c(w, "type", type);
		return;
	}
	put_key(&w->j, "type");
	json_begin_array(&w->j);
	json_put_string(&w->j, str_of(type));
	json_put_string(&w->j, STR("null"));
	json_end_array(&w->j);
}

static void put_words(struct writer *w, const char *words, bool is_nullable)
{
	struct str word;
	put_key(&w->j, "enum");
	json_begin_array(&w->j);
	for (struct str rest = str_of(words); str_next(&rest, ' ', &word);) {
		json_put_string(&w->j, word);
	}
	if (is_nullable) {
		json_put_null(&w->j);
	}
	json_end_array(&w->j);
}

static void put_ref_or_null(struct writer *w, const char *name, bool is_nullable)
{
	if (!is_nullable) {
		put_ref(w, name);
		return;
	}
	put_key(&w->j, "anyOf");
	json_begin_array(&w->j);
	json_begin_object(&w->j);
	put_ref(w, name);
	json_end_object(&w->j);
	json_begin_object(&w->j);
	put_c(w, "type", "null");
	json_end_object(&w->j);
	json_end_array(&w->j);
}

/* The members of a value's schema, within an object that is open. */
static void put_value(struct writer *w, const struct api_field *f, bool is_nullable)
{
	switch (f->type) {
	case API_OBJECT:
		put_ref_or_null(w, f->of->name, is_nullable);
		return;
	case API_ANSWER:
		put_ref_or_null(w, "Answer", is_nullable);
		return;
	case API_ANSWERS:
		put_kind(w, "object", is_nullable);
		open_object(w, "additionalProperties");
		put_ref(w, "Answer");
		json_end_object(&w->j);
		return;
	case API_STRINGS:
		put_kind(w, "object", is_nullable);
		open_object(w, "additionalProperties");
		put_c(w, "type", "string");
		json_end_object(&w->j);
		return;
	case API_INTEGER:
		put_kind(w, "integer", is_nullable);
		if (f->most != 0) {
			put_int(&w->j, "minimum", f->least);
			put_int(&w->j, "maximum", f->most);
		}
		return;
	case API_FLAG:
		put_kind(w, "boolean", is_nullable);
		return;
	default:
		break;
	}
	put_kind(w, "string", is_nullable);
	if (f->type == API_WORD) {
		put_words(w, f->words, is_nullable);
	} else if (f->type == API_ID) {
		put_c(w, "pattern", "^[0-9a-hjkmnp-tv-z]{13}$");
	} else if (f->type == API_DATE || f->type == API_INSTANT) {
		put_c(w, "format", f->type == API_DATE ? "date" : "date-time");
	} else if (f->type == API_URL) {
		put_c(w, "format", "uri");
	} else if (f->max > 0) {
		put_int(&w->j, "maxLength", f->max);
	}
}

static void put_field(struct writer *w, const struct api_field *f)
{
	if (f->is_list) {
		put_c(w, "type", "array");
		if (f->max > 0) {
			put_int(&w->j, "maxItems", f->max);
		}
		open_object(w, "items");
		struct api_field one = *f;
		one.max = 0;
		put_value(w, &one, f->is_nullable);
		json_end_object(&w->j);
	} else {
		put_value(w, f, f->is_nullable);
	}
	put_c(w, "description", f->about);
}

static void put_schema(struct writer *w, const struct api_schema *s, bool is_sent)
{
	open_object(w, s->name);
	put_c(w, "type", "object");
	put_c(w, "description", s->about);
	open_object(w, "properties");
	for (const struct api_field *f = s->fields; f->name; f++) {
		open_object(w, f->name);
		put_field(w, f);
		json_end_object(&w->j);
	}
	json_end_object(&w->j);
	put_key(&w->j, "required");
	json_begin_array(&w->j);
	for (const struct api_field *f = s->fields; f->name; f++) {
		if (!f->is_optional) {
			json_put_string(&w->j, str_of(f->name));
		}
	}
	json_end_array(&w->j);
	if (is_sent) {
		put_flag(&w->j, "additionalProperties", false);
	}
	json_end_object(&w->j);
}

/* As the types of questions have it; written as it stands, since no table says it better. */
static void put_answer_schema(struct writer *w)
{
	static const char text[] =
		"{\"description\":\"An answer, by the question's type: text, long-text, email, phone, identifier, one-of, "
		"date (YYYY-MM-DD) and decimal (\\\"12.5\\\") are text; whole is an integer; yes-no is true or false; money is "
		"{minor, currency}; several-of is a list of ids; address and name are objects of their parts; group is a list "
		"of objects of answers; files is a list of names, read only.\",\"anyOf\":[{\"type\":\"string\"},"
		"{\"type\":\"integer\"},{\"type\":\"boolean\"},{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"type\":"
		"\"string\"}},{\"$ref\":\"#/components/schemas/"
		"Money\"},{\"type\":\"object\",\"additionalProperties\":{\"type\":"
		"\"string\"}},{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":{\"$ref\":"
		"\"#/components/schemas/Answer\"}}}]}";
	put_key(&w->j, "Answer");
	buf_put_c(w->j.to, text);
	w->j.needs_comma = true;
}

/* --- Endpoints --------------------------------------------------------------------------------------------------- */

static void put_parameter(struct writer *w, const char *name, const char *in, const struct api_field *f,
                          bool is_required)
{
	json_begin_object(&w->j);
	put_c(w, "name", name);
	put_c(w, "in", in);
	put_flag(&w->j, "required", is_required);
	put_c(w, "description", f->about);
	open_object(w, "schema");
	put_value(w, f, false);
	json_end_object(&w->j);
	json_end_object(&w->j);
}

static void put_parameters(struct writer *w, const struct api_endpoint *ep)
{
	static const struct api_field language = F("Accept-Language", API_TEXT, "The language of sentences: en, zh-Hans");
	static const struct api_field key =
		F("Idempotency-Key", API_TEXT,
	      "A text of your own, another one for each thing you do: sent again it counts once", .max = 200);
	static const struct api_field match =
		F("If-Match", API_TEXT, "The ETag that you read: 412 when it was changed since");
	static const struct api_field piece = F("", API_TEXT, "As given to you");
	struct str rest = str_of(ep->path);
	struct str part;
	put_key(&w->j, "parameters");
	json_begin_array(&w->j);
	while (str_next(&rest, '/', &part)) {
		if (part.n > 1 && part.p[0] == ':' && !((ep->flags & API_ACT) && str_is(part, ":act"))) {
			put_parameter(w, arena_cstr(&w->r->arena, str_sub(part, 1, part.n)), "path", &piece, true);
		}
	}
	for (const struct api_field *f = ep->query; f && f->name; f++) {
		put_parameter(w, f->name, "query", f, !f->is_optional);
	}
	put_parameter(w, "Accept-Language", "header", &language, false);
	if (ep->flags & API_OP) {
		put_parameter(w, "Idempotency-Key", "header", &key, true);
	}
	if (ep->flags & API_MATCH) {
		put_parameter(w, "If-Match", "header", &match, false);
	}
	json_end_array(&w->j);
}

static void put_bytes_schema(struct writer *w, const char *type)
{
	open_object(w, type);
	open_object(w, "schema");
	put_c(w, "type", "string");
	put_c(w, "format", "binary");
	json_end_object(&w->j);
	json_end_object(&w->j);
}

static void put_request(struct writer *w, const struct api_endpoint *ep)
{
	if (ep->method != METHOD_POST || !(ep->request || (ep->flags & (API_FILE | API_BYTES)))) {
		return;
	}
	open_object(w, "requestBody");
	put_flag(&w->j, "required", true);
	open_object(w, "content");
	if (ep->request) {
		open_object(w, "application/json");
		open_object(w, "schema");
		put_ref(w, ep->request->name);
		json_end_object(&w->j);
		json_end_object(&w->j);
	}
	if (ep->flags & API_BYTES) {
		put_bytes_schema(w, "application/octet-stream");
	}
	if (ep->flags & API_FILE) {
		open_object(w, "multipart/form-data");
		open_object(w, "schema");
		put_c(w, "type", "object");
		open_object(w, "properties");
		bool is_act = (ep->flags & API_ACT) != 0;
		for (const struct api_field *f = is_act && ep->request ? ep->request->fields : NULL; f && f->name; f++) {
			open_object(w, f->name);
			put_field(w, f);
			json_end_object(&w->j);
		}
		open_object(w, is_act ? "papers" : "file");
		put_c(w, "type", "string");
		put_c(w, "format", "binary");
		json_end_object(&w->j);
		json_end_object(&w->j);
		put_key(&w->j, "required");
		json_begin_array(&w->j);
		if (!(ep->flags & API_ACT)) {
			json_put_string(&w->j, STR("file"));
		}
		json_end_array(&w->j);
		json_end_object(&w->j);
		json_end_object(&w->j);
	}
	json_end_object(&w->j);
	json_end_object(&w->j);
}

static void put_problem_answer(struct writer *w, const char *status, const char *about)
{
	open_object(w, status);
	put_c(w, "description", about);
	open_object(w, "content");
	open_object(w, "application/problem+json");
	open_object(w, "schema");
	put_ref(w, "Problem");
	json_end_object(&w->j);
	json_end_object(&w->j);
	json_end_object(&w->j);
	json_end_object(&w->j);
}

static void put_answers(struct writer *w, const struct api_endpoint *ep)
{
	bool takes = ep->method == METHOD_POST;
	char status[8];
	snprintf(status, sizeof status, "%d", ep->status);
	open_object(w, "responses");
	open_object(w, status);
	put_c(w, "description", ep->answer ? ep->answer->about : "Done");
	if (ep->flags & API_ETAG) {
		open_object(w, "headers");
		open_object(w, "ETag");
		put_c(w, "description", "The version of the case, for If-Match");
		open_object(w, "schema");
		put_c(w, "type", "string");
		json_end_object(&w->j);
		json_end_object(&w->j);
		json_end_object(&w->j);
	}
	if (ep->answer || (ep->flags & (API_PDF | API_PICTURE))) {
		open_object(w, "content");
		if (ep->flags & API_PDF) {
			put_bytes_schema(w, "application/pdf");
		}
		if (ep->flags & API_PICTURE) {
			put_bytes_schema(w, "image/jpeg");
			put_bytes_schema(w, "image/png");
		}
		if (ep->answer) {
			open_object(w, "application/json");
			open_object(w, "schema");
			put_ref(w, ep->answer->name);
			json_end_object(&w->j);
			json_end_object(&w->j);
		}
		json_end_object(&w->j);
	}
	json_end_object(&w->j);
	put_problem_answer(w, "400", "It could not be read");
	put_problem_answer(w, "401", "No token, or one that is not valid");
	put_problem_answer(w, "403", "The token may not do that");
	put_problem_answer(w, "404", "It is not there, or not for you");
	if (takes) {
		put_problem_answer(w, "409",
		                   "Somebody changed it meanwhile, or the same Idempotency-Key came with other content");
		put_problem_answer(w, "410", "It is no longer there");
		if (ep->flags & API_MATCH) {
			put_problem_answer(w, "412", "It was changed since If-Match was read");
		}
		put_problem_answer(w, "413", "Too large");
		put_problem_answer(w, "415", "Of another type");
	}
	put_problem_answer(w, "422", "Something in it needs another look: `errors` says what");
	put_problem_answer(w, "429", "Too often: wait as Retry-After says");
	put_problem_answer(w, "500", "A mistake of ours");
	put_problem_answer(w, "503", "Busy, or not there for a moment: wait as Retry-After says");
	json_end_object(&w->j);
}

static void put_operation(struct writer *w, const struct api_endpoint *ep)
{
	open_object(w, ep->method == METHOD_POST ? "post" : "get");
	put_c(w, "operationId", ep->name);
	put_c(w, "summary", ep->summary);
	put_key(&w->j, "tags");
	json_begin_array(&w->j);
	json_put_string(&w->j, str_of(ep->part));
	json_end_array(&w->j);
	put_key(&w->j, "security");
	json_begin_array(&w->j);
	json_begin_object(&w->j);
	put_key(&w->j, "token");
	json_begin_array(&w->j);
	for (const struct scope_line *l = scope_lines; l->bit; l++) {
		if (ep->scope & l->bit) {
			json_put_string(&w->j, str_of(l->word));
		}
	}
	json_end_array(&w->j);
	json_end_object(&w->j);
	if (ep->flags & API_PUBLIC) {
		json_begin_object(&w->j);
		json_end_object(&w->j);
	}
	json_end_array(&w->j);
	put_parameters(w, ep);
	put_request(w, ep);
	put_answers(w, ep);
	json_end_object(&w->j);
}

/* One operation for each act: an endpoint of its own, made from the table of acts. */
static void put_acts(struct writer *w, const struct api_endpoint *ep)
{
	for (const struct act *a = acts; a->name; a++) {
		struct api_endpoint one = *ep;
		struct api_schema *s = arena_new(&w->r->arena, struct api_schema, 1);
		if (s == NULL || !move_schema(w->r, a, s)) {
			return;
		}
		collect(w, s, true);
		one.request = s;
		one.flags = move_has_papers(a) ? ep->flags : ep->flags & ~(unsigned)API_FILE;
		one.name = arena_printf(&w->r->arena, "%s_%s", ep->name, a->name).p;
		one.summary = s->about;
		json_key(&w->j, arena_printf(&w->r->arena, "/cases/{case}/moves/%s", a->name));
		json_begin_object(&w->j);
		put_operation(w, &one);
		json_end_object(&w->j);
	}
}

/* "/services/:service" as "/services/{service}". */
static struct str template_of(struct req *r, struct str path)
{
	struct buf b;
	struct str part;
	struct str rest = str_sub(path, 1, path.n);
	buf_init(&b, 400);
	while (str_next(&rest, '/', &part)) {
		bool is_open = part.n > 1 && part.p[0] == ':';
		buf_put_c(&b, is_open ? "/{" : "/");
		buf_put(&b, is_open ? str_sub(part, 1, part.n) : part);
		buf_put_c(&b, is_open ? "}" : "");
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool stands_before(const struct api_endpoint *ep)
{
	for (const struct api_endpoint *x = api_endpoints; x < ep; x++) {
		if (strcmp(x->path, ep->path) == 0) {
			return true;
		}
	}
	return false;
}

static void put_paths(struct writer *w)
{
	open_object(w, "paths");
	for (const struct api_endpoint *ep = api_endpoints; ep->path; ep++) {
		if (stands_before(ep)) {
			continue;
		}
		if (ep->flags & API_ACT) {
			put_acts(w, ep);
			continue;
		}
		json_key(&w->j, template_of(w->r, str_of(ep->path)));
		json_begin_object(&w->j);
		for (const struct api_endpoint *x = ep; x->path; x++) {
			if (strcmp(x->path, ep->path) == 0) {
				put_operation(w, x);
			}
		}
		json_end_object(&w->j);
	}
	json_end_object(&w->j);
}

static void put_components(struct writer *w)
{
	open_object(w, "components");
	open_object(w, "securitySchemes");
	open_object(w, "token");
	put_c(w, "type", "http");
	put_c(w, "scheme", "bearer");
	put_c(w, "description", "A token of an account, with scopes; the words behind each operation are those it needs");
	json_end_object(&w->j);
	json_end_object(&w->j);
	open_object(w, "schemas");
	collect(w, &schema_problem, false);
	collect(w, &schema_money, false);
	for (const struct api_endpoint *ep = api_endpoints; ep->path; ep++) {
		collect(w, ep->answer, false);
	}
	for (const struct api_endpoint *ep = api_endpoints; ep->path; ep++) {
		collect(w, ep->request, true);
	}
	for (const struct met *m = w->schemas; m; m = m->next) {
		put_schema(w, m->schema, m->is_sent);
	}
	if (w->has_answers) {
		put_answer_schema(w);
	}
	json_end_object(&w->j);
	json_end_object(&w->j);
}

bool api_openapi_get(struct req *r, struct err *e)
{
	(void)e;
	struct writer w = {.r = r, .j = {.to = &r->out}};
	json_begin_object(&w.j);
	put_c(&w, "openapi", "3.1.0");
	open_object(&w, "info");
	put_str(&w.j, "title", r->app->city_name);
	put_c(&w, "version", "1");
	put_c(&w, "description",
	      "Services of a city hall for programs. Ids are text. Instants are RFC 3339 in UTC, dates YYYY-MM-DD, money "
	      "is in minor units. Within version 1 answers may gain fields; nothing is taken away.");
	json_end_object(&w.j);
	put_key(&w.j, "servers");
	json_begin_array(&w.j);
	json_begin_object(&w.j);
	put_str(&w.j, "url", arena_printf(&r->arena, "%.*s" API_PREFIX, STR_ARG(r->app->public_url)));
	json_end_object(&w.j);
	json_end_array(&w.j);
	put_paths(&w);
	put_components(&w);
	json_end_object(&w.j);
	buf_put_byte(&r->out, '\n');
	r->content_type = STR("application/json");
	r->is_cacheable = true;
	return true;
}

bool api_docs_get(struct req *r, struct err *e)
{
	return req_redirect(r, STR(API_PREFIX "/openapi.json")) || err_set(e, ERR_INTERNAL, "no way");
}
