#include "app/api/client.h"

#include "app/api/api.sql.h"
#include "app/people/accounts.h"

static bool job_add(struct tx *tx, void *ctx, struct err *e)
{
	struct client_insert_in row = *(const struct client_insert_in *)ctx;
	row.made_at = tx_now_us(tx);
	return client_insert(tx, &row, e);
}

static bool note(struct app *app, int64_t owner, int64_t account, struct str name, int64_t by, struct err *e)
{
	struct client_insert_in row = {.owner = owner, .account = account, .name = str_trim(name), .made_by = by};
	return store_write(app->store, &(struct store_op){.route = owner}, job_add, &row, e);
}

/* The list first: a client that stands in it without rights can be ended; one with rights that stood nowhere could not.
 */
bool client_add_to_institution(struct app *app, int64_t institution, struct str name, int64_t by, int64_t *account,
                               struct err *e)
{
	return people_add_program(app->store, name, account, e) && note(app, institution, *account, name, by, e) &&
	       people_set_role(app->store, *account, ROLE_OFFICIAL, institution, true, by, e);
}

bool client_add_to_firm(struct app *app, int64_t firm, struct str name, int64_t by, int64_t *account, struct err *e)
{
	return people_add_program(app->store, name, account, e) && note(app, firm, *account, name, by, e) &&
	       people_give_mandate(app->store, *account, firm, by, e);
}

static bool job_end(struct tx *tx, void *ctx, struct err *e)
{
	const struct client *c = ctx;
	return client_set_ended(
		tx,
		&(struct client_set_ended_in){
			.owner = c->owner, .account = c->account, .has_ended_at = true, .ended_at = tx_now_us(tx)},
		e);
}

bool client_end(struct app *app, const struct client *c, int64_t by, struct err *e)
{
	struct client copy = *c;
	struct err why = {0};
	if (!people_set_disabled(app->store, c->account, true, by, e)) {
		return false;
	}
	if (store_write(app->store, &(struct store_op){.route = c->owner}, job_end, &copy, &why) ||
	    why.code == ERR_CONFLICT) {
		return true;
	}
	*e = why;
	return false;
}

/* --- Lists ------------------------------------------------------------------------------------------------------- */

struct listing {
	int64_t owner, after;
	struct client_list *out;
};

static bool begin(struct tx *tx, struct client_list *out, struct err *e)
{
	*out = (struct client_list){.items = arena_new(tx_arena(tx), struct client, CLIENTS_MOST)};
	return out->items ? true : err_set(e, ERR_MEMORY, "no room for clients");
}

static bool job_list(struct tx *tx, void *ctx, struct err *e)
{
	const struct listing *l = ctx;
	struct client_of_owner_rows rows;
	struct client_of_owner_out row;
	if (!begin(tx, l->out, e) ||
	    !client_of_owner_open(tx, &(struct client_of_owner_in){.owner = l->owner, .most = CLIENTS_MOST}, &rows, e)) {
		return false;
	}
	while (l->out->n < CLIENTS_MOST && client_of_owner_next(&rows, &row)) {
		l->out->items[l->out->n++] = (struct client){.owner = row.owner,
		                                             .account = row.account,
		                                             .made_by = row.made_by,
		                                             .name = row.name,
		                                             .made_us = row.made_at,
		                                             .ended_us = row.has_ended_at ? row.ended_at : 0};
	}
	return client_of_owner_close(&rows, e);
}

bool client_list(struct app *app, struct arena *a, int64_t owner, struct client_list *out, struct err *e)
{
	struct listing l = {.owner = owner, .out = out};
	return store_read(app->store, owner, a, job_list, &l, e);
}

static bool job_list_all(struct tx *tx, void *ctx, struct err *e)
{
	const struct listing *l = ctx;
	struct client_all_rows rows;
	struct client_all_out row;
	if (!begin(tx, l->out, e) ||
	    !client_all_open(tx, &(struct client_all_in){.after = l->after, .most = CLIENTS_MOST}, &rows, e)) {
		return false;
	}
	while (l->out->n < CLIENTS_MOST && client_all_next(&rows, &row)) {
		l->out->items[l->out->n++] = (struct client){.owner = row.owner,
		                                             .account = row.account,
		                                             .made_by = row.made_by,
		                                             .name = row.name,
		                                             .made_us = row.made_at,
		                                             .ended_us = row.has_ended_at ? row.ended_at : 0};
	}
	return client_all_close(&rows, e);
}

bool client_list_all(struct app *app, struct arena *a, int64_t after, struct client_list *out, struct err *e)
{
	struct listing l = {.after = after, .out = out};
	return store_read(app->store, 0, a, job_list_all, &l, e);
}
