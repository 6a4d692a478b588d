/* Runs journeys: tests/http/x.hall, each against a server of its own. See README.md for the words of a script.
 *
 *	http-run [-v] [-j N] SCRIPT...
 *
 * The last line is "N passed, N failed": a statement that expects something counts as one. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mails.h"
#include "server.h"

enum { WORDS_MAX = 200, CLIENTS_MAX = 20, VARS_MAX = 200, DEPTH_MAX = 8, UNTIL_MS = 20000 };

struct word {
	struct str s;   /* variables put in, quotes taken off */
	bool is_quoted; /* wholly in quotes */
	bool is_regex;  /* /.../ */
};

struct line {
	const char *file;
	int number;
	struct word words[WORDS_MAX];
	size_t n;
	size_t at; /* the word that is looked at */
};

struct var {
	struct str name, value;
};

struct script {
	struct arena arena;
	struct server server; /* the one that statements mean */
	struct mails mails;
	struct server other; /* on the same database; its data folder empty: there is none */
	struct client clients[CLIENTS_MAX];
	size_t client_n;
	struct client *client; /* who acts */
	struct var vars[VARS_MAX];
	size_t var_n;
	int passed, failed;
	bool is_loud;
	bool is_trouble_seen; /* the last answer was 5xx and nobody looked at its status yet */
	char why[4096];
};

/* --- Reading lines -------------------------------------------------------------------------------------------------
 */

static struct str var_value(struct script *s, struct str name)
{
	for (size_t i = s->var_n; i-- > 0;) {
		if (str_eq(s->vars[i].name, name)) {
			return s->vars[i].value;
		}
	}
	return (struct str){NULL, 0};
}

static void set_var(struct script *s, struct str name, struct str value)
{
	for (size_t i = s->var_n; i-- > 0;) {
		if (str_eq(s->vars[i].name, name)) {
			s->vars[i].value = value;
			return;
		}
	}
	must(s->var_n < VARS_MAX);
	s->vars[s->var_n++] = (struct var){arena_copy(&s->arena, name), value};
}

static bool fail(struct script *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct script *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof s->why, fmt, ap);
	va_end(ap);
	return false;
}

static bool put_var(struct script *s, struct str text, size_t *at, struct buf *to)
{
	size_t i = *at + 1;
	size_t from = i;
	while (i < text.n && (isalnum((unsigned char)text.p[i]) || text.p[i] == '_')) {
		i++;
	}
	struct str name = str_sub(text, from, i - from);
	struct str value = var_value(s, name);
	if (value.p == NULL) {
		return fail(s, "no variable $%.*s", STR_ARG(name));
	}
	buf_put(to, value);
	*at = i;
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 0;
}

/* A quoted run at *at; "..."*N repeats it. */
static bool read_quoted(struct script *s, struct str text, size_t *at, struct buf *to)
{
	size_t i = *at + 1;
	size_t begin = to->n;
	while (i < text.n && text.p[i] != '"') {
		char c = text.p[i];
		if (c == '$' && i + 1 < text.n && (isalpha((unsigned char)text.p[i + 1]) || text.p[i + 1] == '_')) {
			if (!put_var(s, text, &i, to)) {
				return false;
			}
			continue;
		}
		if (c == '\\' && i + 1 < text.n) {
			c = text.p[++i];
			if (c == 'x' && i + 2 < text.n) {
				buf_put_byte(to, (char)(hex(text.p[i + 1]) << 4 | hex(text.p[i + 2])));
				i += 3;
				continue;
			}
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == '0' ? '\0' : c;
		}
		buf_put_byte(to, c);
		i++;
	}
	if (i >= text.n) {
		return fail(s, "a quotation mark is not closed");
	}
	i++;
	if (i + 1 < text.n && text.p[i] == '*' && isdigit((unsigned char)text.p[i + 1])) {
		size_t from = ++i;
		while (i < text.n && isdigit((unsigned char)text.p[i])) {
			i++;
		}
		uint64_t times = 0;
		str_to_u64(str_sub(text, from, i - from), &times);
		struct str once = arena_copy(&s->arena, str_sub(buf_str(to), begin, to->n));
		buf_truncate(to, begin);
		for (uint64_t k = 0; k < times; k++) {
			buf_put(to, once);
		}
	}
	*at = i;
	return true;
}

static bool read_regex(struct str text, size_t *at, struct buf *to)
{
	size_t i = *at + 1;
	while (i < text.n && text.p[i] != '/') {
		if (text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == '/') {
			i++;
		}
		buf_put_byte(to, text.p[i++]);
	}
	*at = i + 1;
	return i < text.n;
}

/* Words of one line. A word may be made of bare and quoted runs: name="a b". A regular expression stands after a
 * statement that takes one, so that paths are no expressions. */
static bool read_line(struct script *s, struct str text, struct line *l)
{
	size_t at = 0;
	l->n = l->at = 0;
	for (;;) {
		while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t')) {
			at++;
		}
		if (at == text.n || text.p[at] == '#') {
			return true;
		}
		if (l->n == WORDS_MAX) {
			return fail(s, "more than %d words", WORDS_MAX);
		}
		struct word w = {.s = STR_EMPTY};
		struct buf b;
		buf_init(&b, 256 << 20);
		bool ok = true;
		bool takes_regex = l->n > 0 && (str_is(l->words[0].s, "save") || str_is(l->words[l->n - 1].s, "match"));
		if (text.p[at] == '/' && takes_regex) {
			w.is_regex = true;
			ok = read_regex(text, &at, &b) || fail(s, "a regular expression is not closed");
		} else {
			w.is_quoted = text.p[at] == '"';
			while (ok && at < text.n && text.p[at] != ' ' && text.p[at] != '\t') {
				if (text.p[at] == '"') {
					ok = read_quoted(s, text, &at, &b);
				} else if (text.p[at] == '$' && at + 1 < text.n && isalpha((unsigned char)text.p[at + 1])) {
					ok = put_var(s, text, &at, &b);
				} else {
					buf_put_byte(&b, text.p[at++]);
				}
			}
		}
		w.s = arena_copy(&s->arena, buf_str(&b));
		buf_release(&b);
		if (!ok) {
			return false;
		}
		l->words[l->n++] = w;
	}
}

