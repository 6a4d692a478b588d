/* For `store check`: the read models row by row, and each casefile against its events. */
#include "app/check.h"

#include "app/cases/cases.h"
#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/forms/draft.h"
#include "base/json.h"

/* --- Read models
 * -------------------------------------------------------------------------------------------------------- */

static bool queue_page_of(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                          struct err *e)
{
	struct queue_all_rows all;
	struct queue_all_out o;
	*n = 0;
	if (!queue_all_open(
			tx, &(struct queue_all_in){.most = (int64_t)most, .institution = after->route, .casefile = after->id}, &all,
			e)) {
		return false;
	}
	while (*n < most && queue_all_next(&all, &o)) {
		struct str text = model_text(
			tx, "%lld %.*s %.*s %lld %lld %lld %lld %d %d %d %lld %lld %lld %.*s %lld %d %d %.*s %d %lld %lld %lld",
			(long long)o.party, STR_ARG(o.number), STR_ARG(o.service), (long long)o.state, (long long)o.waits,
			(long long)o.lane, (long long)o.handler, o.due_day, o.legal_day, o.begun_day, (long long)o.committed,
			(long long)o.statutory, (long long)o.level, STR_ARG(o.stop), (long long)o.stood_days,
			o.has_stood_until ? o.stood_until : INT32_MIN, o.has_stands_since ? o.stands_since : INT32_MIN,
			STR_ARG(o.step), o.has_step_due ? o.step_due : INT32_MIN, (long long)o.part, (long long)o.event,
			(long long)o.actor);
		rows[(*n)++] = (struct model_row){.route = o.institution,
		                                  .id = o.casefile,
		                                  .key = STR_EMPTY,
		                                  .subject = o.casefile,
		                                  .text = text,
		                                  .name = o.applicant};
	}
	return queue_all_close(&all, e);
}

static bool participation_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most,
                               size_t *n, struct err *e)
{
	struct participation_all_rows all;
	struct participation_all_out o;
	*n = 0;
	if (!participation_all_open(
			tx,
			&(struct participation_all_in){.most = (int64_t)most, .institution = after->route, .casefile = after->id},
			&all, e)) {
		return false;
	}
	while (*n < most && participation_all_next(&all, &o)) {
		rows[(*n)++] = (struct model_row){.route = o.institution,
		                                  .id = o.casefile,
		                                  .key = STR_EMPTY,
		                                  .subject = o.casefile,
		                                  .text = model_text(tx, "%lld %lld", (long long)o.party, (long long)o.part),
		                                  .name = STR_EMPTY};
	}
	return participation_all_close(&all, e);
}

static bool number_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                        struct err *e)
{
	struct number_all_rows all;
	struct number_all_out o;
	*n = 0;
	if (!number_all_open(tx,
	                     &(struct number_all_in){.most = (int64_t)most, .bucket = after->route, .number = after->key},
	                     &all, e)) {
		return false;
	}
	while (*n < most && number_all_next(&all, &o)) {
		rows[(*n)++] =
			(struct model_row){.route = o.bucket,
		                       .key = o.number,
		                       .subject = o.casefile,
		                       .text = model_text(tx, "%lld %lld %lld %lld", (long long)o.party, (long long)o.casefile,
		                                          (long long)o.typed, (long long)o.event),
		                       .name = STR_EMPTY};
	}
	return number_all_close(&all, e);
}

static bool receipt_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                         struct err *e)
{
	struct receipt_all_rows all;
	struct receipt_all_out o;
	*n = 0;
	if (!receipt_all_open(
			tx, &(struct receipt_all_in){.most = (int64_t)most, .bucket = after->route, .hash = after->key}, &all, e)) {
		return false;
	}
	while (*n < most && receipt_all_next(&all, &o)) {
		rows[(*n)++] =
			(struct model_row){.route = o.bucket,
		                       .key = o.hash,
		                       .subject = o.casefile,
		                       .text = model_text(tx, "%lld %lld", (long long)o.party, (long long)o.casefile),
		                       .name = STR_EMPTY};
	}
	return receipt_all_close(&all, e);
}

const struct read_model cases_read_models[] = {
	{"queue", queue_page_of},
	{"participation", participation_page},
	{"number_lookup", number_page},
	{"receipt_lookup", receipt_page},
	{NULL, NULL},
};

/* --- Casefiles
 * ---------------------------------------------------------------------------------------------------------- */

struct look {
	struct check_page page;
	int64_t party, id; /* after this one */
	uint8_t definitions[CHECK_PAGE][SHA256_BYTES];
	int64_t ids[CHECK_PAGE];
	bool is_wrong[CHECK_PAGE];
};

