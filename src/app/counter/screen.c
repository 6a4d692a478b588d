/* The applicant's own screen: a second browser at the counter that shows what the official has open, large and without
 * notes, and on which the applicant says that it is right.
 *
 * The browser keeps 32 random bytes; the code that it shows is made of them, and nothing is stored before an official
 * types that code. Then the code's row names the official, and the screen shows what this official takes in at the
 * moment, and nothing else: neither an address of it nor its cookie opens any other page. */
#include "app/counter/counter.html.h"
#include "app/counter/counter.sql.h"
#include "app/counter/pages.h"
#include "app/forms/pages.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/admission.h"
#include "base/digest.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "base/typed_code.h"
#include "html/translate.h"
#include "http/throttle.h"

enum { CODE = 10, TOKEN_BYTES = 16, COOKIE_AGE_S = 30 * 86400 };
#define COOKIE_SCREEN "screen"
/* A pairing ends with the working day, and what an official left open goes away by itself. */
#define PAIRED_US (12 * 3600 * US_PER_S)
#define OPEN_US (30 * US_PER_MIN)

static const struct throttle_rule pairings = {"screen-pairing", 20, 10 * US_PER_S};

/* --- The code ---------------------------------------------------------------------------------------------------- */

static int64_t bucket_of(struct str code)
{
	uint8_t hash[SHA256_BYTES];
	uint64_t v = 0;
	sha256_of(code, hash);
	for (int i = 0; i < 8; i++) {
		v = v << 8 | hash[i];
	}
	v &= INT64_MAX;
	return v ? (int64_t)v : 1;
}

/* Of the browser that has this token; empty: it is none. */
static struct str code_of(struct req *r, struct str token)
{
	uint8_t mac[SHA256_BYTES];
	uint8_t bytes[TOKEN_BYTES];
	char code[CODE + 1];
	if (!str_to_bytes(token, bytes, TOKEN_BYTES)) {
		return STR_EMPTY;
	}
	struct str what = arena_printf(&r->arena, "screen\n%.*s", STR_ARG(token));
	hmac_sha256(str_from(r->app->code_key, sizeof r->app->code_key), what, mac);
	typed_code_make(mac, CODE, code);
	return arena_copy(&r->arena, str_of(code));
}

static struct str code_of_browser(struct req *r)
{
	return code_of(r, req_cookie(r, COOKIE_SCREEN));
}

/* From now on this browser is an applicant's screen. */
static struct str new_code(struct req *r)
{
	uint8_t bytes[TOKEN_BYTES];
	struct buf b;
	rand_bytes(bytes, sizeof bytes);
	buf_init(&b, 2 * TOKEN_BYTES);
	buf_put_hex(&b, bytes, sizeof bytes);
	struct str token = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	req_set_cookie(r, COOKIE_SCREEN, token, COOKIE_AGE_S);
	return code_of(r, token);
}

/* --- Pairing, at the official's page ------------------------------------------------------------------------------ */

struct pair_job {
	int64_t account;
	struct str code;
	int64_t paired_us; /* out, of the screen */
};

static bool job_pair(struct tx *tx, void *ctx, struct err *e)
{
	const struct pair_job *j = ctx;
	return screen_put(tx,
	                  &(struct screen_put_in){
						  .bucket = tx_route(tx), .code = j->code, .account = j->account, .paired_at = tx_now_us(tx)},
	                  e);
}

static bool job_part(struct tx *tx, void *ctx, struct err *e)
{
	const struct pair_job *j = ctx;
	return screen_part(tx, &(struct screen_part_in){.bucket = tx_route(tx), .code = j->code, .account = j->account}, e);
}

static bool job_set_clerk(struct tx *tx, void *ctx, struct err *e)
{
	const struct pair_job *j = ctx;
	return clerk_put(tx, &(struct clerk_put_in){.account = j->account, .screen = j->code}, e);
}

static bool job_clerk(struct tx *tx, void *ctx, struct err *e)
{
	struct pair_job *j = ctx;
	struct clerk_get_out row;
	if (!clerk_get(tx, &(struct clerk_get_in){.account = j->account}, &row, e)) {
		return false;
	}
	j->code = row.found ? row.screen : STR_EMPTY;
	return true;
}

static bool job_screen(struct tx *tx, void *ctx, struct err *e)
{
	struct pair_job *j = ctx;
	struct screen_get_out row;
	if (!screen_get(tx, &(struct screen_get_in){.bucket = tx_route(tx), .code = j->code}, &row, e)) {
		return false;
	}
	bool is_on = row.found && tx_now_us(tx) - row.paired_at < PAIRED_US;
	j->account = is_on ? row.account : 0;
	j->paired_us = is_on ? row.paired_at : 0;
	return true;
}

