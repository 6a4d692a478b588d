#include "app/api/hook.h"

#include "app/api/api.sql.h"
#include "app/api/call.h"
#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/people/admission.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time_source.h"
#include "os/post_client.h"

#define HOOK_ERRAND "api.hook"
enum { ROUND_MOST = 50, ANSWER_S = 10, AT_ONCE = 16, KEPT_DAYS = 30 };

/* --- Which events ------------------------------------------------------------------------------------------------ */

/* What happens inside the office before a letter leaves is not among them. */
static const enum case_move told_moves[] = {
	MOVE_SUBMITTED,
	MOVE_TAKEN,
	MOVE_ACCEPTED,
	MOVE_ACCEPTED_GAP,
	MOVE_ACCEPTED_COMMITMENT,
	MOVE_NOT_ACCEPTED,
	MOVE_GAP_BROUGHT,
	MOVE_GAP_MISSED,
	MOVE_ASKED,
	MOVE_ANSWERED,
	MOVE_QUESTION_ASKED,
	MOVE_QUESTION_ANSWERED,
	MOVE_ENQUIRED,
	MOVE_REPLIED,
	MOVE_ADDED,
	MOVE_FORWARDED,
	MOVE_LETTER_LEFT,
	MOVE_WITHDRAWN,
	MOVE_LAPSED,
	MOVE_AMENDED,
	MOVE_OBJECTED,
	MOVE_REOPENED,
	MOVE_MADE_OUT,
	MOVE_HANDED_OVER,
	MOVE_WAY_CHOSEN,
	MOVE_SUSPENDED,
	MOVE_RESUMED,
	MOVE_REVOKED,
	MOVE_RENEWED,
	MOVE_CHECKED,
	MOVE_REPAIRED,
};

bool hook_kind_is_told(struct str kind)
{
	for (size_t i = 0; i < sizeof told_moves / sizeof told_moves[0]; i++) {
		if (str_is(kind, case_move_kind(told_moves[i]))) {
			return true;
		}
	}
	return false;
}

bool hook_kind_is_known(struct str kind)
{
	return case_move_of(kind) != CASE_MOVE_COUNT;
}

static bool is_wanted(struct str events, struct str kind)
{
	struct str word;
	for (struct str rest = events; events.n > 0 && str_next(&rest, ' ', &word);) {
		if (str_eq(word, kind)) {
			return true;
		}
	}
	return events.n == 0;
}

static bool note(struct tx *tx, int64_t owner, const struct event *ev, struct err *e)
{
	struct hook_of_owner_out hooks[HOOKS_MOST];
	struct hook_of_owner_rows rows;
	size_t n = 0;
	if (!hook_of_owner_open(tx, &(struct hook_of_owner_in){.owner = owner, .most = HOOKS_MOST}, &rows, e)) {
		return false;
	}
	while (n < HOOKS_MOST && hook_of_owner_next(&rows, &hooks[n])) {
		n++;
	}
	if (!hook_of_owner_close(&rows, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct hook_of_owner_out *h = &hooks[i];
		if (h->is_off || !is_wanted(h->events, ev->kind)) {
			continue;
		}
		if (!delivery_insert(tx,
		                     &(struct delivery_insert_in){.owner = owner,
		                                                  .hook = h->id,
		                                                  .id = id_in_time(tx_now_us(tx)),
		                                                  .kind = ev->kind,
		                                                  .casefile = ev->casefile,
		                                                  .happened = ev->recorded_us},
		                     e)) {
			return false;
		}
		/* While it fails its errand waits already, and its pauses grow. */
		if (!h->has_failing_since && !errand_add(tx, owner, STR(HOOK_ERRAND), h->id, tx_now_us(tx), e)) {
			return false;
		}
	}
	return true;
}

static int64_t office_target(const struct event *ev)
{
	return str_is(ev->room, "cases") && hook_kind_is_known(ev->kind) ? ev->institution : 0;
}

static int64_t party_target(const struct event *ev)
{
	return str_is(ev->room, "cases") && hook_kind_is_told(ev->kind) ? ev->route : 0;
}

static bool office_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return note(tx, ev->institution, ev, e);
}

static bool party_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return note(tx, ev->route, ev, e);
}

const struct event_subscriber hook_subscribers[] = {
	{.name = "hooks-office", .target = office_target, .apply = office_apply},
	{.name = "hooks-party", .target = party_target, .apply = party_apply},
	{0},
};