/* Does the row say what its newest event says? */
static bool agrees(struct tx *tx, const struct casefile_all_out *o, const char **what, struct err *e)
{
	struct event_list list;
	struct json *first = NULL, *last = NULL;
	if (!event_list_of_case(tx, o->party, o->id, &list, e)) {
		return false;
	}
	/* Moves alone: what other rooms say about a case is no move of it. */
	size_t moves = 0;
	for (size_t i = 0; i < list.n; i++) {
		if (str_is(list.items[i].room, "cases")) {
			list.items[moves++] = list.items[i];
		}
	}
	list.n = moves;
	*what = "it has no event of its submission";
	if (list.n == 0 || case_move_of(list.items[0].kind) != MOVE_SUBMITTED) {
		return true;
	}
	if (!json_parse(tx_arena(tx), list.items[0].public_payload, &first, e) ||
	    !json_parse(tx_arena(tx), list.items[list.n - 1].public_payload, &last, e)) {
		return false;
	}
	const struct json *state = json_get(last, STR("state"));
	*what = !str_eq(json_string(first, STR("number")), o->number) ? "its number is not the one of its submission"
	        : !state || state->integer != o->state                ? "its state is not the one of its newest event"
	        : o->version != (int64_t)list.n                       ? "it has not one event for each move"
	                                                              : NULL;
	return true;
}

static bool see_casefile(struct tx *tx, const struct casefile_all_out *o, const char **what, struct err *e)
{
	struct draft d;
	struct err why;
	if (!draft_get(tx, o->party, o->id, &d, &why)) {
		if (why.code != ERR_NOT_FOUND) {
			*e = why;
			return false;
		}
		*what = "the draft that it came from is missing";
		return true;
	}
	bool is_open = d.state == DRAFT_CORRECTING;
	*what = d.state != DRAFT_SUBMITTED && !is_open     ? "the draft that it came from was never submitted"
	        : o->decision != 0 && !o->has_decision     ? "the decision that it names is missing"
	        : o->correction != 0 && !o->has_correction ? "the correction that it names is missing"
	        : o->definition.n != SHA256_BYTES          ? "it names no definition"
	                                                   : NULL;
	if (*what == NULL && !agrees(tx, o, what, e)) {
		return false;
	}
	if (*what == NULL && is_open != (o->state == CASE_ASKED)) {
		*what = is_open ? "its papers can be changed, but no correction is asked for"
		                : "a correction is asked for, but its papers cannot be changed";
	}
	return true;
}

static bool casefile_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct casefile_all_rows all;
	struct casefile_all_out *o = arena_new(tx_arena(tx), struct casefile_all_out, CHECK_PAGE);
	size_t n = 0;
	if (!o) {
		return err_set(e, ERR_MEMORY, "no memory to look at casefiles");
	}
	if (!casefile_all_open(tx, &(struct casefile_all_in){.most = CHECK_PAGE, .party = l->party, .id = l->id}, &all,
	                       e)) {
		return false;
	}
	while (n < CHECK_PAGE && casefile_all_next(&all, &o[n])) {
		n++;
	}
	if (!casefile_all_close(&all, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const char *what;
		if (!see_casefile(tx, &o[i], &what, e)) {
			return false;
		}
		check_found(&l->page, o[i].id, what);
		l->ids[i] = o[i].id;
		l->is_wrong[i] = what != NULL;
		memset(l->definitions[i], 0, SHA256_BYTES);
		memcpy(l->definitions[i], o[i].definition.p, o[i].definition.n == SHA256_BYTES ? SHA256_BYTES : 0);
	}
	if (n > 0) {
		l->party = o[n - 1].party;
		l->id = o[n - 1].id;
	}
	l->page.n = n;
	return true;
}

/* One thing of a casefile is said. */
static void check_definitions(struct check *c, struct check_page *page)
{
	const struct look *l = (struct look *)page;
	for (size_t i = 0; i < page->n; i++) {
		const struct service *service;
		struct err why;
		if (!l->is_wrong[i] && !catalogue_definition(c->app, l->definitions[i], &service, &why)) {
			check_wrong(c, "%s: the definition that it follows is missing or cannot be read", id_text(l->ids[i]).c);
		}
	}
}

bool cases_check(struct check *c, struct err *e)
{
	struct look *l = arena_new(c->arena, struct look, 1);
	bool ok = l || err_set(e, ERR_MEMORY, "no memory to look at casefiles");
	check_begin(c, "casefiles");
	if (ok) {
		*l = (struct look){0};
		ok = check_pages(c, casefile_job, &l->page, check_definitions, e);
	}
	if (ok) {
		check_end(c, "%llu agree with their events, drafts, decisions and definitions", (unsigned long long)c->looked);
	}
	arena_reset(c->arena);
	return ok;
}
