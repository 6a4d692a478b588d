/* From a path to its route. The tables are compiled once, at start, into a tree of path pieces; looking up costs a few
 * comparisons. A literal piece wins over ":x". Read-only after router_new: any thread. */
#ifndef CITYHALL_HTTP_ROUTER_H
#define CITYHALL_HTTP_ROUTER_H

#include "http/req.h"

enum { ROUTE_ARGS_MAX = 6, ROUTE_PIECES_MAX = 16 };

struct router;
/* `tables` is a NULL-terminated list of tables, each ended by a row with path NULL; they have to outlive the router.
 * ERR_CONFIG names the row that is malformed or said twice. */
bool router_new(const struct route *const *tables, struct router **out, struct err *e) MUST_USE;
void router_free(struct router *r);

struct found {
	const struct route *get, *post; /* what this path takes; both NULL: there is nothing */
	struct str args[ROUTE_ARGS_MAX];
	int arg_n;
};
/* `path` is decoded and begins with '/'. The args point into it. False: no such path. */
bool router_find(const struct router *r, struct str path, struct found *out);

#endif