/* --- Sending ----------------------------------------------------------------------------------------------------- */

void hook_signature(struct buf *to, int64_t unix_s, struct str body, const struct str *secrets, size_t n)
{
	struct buf b;
	uint8_t mac[SHA256_BYTES];
	buf_init(&b, body.n + 64);
	buf_printf(&b, "%lld.", (long long)unix_s);
	buf_put(&b, body);
	buf_printf(to, "t=%lld", (long long)unix_s);
	for (size_t i = 0; i < n; i++) {
		hmac_sha256(secrets[i], buf_str(&b), mac);
		buf_put_c(to, ",v1=");
		buf_put_hex(to, mac, sizeof mac);
	}
	buf_release(&b);
}

struct sending {
	int64_t owner, id;
	struct hook_get_out hook;
	bool has_next;
	struct delivery_waiting_out next;
};

static bool job_read(struct tx *tx, void *ctx, struct err *e)
{
	struct sending *s = ctx;
	struct delivery_waiting_rows rows;
	s->has_next = false;
	if (!hook_get(tx, &(struct hook_get_in){.owner = s->owner, .id = s->id}, &s->hook, e)) {
		return false;
	}
	if (!s->hook.found) {
		return true;
	}
	if (!delivery_waiting_open(tx, &(struct delivery_waiting_in){.owner = s->owner, .hook = s->id, .most = 1}, &rows,
	                           e)) {
		return false;
	}
	s->has_next = delivery_waiting_next(&rows, &s->next);
	return delivery_waiting_close(&rows, e);
}

struct ending {
	const struct sending *s;
	struct post_answer answer;
	bool is_over; /* whatever it was, it is not sent again */
	bool is_dead; /* the hook */
	const char *why;
};

static bool job_end(struct tx *tx, void *ctx, struct err *e)
{
	const struct ending *x = ctx;
	const struct sending *s = x->s;
	bool is_good = x->answer.end == POST_TAKEN;
	int64_t now = tx_now_us(tx);
	if (!hook_touch(tx, &(struct hook_touch_in){.owner = s->owner, .id = s->id}, e)) {
		return false;
	}
	if (x->why != NULL) {
		return hook_set_off(
			tx, &(struct hook_set_off_in){.owner = s->owner, .id = s->id, .is_off = true, .why = str_of(x->why)}, e);
	}
	if (!delivery_set(tx,
	                  &(struct delivery_set_in){.owner = s->owner,
	                                            .hook = s->id,
	                                            .id = s->next.id,
	                                            .state = is_good      ? DELIVERY_DONE
	                                                     : x->is_over ? DELIVERY_FAILED
	                                                                  : DELIVERY_WAITS,
	                                            .tries = s->next.tries + 1,
	                                            .code = x->answer.code,
	                                            .said = str_of(x->answer.said),
	                                            .has_tried_at = true,
	                                            .tried_at = now},
	                  e)) {
		return false;
	}
	if (is_good == s->hook.has_failing_since && /* it changed */
	    !hook_set_failing(
			tx,
			&(struct hook_set_failing_in){
				.owner = s->owner, .id = s->id, .has_failing_since = !is_good, .failing_since = is_good ? 0 : now},
			e)) {
		return false;
	}
	return !is_good || delivery_sweep(tx,
	                                  &(struct delivery_sweep_in){
										  .owner = s->owner, .hook = s->id, .before = now - KEPT_DAYS * US_PER_DAY},
	                                  NULL, e);
}

/* Does whoever registered it still act for the owner? */
static bool may_hear(struct app *app, const struct sending *s, struct arena *a, bool *may, struct err *e)
{
	struct viewer v;
	if (!people_read_viewer(app->store, a, s->hook.account, &v, e)) {
		return false;
	}
	*may = viewer_has_role(&v, ROLE_OFFICIAL, s->owner) || viewer_acts_for(&v, s->owner) != NULL;
	return true;
}

static void put_news(struct app *app, const struct sending *s, struct buf *to)
{
	const struct institution *in = catalogue_institution(app, s->owner);
	struct json_out j = {.to = to};
	json_begin_object(&j);
	json_key(&j, STR("delivery"));
	json_put_string(&j, str_of(id_text(s->next.id).c));
	json_key(&j, STR("event"));
	json_put_string(&j, s->next.kind);
	json_key(&j, STR("case"));
	json_put_string(&j, str_of(id_text(s->next.casefile).c));
	json_key(&j, in ? STR("institution") : STR("party"));
	json_put_string(&j, in ? in->pack_id : str_of(id_text(s->owner).c));
	put_instant(&j, "happened_at", s->next.happened);
	json_end_object(&j);
}

