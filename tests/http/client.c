#include "client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_WAIT_MS = 30000, REDIRECTS_MAX = 10 };

bool dial(const struct where *w, int *fd, struct err *e)
{
	struct sockaddr_storage s = {0};
	socklen_t n;
	if (w->unix_path.n > 0) {
		struct sockaddr_un *u = (struct sockaddr_un *)&s;
		u->sun_family = AF_UNIX;
		must(w->unix_path.n < sizeof u->sun_path);
		memcpy(u->sun_path, w->unix_path.p, w->unix_path.n);
		n = sizeof *u;
	} else {
		struct sockaddr_in *i = (struct sockaddr_in *)&s;
		i->sin_family = AF_INET;
		i->sin_port = htons(w->port);
		i->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		n = sizeof *i;
	}
	*fd = socket(s.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&s, n) != 0) {
		err_errno(e, "connecting");
		if (*fd >= 0) {
			close(*fd);
		}
		return false;
	}
	return true;
}

bool send_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n <= 0) {
			return false;
		}
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}

bool talk_closes(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;
	return poll(&p, 1, ms) == 1 && read(fd, &c, 1) <= 0;
}

struct str answer_header(const struct answer *a, const char *name, size_t index)
{
	struct str rest = a->head;
	struct str line;
	while (rest.n > 0 && str_next(&rest, '\n', &line)) {
		struct str key;
		struct str value;
		if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, str_of(name)) && index-- == 0) {
			return str_trim(value);
		}
	}
	return STR_EMPTY;
}

bool read_answer(struct arena *a, int fd, bool is_head, struct answer *out, struct err *e)
{
	*out = (struct answer){.head = STR_EMPTY, .body = STR_EMPTY};
	struct buf b;
	size_t head_n = 0;
	uint64_t want = 0;
	bool has_length = false;
	bool ok = true;
	buf_init(&b, 256 << 20);
	for (;;) {
		if (head_n == 0) {
			size_t at = str_find(buf_str(&b), STR("\r\n\r\n"));
			if (at != SIZE_MAX) {
				head_n = at + 4;
				out->head = arena_copy(a, str_sub(buf_str(&b), 0, head_n));
				uint64_t status = 0;
				str_to_u64(str_sub(out->head, 9, 3), &status);
				out->status = (int)status;
				has_length = str_to_u64(answer_header(out, "content-length", 0), &want);
				if (is_head || status == 304 || status == 204) {
					want = 0;
					has_length = true;
				}
				if (status == 100) {
					struct str rest = arena_copy(a, str_sub(buf_str(&b), head_n, b.n));
					buf_reset(&b);
					buf_put(&b, rest);
					head_n = 0;
					continue;
				}
			}
		}
		if (head_n > 0 && has_length && b.n - head_n >= want) {
			break;
		}
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, ANSWER_WAIT_MS) != 1) {
			ok = err_set(e, ERR_BUSY, "no answer within %d s", ANSWER_WAIT_MS / 1000);
			break;
		}
		char *to = buf_reserve(&b, 64 << 10);
		ssize_t n = to ? read(fd, to, 64 << 10) : -1;
		if (n <= 0) {
			out->is_closed = true;
			break;
		}
		buf_added(&b, (size_t)n);
	}
	out->body = arena_copy(a, str_sub(buf_str(&b), head_n, b.n));
	buf_release(&b);
	return ok;
}

bool talk(struct arena *a, const struct where *w, struct str bytes, bool is_head, struct answer *out, struct err *e)
{
	int fd;
	if (!dial(w, &fd, e)) {
		return false;
	}
	send_all(fd, bytes);
	bool ok = read_answer(a, fd, is_head, out, e);
	close(fd);
	return ok;
}

/* --- Requests ----------------------------------------------------------------------------------------------------- */

