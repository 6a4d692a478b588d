/* Clients: programs of an institution or of a firm. A client is an account that nobody signs in to: at an institution
 * it has the role of an official, for a firm a mandate; so it may what these may, it stands by its name among those who
 * looked and acted, and ending it ends all of it at once. Any thread. */
#ifndef CITYHALL_APP_API_CLIENT_H
#define CITYHALL_APP_API_CLIENT_H

#include "app/app.h"

struct client {
	int64_t owner, account, made_by;
	struct str name;
	int64_t made_us, ended_us; /* ended_us 0: not ended */
};
struct client_list {
	struct client *items;
	size_t n;
};
enum { CLIENTS_MOST = 200 };

/* by: the administrator; 0: the operator. Durable. */
bool client_add_to_institution(struct app *app, int64_t institution, struct str name, int64_t by, int64_t *account,
                               struct err *e) MUST_USE;
bool client_add_to_firm(struct app *app, int64_t firm, struct str name, int64_t by, int64_t *account,
                        struct err *e) MUST_USE;
/* Ends the client, its tokens and its rights. Ended already is no error. */
bool client_end(struct app *app, const struct client *c, int64_t by, struct err *e) MUST_USE;
bool client_list(struct app *app, struct arena *a, int64_t owner, struct client_list *out, struct err *e) MUST_USE;
/* For the operator: all of them, CLIENTS_MOST at a time in order of their accounts, after this one (0: from the start).
 */
bool client_list_all(struct app *app, struct arena *a, int64_t after, struct client_list *out, struct err *e) MUST_USE;

#endif
