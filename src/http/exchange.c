#include "http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "http/params.h"

void exchange_init(struct exchange *x, struct http_server *s)
{
	*x = (struct exchange){.s = s};
	arena_init(&x->r.arena, ARENA_MAX_BYTES);
	buf_init(&x->r.out, OUT_MAX_BYTES);
	x->r.send_fd = -1;
}

void exchange_release(struct exchange *x)
{
	exchange_done(x);
	arena_release(&x->r.arena);
	buf_release(&x->r.out);
	mem_wipe(x->random, sizeof x->random);
}

/* Not secret, never twice in a process, and two starts of the program do not count alike: a counter through a
 * bijection (splitmix64's), as 13 characters. */
static struct str make_id(struct exchange *x)
{
	uint64_t z = x->s->id_seed + atomic_fetch_add_explicit(&x->s->id_next, 1, memory_order_relaxed);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	z ^= z >> 31;
	id_format((int64_t)(z >> 1), x->id);
	return str_from(x->id, ID_CHARS);
}

static void count(_Atomic uint64_t *c)
{
	atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

void exchange_begin(struct exchange *x)
{
	exchange_done(x);
	struct req *r = &x->r;
	r->app = x->s->o.app;
	r->exchange = x;
	r->path = r->target = r->client = r->lang = r->csrf = STR_EMPTY;
	for (int i = 0; i < ROUTE_ARGS_MAX; i++) {
		r->path_args[i] = STR_EMPTY;
	}
	r->id = make_id(x);
	r->status = 200;
	r->content_type = STR("text/html; charset=utf-8");
	x->sid = STR_EMPTY;
	x->started_us = time_running_us(x->s->o.time);
	x->is_open = true;
	x->is_counted = true;
	atomic_fetch_add(&x->s->at_work, 1);
	count(&x->s->requests);
}

void exchange_done(struct exchange *x)
{
	if (!x->is_open) {
		return;
	}
	struct http_server *s = x->s;
	struct req *r = &x->r;
	if (!x->is_answered) {
		count(&s->refused); /* by the library, or the client went away */
	}
	multipart_free(x->multipart);
	if (r->send_fd >= 0) {
		close(r->send_fd);
	}
	struct arena arena = r->arena;
	struct buf out = r->out;
	arena.cap_bytes = ARENA_MAX_BYTES;
	arena_reset(&arena);
	if (out.room > OUT_KEPT_BYTES) {
		buf_release(&out);
	}
	buf_reset(&out);
	bool was_counted = x->is_counted;
	/* All but the random bytes, which are the last members. */
	memset(x, 0, offsetof(struct exchange, random));
	x->s = s;
	r->arena = arena;
	r->out = out;
	r->send_fd = -1;
	if (was_counted && atomic_fetch_sub(&s->at_work, 1) == 1 && atomic_load(&s->is_stopping)) {
		pthread_mutex_lock(&s->lock);
		pthread_cond_broadcast(&s->idle);
		pthread_mutex_unlock(&s->lock);
	}
}

/* --- Places ------------------------------------------------------------------------------------------------------- */

static bool take_place(struct exchange *x, struct err *e)
{
	if (!places_take(&x->s->places, PLACE_WAIT_MS)) {
		return err_set(e, ERR_BUSY, "no handler's place within %d ms", PLACE_WAIT_MS);
	}
	x->has_place = true;
	return true;
}

static void give_place(struct exchange *x)
{
	if (x->has_place) {
		x->has_place = false;
		places_give(&x->s->places);
	}
}

void http_place_release(struct req *r)
{
	if (r->exchange) {
		give_place(r->exchange);
	}
}

void http_place_take(struct req *r)
{
	if (r->exchange && !r->exchange->has_place) {
		places_retake(&r->exchange->s->places);
		r->exchange->has_place = true;
	}
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

/* Without the house: what is left when the page of an error fails, and what hostile heads get. */
static void plain_page(struct exchange *x, const struct err *why)
{
	struct req *r = &x->r;
	buf_reset(&r->out);
	struct str programs = x->s->o.for_programs;
	if (programs.n > 0 && str_starts(r->path, programs)) {
		r->content_type = STR("application/problem+json");
		buf_printf(&r->out, "{\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"request\":\"%.*s\"}\n", err_say(why),
		           err_status(why->code), err_name(why->code), STR_ARG(r->id));
		return;
	}
	r->content_type = STR("text/html; charset=utf-8");
	buf_printf(&r->out,
	           "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>%d</title>\n"
	           "<p>%s</p>\n<p><small>%.*s</small></p>\n",
	           err_status(why->code), err_say(why), STR_ARG(r->id));
}

static void drop_answer(struct exchange *x)
{
	struct req *r = &x->r;
	buf_reset(&r->out);
	if (r->send_fd >= 0) {
		close(r->send_fd);
		r->send_fd = -1;
	}
	/* The first ones are admission's (a cookie of the language, say); the array only ever grew. */
	if (r->out_headers.n > x->kept_headers) {
		r->out_headers.n = x->kept_headers;
	}
	r->content_type = STR("text/html; charset=utf-8");
	r->is_cacheable = false;
}

static void log_refusal(const struct exchange *x, const struct err *why)
{
	enum log_level level = err_status(why->code) >= 500 && why->code != ERR_CLOSED ? LOG_ERROR : LOG_INFO;
	if (why->code == ERR_NOT_FOUND || why->code == ERR_METHOD || why->code == ERR_NOT_SIGNED_IN) {
		level = LOG_DEBUG;
	}
	log_line(level, "request-failed", LOG_S("request", x->r.id), LOG_S("code", str_of(err_name(why->code))),
	         LOG_S("file", str_of(why->file)), LOG_I("line", why->line), LOG_S("text", str_of(why->text)),
	         LOG_S("route", str_of(x->r.route ? x->r.route->path : "")));
}

/* A page for *why. `is_plain`: without the hooks. */
static void make_error(struct exchange *x, struct err *why, bool is_plain)
{
	struct req *r = &x->r;
	if (why->code == ERR_NONE) {
		err_set(why, ERR_INTERNAL, "a handler failed without saying why");
	}
	/* What looked malformed or absent may only have found no room in the arena. */
	if (r->arena.is_full && err_status(why->code) < 500) {
		why->code = ERR_MEMORY;
		why->say = NULL;
	}
	log_refusal(x, why);
	drop_answer(x);
	r->status = err_status(why->code);
	r->arena.is_full = false;
	r->arena.cap_bytes = r->arena.used_bytes + ERROR_PAGE_BYTES;
	if (why->code == ERR_METHOD) {
		req_set_header(r, "Allow",
		               x->found.get && x->found.post ? STR("GET, HEAD, POST")
		               : x->found.get                ? STR("GET, HEAD")
		                                             : STR("POST"));
	} else if (r->status == 503) {
		req_set_header(r, "Retry-After", why->code == ERR_CLOSED ? STR("60") : STR("2"));
	} else if (r->status == 429) {
		req_set_header(r, "Retry-After", STR("60"));
	}
	int status = r->status;
	bool has_page = false;
	if (!is_plain && x->s->o.hooks.error_page) {
		r->error = why;
		x->s->o.hooks.error_page(r, why);
		has_page = r->out.n > 0 && !r->out.failed && !r->arena.is_full;
	}
	r->status = status;
	if (!has_page) {
		plain_page(x, why);
	}
	r->arena.is_full = false;
}

/* The answer is complete: what every page has in common, and the count. */
static void answered(struct exchange *x)
{
	struct req *r = &x->r;
	/* A visitor who sees a form has to hold the cookie that its token hangs off. */
	if (r->csrf.n > 0 && r->send_fd < 0 && r->out.n > 0 && memmem(r->out.p, r->out.n, r->csrf.p, r->csrf.n)) {
		if (r->is_cacheable) {
			log_line(LOG_ERROR, "cacheable-form", LOG_S("route", str_of(r->route ? r->route->path : "")));
			r->is_cacheable = false;
		}
		if (x->has_fresh_sid) {
			req_set_cookie(r, "sid", x->sid, -1);
		}
	}
	x->is_answered = true;
	int class = r->status / 100;
	count(&x->s->by_status[class >= 1 && class <= 5 ? class : 0]);
	if (x->s->o.hooks.answered) {
		x->s->o.hooks.answered(r, time_running_us(x->s->o.time) - x->started_us);
	}
}

/* --- Before the handler ------------------------------------------------------------------------------------------- */

void exchange_fresh_sid(struct exchange *x)
{
	struct req *r = &x->r;
	char *sid = arena_alloc(&r->arena, SID_CHARS, 1);
	char *token = arena_alloc(&r->arena, CSRF_CHARS, 1);
	x->sid = r->csrf = STR_EMPTY;
	if (sid && token) {
		if (x->random_left < SID_BYTES) {
			rand_bytes(x->random, sizeof x->random);
			x->random_left = sizeof x->random;
		}
		x->random_left -= SID_BYTES;
		base64url_32(x->random + x->random_left, sid);
		mem_wipe(x->random + x->random_left, SID_BYTES);
		x->sid = str_from(sid, SID_CHARS);
		csrf_token(&x->s->csrf_key, x->sid, token);
		r->csrf = str_from(token, CSRF_CHARS);
		x->has_fresh_sid = true;
	}
}

static void set_token(struct exchange *x)
{
	struct req *r = &x->r;
	x->sid = req_sid(r);
	if (x->sid.n == 0) {
		exchange_fresh_sid(x);
		return;
	}
	char *token = arena_alloc(&r->arena, CSRF_CHARS, 1);
	if (token) {
		csrf_token(&x->s->csrf_key, x->sid, token);
		r->csrf = str_from(token, CSRF_CHARS);
	}
}

static bool admit(struct exchange *x, struct err *e)
{
	struct req *r = &x->r;
	set_token(x);
	if (x->s->o.hooks.admit && !x->s->o.hooks.admit(r, e)) {
		return false;
	}
	x->is_admitted = true;
	x->kept_headers = r->out_headers.n;
	return true;
}

/* "/services/" is answered with the way to "/services". */
static bool redirect_slash(struct exchange *x)
{
	struct req *r = &x->r;
	if (r->path.n < 2 || r->path.p[r->path.n - 1] != '/' || (r->method != METHOD_GET && r->method != METHOD_HEAD)) {
		return false;
	}
	struct found found;
	if (!router_find(x->s->router, str_sub(r->path, 0, r->path.n - 1), &found) || found.get == NULL) {
		return false;
	}
	struct str path;
	struct str query;
	bool has_query = str_cut(r->target, '?', &path, &query);
	struct str to =
		arena_printf(&r->arena, "%.*s%s%.*s", (int)path.n - 1, path.p, has_query ? "?" : "", STR_ARG(query));
	/* A path with an empty piece has no route, so `to` is no "//host". */
	req_set_header(r, "Location", to);
	r->status = 308;
	return true;
}

/* The route, if there is one for this path and method. */
static bool find_route(struct exchange *x, struct err *e)
{
	struct req *r = &x->r;
	if (!router_find(x->s->router, r->path, &x->found)) {
		return err_set(e, ERR_NOT_FOUND, "no route");
	}
	const struct route *route = r->method == METHOD_POST                              ? x->found.post
	                            : r->method == METHOD_GET || r->method == METHOD_HEAD ? x->found.get
	                                                                                  : NULL;
	if (route == NULL) {
		return err_set(e, ERR_METHOD, "method not taken");
	}
	r->route = route;
	r->path_arg_n = x->found.arg_n;
	for (int i = 0; i < x->found.arg_n; i++) {
		r->path_args[i] = x->found.args[i];
	}
	return true;
}

static bool allow(struct exchange *x, struct err *e)
{
	if (x->s->o.hooks.allow && !x->s->o.hooks.allow(&x->r, e)) {
		return false;
	}
	x->is_allowed = true;
	return true;
}

static bool is_type(struct str content_type, struct str type)
{
	struct str head;
	struct str tail;
	str_cut(content_type, ';', &head, &tail);
	return str_eq_nocase(str_trim(head), type);
}

/* May this body come, by its size and type? Makes what it is read into. */
static bool expect_body(struct exchange *x, struct err *e)
{
	struct req *r = &x->r;
	uint64_t length = x->head.content_length;
	if (length > r->route->body_max) {
		return err_set(e, ERR_TOO_LARGE, "body over the limit of its route");
	}
	struct str type = req_header(r, "content-type");
	x->is_raw = r->route->body_type && is_type(type, str_of(r->route->body_type));
	if (x->is_raw || (!r->route->body_type && is_type(type, STR("application/x-www-form-urlencoded")))) {
		if (length > FORM_MAX_BYTES) {
			return err_set(e, ERR_TOO_LARGE, "form over %d bytes", FORM_MAX_BYTES);
		}
		x->body = arena_alloc(&r->arena, (size_t)length, 1);
		return x->body ? true : err_set(e, ERR_MEMORY, "no room for a form");
	}
	if (!r->route->has_files) {
		return err_set(e, ERR_UNSUPPORTED, "body of a type that the route does not take");
	}
	return multipart_new(&r->arena, type, x->s->o.spool_dir, &x->multipart, e);
}

/* All that can be said before the body. */
static bool before_body(struct exchange *x, struct err *e)
{
	if (!admit(x, e) || !find_route(x, e) || !allow(x, e)) {
		return false;
	}
	if (x->r.method == METHOD_POST && !x->r.route->is_without_csrf && !csrf_origin_fits(&x->r, x->head.host)) {
		return err_set(e, ERR_FORBIDDEN, "form from another site");
	}
	return x->head.content_length == 0 || expect_body(x, e);
}

/* While the store is away a form is read even so: the page that says it gives back what was typed. */
static bool is_read_all_the_same(struct exchange *x, const struct err *why)
{
	struct err ignored;
	return err_status(why->code) == 503 && find_route(x, &ignored) && csrf_origin_fits(&x->r, x->head.host) &&
	       expect_body(x, &ignored);
}

/* The error page now, and the end of the connection. */
static enum exchange_next answer_now(struct exchange *x, struct err *e, bool is_plain)
{
	x->must_close = true;
	make_error(x, e, is_plain);
	answered(x);
	return EXCHANGE_ANSWER_NOW;
}

enum exchange_next exchange_head(struct exchange *x, const struct head *h, const char *why)
{
	struct req *r = &x->r;
	struct err e = {0};
	bool ok = why ? err_set(&e, ERR_BAD_INPUT, "%s", why) : head_read(r, h, &x->head, &e);
	if (!ok) {
		count(&x->s->refused);
		/* An escaped slash or a query with too many fields is no attack on the connection, but costs nothing either. */
		return answer_now(x, &e, true);
	}
	if (x->s->o.is_behind_proxy) {
		r->client = head_forwarded_for(r);
	}
	if (x->head.content_length == 0) {
		return EXCHANGE_GO_ON;
	}
	if (!take_place(x, &e)) {
		return answer_now(x, &e, true);
	}
	if (!before_body(x, &e)) {
		x->early = e;
		x->is_draining = !is_read_all_the_same(x, &e);
		bool is_waiting = x->head.expects_continue || x->head.content_length > DRAIN_MAX_BYTES;
		if (is_waiting) {
			answer_now(x, &e, false);
		}
		give_place(x);
		return is_waiting ? EXCHANGE_ANSWER_NOW : EXCHANGE_GO_ON;
	}
	give_place(x);
	return EXCHANGE_GO_ON;
}

bool exchange_body(struct exchange *x, struct str bytes)
{
	struct err e = {0};
	if (time_running_us(x->s->o.time) - x->started_us > BODY_DEADLINE_S * US_PER_S) {
		return false;
	}
	x->body_seen += bytes.n;
	must(x->body_seen <= x->head.content_length); /* the library counts */
	if (x->is_draining) {
		return true;
	}
	if (x->multipart) {
		if (!multipart_push(x->multipart, bytes, &e)) {
			x->early = e;
			x->is_draining = true;
		}
		return true;
	}
	memcpy(x->body + x->body_n, bytes.p, bytes.n);
	x->body_n += bytes.n;
	return true;
}

/* --- The handler -------------------------------------------------------------------------------------------------- */

static bool read_form(struct exchange *x, struct err *e)
{
	struct req *r = &x->r;
	if (x->multipart) {
		return multipart_end(x->multipart, &r->form, &r->uploads, &r->upload_n, e);
	}
	if (x->is_raw) {
		r->body = str_from(x->body, x->body_n);
		return true;
	}
	return x->body_n == 0 || params_urlencoded(&r->arena, x->body, x->body_n, &r->form, e);
}

static bool check_form(struct exchange *x, struct err *e)
{
	struct req *r = &x->r;
	if (r->method != METHOD_POST || r->route->is_without_csrf) {
		return true;
	}
	bool found;
	struct str token = params_first(&r->form, STR("csrf"), &found);
	if (!found || !csrf_is_valid(&x->s->csrf_key, req_sid(r), token)) {
		return err_set(e, ERR_FORBIDDEN, "form without a valid token");
	}
	return true;
}

static bool run(struct exchange *x, struct err *e)
{
	struct req *r = &x->r;
	if (x->early.code != ERR_NONE) {
		struct err ignored;
		*e = x->early;
		r->is_form_own =
			!x->is_draining && r->method == METHOD_POST && read_form(x, &ignored) && check_form(x, &ignored);
		return false;
	}
	if (!x->is_admitted) {
		if (!before_body(x, e)) {
			return e->code == ERR_NOT_FOUND && redirect_slash(x);
		}
		if (r->status == 303) {
			return true; /* `allow` sends the visitor to sign in */
		}
	}
	if (!read_form(x, e) || !check_form(x, e)) {
		return false;
	}
	r->is_form_own = r->method == METHOD_POST;
	if (!r->route->handle(r, e)) {
		return false;
	}
	/* The handler went on without looking, as it may: here it is seen. */
	if (r->arena.is_full) {
		return err_set(e, ERR_MEMORY, "the request's arena is full at %zu bytes", r->arena.used_bytes);
	}
	return buf_ok(&r->out, e);
}

void exchange_end(struct exchange *x)
{
	if (x->is_answered) {
		return;
	}
	struct err e = {0};
	if (!take_place(x, &e)) {
		make_error(x, &e, true);
		answered(x);
		return;
	}
	if (!run(x, &e)) {
		if (e.code == ERR_TOO_LARGE && x->r.out.failed) {
			e.code = ERR_MEMORY; /* it is our page that is too large, not what was sent */
		}
		http_place_take(&x->r); /* a handler that failed between giving and taking */
		make_error(x, &e, false);
	}
	answered(x);
	give_place(x);
}
