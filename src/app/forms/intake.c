#include "app/forms/intake.h"

#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.sql.h"
#include "base/json.h"
#include "base/time_source.h"
#include "html/translate.h"

/* A right outlives the sending of its draft, so that the receipt can be printed; and then only so long. */
#define RIGHT_KEPT_US (90 * US_PER_DAY)

enum { PAPERS_MOST = 100 };

enum receipt_day_fault receipt_day_check(const struct calendar *c, day_number today, day_number day, int back_days)
{
	if (day > today) {
		return RECEIPT_DAY_AHEAD;
	}
	bool is_known = calendar_covers(c, day) && calendar_covers(c, today);
	return day == today || (is_known && calendar_between(c, day, today) <= back_days) ? RECEIPT_DAY_RIGHT
	                                                                                  : RECEIPT_DAY_TOO_EARLY;
}

day_number receipt_day_earliest(const struct calendar *c, day_number today, int back_days)
{
	day_number day = today;
	while (calendar_covers(c, day - 1) && receipt_day_check(c, today, day - 1, back_days) == RECEIPT_DAY_RIGHT) {
		day--;
	}
	return day;
}

const char *channel_words(int64_t channel)
{
	static const char *const words[] = {"",
	                                    [CHANNEL_WEB] = N_("On the website"),
	                                    [CHANNEL_COUNTER] = N_("In person at the counter"),
	                                    [CHANNEL_PAPER] = N_("On paper"),
	                                    [CHANNEL_POST] = N_("By post"),
	                                    [CHANNEL_PHONE] = N_("By phone"),
	                                    [CHANNEL_API] = N_("Through a program")};
	return channel >= CHANNEL_WEB && channel <= CHANNEL_API ? words[channel] : "";
}

struct str paper_words(struct str lang, const struct intake *in, struct str evidence)
{
	static const char *const words[] = {[PAPER_ORIGINAL] = N_("The original was seen"),
	                                    [PAPER_COPY] = N_("A copy was kept"),
	                                    [PAPER_MISSING] = N_("Missing: noted when it was taken in")};
	for (size_t i = 0; i < in->paper_n; i++) {
		if (str_eq(in->papers[i].evidence, evidence) && in->papers[i].state != PAPER_UNSEEN) {
			return tr(lang, words[in->papers[i].state]);
		}
	}
	return STR_EMPTY;
}

bool channel_is_intake(int64_t channel)
{
	return channel >= CHANNEL_COUNTER && channel <= CHANNEL_PHONE;
}

/* --- Papers: {"passport":1,"lease":3} ---------------------------------------------------------------------------- */

void intake_put_papers(struct buf *to, const struct intake_paper *papers, size_t n)
{
	struct json_out j = {.to = to};
	json_begin_object(&j);
	for (size_t i = 0; i < n; i++) {
		json_key(&j, papers[i].evidence);
		json_put_int(&j, papers[i].state);
	}
	json_end_object(&j);
}

static bool read_papers(struct arena *a, struct str json, struct intake *out, struct err *e)
{
	struct json *root = NULL;
	if (!json_parse(a, json, &root, e)) {
		return false;
	}
	out->papers = arena_new(a, struct intake_paper, PAPERS_MOST);
	if (out->papers == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a checklist");
	}
	for (const struct json *j = root->first; j != NULL && out->paper_n < PAPERS_MOST; j = j->next) {
		if (j->kind != JSON_INT || j->integer < PAPER_UNSEEN || j->integer > PAPER_MISSING) {
			return err_set(e, ERR_CORRUPT, "checklist of an intake");
		}
		out->papers[out->paper_n++] = (struct intake_paper){.evidence = j->key, .state = (enum paper_state)j->integer};
	}
	return true;
}

void intake_fill_seen(struct arena *a, const struct intake *in, struct file_list *files)
{
	struct str *seen = arena_new(a, struct str, in->paper_n + 1);
	files->seen_n = 0;
	for (size_t i = 0; seen != NULL && i < in->paper_n; i++) {
		if (in->papers[i].state == PAPER_ORIGINAL || in->papers[i].state == PAPER_MISSING) {
			seen[files->seen_n++] = in->papers[i].evidence;
		}
	}
	files->seen = seen;
	files->needs_scan = in->proof == PROOF_SCAN;
}

/* --- The row ----------------------------------------------------------------------------------------------------- */

