#include "app/api/call.h"

#include <stdio.h>

#include "app/api/endpoints.h"
#include "app/people/viewer.h"
#include "base/time_source.h"
#include "html/translate.h"
#include "http/params.h"
#include "http/throttle.h"

/* --- Problems ---------------------------------------------------------------------------------------------------- */

/* Where the pages' sentence speaks of pages and browsers. */
static const char *title_of(int status, enum err_code code)
{
	switch (status) {
	case 400:
		return N_("We could not read this request.");
	case 401:
		return N_("Send a token that is valid.");
	case 403:
		return N_("This token may not do that.");
	case 404:
		return N_("There is nothing at this address.");
	case 410:
		return N_("It is no longer there.");
	case 412:
		return N_("It was changed since you read it.");
	case 415:
		return N_("We do not take this kind of content here.");
	case 422:
		return N_("Some of what was sent needs another look.");
	default:
		return err_say(&(struct err){.code = code});
	}
}

static void put_faults(struct json_out *j, const struct api_fault *faults, size_t n)
{
	put_key(j, "errors");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(j);
		put_str(j, "detail", faults[i].say);
		put_str(j, faults[i].is_parameter ? "parameter" : "pointer", faults[i].where);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_problem(struct req *r, int status, const char *code, struct str title, struct str detail,
                        const struct api_fault *faults, size_t fault_n)
{
	struct json_out j = {.to = &r->out};
	buf_reset(&r->out);
	r->status = status;
	r->content_type = STR("application/problem+json");
	json_begin_object(&j);
	put_str(&j, "type", arena_printf(&r->arena, "%.*s/api#%s", STR_ARG(r->app->public_url), code));
	put_str(&j, "title", title);
	put_int(&j, "status", status);
	put_str(&j, "code", str_of(code));
	if (detail.n > 0) {
		put_str(&j, "detail", detail);
	}
	if (fault_n > 0) {
		put_faults(&j, faults, fault_n);
	}
	put_str(&j, "request", r->id);
	json_end_object(&j);
	buf_put_byte(&r->out, '\n');
}

void api_problem(struct req *r, const struct err *why)
{
	int status = err_status(why->code);
	if (r->lang.n == 0) {
		r->lang = str_of(language_negotiate(req_header(r, "accept-language"))->tag);
	}
	if (status == 401) {
		req_set_header(r, "WWW-Authenticate",
		               req_header(r, "authorization").n > 0 ? STR("Bearer realm=\"cityhall\", error=\"invalid_token\"")
		                                                    : STR("Bearer realm=\"cityhall\""));
	}
	put_problem(r, status, err_name(why->code), tr(r->lang, title_of(status, why->code)),
	            why->say ? tr(r->lang, why->say) : STR_EMPTY, NULL, 0);
}

bool api_refuse(struct req *r, int status, const char *code, struct str say)
{
	put_problem(r, status, code, tr(r->lang, title_of(status, ERR_INTERNAL)), say, NULL, 0);
	return true;
}

void api_fault_at(struct req *r, struct api_call *c, struct str where, struct str say)
{
	if (c->faults == NULL) {
		c->faults = arena_new(&r->arena, struct api_fault, API_FAULTS_MAX);
	}
	if (c->faults != NULL && c->fault_n < API_FAULTS_MAX) {
		c->faults[c->fault_n++] = (struct api_fault){.where = where, .say = say};
	}
}

static void fault_of_parameter(struct req *r, struct api_call *c, struct str name, struct str say)
{
	size_t n = c->fault_n;
	api_fault_at(r, c, name, say);
	if (c->fault_n > n) {
		c->faults[n].is_parameter = true;
	}
}

bool api_invalid(struct req *r, struct api_call *c)
{
	put_problem(r, 422, err_name(ERR_INVALID), tr(r->lang, title_of(422, ERR_INVALID)), STR_EMPTY, c->faults,
	            c->fault_n);
	return true;
}

/* --- Checking what was sent -------------------------------------------------------------------------------------- */

struct str api_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 2000);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* RFC 6901 */
struct str api_pointer(struct req *r, struct str at, struct str key)
{
	struct buf b;
	buf_init(&b, 8192);
	buf_put(&b, at);
	buf_put_byte(&b, '/');
	for (size_t i = 0; i < key.n && i < 200; i++) {
		if (key.p[i] == '~' || key.p[i] == '/') {
			buf_put_c(&b, key.p[i] == '~' ? "~0" : "~1");
		} else {
			buf_put_byte(&b, key.p[i]);
		}
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool is_word(const char *words, struct str s)
{
	struct str word;
	for (struct str rest = str_of(words); str_next(&rest, ' ', &word);) {
		if (str_eq(word, s)) {
			return true;
		}
	}
	return false;
}

/* Why the text is not what the field takes; empty: it is. */
static struct str text_fault(struct req *r, const struct api_field *f, struct str s)
{
	int64_t id;
	day_number day;
	int64_t n;
	switch (f->type) {
	case API_WORD:
		return is_word(f->words, s)
		           ? STR_EMPTY
		           : api_say(r, N_("Send one of these: {words}."), &TR_O("words", str_of(f->words)), 1);
	case API_ID:
		return id_parse(s, &id) ? STR_EMPTY : tr(r->lang, N_("Send an id as it was given to you, 13 characters."));
	case API_DATE:
		return date_parse(s, &day) ? STR_EMPTY : tr(r->lang, N_("Send a date such as 2026-11-23."));
	case API_INTEGER: /* of a query */
		return str_to_i64(s, &n) && (f->most == 0 || (n >= f->least && n <= f->most))
		           ? STR_EMPTY
		           : api_say(r, N_("Send a whole number from {least} to {most}."),
		                     (const struct tr_arg[]){TR_I("least", f->least), TR_I("most", f->most)}, 2);
	case API_FLAG:
		return is_word("true false", s) ? STR_EMPTY : tr(r->lang, N_("Send true or false."));
	default:
		break;
	}
	if (str_has_control(s, "\n\r\t")) {
		return tr(r->lang, N_("Send text without control characters."));
	}
	if (f->max > 0 && str_runes(s) > (size_t)f->max) {
		return api_say(r, N_("Send at most {n} characters."), &TR_I("n", f->max), 1);
	}
	return STR_EMPTY;
}

static void check_object(struct req *r, struct api_call *c, const struct api_schema *s, const struct json *v,
                         struct str at);

static void check_value(struct req *r, struct api_call *c, const struct api_field *f, const struct json *v,
                        struct str at)
{
	struct str say = STR_EMPTY;
	if (v->kind == JSON_NULL) {
		say = f->is_nullable ? STR_EMPTY : tr(r->lang, N_("Send a value, not null."));
	} else if (f->type == API_OBJECT) {
		if (v->kind == JSON_OBJECT) {
			check_object(r, c, f->of, v, at);
		} else {
			say = tr(r->lang, N_("Send an object."));
		}
	} else if (f->type == API_ANSWERS) {
		say = v->kind == JSON_OBJECT ? STR_EMPTY : tr(r->lang, N_("Send an object."));
	} else if (f->type == API_INTEGER) {
		bool fits = v->kind == JSON_INT && (f->most == 0 || (v->integer >= f->least && v->integer <= f->most));
		say = fits ? STR_EMPTY
		      : v->kind == JSON_INT
		          ? api_say(r, N_("Send a whole number from {least} to {most}."),
		                    (const struct tr_arg[]){TR_I("least", f->least), TR_I("most", f->most)}, 2)
		          : tr(r->lang, N_("Send a whole number."));
	} else if (f->type == API_FLAG) {
		say = v->kind == JSON_TRUE || v->kind == JSON_FALSE ? STR_EMPTY : tr(r->lang, N_("Send true or false."));
	} else {
		say = v->kind == JSON_STRING ? text_fault(r, f, v->string) : tr(r->lang, N_("Send text in quotes."));
	}
	if (say.n > 0) {
		api_fault_at(r, c, at, say);
	}
}

static void check_field(struct req *r, struct api_call *c, const struct api_field *f, const struct json *v,
                        struct str at)
{
	if (!f->is_list) {
		check_value(r, c, f, v, at);
		return;
	}
	if (v->kind != JSON_ARRAY) {
		api_fault_at(r, c, at, tr(r->lang, N_("Send a list.")));
		return;
	}
	int32_t n = 0;
	for (const struct json *x = v->first; x != NULL && c->fault_n < API_FAULTS_MAX; x = x->next) {
		check_value(r, c, f, x, arena_printf(&r->arena, "%.*s/%d", STR_ARG(at), n++));
		if (f->max > 0 && n == f->max && x->next != NULL) {
			api_fault_at(r, c, at, api_say(r, N_("Send at most {n} entries."), &TR_I("n", f->max), 1));
			return;
		}
	}
}

/* As deep as the schemas are; answers are checked by what the service asks. */
static void check_object(struct req *r, struct api_call *c, const struct api_schema *s,
                         const struct json *v, // NOLINT(misc-no-recursion)
                         struct str at)
{
	for (const struct json *x = v->first; x != NULL && c->fault_n < API_FAULTS_MAX; x = x->next) {
		const struct api_field *f = s->fields;
		while (f->name && !str_is(x->key, f->name)) {
			f++;
		}
		if (f->name) {
			check_field(r, c, f, x, api_pointer(r, at, x->key));
		} else {
			api_fault_at(r, c, api_pointer(r, at, x->key), tr(r->lang, N_("We do not know this name. Leave it out.")));
		}
	}
	for (const struct api_field *f = s->fields; f->name; f++) {
		if (!f->is_optional && json_get(v, str_of(f->name)) == NULL) {
			api_fault_at(r, c, api_pointer(r, at, str_of(f->name)), tr(r->lang, N_("This is missing.")));
		}
	}
}

void api_check(struct req *r, struct api_call *c, const struct api_schema *s)
{
	check_object(r, c, s, c->body, STR_EMPTY);
}

static void check_query(struct req *r, struct api_call *c)
{
	static const struct api_field none = {0};
	const struct api_field *known = c->endpoint->query ? c->endpoint->query : &none;
	for (size_t i = 0; i < r->query.n; i++) {
		const struct param *p = &r->query.items[i];
		const struct api_field *f = known;
		bool is_again = false;
		while (f->name && !str_is(p->name, f->name)) {
			f++;
		}
		for (size_t k = 0; k < i; k++) {
			is_again = is_again || str_eq(r->query.items[k].name, p->name);
		}
		struct str say = f->name == NULL ? tr(r->lang, N_("We do not know this name. Leave it out."))
		                 : is_again      ? tr(r->lang, N_("Send this once."))
		                                 : text_fault(r, f, p->value);
		if (say.n > 0) {
			fault_of_parameter(r, c, p->name, say);
		}
	}
	for (const struct api_field *f = known; f->name; f++) {
		bool is_there;
		(void)params_first(&r->query, str_of(f->name), &is_there);
		if (!is_there && !f->is_optional) {
			fault_of_parameter(r, c, str_of(f->name), tr(r->lang, N_("This is missing.")));
		}
	}
}

/* The tree takes some 80 bytes a value: as many as the request's arena holds with room to spare. */
enum { VALUES_MAX = 20000 };

static bool has_too_many_values(struct str body)
{
	size_t n = 0;
	for (size_t i = 0; i < body.n; i++) {
		n += body.p[i] == ',' || body.p[i] == '{' || body.p[i] == '[';
	}
	return n > VALUES_MAX;
}

/* False: the answer stands. */
static bool read_body(struct req *r, struct api_call *c)
{
	static const struct json nothing = {.kind = JSON_OBJECT};
	struct json *root = NULL;
	struct err why = {0};
	c->body = &nothing;
	if (r->body.n == 0 || (c->endpoint->flags & API_BYTES)) {
		return true;
	}
	if (has_too_many_values(r->body)) {
		why.code = ERR_TOO_LARGE;
		api_problem(r, &why);
		return false;
	}
	if (!json_parse(&r->arena, r->body, &root, &why)) {
		(void)api_refuse(r, 400, err_name(ERR_BAD_INPUT),
		                 api_say(r, N_("This is no JSON that we can read: {why}"), &TR_O("why", str_of(why.text)), 1));
		return false;
	}
	if (root->kind != JSON_OBJECT) {
		(void)api_refuse(r, 400, err_name(ERR_BAD_INPUT), tr(r->lang, N_("Send an object.")));
		return false;
	}
	c->body = root;
	return true;
}

/* --- The way of a call ------------------------------------------------------------------------------------------- */

/* A program that is known may ask often; somebody unknown as often as a person who looks around. */
static const struct throttle_rule by_token = {"api-token", 400, US_PER_S / 40};
static const struct throttle_rule by_network = {"api-network", 200, US_PER_S / 10};

static bool take_turn(struct req *r, const struct api_call *c, struct err *e)
{
	int cost = c->endpoint->flags & API_SLOW ? 10 : 1;
	return c->token ? throttle_take_n(r->app->throttle, &by_token, str_of(id_text(c->token->id).c), cost, e)
	                : throttle_take_n(r->app->throttle, &by_network, throttle_network(&r->arena, r->client), cost, e);
}

static bool is_hex(struct str s)
{
	uint8_t bytes[OPID_BYTES];
	return s.n == 2 * OPID_BYTES && str_to_bytes(s, bytes, OPID_BYTES);
}

/* The operation id from Idempotency-Key or Operation-Id, any text of 8 to 200 characters; its account's own, so that
 * nobody meets another's by chance. It becomes the form's `op`, where the rooms look for it. */
static bool read_operation(struct req *r, struct api_call *c)
{
	struct str key =
		req_header(r, "idempotency-key").n > 0 ? req_header(r, "idempotency-key") : req_header(r, "operation-id");
	if (key.n > 2 && key.p[0] == '"' && key.p[key.n - 1] == '"') { /* a string of RFC 8941 */
		key = str_sub(key, 1, key.n - 2);
	}
	struct param *form = arena_new(&r->arena, struct param, r->form.n + 1);
	size_t n = 1;
	struct buf b;
	uint8_t hash[SHA256_BYTES];
	if (form == NULL) {
		return false;
	}
	if (!is_hex(key) && (key.n < 8 || key.n > 200)) {
		(void)api_refuse(r, 400, err_name(ERR_BAD_INPUT),
		                 tr(r->lang, N_("Send the header Idempotency-Key: a text of your own, 8 to 200 characters, "
		                                "another one for each thing you do.")));
		return false;
	}
	buf_init(&b, 600);
	buf_put_id(&b, c->token->account);
	buf_put(&b, key);
	sha256_of(buf_str(&b), hash);
	buf_reset(&b);
	buf_put_hex(&b, hash, OPID_BYTES);
	form[0] = (struct param){STR("op"), arena_copy(&r->arena, buf_str(&b))};
	buf_release(&b);
	for (size_t i = 0; i < r->form.n; i++) { /* fields beside files */
		if (!str_is(r->form.items[i].name, "op")) {
			form[n++] = r->form.items[i];
		}
	}
	r->form = (struct params){form, n};
	return true;
}

bool api_call_serve(struct req *r, struct err *e)
{
	struct api_call c = {.endpoint = api_endpoint_of(r), .token = r->viewer->token, .j = {.to = &r->out}};
	must(c.endpoint != NULL);
	if (!take_turn(r, &c, e)) {
		return false;
	}
	req_set_header(r, "Content-Language", r->lang);
	req_set_header(r, "Vary", STR("Accept-Language"));
	if (!read_body(r, &c) || ((c.endpoint->flags & API_OP) && !read_operation(r, &c))) {
		return true;
	}
	check_query(r, &c);
	if (c.endpoint->request) {
		check_object(r, &c, c.endpoint->request, c.body, STR_EMPTY);
	} else if (c.body->first != NULL && !(c.endpoint->flags & API_ACT)) {
		api_fault_at(r, &c, STR_EMPTY, tr(r->lang, N_("Nothing is to be sent here.")));
	}
	if (c.fault_n > 0) {
		return api_invalid(r, &c);
	}
	r->status = c.endpoint->status;
	r->content_type = STR("application/json");
	if (!c.endpoint->handle(r, &c, e)) {
		return false;
	}
	if (c.j.needs_comma && r->send_fd < 0) {
		buf_put_byte(&r->out, '\n');
	}
	return true;
}

/* --- Cursors ----------------------------------------------------------------------------------------------------- */

enum { MARK_BYTES = 8, CURSOR_MAX = 200 };

/* Signed, so that one of another list, or made by hand, is none. */
static void mark_of(struct req *r, struct str key, uint8_t mark[SHA256_BYTES])
{
	struct buf b;
	buf_init(&b, 1000);
	buf_printf(&b, "cursor\n%s\n", r->route->path);
	buf_put(&b, key);
	hmac_sha256(str_from(r->app->code_key, sizeof(r->app->code_key)), buf_str(&b), mark);
	buf_release(&b);
}

bool api_after(struct req *r, struct api_call *c, struct str *key)
{
	struct str sent = req_query(r, "after");
	uint8_t *bytes = arena_alloc(&r->arena, CURSOR_MAX, 1);
	uint8_t mark[SHA256_BYTES];
	size_t n = sent.n / 2;
	*key = STR_EMPTY;
	if (sent.n == 0 || bytes == NULL) {
		return bytes != NULL;
	}
	if (sent.n % 2 == 0 && n > MARK_BYTES && n <= CURSOR_MAX && str_to_bytes(sent, bytes, n)) {
		*key = str_from(bytes + MARK_BYTES, n - MARK_BYTES);
		mark_of(r, *key, mark);
		if (str_eq_secret(str_from(mark, MARK_BYTES), str_from(bytes, MARK_BYTES))) {
			return true;
		}
	}
	*key = STR_EMPTY;
	fault_of_parameter(r, c, STR("after"), tr(r->lang, N_("This page is not there. Begin again from the first.")));
	return false;
}

size_t api_limit(struct req *r)
{
	int64_t n = 50;
	(void)str_to_i64(req_query(r, "limit"), &n); /* checked with the query */
	return (size_t)n;
}

void api_put_next(struct req *r, struct api_call *c, struct str key)
{
	struct buf b;
	uint8_t mark[SHA256_BYTES];
	if (key.n == 0) {
		put_null(&c->j, "next");
		return;
	}
	buf_init(&b, 2 * CURSOR_MAX);
	mark_of(r, key, mark);
	buf_put_hex(&b, mark, MARK_BYTES);
	buf_put_hex(&b, key.p, key.n);
	put_str(&c->j, "next", buf_str(&b));
	buf_release(&b);
}

/* --- Versions ---------------------------------------------------------------------------------------------------- */

static struct str tag_of(struct req *r, int64_t version)
{
	return arena_printf(&r->arena, "\"%lld\"", (long long)version);
}

void api_put_etag(struct req *r, int64_t version)
{
	req_set_header(r, "ETag", tag_of(r, version));
}

bool api_matches(struct req *r, int64_t version)
{
	struct str sent = req_header(r, "if-match");
	struct str tag;
	bool is_same = sent.n == 0 || str_is(sent, "*");
	for (struct str rest = sent; sent.n > 0 && str_next(&rest, ',', &tag);) {
		is_same = is_same || str_eq(str_trim(tag), tag_of(r, version));
	}
	if (!is_same) {
		api_put_etag(r, version);
		(void)api_refuse(r, 412, "changed", STR_EMPTY);
	}
	return is_same;
}

/* --- Values ------------------------------------------------------------------------------------------------------ */

void put_key(struct json_out *j, const char *key)
{
	json_key(j, str_of(key));
}

void put_null(struct json_out *j, const char *key)
{
	put_key(j, key);
	json_put_null(j);
}

void put_str(struct json_out *j, const char *key, struct str v)
{
	put_key(j, key);
	json_put_string(j, v);
}

void put_str_or_null(struct json_out *j, const char *key, struct str v)
{
	put_key(j, key);
	if (v.n > 0) {
		json_put_string(j, v);
	} else {
		json_put_null(j);
	}
}

void put_text(struct req *r, struct json_out *j, const char *key, const struct text *t)
{
	put_str(j, key, text_in(t, r->lang));
}

void put_int(struct json_out *j, const char *key, int64_t v)
{
	put_key(j, key);
	json_put_int(j, v);
}

void put_flag(struct json_out *j, const char *key, bool v)
{
	put_key(j, key);
	json_put_bool(j, v);
}

void put_id(struct json_out *j, const char *key, int64_t id)
{
	put_str_or_null(j, key, id != 0 ? str_of(id_text(id).c) : STR_EMPTY);
}

void put_instant(struct json_out *j, const char *key, int64_t us)
{
	char text[40];
	char day[11];
	int64_t ms = us / 1000;
	int64_t of_day = ms % 86400000;
	if (us <= 0) {
		put_null(j, key);
		return;
	}
	date_format((day_number)(ms / 86400000), day);
	snprintf(text, sizeof text, "%sT%02d:%02d:%02d.%03dZ", day, (int)(of_day / 3600000), (int)(of_day / 60000 % 60),
	         (int)(of_day / 1000 % 60), (int)(of_day % 1000));
	put_str(j, key, str_of(text));
}

void put_day(struct json_out *j, const char *key, day_number day)
{
	char text[11];
	date_format(day, text);
	put_str(j, key, str_of(text));
}

void put_money(struct json_out *j, const char *key, int64_t minor, struct str currency)
{
	put_key(j, key);
	json_begin_object(j);
	put_int(j, "minor", minor);
	put_str(j, "currency", currency);
	json_end_object(j);
}
