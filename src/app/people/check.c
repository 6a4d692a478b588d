/* For `store check`: the staff list row by row, and that accounts, mandates and roles point at what is there. */
#include "app/check.h"

#include "app/people/people.h"
#include "app/people/people.sql.h"

static bool staff_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct staff_all_rows all;
	struct staff_all_out o;
	struct staff_all_in in = {
		.most = (int64_t)most, .institution = after->route, .account = after->id, .kind = after->kind};
	*n = 0;
	if (!staff_all_open(tx, &in, &all, e)) {
		return false;
	}
	while (*n < most && staff_all_next(&all, &o)) {
		rows[(*n)++] = (struct model_row){.route = o.institution,
		                                  .id = o.account,
		                                  .kind = o.kind,
		                                  .key = STR_EMPTY,
		                                  .subject = o.account,
		                                  .text = model_text(tx, "%lld", (long long)o.made_at),
		                                  .name = STR_EMPTY};
	}
	return staff_all_close(&all, e);
}

/* The key is hash and party, one behind the other: that is the order of the rows. */
static bool twin_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                      struct err *e)
{
	struct twin_all_rows all;
	struct twin_all_out o;
	struct twin_all_in in = {.most = (int64_t)most, .bucket = after->route, .hash = str_sub(after->key, 0, 32)};
	*n = 0;
	if (after->key.n > 32 && !id_parse(str_sub(after->key, 32, ID_CHARS), &in.party)) {
		return err_set(e, ERR_INTERNAL, "a twin's row after one of another kind");
	}
	if (!twin_all_open(tx, &in, &all, e)) {
		return false;
	}
	while (*n < most && twin_all_next(&all, &o)) {
		struct buf key;
		buf_init(&key, 32 + ID_CHARS);
		buf_put(&key, o.hash);
		buf_put_id(&key, o.party);
		rows[(*n)++] = (struct model_row){.route = o.bucket,
		                                  .key = arena_copy(tx_arena(tx), buf_str(&key)),
		                                  .subject = o.party,
		                                  .text = model_text(tx, "%lld", (long long)o.kind),
		                                  .name = STR_EMPTY};
		buf_release(&key);
	}
	return twin_all_close(&all, e);
}

const struct read_model people_read_models[] = {{"staff", staff_page}, {"twin", twin_page}, {NULL, NULL}};

/* --- References
 * --------------------------------------------------------------------------------------------------------- */

struct look {
	struct check_page page;
	int64_t after[3];
};

static bool account_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct account_check_page_rows rows;
	struct account_check_page_out o;
	int64_t after = l->after[0];
	if (!account_check_page_open(tx, &(struct account_check_page_in){.most = CHECK_PAGE, .account = after}, &rows, e)) {
		return false;
	}
	for (; l->page.n < CHECK_PAGE && account_check_page_next(&rows, &o); l->page.n++) {
		after = o.account;
		check_found(&l->page, o.account, o.has_party ? NULL : "the person that it belongs to is missing");
	}
	l->after[0] = after;
	return account_check_page_close(&rows, e);
}

static bool mandate_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct mandate_check_page_rows rows;
	struct mandate_check_page_out o[CHECK_PAGE];
	if (!mandate_check_page_open(
			tx, &(struct mandate_check_page_in){.most = CHECK_PAGE, .account = l->after[0], .party = l->after[1]},
			&rows, e)) {
		return false;
	}
	while (l->page.n < CHECK_PAGE && mandate_check_page_next(&rows, &o[l->page.n])) {
		l->page.n++;
	}
	if (!mandate_check_page_close(&rows, e)) {
		return false;
	}
	for (size_t i = 0; i < l->page.n; i++) {
		struct party_get_out party;
		if (!party_get(tx, &(struct party_get_in){.party = o[i].party}, &party, e)) {
			return false;
		}
		check_found(&l->page, o[i].account,
		            !o[i].has_account ? "it has a mandate, but is missing"
		            : !party.found    ? "the organisation that it acts for is missing"
		                              : NULL);
	}
	if (l->page.n > 0) {
		l->after[0] = o[l->page.n - 1].account;
		l->after[1] = o[l->page.n - 1].party;
	}
	return true;
}

static bool role_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct role_check_page_rows rows;
	struct role_check_page_out o;
	struct role_check_page_in in = {
		.most = CHECK_PAGE, .account = l->after[0], .institution = l->after[1], .kind = l->after[2]};
	if (!role_check_page_open(tx, &in, &rows, e)) {
		return false;
	}
	for (; l->page.n < CHECK_PAGE && role_check_page_next(&rows, &o); l->page.n++) {
		in.account = o.account;
		in.institution = o.institution;
		in.kind = o.kind;
		check_found(&l->page, o.account, o.has_account ? NULL : "it has a role, but is missing");
	}
	l->after[0] = in.account;
	l->after[1] = in.institution;
	l->after[2] = in.kind;
	return role_check_page_close(&rows, e);
}

bool people_check(struct check *c, struct err *e)
{
	store_job *const jobs[] = {account_job, mandate_job, role_job};
	struct look *l = arena_new(c->arena, struct look, 1);
	bool ok = l || err_set(e, ERR_MEMORY, "no memory to look at accounts");
	check_begin(c, "accounts");
	for (size_t i = 0; ok && i < sizeof jobs / sizeof *jobs; i++) {
		*l = (struct look){0};
		ok = check_pages(c, jobs[i], &l->page, NULL, e);
	}
	if (ok) {
		check_end(c, "%llu accounts, mandates and roles point at what is there", (unsigned long long)c->looked);
	}
	arena_reset(c->arena);
	return ok;
}