bool intake_begin(struct tx *tx, const struct intake *in, int64_t draft, struct err *e)
{
	struct buf papers;
	buf_init(&papers, 64 * 1024);
	intake_put_papers(&papers, in->papers, in->paper_n);
	bool ok = buf_ok(&papers, e) && intake_insert(tx,
	                                              &(struct intake_insert_in){.party = in->party,
	                                                                         .draft = draft,
	                                                                         .institution = in->institution,
	                                                                         .taken_by = in->taken_by,
	                                                                         .official = in->official,
	                                                                         .begun_at = tx_now_us(tx),
	                                                                         .received_at = in->received_us,
	                                                                         .proof = in->proof,
	                                                                         .form = in->form,
	                                                                         .papers = buf_str(&papers),
	                                                                         .note = in->note},
	                                              e);
	buf_release(&papers);
	return ok;
}

bool intake_of(struct tx *tx, int64_t party, int64_t draft, struct intake *out, bool *found, struct err *e)
{
	struct intake_get_out row;
	*out = (struct intake){.official = STR_EMPTY, .form = STR_EMPTY, .note = STR_EMPTY};
	if (!intake_get(tx, &(struct intake_get_in){.party = party, .draft = draft}, &row, e)) {
		return false;
	}
	*found = row.found;
	if (!row.found) {
		return true;
	}
	*out = (struct intake){.party = party,
	                       .draft = draft,
	                       .institution = row.institution,
	                       .taken_by = row.taken_by,
	                       .official = row.official,
	                       .begun_us = row.begun_at,
	                       .received_us = row.received_at,
	                       .proof = (enum receipt_proof)row.proof,
	                       .form = row.form,
	                       .note = row.note,
	                       .confirmed_version = row.confirmed_version,
	                       .confirmed_us = row.has_confirmed_at ? row.confirmed_at : 0};
	return read_papers(tx_arena(tx), row.papers, out, e);
}

/* --- The right --------------------------------------------------------------------------------------------------- */

static bool job_right(struct tx *tx, void *ctx, struct err *e)
{
	const struct intake_right *in = ctx;
	int64_t rows = 0;
	return intake_right_add(tx,
	                        &(struct intake_right_add_in){.account = tx_route(tx),
	                                                      .draft = in->draft,
	                                                      .party = in->party,
	                                                      .institution = in->institution,
	                                                      .made_at = tx_now_us(tx)},
	                        e) &&
	       intake_right_sweep(
			   tx,
			   &(struct intake_right_sweep_in){.account = tx_route(tx), .made_before = tx_now_us(tx) - RIGHT_KEPT_US},
			   &rows, e);
}

bool intake_start(struct req *r, const struct service *s, const struct intake *in, int64_t *draft, struct err *e)
{
	struct draft_begin b = {.party = in->party,
	                        .id = id_in_time(time_legal_us(&r->app->time)),
	                        .begun_by = r->viewer->account,
	                        .keep_us = r->app->draft_keep_us,
	                        .service = s->id,
	                        .intake = in};
	struct store_op op;
	memcpy(b.definition, s->digest, SHA256_BYTES);
	if (!catalogue_keep(r->app, s, e) || !app_op(r, in->party, &op, e) || !app_write(r, &op, draft_job_begin, &b, e)) {
		return false;
	}
	*draft = op.result[0];
	/* When the program ends here, the same press again finds the draft and gives the right. */
	struct intake_right right = {.draft = *draft, .party = in->party, .institution = in->institution};
	return app_write(r, &(struct store_op){.route = in->taken_by}, job_right, &right, e);
}

struct rights_job {
	int64_t draft; /* 0: all */
	struct intake_right *items;
	size_t n;
};

static bool job_rights(struct tx *tx, void *ctx, struct err *e)
{
	struct rights_job *j = ctx;
	struct intake_right_list_rows rows;
	struct intake_right_list_out row;
	j->n = 0;
	if (!intake_right_list_open(tx, &(struct intake_right_list_in){.account = tx_route(tx)}, &rows, e)) {
		return false;
	}
	while (intake_right_list_next(&rows, &row) && j->n < INTAKES_MOST) {
		j->items[j->n++] = (struct intake_right){.draft = row.draft,
		                                         .party = row.party,
		                                         .institution = row.institution,
		                                         .made_us = row.made_at,
		                                         .seen_us = row.seen_at,
		                                         .place = row.place};
	}
	return intake_right_list_close(&rows, e);
}

bool intake_rights(struct req *r, int64_t account, struct intake_right **out, size_t *n, struct err *e)
{
	struct rights_job j = {.items = arena_new(&r->arena, struct intake_right, INTAKES_MOST)};
	if (j.items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for intakes");
	}
	if (!store_read(r->app->store, account, &r->arena, job_rights, &j, e)) {
		return false;
	}
	*out = j.items;
	*n = j.n;
	return true;
}