static void keep_cookie(struct arena *a, struct client *c, struct str line)
{
	struct str pair;
	struct str attributes;
	struct str name;
	struct str value;
	(void)a;
	str_cut(line, ';', &pair, &attributes);
	if (!str_cut(str_trim(pair), '=', &name, &value)) {
		return;
	}
	size_t at = 0;
	while (at < c->cookie_n && !str_eq(c->cookies[at].name, name)) {
		at++;
	}
	if (str_find(attributes, STR("Max-Age=0")) != SIZE_MAX) {
		if (at < c->cookie_n) {
			c->cookies[at] = c->cookies[--c->cookie_n];
		}
		return;
	}
	if (at == c->cookie_n) {
		must(c->cookie_n < COOKIES_OF_CLIENT);
		c->cookie_n++;
	}
	c->cookies[at] = (struct cookie){name, value};
}

static struct str request(struct arena *a, const struct client *c, const struct where *w, const char *method,
                          struct str path, struct str type, struct str body)
{
	struct buf b;
	buf_init(&b, 256 << 20);
	buf_printf(&b, "%s %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: journey\r\nAccept: text/html\r\n", method,
	           STR_ARG(path), STR_ARG(w->host));
	if (c->language.n > 0) {
		buf_printf(&b, "Accept-Language: %.*s\r\n", STR_ARG(c->language));
	}
	if (c->cookie_n > 0) {
		buf_put_c(&b, "Cookie: ");
		for (size_t i = 0; i < c->cookie_n; i++) {
			buf_printf(&b, "%s%.*s=%.*s", i > 0 ? "; " : "", STR_ARG(c->cookies[i].name), STR_ARG(c->cookies[i].value));
		}
		buf_put_c(&b, "\r\n");
	}
	if (str_is(str_of(method), "POST")) {
		/* What a browser adds, unless the script says otherwise. */
		if (str_find(c->extra, STR("Origin:")) == SIZE_MAX) {
			buf_printf(&b, "Origin: http://%.*s\r\n", STR_ARG(w->host));
		}
		if (str_find(c->extra, STR("Sec-Fetch-Site:")) == SIZE_MAX) {
			buf_put_c(&b, "Sec-Fetch-Site: same-origin\r\n");
		}
		buf_printf(&b, "Content-Type: %.*s\r\nContent-Length: %zu\r\n", STR_ARG(type), body.n);
	}
	buf_put(&b, c->extra);
	buf_put_c(&b, "\r\n");
	buf_put(&b, body);
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* The path within this host; empty when the address leads elsewhere. */
static struct str local_path(const struct where *w, struct str location)
{
	size_t at = str_find(location, STR("://"));
	if (at == SIZE_MAX) {
		return location;
	}
	struct str rest = str_sub(location, at + 3, location.n);
	if (!str_starts(rest, w->host)) {
		return STR_EMPTY;
	}
	rest = str_sub(rest, w->host.n, rest.n);
	return rest.n > 0 ? rest : STR("/");
}

struct str client_resolve(struct arena *a, const struct client *c, struct str href)
{
	struct str base;
	struct str query;
	str_cut(c->path, '?', &base, &query);
	size_t mark = str_find_byte(href, '#');
	href = mark == SIZE_MAX ? href : str_sub(href, 0, mark);
	if (href.n == 0) {
		return c->path;
	}
	if (href.p[0] == '/' || str_find(href, STR("://")) != SIZE_MAX) {
		return href;
	}
	if (href.p[0] == '?') {
		return arena_printf(a, "%.*s%.*s", STR_ARG(base), STR_ARG(href));
	}
	size_t n = base.n;
	while (n > 0 && base.p[n - 1] != '/') {
		n--;
	}
	return arena_printf(a, "%.*s%.*s", (int)n, base.p, STR_ARG(href));
}

/* What every answer of ours has to have; said once here, so that every page of every journey is looked at. */
static bool check_answer(const struct client *c, struct err *e)
{
	const struct answer *a = &c->answer;
	if (a->status == 0) {
		return err_set(e, ERR_IO, "the server closed without an answer");
	}
	if (answer_header(a, "content-security-policy", 0).n == 0 && a->status != 304) {
		return err_set(e, ERR_INTERNAL, "answer without a content security policy");
	}
	if (!str_is(answer_header(a, "x-content-type-options", 0), "nosniff")) {
		return err_set(e, ERR_INTERNAL, "answer without nosniff");
	}
	if (str_starts(answer_header(a, "content-type", 0), STR("text/html")) &&
	    (!str_is_utf8(a->body) || str_find(a->body, STR("(null)")) != SIZE_MAX)) {
		return err_set(e, ERR_INTERNAL, "page that is no UTF-8, or with (null) in it");
	}
	return true;
}

static bool arrive(struct arena *a, struct client *c, struct err *e)
{
	for (size_t i = 0; answer_header(&c->answer, "set-cookie", i).n > 0; i++) {
		keep_cookie(a, c, answer_header(&c->answer, "set-cookie", i));
	}
	bool is_html = str_starts(answer_header(&c->answer, "content-type", 0), STR("text/html"));
	page_read(&c->page, a, is_html ? c->answer.body : STR_EMPTY);
	if (!is_html) {
		c->page.html = c->answer.body;
		c->page.text = c->answer.body;
	}
	return check_answer(c, e);
}

static bool go(struct arena *a, struct client *c, const struct where *w, const char *method, struct str path,
               struct str type, struct str body, bool stays, struct err *e)
{
	for (int i = 0; i < REDIRECTS_MAX; i++) {
		struct str bytes = request(a, c, w, method, path, type, body);
		c->extra = STR_EMPTY;
		if (!talk(a, w, bytes, str_is(str_of(method), "HEAD"), &c->answer, e)) {
			return false;
		}
		c->path = path;
		if (!arrive(a, c, e)) {
			return false;
		}
		int s = c->answer.status;
		if (stays || (s != 301 && s != 302 && s != 303 && s != 307 && s != 308)) {
			return true;
		}
		path = local_path(w, client_resolve(a, c, answer_header(&c->answer, "location", 0)));
		if (path.n == 0) {
			return true; /* another host: the script may look at the header */
		}
		if (s != 307 && s != 308) {
			method = "GET";
			body = type = STR_EMPTY;
		}
	}
	return err_set(e, ERR_INTERNAL, "more than %d redirects", REDIRECTS_MAX);
}

bool client_get(struct arena *a, struct client *c, const struct where *w, struct str path, bool stays, struct err *e)
{
	return go(a, c, w, "GET", path, STR_EMPTY, STR_EMPTY, stays, e);
}

bool client_send(struct arena *a, struct client *c, const struct where *w, const char *method, struct str path,
                 bool stays, struct err *e)
{
	return go(a, c, w, method, path, STR_EMPTY, STR_EMPTY, stays, e);
}

bool client_post(struct arena *a, struct client *c, const struct where *w, struct str path, struct str type,
                 struct str body, bool stays, struct err *e)
{
	c->sent_path = path;
	c->sent_type = type;
	c->sent_body = body;
	return go(a, c, w, "POST", path, type, body, stays, e);
}

bool client_post_together(struct arena *a, struct client *c, const struct where *w, int n, struct err *e)
{
	int fds[64];
	struct str bytes = request(a, c, w, "POST", c->sent_path, c->sent_type, c->sent_body);
	must(n > 0 && n <= 64);
	for (int i = 0; i < n; i++) {
		if (!dial(w, &fds[i], e)) {
			while (i-- > 0) {
				close(fds[i]);
			}
			return false;
		}
	}
	/* All but the last byte first, so that they end at the same moment. */
	for (int i = 0; i < n; i++) {
		send_all(fds[i], str_sub(bytes, 0, bytes.n - 1));
	}
	for (int i = 0; i < n; i++) {
		send_all(fds[i], str_sub(bytes, bytes.n - 1, 1));
	}
	bool ok = true;
	for (int i = 0; i < n; i++) {
		ok = ok && read_answer(a, fds[i], false, &c->answer, e) && arrive(a, c, e);
		if (ok && c->answer.status >= 500) {
			ok = err_set(e, ERR_INTERNAL, "one of %d answers is %d", n, c->answer.status);
		}
		close(fds[i]);
	}
	c->path = c->sent_path;
	return ok;
}

/* --- Forms -------------------------------------------------------------------------------------------------------- */

static bool is_choice(const struct field *f)
{
	return str_is(f->type, "radio") || str_is(f->type, "checkbox") || str_is(f->type, "option");
}

static struct field *field_of(struct client *c, int form, struct str name, struct str value)
{
	for (size_t i = 0; i < c->page.field_n; i++) {
		struct field *f = &c->page.fields[i];
		if (f->form == form && str_eq(f->name, name) && !str_is(f->type, "submit") && !f->is_disabled &&
		    (!is_choice(f) || str_eq(f->value, value) || str_eq(f->text, value))) {
			return f;
		}
	}
	return NULL;
}

static void choose(struct client *c, struct field *chosen, bool is_add)
{
	for (size_t i = 0; i < c->page.field_n; i++) {
		struct field *f = &c->page.fields[i];
		bool is_sibling = f->form == chosen->form && str_eq(f->name, chosen->name) && str_eq(f->type, chosen->type);
		if (is_sibling && !is_add && !str_is(f->type, "checkbox")) {
			f->is_on = false;
		}
	}
	chosen->is_on = true;
}

bool client_fill(struct arena *a, struct client *c, const struct cookie *values, size_t n, bool is_add, struct err *e)
{
	(void)a;
	struct str missing = STR_EMPTY;
	for (size_t form = 0; form < c->page.form_n; form++) {
		size_t at = 0;
		while (at < n && field_of(c, (int)form, values[at].name, values[at].value)) {
			at++;
		}
		if (at < n) {
			missing = values[at].name;
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			struct field *f = field_of(c, (int)form, values[i].name, values[i].value);
			if (is_choice(f)) {
				choose(c, f, is_add);
			} else {
				f->value = values[i].value;
			}
		}
		return true;
	}
	return err_set(e, ERR_INVALID, "no form with a field %.*s that takes this value", STR_ARG(missing));
}

bool client_edit(struct arena *a, struct client *c, struct str name, struct str from, struct str to, struct err *e)
{
	for (size_t i = 0; i < c->page.field_n; i++) {
		struct field *f = &c->page.fields[i];
		size_t at = str_eq(f->name, name) ? str_find(f->value, from) : SIZE_MAX;
		if (at != SIZE_MAX) {
			struct str tail = str_sub(f->value, at + from.n, SIZE_MAX);
			f->value = arena_printf(a, "%.*s%.*s%.*s", STR_ARG(str_sub(f->value, 0, at)), STR_ARG(to), STR_ARG(tail));
			return true;
		}
	}
	return err_set(e, ERR_INVALID, "no field %.*s that holds \"%.*s\"", STR_ARG(name), STR_ARG(from));
}

bool client_uncheck(struct client *c, struct str name, struct str value, struct err *e)
{
	for (size_t form = 0; form < c->page.form_n; form++) {
		struct field *f = field_of(c, (int)form, name, value);
		if (f && is_choice(f)) {
			f->is_on = false;
			return true;
		}
	}
	return err_set(e, ERR_INVALID, "no such box %.*s", STR_ARG(name));
}

bool client_upload(struct client *c, struct str field, struct str bytes, struct str name, struct str type,
                   struct err *e)
{
	for (size_t i = 0; i < c->page.field_n; i++) {
		struct field *f = &c->page.fields[i];
		if (str_is(f->type, "file") && str_eq(f->name, field)) {
			f->file = bytes;
			f->file_name = name;
			f->file_type = type;
			f->is_on = true;
			return true;
		}
	}
	return err_set(e, ERR_INVALID, "no file field %.*s", STR_ARG(field));
}

static struct field *button_of(struct client *c, struct str text)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < c->page.field_n; i++) {
			struct field *f = &c->page.fields[i];
			if (f->form >= 0 && str_is(f->type, "submit") && !f->is_disabled &&
			    (pass == 0 ? str_eq(f->text, text) : str_find(f->text, text) != SIZE_MAX)) {
				return f;
			}
		}
	}
	return NULL;
}