static void post(struct app *app, const struct sending *s, struct post_answer *out)
{
	struct buf body;
	struct buf signature;
	char id[ID_CHARS + 1];
	struct str secrets[] = {s->hook.secret, s->hook.former};
	int64_t now = time_legal_us(&app->time) - atomic_load(&app->time.offset_us); /* receivers live in real time */
	bool has_former = s->hook.former.n > 0 && s->hook.former_until > time_legal_us(&app->time);
	buf_init(&body, 4096);
	buf_init(&signature, 400);
	put_news(app, s, &body);
	hook_signature(&signature, now / US_PER_S, buf_str(&body), secrets, has_former ? 2 : 1);
	id_format(s->next.id, id);
	struct post_request request = {
		.target = app->hooks_to_any ? POST_TO_ANY : POST_TO_PUBLIC,
		.url = s->hook.url,
		.headers = {{STR("Content-Type"), STR("application/json")},
	                {STR("Cityhall-Delivery"), str_of(id)},
	                {STR("Cityhall-Event"), s->next.kind},
	                {STR("Cityhall-Signature"), buf_str(&signature)}},
		.header_n = 4,
		.body = buf_str(&body),
		.timeout_us = ANSWER_S * US_PER_S,
	};
	post_http(app->post, &request, NULL, out);
	buf_release(&signature);
	buf_release(&body);
}

/* One delivery. *is_more: perhaps there is another one. */
static enum errand_end send_next(struct app *app, struct sending *s, struct arena *a, bool *is_more, struct err *why)
{
	struct ending x = {.s = s};
	bool may = false;
	*is_more = false;
	if (!store_read(app->store, s->owner, a, job_read, s, why)) {
		return ERRAND_AGAIN;
	}
	if (!s->hook.found || !s->has_next || s->hook.is_off) {
		return ERRAND_DONE;
	}
	if (!may_hear(app, s, a, &may, why)) {
		return ERRAND_AGAIN;
	}
	int64_t failing_us = s->hook.has_failing_since ? time_legal_us(&app->time) - s->hook.failing_since : 0;
	if (!may) {
		x.why = "Who registered it may no longer hear of these cases.";
	} else if (failing_us > HOOK_DEAD_US) {
		x.why = "It gave no good answer for three days.";
	} else if (app->post == NULL) {
		(void)err_set(why, ERR_BUSY, "nothing leaves this machine");
		return ERRAND_AGAIN;
	} else {
		post(app, s, &x.answer);
		x.is_over = x.answer.end == POST_REFUSED;
	}
	if (!store_write(app->store, &(struct store_op){.route = s->owner, .is_background = true}, job_end, &x, why)) {
		return ERRAND_AGAIN;
	}
	if (x.why) {
		log_line(LOG_WARN, "hook-off", LOG_S("hook", str_of(id_text(s->id).c)), LOG_S("why", str_of(x.why)));
		return ERRAND_DONE;
	}
	*is_more = x.answer.end == POST_TAKEN || x.is_over;
	if (!*is_more) {
		(void)err_set(why, ERR_IO, "a hook's receiver does not answer well: %d", x.answer.code);
	}
	return *is_more ? ERRAND_DONE : ERRAND_AGAIN;
}

static enum errand_end run(const struct errand *errand, void *ctx, struct err *why)
{
	struct app *app = ctx;
	struct sending s = {.owner = errand->route, .id = errand->subject};
	struct arena a;
	enum errand_end end = ERRAND_DONE;
	bool is_more = true;
	arena_init(&a, 1 << 20);
	for (int i = 0; is_more && i < ROUND_MOST; i++) {
		arena_reset(&a);
		end = send_next(app, &s, &a, &is_more, why);
	}
	arena_release(&a);
	if (is_more) { /* others may have a turn */
		(void)err_set(why, ERR_BUSY, "there is more to send");
		return ERRAND_AGAIN;
	}
	return end;
}

const struct errand_kind hook_errands[] = {
	{.name = HOOK_ERRAND, .run = run, .at_once = AT_ONCE},
	{0},
};