static bool has_more(const struct line *l)
{
	return l->at < l->n;
}

/* Takes the next word if it is this one, bare. */
static bool take(struct line *l, const char *word)
{
	if (has_more(l) && !l->words[l->at].is_quoted && str_is(l->words[l->at].s, word)) {
		l->at++;
		return true;
	}
	return false;
}

static bool next(struct script *s, struct line *l, struct str *out, const char *what)
{
	if (!has_more(l)) {
		return fail(s, "%s is missing", what);
	}
	*out = l->words[l->at++].s;
	return true;
}

static bool next_number(struct script *s, struct line *l, uint64_t *out, const char *what)
{
	struct str w;
	return next(s, l, &w, what) && (str_to_u64(w, out) || fail(s, "%s is no number: %.*s", what, STR_ARG(w)));
}

/* --- Looking at answers --------------------------------------------------------------------------------------------
 */

static bool passed_err(struct script *s, bool ok, const struct err *e)
{
	return ok || fail(s, "%s (%s)", e->text, err_name(e->code));
}

static bool match(struct script *s, struct str pattern, struct str in, struct str *out, bool *is_match)
{
	regex_t re;
	regmatch_t m[2] = {0};
	char *p = arena_cstr(&s->arena, pattern);
	char *text = arena_cstr(&s->arena, in);
	int bad = regcomp(&re, p, REG_EXTENDED);
	if (bad) {
		char why[100];
		regerror(bad, &re, why, sizeof why);
		return fail(s, "regular expression /%s/: %s", p, why);
	}
	*is_match = regexec(&re, text, 2, m, 0) == 0;
	if (*is_match) {
		int g = re.re_nsub > 0 && m[1].rm_so >= 0 ? 1 : 0;
		*out = str_from(text + m[g].rm_so, (size_t)(m[g].rm_eo - m[g].rm_so));
	}
	regfree(&re);
	return true;
}

static const struct field *field_on_page(const struct client *c, struct str name, struct str value, bool is_checked)
{
	for (size_t i = 0; i < c->page.field_n; i++) {
		const struct field *f = &c->page.fields[i];
		bool is_choice = str_is(f->type, "radio") || str_is(f->type, "checkbox") || str_is(f->type, "option");
		if (str_eq(f->name, name) && !str_is(f->type, "submit") &&
		    (!is_checked || (str_eq(f->value, value) && (!is_choice || f->is_on)))) {
			return f;
		}
	}
	return NULL;
}

static bool expect_status(struct script *s, struct line *l, bool is_no)
{
	struct str w;
	s->is_trouble_seen = false;
	if (!next(s, l, &w, "the status")) {
		return false;
	}
	struct str rest = w;
	struct str one;
	bool is_one = false;
	while (rest.n > 0 && str_next(&rest, '|', &one)) {
		uint64_t n;
		is_one = is_one || (str_to_u64(one, &n) && (int)n == s->client->answer.status);
	}
	return is_one != is_no || fail(s, "status is %d", s->client->answer.status);
}

static bool expect_has(struct script *s, struct line *l, struct str in, const char *what, bool is_no)
{
	struct str w;
	if (take(l, "match")) {
		bool is_match = false;
		struct str found = STR_EMPTY;
		if (!next(s, l, &w, "the expression") || !match(s, w, in, &found, &is_match)) {
			return false;
		}
		return is_match != is_no || fail(s, "%s %s /%.*s/", what, is_no ? "matches" : "does not match", STR_ARG(w));
	}
	if (!next(s, l, &w, "the text")) {
		return false;
	}
	bool has = str_find(in, w) != SIZE_MAX;
	return has != is_no || fail(s, "%s %s \"%.*s\"", what, is_no ? "holds" : "does not hold", STR_ARG(w));
}

static bool expect(struct script *s, struct line *l)
{
	struct client *c = s->client;
	bool is_no = take(l, "no");
	struct str a;
	struct str b;
	if (take(l, "exit")) {
		uint64_t code;
		return next_number(s, l, &code, "the exit code") &&
		       (((int)code == s->server.output_exit) != is_no ||
		        fail(s, "exit code is %d: %.*s", s->server.output_exit, STR_ARG(str_sub(s->server.output, 0, 2000))));
	}
	if (take(l, "output")) {
		return expect_has(s, l, s->server.output, "output", is_no);
	}
	if (c == NULL) {
		return fail(s, "no client yet");
	}
	if (take(l, "status")) {
		return expect_status(s, l, is_no);
	}
	if (take(l, "text")) {
		return expect_has(s, l, c->page.text, "text", is_no);
	}
	if (take(l, "html")) {
		return expect_has(s, l, c->answer.body, "HTML", is_no);
	}
	if (take(l, "title")) {
		return expect_has(s, l, c->page.title, "title", is_no);
	}
	if (take(l, "path")) {
		struct str path;
		struct str query;
		str_cut(c->path, '?', &path, &query);
		if (take(l, "match")) {
			l->at--;
			return expect_has(s, l, path, "path", is_no);
		}
		return next(s, l, &a, "the path") && (str_eq(a, path) != is_no || fail(s, "path is %.*s", STR_ARG(path)));
	}
	if (take(l, "lang")) {
		return next(s, l, &a, "the language") &&
		       (str_eq(a, c->page.lang) != is_no || fail(s, "language is %.*s", STR_ARG(c->page.lang)));
	}
	if (take(l, "header")) {
		if (!next(s, l, &a, "the header's name")) {
			return false;
		}
		struct str value = answer_header(&c->answer, arena_cstr(&s->arena, a), 0);
		if (!has_more(l)) {
			return (value.n > 0) != is_no || fail(s, "header is \"%.*s\"", STR_ARG(value));
		}
		return expect_has(s, l, value, "header", is_no);
	}
	if (take(l, "link")) {
		return next(s, l, &a, "the link's text") &&
		       (client_link(c, a, &b) != is_no ||
		        fail(s, "%s link \"%.*s\"", is_no ? "there is a" : "there is no", STR_ARG(a)));
	}
	if (take(l, "field")) {
		struct str name;
		struct str value;
		if (!next(s, l, &a, "the field")) {
			return false;
		}
		bool has_value = str_cut(a, '=', &name, &value);
		return (field_on_page(c, name, value, has_value) != NULL) != is_no ||
		       fail(s, "%s field %.*s", is_no ? "there is a" : "there is no", STR_ARG(a));
	}
	if (take(l, "button")) {
		bool found = false;
		if (!next(s, l, &a, "the button")) {
			return false;
		}
		for (size_t i = 0; i < c->page.field_n; i++) {
			found =
				found || (str_is(c->page.fields[i].type, "submit") && str_find(c->page.fields[i].text, a) != SIZE_MAX);
		}
		return found != is_no || fail(s, "%s button \"%.*s\"", is_no ? "there is a" : "there is no", STR_ARG(a));
	}
	if (take(l, "cookie")) {
		bool found = false;
		if (!next(s, l, &a, "the cookie")) {
			return false;
		}
		for (size_t i = 0; i < c->cookie_n; i++) {
			found = found || str_eq(c->cookies[i].name, a);
		}
		return found != is_no || fail(s, "%s cookie %.*s", is_no ? "there is a" : "there is no", STR_ARG(a));
	}
	if (take(l, "bytes")) {
		uint64_t most;
		return next_number(s, l, &most, "the number of bytes") &&
		       ((c->answer.body.n <= most) != is_no || fail(s, "the body has %zu bytes", c->answer.body.n));
	}
	return fail(s, "expect what?");
}

