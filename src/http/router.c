#include "http/router.h"

#include <stdlib.h>

#include "base/fault.h"

/* A node stands for the pieces up to it. Literal children are sorted, so that a look-up is a binary search. */
struct node {
	struct str piece;
	struct node **children;
	size_t child_n;
	struct node *any; /* the ":x" child */
	const struct route *get, *post;
};

struct router {
	struct node root;
};

static void free_node(struct node *n)
{
	for (size_t i = 0; i < n->child_n; i++) {
		free_node(n->children[i]);
		mem_free(n->children[i]);
	}
	mem_free(n->children);
	if (n->any) {
		free_node(n->any);
		mem_free(n->any);
	}
}

void router_free(struct router *r)
{
	if (r) {
		free_node(&r->root);
		mem_free(r);
	}
}

/* Where `piece` stands among the children, or would stand. */
static size_t place_of(const struct node *n, struct str piece, bool *found)
{
	size_t low = 0;
	size_t high = n->child_n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = str_cmp(n->children[mid]->piece, piece);
		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	*found = false;
	return low;
}

static struct node *child(struct node *n, struct str piece)
{
	if (piece.p[0] == ':') {
		if (n->any == NULL) {
			n->any = mem_alloc(1, sizeof *n->any);
		}
		return n->any;
	}
	bool found;
	size_t at = place_of(n, piece, &found);
	if (found) {
		return n->children[at];
	}
	struct node **grown = mem_resize(n->children, n->child_n + 1, sizeof(struct node *));
	if (grown == NULL) {
		return NULL;
	}
	n->children = grown;
	struct node *fresh = mem_alloc(1, sizeof *fresh);
	if (fresh == NULL) {
		return NULL;
	}
	fresh->piece = piece;
	memmove(&grown[at + 1], &grown[at], (n->child_n - at) * sizeof(struct node *));
	grown[at] = fresh;
	n->child_n++;
	return fresh;
}

static bool add_route(struct router *r, const struct route *row, struct err *e)
{
	struct str path = str_of(row->path);
	if (row->handle == NULL || row->who == 0) {
		return err_set(e, ERR_CONFIG, "route %s has no handler or no permission", row->path);
	}
	if (row->method != METHOD_GET && row->method != METHOD_POST) {
		return err_set(e, ERR_CONFIG, "route %s: its method is GET or POST", row->path);
	}
	if (row->method == METHOD_GET && (row->body_max > 0 || row->has_files)) {
		return err_set(e, ERR_CONFIG, "route %s: GET has no body", row->path);
	}
	if (path.n == 0 || path.p[0] != '/' || (path.n > 1 && path.p[path.n - 1] == '/')) {
		return err_set(e, ERR_CONFIG, "route %s: a path begins with / and does not end with it", row->path);
	}
	struct node *n = &r->root;
	int args = 0;
	int pieces = 0;
	struct str rest = str_sub(path, 1, path.n - 1);
	struct str piece;
	while (path.n > 1 && str_next(&rest, '/', &piece)) {
		if (piece.n == 0 || ++pieces > ROUTE_PIECES_MAX || (piece.p[0] == ':' && ++args > ROUTE_ARGS_MAX)) {
			return err_set(e, ERR_CONFIG, "route %s: an empty piece, or too many", row->path);
		}
		n = child(n, piece);
		if (n == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for the routes");
		}
	}
	const struct route **slot = row->method == METHOD_GET ? &n->get : &n->post;
	if (*slot) {
		return err_set(e, ERR_CONFIG, "route %s stands twice, once as %s", row->path, (*slot)->path);
	}
	*slot = row;
	return true;
}

bool router_new(const struct route *const *tables, struct router **out, struct err *e)
{
	struct router *r = mem_alloc(1, sizeof *r);
	if (r == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the routes");
	}
	for (; *tables; tables++) {
		for (const struct route *row = *tables; row->path; row++) {
			if (!add_route(r, row, e)) {
				router_free(r);
				return false;
			}
		}
	}
	*out = r;
	return true;
}

/* Depth first; each node is visited at most once, since it stands for one list of pieces. */
static bool find_from(const struct node *n, struct str rest, int depth, struct found *out)
{
	struct str piece;
	if (!str_next(&rest, '/', &piece)) {
		out->get = n->get;
		out->post = n->post;
		return n->get || n->post;
	}
	if (piece.n == 0 || depth == ROUTE_PIECES_MAX) {
		return false;
	}
	bool found;
	size_t at = place_of(n, piece, &found);
	if (found && find_from(n->children[at], rest, depth + 1, out)) {
		return true;
	}
	if (n->any && out->arg_n < ROUTE_ARGS_MAX) {
		out->args[out->arg_n++] = piece;
		if (find_from(n->any, rest, depth + 1, out)) {
			return true;
		}
		out->arg_n--;
	}
	return false;
}

bool router_find(const struct router *r, struct str path, struct found *out)
{
	*out = (struct found){0};
	if (path.n == 0 || path.p[0] != '/' || (path.n > 1 && path.p[path.n - 1] == '/')) {
		return false;
	}
	if (path.n == 1) {
		out->get = r->root.get;
		out->post = r->root.post;
		return out->get || out->post;
	}
	return find_from(&r->root, str_sub(path, 1, path.n - 1), 0, out);
}