static bool job_one_right(struct tx *tx, void *ctx, struct err *e)
{
	struct intake_right *out = ctx;
	struct intake_right_get_out row;
	if (!intake_right_get(tx, &(struct intake_right_get_in){.account = tx_route(tx), .draft = out->draft}, &row, e)) {
		return false;
	}
	out->party = row.found ? row.party : 0;
	out->institution = row.found ? row.institution : 0;
	return true;
}

static bool job_name(struct tx *tx, void *ctx, struct err *e)
{
	return people_name(tx, tx_route(tx), ctx, e);
}

bool draft_doors(struct req *r, int64_t draft, struct draft_door **out, size_t *n, struct err *e)
{
	const struct viewer *v = r->viewer;
	struct intake_right right = {.draft = draft};
	*n = 0;
	*out = arena_new(&r->arena, struct draft_door, v->party_n + 1);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a draft");
	}
	/* Those that a mandate names first: who has one mostly comes for them. */
	for (size_t i = v->party_n; i-- > 0;) {
		(*out)[(*n)++] = (struct draft_door){.p = v->parties[i]};
	}
	if (!viewer_has_role(v, ROLE_OFFICIAL, 0)) {
		return true;
	}
	if (!store_read(r->app->store, v->account, &r->arena, job_one_right, &right, e)) {
		return false;
	}
	if (right.party == 0 || !viewer_has_role(v, ROLE_OFFICIAL, right.institution)) {
		return true;
	}
	struct draft_door *door = &(*out)[*n];
	*door = (struct draft_door){.p = {.party = right.party, .identifier = STR_EMPTY}, .institution = right.institution};
	(*n)++;
	return store_read(r->app->store, right.party, &r->arena, job_name, &door->p.name, e);
}

/* --- Where the official is --------------------------------------------------------------------------------------- */

static bool job_go(struct tx *tx, void *ctx, struct err *e)
{
	const struct intake_right *in = ctx;
	int64_t rows = 0;
	return intake_right_go(
			   tx,
			   &(struct intake_right_go_in){
				   .account = tx_route(tx), .draft = in->draft, .place = in->place, .seen_at = tx_now_us(tx)},
			   e) &&
	       intake_right_leave(tx, &(struct intake_right_leave_in){.account = tx_route(tx), .draft = in->draft}, &rows,
	                          e);
}

bool intake_go(struct req *r, int64_t account, int64_t draft, struct str place, struct err *e)
{
	struct intake_right in = {.draft = draft, .place = place};
	return app_write(r, &(struct store_op){.route = account}, job_go, &in, e);
}

bool intake_leave(struct req *r, int64_t account, struct err *e)
{
	struct intake_right *rights = NULL;
	size_t n = 0;
	if (!intake_rights(r, account, &rights, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (rights[i].place.n > 0) {
			return intake_go(r, account, rights[i].draft, STR_EMPTY, e);
		}
	}
	return true;
}

/* --- Jobs -------------------------------------------------------------------------------------------------------- */

static bool touch(struct tx *tx, int64_t party, int64_t draft, struct err *e)
{
	return draft_touch(
		tx, &(struct draft_touch_in){.party = party, .id = draft, .state = DRAFT_OPEN, .changed_at = tx_now_us(tx)}, e);
}

bool intake_job_papers(struct tx *tx, void *ctx, struct err *e)
{
	const struct intake_papers *in = ctx;
	return touch(tx, in->party, in->draft, e) &&
	       intake_set_papers(tx,
	                         &(struct intake_set_papers_in){
								 .party = in->party, .draft = in->draft, .papers = in->papers_json, .note = in->note},
	                         e);
}

bool intake_job_confirm(struct tx *tx, void *ctx, struct err *e)
{
	const struct intake_confirming *in = ctx;
	struct draft d;
	if (!touch(tx, in->party, in->draft, e) || !draft_get(tx, in->party, in->draft, &d, e)) {
		return false;
	}
	if (d.version != in->version + 1) {
		return err_set(e, ERR_CONFLICT, "changed since the applicant's screen showed it");
	}
	return intake_confirm(tx,
	                      &(struct intake_confirm_in){.party = in->party,
	                                                  .draft = in->draft,
	                                                  .confirmed_version = d.version,
	                                                  .has_confirmed_at = true,
	                                                  .confirmed_at = tx_now_us(tx)},
	                      e);
}