/* --- Statements ----------------------------------------------------------------------------------------------------
 */

/* The two change places. */
static void swap_servers(struct script *s)
{
	struct server was = s->server;
	s->server = s->other;
	s->other = was;
}

static bool do_server(struct script *s, struct line *l)
{
	struct err e;
	if (take(l, "other")) {
		if (s->other.data[0] == '\0' && !passed_err(s, server_join(&s->server, &s->other, &e), &e)) {
			return false;
		}
		swap_servers(s);
		return true;
	}
	if (take(l, "start")) {
		if (take(l, "unix")) {
			s->server.where.unix_path = arena_printf(&s->arena, "%s/http.sock", s->server.dir);
			s->server.where.host = STR("cityhall.example");
		}
		s->server.flag_n = has_more(l) ? 0 : s->server.flag_n; /* those of this start, or those of before */
		while (has_more(l)) {
			struct str flag = l->words[l->at++].s;
			must(s->server.flag_n < 16);
			snprintf(s->server.flags[s->server.flag_n++], 128, "%.*s", STR_ARG(flag));
		}
		struct stat st;
		return passed_err(
			s, (stat(s->server.data, &st) == 0 || server_init(&s->server, &e)) && server_start(&s->server, &e), &e);
	}
	if (take(l, "init")) {
		while (has_more(l)) {
			must(s->server.init_flag_n < INIT_FLAGS_MOST);
			struct str flag = l->words[l->at++].s;
			s->server.init_flags[s->server.init_flag_n++] = arena_printf(&s->arena, "%.*s", STR_ARG(flag)).p;
			s->server.ready = NULL;
		}
		return passed_err(s, server_init(&s->server, &e), &e);
	}
	if (take(l, "kill")) {
		return passed_err(s, server_end(&s->server, SIGKILL, &e), &e);
	}
	if (take(l, "stop")) {
		return passed_err(s, server_end(&s->server, SIGTERM, &e), &e);
	}
	if (take(l, "restart")) {
		return passed_err(
			s, (s->server.pid == 0 || server_end(&s->server, SIGTERM, &e)) && server_start(&s->server, &e), &e);
	}
	if (take(l, "freeze") || take(l, "thaw")) {
		bool freezes = str_is(l->words[l->at - 1].s, "freeze");
		return passed_err(s, server_freeze(&s->server, freezes, &e), &e);
	}
	return fail(s, "server start, init, other, kill, stop, restart, freeze or thaw");
}

