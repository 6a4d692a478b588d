#include "app/desk/find.h"

#include "app/cases/look_up.h"
#include "app/cases/moves.h"
#include "app/desk/desk.h"
#include "app/desk/names.h"
#include "base/json.h"
#include "store/tx.h"

enum { STEP = STORE_LIST_MAX, LOOK_MOST = 640, TARGET_ARENA_BYTES = 64 * 1024 };

/* The key of a piece: no institution's keys say anything about another's. */
static int64_t key_of(struct tx *tx, int64_t institution, const char *kind, struct str piece)
{
	struct str hash = tx_column_hash(
		tx, STR("desk-find"), arena_printf(tx_arena(tx), "%lld %s %.*s", (long long)institution, kind, STR_ARG(piece)));
	uint64_t v = 0;
	for (size_t i = 0; i < 8 && i < hash.n; i++) {
		v = v << 8 | (uint8_t)hash.p[i];
	}
	return (int64_t)(v & INT64_MAX);
}

/* --- Finding
 * ---------------------------------------------------------------------------------------------------------------- */

static bool read_keys(struct tx *tx, const struct find *f, int64_t hash, int64_t before, int64_t cases[STEP], size_t *n,
                      struct err *e)
{
	struct found_keys_rows rows;
	struct found_keys_out row;
	*n = 0;
	if (!found_keys_open(
			tx, &(struct found_keys_in){.institution = f->institution, .hash = hash, .before = before, .most = STEP},
			&rows, e)) {
		return false;
	}
	while (*n < STEP && found_keys_next(&rows, &row)) {
		cases[(*n)++] = row.casefile;
	}
	return found_keys_close(&rows, e);
}

static bool read_rows(struct tx *tx, const struct find *f, const int64_t *cases, size_t n,
                      struct found_rows_out out[STEP], struct err *e)
{
	struct found_rows_in in = {.institution = f->institution, .casefiles_n = n};
	struct found_rows_rows rows;
	struct found_rows_out row;
	memcpy(in.casefiles, cases, n * sizeof *cases);
	memset(out, 0, n * sizeof *out);
	if (!found_rows_open(tx, &in, &rows, e)) {
		return false;
	}
	while (found_rows_next(&rows, &row)) {
		for (size_t i = 0; i < n; i++) {
			out[i] = cases[i] == row.casefile ? row : out[i];
		}
	}
	return found_rows_close(&rows, e);
}

bool find_job(struct tx *tx, void *ctx, struct err *e)
{
	struct find *f = ctx;
	int64_t cases[STEP];
	struct found_rows_out rows[STEP];
	size_t n = STEP;
	struct arena *a = tx_arena(tx);
	/* A mark as it stands in the events: the hash of the number's letters and digits. */
	struct str piece = f->is_number ? identity_plain(a, f->typed) : name_piece_of(a, f->typed);
	f->n = 0;
	f->is_more = false;
	f->looked = f->before;
	f->is_too_short = piece.n == 0;
	if (f->is_too_short) {
		return true;
	}
	int64_t hash = f->is_number ? key_of(tx, f->institution, "number", tx_column_hash(tx, STR(IDENTITY_HASH), piece))
	                            : key_of(tx, f->institution, "name", piece);
	for (size_t looked = 0; n == STEP && looked < LOOK_MOST && f->n < FOUND_MOST; looked += STEP) {
		if (!read_keys(tx, f, hash, f->looked, cases, &n, e) || (n > 0 && !read_rows(tx, f, cases, n, rows, e))) {
			return false;
		}
		for (size_t i = 0; i < n && f->n < FOUND_MOST; i++) {
			f->looked = cases[i];
			if (rows[i].casefile != 0 && (f->is_number || name_begins(a, rows[i].name, f->typed))) {
				f->found[f->n++] = rows[i];
			}
		}
	}
	f->is_more = n == STEP || f->n == FOUND_MOST;
	return true;
}

/* --- The read model
 * -------------------------------------------------------------------------------------------------------- */

/* Submitted to it, or forwarded to it: from then on it finds the case. */
static int64_t found_target(const struct event *ev)
{
	enum case_move move = str_is(ev->room, "cases") ? case_move_of(ev->kind) : CASE_MOVE_COUNT;
	return move == MOVE_SUBMITTED || move == MOVE_FORWARDED ? ev->institution : 0;
}