static void put_urlencoded(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c != 0 && strchr("*-._", c) != NULL)) {
			buf_put_byte(b, c);
		} else if (c == ' ') {
			buf_put_byte(b, '+');
		} else if (c == '\n' && (i == 0 || s.p[i - 1] != '\r')) {
			buf_put_c(b, "%0D%0A");
		} else {
			buf_put_byte(b, '%');
			buf_put_hex(b, &c, 1);
		}
	}
}

#define BOUNDARY "----journey7MA4YWxkTrZu0gW"

static void put_value(struct buf *b, bool is_multipart, const struct field *f)
{
	if (!is_multipart) {
		if (b->n > 0) {
			buf_put_byte(b, '&');
		}
		put_urlencoded(b, f->name);
		buf_put_byte(b, '=');
		put_urlencoded(b, f->value);
		return;
	}
	buf_printf(b, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%.*s\"", STR_ARG(f->name));
	if (str_is(f->type, "file")) {
		buf_printf(b, "; filename=\"%.*s\"\r\nContent-Type: %.*s\r\n\r\n", STR_ARG(f->file_name),
		           STR_ARG(f->is_on ? f->file_type : STR("application/octet-stream")));
		buf_put(b, f->file);
	} else {
		buf_put_c(b, "\r\n\r\n");
		buf_put(b, f->value);
	}
	buf_put_c(b, "\r\n");
}