static bool do_client(struct script *s, struct line *l)
{
	struct str name;
	if (!next(s, l, &name, "the client's name")) {
		return false;
	}
	for (size_t i = 0; i < s->client_n; i++) {
		if (str_eq(s->clients[i].name, name)) {
			s->client = &s->clients[i];
			return true;
		}
	}
	must(s->client_n < CLIENTS_MAX);
	s->client = &s->clients[s->client_n++];
	*s->client = (struct client){.name = name, .language = STR("en"), .path = STR("/")};
	page_read(&s->client->page, &s->arena, STR_EMPTY);
	return true;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool do_get(struct script *s, struct line *l, const char *method)
{
	struct str path;
	struct err e;
	if (!next(s, l, &path, "the path")) {
		return false;
	}
	bool stays = take(l, "stay");
	if (take(l, "until")) {
		/* A read model may be a moment behind: asked again until it has caught up. */
		struct line rest = *l;
		for (int64_t end = now_ms() + UNTIL_MS;;) {
			*l = rest;
			if (!passed_err(s, client_send(&s->arena, s->client, &s->server.where, method, path, stays, &e), &e)) {
				return false;
			}
			if (expect(s, l)) {
				return true;
			}
			if (now_ms() > end) {
				return false;
			}
			struct timespec t = {0, 50000000};
			nanosleep(&t, NULL);
		}
	}
	return passed_err(s, client_send(&s->arena, s->client, &s->server.where, method, path, stays, &e), &e);
}

static bool read_pairs(struct script *s, struct line *l, struct cookie *pairs, size_t *n)
{
	*n = 0;
	while (has_more(l)) {
		struct str w = l->words[l->at++].s;
		if (*n == WORDS_MAX || !str_cut(w, '=', &pairs[*n].name, &pairs[*n].value)) {
			return fail(s, "name=\"value\" is wanted, not %.*s", STR_ARG(w));
		}
		++*n;
	}
	return *n > 0 || fail(s, "no field is named");
}

static bool do_fill(struct script *s, struct line *l, bool is_add)
{
	struct cookie pairs[WORDS_MAX];
	size_t n;
	struct err e;
	return read_pairs(s, l, pairs, &n) && passed_err(s, client_fill(&s->arena, s->client, pairs, n, is_add, &e), &e);
}

/* post PATH name="value" ...: just these fields, without a page. "$csrf" may be saved before. */
/* `piece:PATH;FROM;N`: so many bytes of a file. */
static bool read_piece(struct script *s, struct str w, struct str *bytes)
{
	struct str path, from_text, n_text;
	uint64_t from = 0;
	uint64_t n = 0;
	str_cut(str_sub(w, 6, w.n), ';', &path, &from_text);
	str_cut(from_text, ';', &from_text, &n_text);
	struct str whole = read_whole(&s->arena, arena_cstr(&s->arena, path));
	if (!str_to_u64(from_text, &from) || !str_to_u64(n_text, &n) || whole.n == 0) {
		return fail(s, "piece:PATH;FROM;N is wanted");
	}
	*bytes = str_sub(whole, from, n);
	return true;
}

/* A form with a file, as scripts of a page send it. */
static bool post_pieces(struct script *s, struct str path, const struct cookie *pairs, size_t n, bool stays)
{
	struct buf b;
	struct err e;
	buf_init(&b, 256 << 20);
	for (size_t i = 0; i < n; i++) {
		bool is_piece = str_starts(pairs[i].value, STR("piece:"));
		struct str bytes = pairs[i].value;
		if (is_piece && !read_piece(s, pairs[i].value, &bytes)) {
			buf_release(&b);
			return false;
		}
		buf_printf(&b, "--piece\r\nContent-Disposition: form-data; name=\"%.*s\"%s\r\n\r\n", STR_ARG(pairs[i].name),
		           is_piece ? "; filename=\"blob\"\r\nContent-Type: application/octet-stream" : "");
		buf_put(&b, bytes);
		buf_put_c(&b, "\r\n");
	}
	buf_put_c(&b, "--piece--\r\n");
	struct str body = arena_copy(&s->arena, buf_str(&b));
	buf_release(&b);
	return passed_err(s,
	                  client_post(&s->arena, s->client, &s->server.where, path,
	                              STR("multipart/form-data; boundary=piece"), body, stays, &e),
	                  &e);
}

static bool do_post(struct script *s, struct line *l)
{
	struct str path;
	struct err e;
	struct cookie pairs[WORDS_MAX];
	size_t n = 0;
	struct buf b;
	if (!next(s, l, &path, "the path")) {
		return false;
	}
	bool stays = take(l, "stay");
	if (has_more(l) && !read_pairs(s, l, pairs, &n)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (str_starts(pairs[i].value, STR("piece:"))) {
			return post_pieces(s, path, pairs, n, stays);
		}
	}
	buf_init(&b, 256 << 20);
	for (size_t i = 0; i < n; i++) {
		buf_put_c(&b, i > 0 ? "&" : "");
		for (int k = 0; k < 2; k++) {
			struct str part = k == 0 ? pairs[i].name : pairs[i].value;
			for (size_t j = 0; j < part.n; j++) {
				buf_put_byte(&b, '%');
				buf_put_hex(&b, part.p + j, 1);
			}
			buf_put_c(&b, k == 0 ? "=" : "");
		}
	}
	struct str body = arena_copy(&s->arena, buf_str(&b));
	buf_release(&b);
	return passed_err(s,
	                  client_post(&s->arena, s->client, &s->server.where, path,
	                              STR("application/x-www-form-urlencoded"), body, stays, &e),
	                  &e);
}

static bool send_form(struct script *s, struct line *l)
{
	struct client *c = s->client;
	struct err e;
	bool stays = take(l, "stay");
	uint64_t times = 1;
	if (take(l, "together")) {
		return next_number(s, l, &times, "how many") &&
		       passed_err(s, client_post_together(&s->arena, c, &s->server.where, (int)times, &e), &e);
	}
	if (take(l, "times") && !next_number(s, l, &times, "how often")) {
		return false;
	}
	/* `c->sent_*` is written by the call itself. */
	struct str path = c->sent_path;
	struct str type = c->sent_type;
	struct str body = c->sent_body;
	for (uint64_t i = 0; i < times; i++) {
		if (!passed_err(s, client_post(&s->arena, c, &s->server.where, path, type, body, stays, &e), &e)) {
			return false;
		}
	}
	return true;
}

static bool do_submit(struct script *s, struct line *l)
{
	struct str button;
	struct err e;
	bool is_get;
	if (!next(s, l, &button, "the button") ||
	    !passed_err(s, client_press(&s->arena, s->client, button, &is_get, &e), &e)) {
		return false;
	}
	if (is_get) {
		return passed_err(s, client_get(&s->arena, s->client, &s->server.where, s->client->sent_path, false, &e), &e);
	}
	return send_form(s, l);
}

static bool do_follow(struct script *s, struct line *l)
{
	struct str text;
	struct str href;
	struct err e;
	if (!next(s, l, &text, "the link's text")) {
		return false;
	}
	if (!client_link(s->client, text, &href)) {
		return fail(s, "no link \"%.*s\"", STR_ARG(text));
	}
	struct str path = client_resolve(&s->arena, s->client, href);
	return passed_err(s, client_get(&s->arena, s->client, &s->server.where, path, take(l, "stay"), &e), &e);
}

/* upload field=path;type;name   upload field=bytes:1000;type */
static bool do_upload(struct script *s, struct line *l)
{
	struct str w;
	struct str field;
	struct str rest;
	struct str path;
	struct str type;
	struct str name;
	struct err e;
	if (!next(s, l, &w, "field=path;type") || !str_cut(w, '=', &field, &rest)) {
		return fail(s, "field=path;type is wanted");
	}
	str_cut(rest, ';', &path, &rest);
	str_cut(rest, ';', &type, &name);
	struct str bytes;
	if (str_starts(path, STR("bytes:"))) {
		uint64_t n = 0;
		str_to_u64(str_sub(path, 6, path.n), &n);
		char *p = arena_alloc(&s->arena, n + 1, 1);
		bytes = str_from(p, n);
		name = name.n > 0 ? name : STR("zeros");
	} else {
		struct stat st;
		char *p = arena_cstr(&s->arena, path);
		if (stat(p, &st) != 0) {
			return fail(s, "no file %s", p);
		}
		bytes = read_whole(&s->arena, p);
		if (name.n == 0) {
			const char *slash = strrchr(p, '/');
			name = str_of(slash ? slash + 1 : p);
		}
	}
	return passed_err(
		s, client_upload(s->client, field, bytes, name, type.n > 0 ? type : STR("application/octet-stream"), &e), &e);
}

static bool do_save(struct script *s, struct line *l)
{
	struct client *c = s->client;
	struct str name;
	struct str w;
	struct str value = STR_EMPTY;
	bool found = false;
	if (!next(s, l, &name, "the variable")) {
		return false;
	}
	if (take(l, "link")) {
		found = next(s, l, &w, "the link's text") && client_link(c, w, &value);
		value = found ? client_resolve(&s->arena, c, value) : value;
	} else if (take(l, "field")) {
		if (!next(s, l, &w, "the field")) {
			return false;
		}
		const struct field *f = field_on_page(c, w, STR_EMPTY, false);
		found = f != NULL;
		value = f ? f->value : STR_EMPTY;
	} else if (take(l, "cookie")) {
		if (!next(s, l, &w, "the cookie")) {
			return false;
		}
		for (size_t i = 0; i < c->cookie_n; i++) {
			if (str_eq(c->cookies[i].name, w)) {
				found = true;
				value = c->cookies[i].value;
			}
		}
	} else if (take(l, "header")) {
		found = next(s, l, &w, "the header");
		value = answer_header(&c->answer, arena_cstr(&s->arena, w), 0);
	} else if (take(l, "path")) {
		found = true;
		value = c->path;
	} else {
		struct str in = take(l, "html") ? c->answer.body : take(l, "output") ? s->server.output : c->page.text;
		if (!next(s, l, &w, "the expression") || !match(s, w, in, &value, &found)) {
			return false;
		}
	}
	if (!found) {
		return fail(s, "nothing to save in $%.*s", STR_ARG(name));
	}
	set_var(s, name, arena_copy(&s->arena, value));
	return true;
}

static bool do_cookie(struct script *s, struct line *l)
{
	struct client *c = s->client;
	struct str name;
	struct str value;
	if (!next(s, l, &name, "the cookie")) {
		return false;
	}
	if (str_is(name, "clear") && !has_more(l)) {
		c->cookie_n = 0;
		return true;
	}
	size_t at = 0;
	while (at < c->cookie_n && !str_eq(c->cookies[at].name, name)) {
		at++;
	}
	if (!has_more(l)) {
		if (at < c->cookie_n) {
			c->cookies[at] = c->cookies[--c->cookie_n];
		}
		return true;
	}
	if (!next(s, l, &value, "the value")) {
		return false;
	}
	if (at == c->cookie_n) {
		must(c->cookie_n < COOKIES_OF_CLIENT);
		c->cookie_n++;
	}
	c->cookies[at] = (struct cookie){name, value};
	return true;
}

/* raw "bytes" "more" expect status 400 closed */
static bool do_raw(struct script *s, struct line *l)
{
	struct buf b;
	struct answer a;
	struct err e;
	int fd;
	buf_init(&b, 256 << 20);
	while (has_more(l) && l->words[l->at].is_quoted) {
		buf_put(&b, l->words[l->at++].s);
	}
	struct str bytes = arena_copy(&s->arena, buf_str(&b));
	buf_release(&b);
	if (!take(l, "expect")) {
		return fail(s, "raw \"...\" expect status N [closed]");
	}
	if (!dial(&s->server.where, &fd, &e)) {
		return passed_err(s, false, &e);
	}
	bool is_sent = send_all(fd, bytes);
	bool ok = read_answer(&s->arena, fd, str_starts(bytes, STR("HEAD")), &a, &e);
	(void)is_sent;
	struct str want = STR_EMPTY;
	bool is_status = true;
	if (ok && take(l, "status")) {
		is_status = false;
		if (next(s, l, &want, "the status")) {
			struct str rest = want;
			struct str one;
			while (rest.n > 0 && str_next(&rest, '|', &one)) {
				uint64_t n = 0;
				is_status =
					is_status || (str_to_u64(one, &n) && (int)n == a.status) || (str_is(one, "none") && a.status == 0);
			}
		}
	}
	bool is_closed = true;
	if (ok && take(l, "closed")) {
		is_closed = a.is_closed || talk_closes(fd, 5000);
	}
	close(fd);
	if (!ok) {
		return passed_err(s, false, &e);
	}
	if (ok && take(l, "text")) {
		struct str w;
		if (!next(s, l, &w, "the text") || str_find(a.body, w) == SIZE_MAX) {
			return fail(s, "the answer does not hold \"%.*s\": %.*s", STR_ARG(w), STR_ARG(str_sub(a.body, 0, 500)));
		}
	}
	if (!is_status) {
		return fail(s, "status is %d%s", a.status, a.status == 0 ? " (closed without an answer)" : "");
	}
	return is_closed || fail(s, "the server keeps the connection open after %d", a.status);
}

static bool do_log(struct script *s, struct line *l)
{
	bool is_none = take(l, "none");
	struct str w;
	if (!is_none && !take(l, "has")) {
		return fail(s, "log none \"...\" or log has \"...\"");
	}
	if (!next(s, l, &w, "the words")) {
		return false;
	}
	struct str log = server_log(&s->server);
	size_t at = str_find(log, w);
	if ((at == SIZE_MAX) == is_none) {
		return true;
	}
	if (!is_none) {
		return fail(s, "no line of the log holds \"%.*s\"", STR_ARG(w));
	}
	size_t from = at;
	while (from > 0 && log.p[from - 1] != '\n') {
		from--;
	}
	struct str tail = str_sub(log, from, 400);
	return fail(s, "the log holds \"%.*s\": %.*s", STR_ARG(w), STR_ARG(tail));
}

static bool do_command(struct script *s, struct line *l)
{
	struct str words[WORDS_MAX];
	size_t n = 0;
	struct err e;
	while (has_more(l)) {
		words[n++] = l->words[l->at++].s;
	}
	return passed_err(s, server_command(&s->server, words, n, &e), &e);
}

static bool do_clock(struct script *s, struct line *l)
{
	struct str words[3] = {STR("clock"), STR_EMPTY, STR("off")};
	struct err e;
	if (!next(s, l, &words[1], "how far") ||
	    !passed_err(s, server_command(&s->server, words, take(l, "off") ? 3 : 2, &e), &e)) {
		return false;
	}
	return s->server.output_exit == 0 ||
	       fail(s, "clock ended with %d: %.*s", s->server.output_exit, STR_ARG(s->server.output));
}

static bool do_mail(struct script *s, struct line *l)
{
	struct err e;
	uint64_t n;
	size_t seen;
	char path[300];
	if (take(l, "start")) {
		bool ok = passed_err(s, mails_start(&s->mails, s->server.dir, &e), &e);
		set_var(s, STR("mail_port"), arena_printf(&s->arena, "%d", s->mails.port));
		return ok;
	}
	if (take(l, "stop")) {
		mails_stop(&s->mails);
		return true;
	}
	if (take(l, "count")) {
		return next_number(s, l, &n, "how many") &&
		       (mails_wait(&s->mails, n, &seen) || fail(s, "%zu mails have come", seen));
	}
	if (take(l, "least")) {
		return next_number(s, l, &n, "how many") &&
		       (mails_wait(&s->mails, n, &seen) || seen > n || fail(s, "%zu mails have come", seen));
	}
	if (take(l, "read")) {
		s->server.output_exit = 0;
		return next_number(s, l, &n, "which one") &&
		       passed_err(s, mails_read(&s->mails, &s->arena, n, &s->server.output, &e), &e);
	}
	bool is_only = take(l, "only");
	if (is_only || take(l, "find")) {
		struct str pieces[4];
		size_t piece_n = 0;
		while (piece_n < 4 && l->at < l->n && next(s, l, &pieces[piece_n], "a text")) {
			piece_n++;
		}
		s->server.output_exit = 0;
		return passed_err(s, mails_find(&s->mails, &s->arena, pieces, piece_n, is_only, &s->server.output, &e), &e);
	}
	if (take(l, "bounce")) {
		bool ok = next_number(s, l, &n, "which one") &&
		          passed_err(s, mails_bounce(&s->mails, &s->arena, n, path, sizeof path, &e), &e);
		set_var(s, STR("bounce"), ok ? arena_printf(&s->arena, "%s", path) : STR_EMPTY);
		return ok;
	}
	return fail(s, "mail start, stop, count, least, read, only, find or bounce");
}

static bool run_file(struct script *s, const char *path, int depth);
static bool do_show(const struct script *s);

/* do NAME var="value" ...: the statements of tests/http/do/NAME.hall */
static bool do_do(struct script *s, struct line *l, int depth)
{
	struct str name;
	if (!next(s, l, &name, "the name")) {
		return false;
	}
	while (has_more(l)) {
		struct str key;
		struct str value;
		struct str w = l->words[l->at++].s;
		if (!str_cut(w, '=', &key, &value)) {
			return fail(s, "name=\"value\" is wanted, not %.*s", STR_ARG(w));
		}
		set_var(s, key, value);
	}
	struct str path = arena_printf(&s->arena, "tests/http/do/%.*s.hall", STR_ARG(name));
	return run_file(s, path.p, depth + 1);
}

static bool is_of_client(const struct line *l)
{
	static const char *const names[] = {"get",    "head",   "post",   "send",   "fill", "edit",   "check",  "uncheck",
	                                    "submit", "resend", "follow", "upload", "save", "cookie", "header", "language"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (str_is(l->words[0].s, names[i])) {
			return true;
		}
	}
	return false;
}

/* Statements of what a client does. */
static bool do_of_client(struct script *s, struct line *l)
{
	struct client *c = s->client;
	struct err e;
	struct str w;
	struct str name;
	struct str value;
	if (take(l, "get")) {
		return do_get(s, l, "GET");
	}
	if (take(l, "head")) {
		return do_get(s, l, "HEAD");
	}
	if (take(l, "send")) {
		return next(s, l, &w, "the method") && do_get(s, l, arena_cstr(&s->arena, w));
	}
	if (take(l, "post")) {
		return do_post(s, l);
	}
	if (take(l, "fill")) {
		return do_fill(s, l, false);
	}
	if (take(l, "edit")) {
		return next(s, l, &w, "the field") && next(s, l, &name, "what is there") &&
		       next(s, l, &value, "what is wanted") && passed_err(s, client_edit(&s->arena, c, w, name, value, &e), &e);
	}
	if (take(l, "check")) {
		return do_fill(s, l, true);
	}
	if (take(l, "uncheck")) {
		return next(s, l, &w, "the box") && (str_cut(w, '=', &name, &value) || fail(s, "name=\"value\" is wanted")) &&
		       passed_err(s, client_uncheck(c, name, value, &e), &e);
	}
	if (take(l, "submit")) {
		return do_submit(s, l);
	}
	if (take(l, "resend")) {
		return send_form(s, l);
	}
	if (take(l, "follow")) {
		return do_follow(s, l);
	}
	if (take(l, "upload")) {
		return do_upload(s, l);
	}
	if (take(l, "save")) {
		return do_save(s, l);
	}
	if (take(l, "cookie")) {
		return do_cookie(s, l);
	}
	if (take(l, "header")) {
		if (!next(s, l, &w, "the line")) {
			return false;
		}
		c->extra = arena_printf(&s->arena, "%.*s%.*s\r\n", STR_ARG(c->extra), STR_ARG(w));
		return true;
	}
	must(take(l, "language"));
	return next(s, l, &c->language, "the language");
}

static bool statement(struct script *s, struct line *l, int depth)
{
	if (is_of_client(l)) {
		if (s->client == NULL) {
			return fail(s, "no client yet");
		}
		if (!do_of_client(s, l)) {
			return false;
		}
		s->is_trouble_seen = s->client->answer.status >= 500;
		return true;
	}
	if (take(l, "expect")) {
		return expect(s, l);
	}
	if (take(l, "server")) {
		return do_server(s, l);
	}
	if (take(l, "client")) {
		return do_client(s, l);
	}
	if (take(l, "raw")) {
		return do_raw(s, l);
	}
	if (take(l, "log")) {
		return do_log(s, l);
	}
	if (take(l, "cityhall")) {
		return do_command(s, l);
	}
	if (take(l, "clock")) {
		return do_clock(s, l);
	}
	if (take(l, "mail")) {
		return do_mail(s, l);
	}
	if (take(l, "do")) {
		return do_do(s, l, depth);
	}
	if (take(l, "set")) {
		struct str name;
		struct str value;
		if (!next(s, l, &name, "the variable") || !next(s, l, &value, "the value")) {
			return false;
		}
		set_var(s, name, value);
		return true;
	}
	if (take(l, "show")) {
		return do_show(s);
	}
	return fail(s, "unknown statement %.*s", STR_ARG(l->words[0].s));
}

static bool counts(const struct line *l)
{
	return str_is(l->words[0].s, "expect") || str_is(l->words[0].s, "raw") || str_is(l->words[0].s, "log") ||
	       str_is(l->words[0].s, "mail");
}

/* What was seen, for the person who has to find out why. */
static void show(const struct script *s)
{
	const struct client *c = s->client;
	if (c == NULL || c->answer.head.n == 0) {
		return;
	}
	printf("  %.*s is at %.*s, %d \"%.*s\"\n", STR_ARG(c->name), STR_ARG(c->path), c->answer.status,
	       STR_ARG(c->page.title));
	printf("  %.*s\n", STR_ARG(str_sub(c->page.text, 0, 1500)));
}

/* Everything that a script could name: for its author. */
static bool do_show(const struct script *s)
{
	const struct client *c = s->client;
	if (c == NULL) {
		return true;
	}
	printf("%.*s %d \"%.*s\"\n%.*s\n", STR_ARG(c->path), c->answer.status, STR_ARG(c->page.title),
	       STR_ARG(c->page.text));
	for (size_t i = 0; i < c->page.link_n; i++) {
		printf("  link \"%.*s\" %.*s\n", STR_ARG(c->page.links[i].text), STR_ARG(c->page.links[i].href));
	}
	for (size_t i = 0; i < c->page.field_n; i++) {
		const struct field *f = &c->page.fields[i];
		printf("  form %d %.*s %.*s=\"%.*s\"%s%s%.*s\n", f->form, STR_ARG(f->type), STR_ARG(f->name), STR_ARG(f->value),
		       f->is_on ? " on" : "", f->text.n > 0 ? " " : "", STR_ARG(f->text));
	}
	return true;
}

static bool run_line(struct script *s, const char *file, int number, struct str text, int depth)
{
	static const size_t line_bytes = sizeof(struct line);
	struct line *l = arena_alloc(&s->arena, 1, line_bytes);
	l->file = file;
	l->number = number;
	bool ok = read_line(s, text, l);
	if (ok && l->n == 0) {
		return true;
	}
	if (ok && s->is_loud) {
		printf("%s:%d: %.*s\n", file, number, STR_ARG(str_trim(text)));
	}
	if (ok && s->is_trouble_seen && !(str_is(l->words[0].s, "expect") && l->n > 1 && str_is(l->words[1].s, "status"))) {
		ok = fail(s, "the answer before is %d, which nobody expected", s->client->answer.status);
	}
	ok = ok && statement(s, l, depth);
	if (ok && l->at < l->n) {
		ok = fail(s, "what is \"%.*s\" for?", STR_ARG(l->words[l->at].s));
	}
	if (ok) {
		s->passed += counts(l);
		return true;
	}
	if (s->why[0]) {
		printf("%s:%d: %s\n  %.*s\n", file, number, s->why, STR_ARG(str_trim(text)));
		show(s);
		s->why[0] = '\0';
	}
	return false;
}

static bool run_file(struct script *s, const char *path, int depth)
{
	if (depth > DEPTH_MAX) {
		return fail(s, "do within do, too deep");
	}
	struct stat st;
	if (stat(path, &st) != 0) {
		return fail(s, "no script %s", path);
	}
	struct str rest = read_whole(&s->arena, path);
	struct str text;
	int number = 0;
	while (rest.n > 0 && str_next(&rest, '\n', &text)) {
		number++;
		int first = number;
		/* A line that ends with a backslash goes on. */
		while (text.n > 0 && text.p[text.n - 1] == '\\' && rest.n > 0) {
			struct str more;
			str_next(&rest, '\n', &more);
			number++;
			text = arena_printf(&s->arena, "%.*s %.*s", (int)text.n - 1, text.p, STR_ARG(more));
		}
		if (!run_line(s, path, first, text, depth)) {
			return false;
		}
	}
	return true;
}

/* --- Scripts -------------------------------------------------------------------------------------------------------
 */

struct run {
	const char *program;
	const char *ready;
	const char *postgres;
	char ready_base[64];
	bool is_loud;
};

static void make_dir(char *to, size_t n, const char *kind)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(to, n, "%.40s/%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", kind);
	if (mkdtemp(to) == NULL) {
		perror(to);
		exit(2);
	}
}

