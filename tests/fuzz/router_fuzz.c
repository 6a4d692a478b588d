/* Heads of requests, as the library hands them over: the request line, then lines "name: value", each up to a line
 * feed. Never crashes; what is accepted has a clean path, one host and digits for a length; looking up a route moves
 * within the path. Needs http. */
#include <stdlib.h>

#include "http/csrf.h"
#include "http/head.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool nothing(struct req *r, struct err *e)
{
	(void)r;
	(void)e;
	return true;
}

static const struct route table[] = {
	ROUTE(METHOD_GET, "/", 1, nothing),
	ROUTE(METHOD_GET, "/a", 1, nothing),
	ROUTE(METHOD_POST, "/a", 1, nothing),
	ROUTE(METHOD_GET, "/a/:x", 1, nothing),
	ROUTE(METHOD_GET, "/a/b/:x", 1, nothing),
	ROUTE(METHOD_GET, "/:x/:y", 1, nothing),
	ROUTE(METHOD_GET, "/a/:1/:2/:3/:4/:5/:6", 1, nothing),
	ROUTES_END,
};
static const struct route *const tables[] = {table, NULL};

static void look(const struct req *r, const struct head_facts *facts)
{
	must(r->path.n > 0 && r->path.p[0] == '/' && str_is_utf8(r->path) && !str_has_control(r->path, ""));
	must(str_find(r->path, STR("/../")) == SIZE_MAX && !str_ends(r->path, STR("/..")));
	must(facts->host.n > 0);
	int hosts = 0;
	for (size_t i = 0; i < r->headers.n; i++) {
		struct str name = r->headers.items[i].name;
		must(name.n > 0 && !str_has_control(r->headers.items[i].value, "\t"));
		must(!str_is(name, "transfer-encoding"));
		hosts += str_is(name, "host");
	}
	must(hosts == 1);
	for (size_t i = 0; i < r->query.n; i++) {
		must(str_is_utf8(r->query.items[i].value));
	}
	struct str client = head_forwarded_for(r);
	must(client.n < 46);
	csrf_origin_fits(r, facts->host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct router *router;
	struct err e = {0};
	if (router == NULL) {
		must(router_new(tables, &router, &e));
	}
	struct str rest;
	struct str line;
	struct str target;
	struct head h = {.bytes = n};
	str_cut(str_from(data, n), '\n', &line, &rest);
	str_cut(line, ' ', &h.method, &target);
	if (!str_cut(target, ' ', &h.target, &h.version)) {
		h.version = STR("HTTP/1.1");
	}
	struct param fields[200];
	while (rest.n > 0 && h.field_n < 200 && str_next(&rest, '\n', &line)) {
		struct param *p = &fields[h.field_n++];
		*p = (struct param){STR_EMPTY, STR_EMPTY};
		str_cut(line, ':', &p->name, &p->value);
	}
	h.fields = fields;
	struct req r = {.send_fd = -1};
	arena_init(&r.arena, 64 << 20);
	struct head_facts facts;
	if (head_read(&r, &h, &facts, &e)) {
		look(&r, &facts);
		struct found f;
		if (router_find(router, r.path, &f)) {
			must(f.get || f.post);
			for (int i = 0; i < f.arg_n; i++) {
				must(f.args[i].n > 0 && f.args[i].p > r.path.p && f.args[i].p + f.args[i].n <= r.path.p + r.path.n);
			}
		}
	} else {
		must(e.code == ERR_BAD_INPUT || e.code == ERR_NOT_FOUND || e.code == ERR_HEADERS || e.code == ERR_TOO_LARGE);
	}
	arena_release(&r.arena);
	return 0;
}