/* Does the browser send this field? A select without a chosen option sends its first. */
static bool is_sent(const struct client *c, size_t at, const struct field *button)
{
	const struct field *f = &c->page.fields[at];
	if (f->form != button->form || f->name.n == 0 || f->is_disabled) {
		return false;
	}
	if (str_is(f->type, "submit")) {
		return f == button;
	}
	if (str_is(f->type, "reset") || str_is(f->type, "button")) {
		return false;
	}
	if (str_is(f->type, "option") && !f->is_on && !f->is_multiple) {
		for (size_t i = 0; i < c->page.field_n; i++) {
			const struct field *o = &c->page.fields[i];
			if (o->select == f->select && (o->is_on || (i < at && !o->is_disabled))) {
				return false;
			}
		}
		return true;
	}
	return !is_choice(f) || f->is_on;
}

bool client_press(struct arena *a, struct client *c, struct str text, bool *is_get, struct err *e)
{
	struct field *button = button_of(c, text);
	if (button == NULL) {
		return err_set(e, ERR_INVALID, "no button \"%.*s\"", STR_ARG(text));
	}
	const struct form *form = &c->page.forms[button->form];
	bool is_multipart = str_is(form->enctype, "multipart/form-data");
	struct buf b;
	buf_init(&b, 256 << 20);
	for (size_t i = 0; i < c->page.field_n; i++) {
		if (is_sent(c, i, button)) {
			put_value(&b, is_multipart, &c->page.fields[i]);
		}
	}
	if (is_multipart) {
		buf_put_c(&b, "--" BOUNDARY "--\r\n");
	}
	struct str body = arena_copy(a, buf_str(&b));
	buf_release(&b);
	*is_get = !str_is(form->method, "post");
	struct str action = client_resolve(a, c, button->formaction.n > 0 ? button->formaction : form->action);
	if (*is_get) {
		struct str path;
		struct str query;
		str_cut(action, '?', &path, &query);
		c->sent_path = arena_printf(a, "%.*s?%.*s", STR_ARG(path), STR_ARG(body));
		return true;
	}
	c->sent_path = action;
	c->sent_body = body;
	c->sent_type =
		is_multipart ? STR("multipart/form-data; boundary=" BOUNDARY) : STR("application/x-www-form-urlencoded");
	return true;
}

bool client_link(const struct client *c, struct str text, struct str *href)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < c->page.link_n; i++) {
			const struct link *l = &c->page.links[i];
			if (pass == 0 ? str_eq(l->text, text) : str_find(l->text, text) != SIZE_MAX) {
				*href = l->href;
				return true;
			}
		}
	}
	return false;
}