/* In a process of its own. */
static int run_script(const struct run *run, const char *path)
{
	static struct script s;
	struct err e;
	arena_init(&s.arena, (size_t)8 << 30);
	s.is_loud = run->is_loud;
	s.server.arena = &s.arena;
	s.server.program = run->program;
	s.server.ready = run->ready;
	s.server.postgres = run->postgres;
	s.server.ready_base = run->ready_base;
	make_dir(s.server.dir, sizeof s.server.dir, "hall");
	snprintf(s.server.data, sizeof s.server.data, "%s/data", s.server.dir);
	snprintf(s.server.log, sizeof s.server.log, "%s/server.log", s.server.dir);
	set_var(&s, STR("data"), str_of(s.server.data));
	bool ok = run_file(&s, path, 0);
	if (!ok && s.why[0]) {
		printf("%s: %s\n", path, s.why);
	}
	if (ok && s.is_trouble_seen) {
		printf("%s: the last answer is %d, which nobody expected\n", path, s.client->answer.status);
		ok = false;
	}
	/* A server that does not end well (a sanitizer's finding, say) fails the script. */
	for (int i = 0; i < 2; i++) {
		if (s.server.pid > 0 && !server_end(&s.server, SIGTERM, &e)) {
			printf("%s: %s\n", path, e.text);
			ok = false;
		}
		swap_servers(&s);
	}
	s.failed += !ok;
	if (!ok) {
		struct str log = server_log(&s.server);
		struct str tail = log.n > 3000 ? str_sub(log, log.n - 3000, 3000) : log;
		if (tail.n > 0) {
			printf("  the server's last lines:\n%.*s\n", STR_ARG(tail));
		}
	}
	mails_stop(&s.mails);
	server_clean(&s.other);
	server_clean(&s.server);
	printf("%s: %d passed, %d failed\n", path, s.passed, s.failed);
	arena_release(&s.arena);
	return s.failed ? 1 : 0;
}