/* Forwarded from it. */
static int64_t left_target(const struct event *ev)
{
	struct arena a;
	struct json *open = NULL;
	struct err ignored;
	int64_t v = 0;
	if (!str_is(ev->room, "cases") || case_move_of(ev->kind) != MOVE_FORWARDED) {
		return 0;
	}
	arena_init(&a, TARGET_ARENA_BYTES);
	if (json_parse(&a, ev->public_payload, &open, &ignored)) {
		const struct json *others = json_get(open, STR("others"));
		v = others && others->first && others->first->kind == JSON_INT ? others->first->integer : 0;
	}
	arena_release(&a);
	return v;
}

static bool set_key(struct tx *tx, int64_t casefile, bool is_there, int64_t hash, struct err *e)
{
	int64_t at = tx_route(tx);
	return is_there
	           ? found_key_add(tx, &(struct found_key_add_in){.institution = at, .hash = hash, .casefile = casefile},
	                           NULL, e)
	           : found_key_remove(
					 tx, &(struct found_key_remove_in){.institution = at, .hash = hash, .casefile = casefile}, NULL, e);
}

static bool set_keys(struct tx *tx, int64_t casefile, bool is_there, struct str name, struct str marks, struct err *e)
{
	struct str pieces[NAME_PIECES_MAX], mark;
	size_t n = name_pieces(tx_arena(tx), name, pieces);
	for (size_t i = 0; i < n; i++) {
		if (!set_key(tx, casefile, is_there, key_of(tx, tx_route(tx), "name", pieces[i]), e)) {
			return false;
		}
	}
	while (str_next(&marks, ' ', &mark)) {
		uint8_t hash[SHA256_BYTES];
		if (str_to_bytes(mark, hash, sizeof hash) &&
		    !set_key(tx, casefile, is_there, key_of(tx, tx_route(tx), "number", str_from(hash, sizeof hash)), e)) {
			return false;
		}
	}
	return true;
}

static bool found_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *open = NULL, *closed = NULL;
	if (!json_parse(tx_arena(tx), ev->public_payload, &open, e) ||
	    (ev->personal_payload.n > 0 && !json_parse(tx_arena(tx), ev->personal_payload, &closed, e))) {
		return false;
	}
	/* Of a move by an official "name" is the official's. */
	bool is_submission = case_move_of(ev->kind) == MOVE_SUBMITTED;
	struct str name = json_string(closed, is_submission ? STR("name") : STR("applicant"));
	return found_add(tx,
	                 &(struct found_add_in){.institution = ev->institution,
	                                        .casefile = ev->casefile,
	                                        .party = ev->route,
	                                        .number = json_string(open, STR("number")),
	                                        .service = ev->service,
	                                        .name = name},
	                 NULL, e) &&
	       set_keys(tx, ev->casefile, true, name, json_string(closed, STR("marks")), e);
}

static bool left_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	struct json *closed = NULL;
	if (ev->personal_payload.n > 0 && !json_parse(tx_arena(tx), ev->personal_payload, &closed, e)) {
		return false;
	}
	return found_remove(tx, &(struct found_remove_in){.institution = tx_route(tx), .casefile = ev->casefile}, NULL,
	                    e) &&
	       set_keys(tx, ev->casefile, false, json_string(closed, STR("applicant")), json_string(closed, STR("marks")),
	                e);
}

const struct event_subscriber desk_subscribers[] = {
	{.name = "found", .target = found_target, .apply = found_apply},
	{.name = "found-left", .target = left_target, .apply = left_apply},
	{0},
};

/* --- For `store check`
 * ----------------------------------------------------------------------------------------------------- */

static bool found_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct found_case_all_rows all;
	struct found_case_all_out o;
	*n = 0;
	if (!found_case_all_open(
			tx, &(struct found_case_all_in){.most = (int64_t)most, .institution = after->route, .casefile = after->id},
			&all, e)) {
		return false;
	}
	while (*n < most && found_case_all_next(&all, &o)) {
		rows[(*n)++] = (struct model_row){
			.route = o.institution,
			.id = o.casefile,
			.key = STR_EMPTY,
			.subject = o.casefile,
			.text = model_text(tx, "%lld %.*s %.*s", (long long)o.party, STR_ARG(o.number), STR_ARG(o.service)),
			.name = o.name};
	}
	return found_case_all_close(&all, e);
}

const struct read_model desk_read_models[] = {
	{"found_case", found_page},
	{NULL, NULL},
};