bool counter_screen_of(struct req *r, struct str *code, struct err *e)
{
	struct pair_job mine = {.account = r->viewer->account, .code = STR_EMPTY};
	*code = STR_EMPTY;
	if (!store_read(r->app->store, mine.account, &r->arena, job_clerk, &mine, e)) {
		return false;
	}
	struct pair_job theirs = {.code = mine.code};
	if (mine.code.n == 0) {
		return true;
	}
	if (!store_read(r->app->store, bucket_of(mine.code), &r->arena, job_screen, &theirs, e)) {
		return false;
	}
	*code = theirs.account == r->viewer->account ? mine.code : STR_EMPTY;
	return true;
}

static bool part(struct req *r, struct str code, struct err *e)
{
	struct pair_job j = {.account = r->viewer->account, .code = code};
	struct err why = {0};
	if (code.n > 0 && !app_write(r, &(struct store_op){.route = bucket_of(code)}, job_part, &j, &why) &&
	    why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	return true;
}

bool counter_pair_post(struct req *r, struct err *e)
{
	char code[CODE + 1];
	struct str old = STR_EMPTY;
	struct str typed = req_form(r, "code");
	if (!throttle_take(r->app->throttle, &pairings, counter_id(r, r->viewer->account), e)) {
		return false;
	}
	if (!typed_code_parse(typed, CODE, code)) {
		return counter_show_pairing(
			r, typed, tr(r->lang, N_("This is not the code on the screen: it has 10 letters and digits.")), e);
	}
	struct pair_job j = {.account = r->viewer->account, .code = arena_copy(&r->arena, str_of(code))};
	return counter_screen_of(r, &old, e) && (str_eq(old, j.code) || part(r, old, e)) &&
	       app_write(r, &(struct store_op){.route = bucket_of(j.code)}, job_pair, &j, e) &&
	       app_write(r, &(struct store_op){.route = j.account}, job_set_clerk, &j, e) &&
	       req_redirect(r, STR(PATH_COUNTER));
}

bool counter_part_post(struct req *r, struct err *e)
{
	struct str code = STR_EMPTY;
	struct pair_job none = {.account = r->viewer->account, .code = STR_EMPTY};
	return counter_screen_of(r, &code, e) && part(r, code, e) &&
	       app_write(r, &(struct store_op){.route = none.account}, job_set_clerk, &none, e) &&
	       req_redirect(r, STR(PATH_COUNTER));
}

/* --- What it shows ----------------------------------------------------------------------------------------------- */

struct screen {
	struct str code;
	int64_t account; /* the official; 0: not paired */
	bool is_busy;    /* the official is on an intake: */
	struct intake_right at;
	struct open_draft o;
};

/* Where the official is now. */
static bool read_screen(struct req *r, struct screen *s, struct err *e)
{
	struct intake_right *rights = NULL;
	size_t n = 0;
	*s = (struct screen){.code = code_of_browser(r)};
	struct pair_job j = {.code = s->code};
	if (s->code.n == 0) {
		return true;
	}
	if (!store_read(r->app->store, bucket_of(s->code), &r->arena, job_screen, &j, e)) {
		return false;
	}
	s->account = j.account;
	if (j.account == 0) {
		return true;
	}
	if (!intake_rights(r, j.account, &rights, &n, e)) {
		return false;
	}
	int64_t now = time_legal_us(&r->app->time);
	for (size_t i = 0; i < n && !s->is_busy; i++) {
		s->is_busy = rights[i].place.n > 0 && now - rights[i].seen_us < OPEN_US;
		s->at = rights[i];
	}
	struct err why = {0};
	if (s->is_busy && !draft_open_for(r, s->at.party, s->at.draft, &s->o, &why)) {
		s->is_busy = false; /* thrown away meanwhile */
		*e = why;
		return why.code == ERR_NOT_FOUND;
	}
	s->is_busy = s->is_busy && s->o.d.state == DRAFT_OPEN;
	return true;
}

/* Changes whenever the screen has to. */
static struct str now_of(struct req *r, const struct screen *s)
{
	return s->is_busy ? arena_printf(&r->arena, "%s.%lld.%lld.%.*s", id_text(s->o.d.id).c, (long long)s->o.d.version,
	                                 (long long)s->o.intake.confirmed_version, STR_ARG(s->at.place))
	                  : arena_printf(&r->arena, "%s", s->account != 0 ? "paired" : "alone");
}

static struct html answer_of(struct req *r, const struct open_draft *o, const struct question *q)
{
	struct buf b;
	buf_init(&b, 256 * 1024);
	struct html_out out = {.to = &b, .lang = r->lang, .year = date_of_day(o->today).year};
	if (q->type == QUESTION_FILES) {
		size_t n = files_count(&o->files, q->id);
		struct str words = paper_words(r->lang, &o->intake, q->evidence);
		if (n > 0) {
			tr_put(&out, trn(r->lang, "One file added", "{n} files added", (int64_t)n),
			       (const struct tr_arg[]){TR_N("n", n)}, 1);
		} else {
			html_put_text(&out, words.n > 0 ? words : tr(r->lang, N_("Not answered")));
		}
	} else {
		answer_put_html(&out, q, &o->shown);
	}
	struct html h = {b.failed ? STR_EMPTY : arena_copy(&r->arena, buf_str(&b))};
	buf_release(&b);
	return h;
}

static bool add_part(struct req *r, const struct open_draft *o, const struct form_page *p, struct screen_view *v,
                     struct screen_part *parts, struct err *e)
{
	struct summary_row *rows = arena_new(&r->arena, struct summary_row, p->question_n + 1);
	size_t n = 0;
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the applicant's screen");
	}
	for (size_t i = 0; i < p->question_n; i++) {
		if (question_is_shown(p, &p->questions[i], &o->shown)) {
			rows[n++] = (struct summary_row){.term = text_in(&p->questions[i].label, r->lang),
			                                 .value = STR_EMPTY,
			                                 .html = answer_of(r, o, &p->questions[i])};
		}
	}
	parts[v->part_n++] = (struct screen_part){.title = text_in(&p->title, r->lang), .rows = rows, .row_n = n};
	return true;
}