struct job {
	pid_t pid;
	char out[160];
};

/* Shows what a script said and adds up its last line. */
static void collect(struct job *j, int status, int *passed, int *failed)
{
	struct arena a;
	arena_init(&a, 1 << 30);
	struct str out = read_whole(&a, j->out);
	printf("%.*s", STR_ARG(out));
	fflush(stdout);
	size_t at = out.n > 0 ? out.n - 1 : 0;
	while (at > 0 && out.p[at - 1] != '\n') {
		at--;
	}
	char *last = arena_cstr(&a, str_sub(out, at, out.n));
	char *counts_at = last ? strstr(last, ": ") : NULL;
	int p = 0;
	int f = 1;
	if (counts_at && sscanf(counts_at, ": %d passed, %d failed", &p, &f) != 2) {
		p = 0;
		f = 1;
	}
	if (f == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		f = 1;
	}
	*passed += p;
	*failed += f;
	unlink(j->out);
	j->pid = 0;
	arena_release(&a);
}

int main(int argc, char **argv)
{
	static struct run run;
	char program[200];
	char dir[128];
	char ready[160];
	int jobs_max = 2;
	int at = 1;
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "-v") == 0) {
			run.is_loud = true;
			jobs_max = 1;
		} else if (strcmp(argv[at], "-j") == 0 && at + 1 < argc) {
			jobs_max = (int)strtol(argv[++at], NULL, 10);
		}
	}
	if (at == argc || jobs_max < 1 || jobs_max > 8) {
		fprintf(stderr, "usage: http-run [-v] [-j N] SCRIPT...\n");
		return 2;
	}
	const char *mode = getenv("MODE");
	snprintf(program, sizeof program, "build/%s/cityhall", mode && *mode ? mode : "release");
	run.program = getenv("CITYHALL") ? getenv("CITYHALL") : program;
	if (access(run.program, X_OK) != 0) {
		fprintf(stderr, "%s: %s (CITYHALL names another)\n", run.program, strerror(errno));
		return 2;
	}
	/* One demo folder is made and copied for each script. */
	make_dir(dir, sizeof dir, "halls");
	snprintf(ready, sizeof ready, "%s/ready", dir);
	struct server maker = {.program = run.program};
	struct arena a;
	struct err e;
	arena_init(&a, 1 << 20);
	maker.arena = &a;
	maker.postgres = run.postgres = getenv("CITYHALL_TEST_PG");
	if (run.postgres) {
		run.postgres = strdup(run.postgres);
		maker.postgres = run.postgres;
		unsetenv("CITYHALL_TEST_PG"); /* the program would take it for a setting */
	}
	snprintf(maker.dir, sizeof maker.dir, "%s", dir);
	snprintf(maker.data, sizeof maker.data, "%s", ready);
	int passed = 0;
	int failed = 0;
	if (!server_init(&maker, &e)) {
		printf("%s\n", e.text);
		failed = 1;
		at = argc;
	}
	run.ready = ready;
	/* The name that stands before the '?'. */
	size_t end = strcspn(maker.store, "?"), begin = end;
	while (begin > 0 && maker.store[begin - 1] != '/') {
		begin--;
	}
	snprintf(run.ready_base, sizeof run.ready_base, "%.*s", (int)(end - begin), maker.store + begin);
	struct job jobs[8] = {0};
	int running = 0;
	int made = 0;
	while (at < argc || running > 0) {
		if (at < argc && running < jobs_max) {
			int slot = 0;
			while (jobs[slot].pid) {
				slot++;
			}
			struct job *j = &jobs[slot];
			snprintf(j->out, sizeof j->out, "%s/%d.out", dir, made++);
			fflush(stdout);
			j->pid = fork();
			if (j->pid == 0) {
				if (!run.is_loud && freopen(j->out, "w", stdout) == NULL) {
					_exit(2);
				}
				setvbuf(stdout, NULL, _IOLBF, 0);
				int code = run_script(&run, argv[at]);
				fflush(stdout);
				_exit(code);
			}
			running++;
			at++;
			continue;
		}
		int status;
		pid_t pid = wait(&status);
		for (int i = 0; i < 8; i++) {
			if (jobs[i].pid == pid) {
				if (run.is_loud) {
					bool is_good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
					passed += is_good;
					failed += !is_good;
					jobs[i].pid = 0;
				} else {
					collect(&jobs[i], status, &passed, &failed);
				}
				running--;
			}
		}
	}
	server_clean(&maker);
	arena_release(&a);
	printf("%d passed, %d failed\n", passed, failed);
	return failed ? 1 : 0;
}