static bool fill_screen(struct req *r, const struct screen *s, struct screen_view *v, struct err *e)
{
	const struct open_draft *o = &s->o;
	struct screen_part *parts = arena_new(&r->arena, struct screen_part, o->service->page_n + 1);
	size_t open = SIZE_MAX;
	if (parts == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the applicant's screen");
	}
	v->parts = parts;
	v->service = text_in(&o->service->name, r->lang);
	v->name = o->applicant;
	if (str_starts(s->at.place, STR("/page/")) &&
	    service_page(o->service, str_sub(s->at.place, 6, SIZE_MAX), &open) != NULL &&
	    !add_part(r, o, &o->service->pages[open], v, parts, e)) {
		return false;
	}
	for (size_t i = draft_next_page(o, SIZE_MAX); i != SIZE_MAX; i = draft_next_page(o, i)) {
		if (i != open && !add_part(r, o, &o->service->pages[i], v, parts, e)) {
			return false;
		}
	}
	v->is_confirmed = o->intake.confirmed_version == o->d.version;
	v->may_confirm = o->open_n == 0 && !v->is_confirmed && str_is(s->at.place, "/check");
	v->version = o->d.version;
	return true;
}

static bool show_screen(struct req *r, const struct screen *s, struct str code, bool is_late, struct err *e)
{
	struct screen_view v = {.csrf = r->csrf,
	                        .now = now_of(r, s),
	                        .code = code,
	                        .is_paired = s->account != 0,
	                        .is_busy = s->is_busy,
	                        .is_live = str_is(req_query(r, "live"), "1"),
	                        .is_late = is_late};
	if (s->is_busy && !fill_screen(r, s, &v, e)) {
		return false;
	}
	/* Without the script the browser asks by itself. */
	if (!v.is_live) {
		req_set_header(r, "Refresh", STR("2"));
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Your screen"), .width = PAGE_NOTE, .is_bare = true});
	screen_page(&o, &v);
	page_end(r, &o);
	return true;
}

static struct str code_in_groups(struct req *r, struct str code)
{
	struct buf b;
	buf_init(&b, 40);
	typed_code_put(&b, code);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

bool screen_get_page(struct req *r, struct err *e)
{
	struct screen s;
	if (!read_screen(r, &s, e)) {
		return false;
	}
	s.code = s.code.n > 0 ? s.code : new_code(r);
	return show_screen(r, &s, code_in_groups(r, s.code), false, e);
}

/* For the script: what the screen should show, in one word. */
bool screen_now_get(struct req *r, struct err *e)
{
	struct screen s;
	if (!read_screen(r, &s, e)) {
		return false;
	}
	buf_put(&r->out, now_of(r, &s));
	r->content_type = STR("text/plain; charset=utf-8");
	return true;
}

bool screen_confirm_post(struct req *r, struct err *e)
{
	struct screen s;
	uint64_t version = 0;
	struct err why = {0};
	if (!read_screen(r, &s, e)) {
		return false;
	}
	if (!s.is_busy || !str_is(s.at.place, "/check") || s.o.open_n > 0) {
		return req_redirect(r, STR("/screen")); /* it goes on, or is over */
	}
	if (!str_to_u64(req_form(r, "version"), &version)) {
		return err_set(e, ERR_BAD_INPUT, "no version to confirm");
	}
	struct intake_confirming in = {.party = s.at.party, .draft = s.at.draft, .version = (int64_t)version};
	bool is_done = s.o.intake.confirmed_version == s.o.d.version;
	if (!is_done && !app_write(r, &(struct store_op){.route = in.party}, intake_job_confirm, &in, &why)) {
		if (why.code != ERR_CONFLICT) {
			*e = why;
			return false;
		}
		return show_screen(r, &s, code_in_groups(r, s.code), true, e);
	}
	return req_redirect(r, STR("/screen"));
}
