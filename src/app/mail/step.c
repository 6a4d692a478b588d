/* The steps of a notice: rows and events. */
#include "app/mail/notice.h"
#include "base/json.h"

enum { PAYLOAD_BYTES = 4096 };

/* The list that a state stands on. */
static enum mail_list list_of(int64_t state)
{
	return state == NOTICE_PRINT     ? LIST_PRINT
	       : state == NOTICE_FAILED  ? LIST_FAILED
	       : state == NOTICE_UNSURE  ? LIST_UNSURE
	       : state == NOTICE_BOUNCED ? LIST_BOUNCED
	                                 : LIST_NONE;
}

static const char *event_kind(int64_t state)
{
	static const char *const words[] = {
		[NOTICE_WAITS] = "notice-again",     [NOTICE_SENT] = "notice-sent",       [NOTICE_FAILED] = "notice-failed",
		[NOTICE_UNSURE] = "notice-unsure",   [NOTICE_BOUNCED] = "notice-bounced", [NOTICE_PRINT] = "letter-to-print",
		[NOTICE_PRINTED] = "letter-printed", [NOTICE_OVER] = "notice-settled",
	};
	return words[state];
}

bool notice_say(struct tx *tx, const struct notice_step *s, struct err *e)
{
	struct buf open, closed;
	buf_init(&open, PAYLOAD_BYTES);
	buf_init(&closed, PAYLOAD_BYTES);
	struct json_out j = {.to = &open};
	enum mail_list list = list_of((int64_t)s->to);
	json_begin_object(&j);
	json_key(&j, STR("notice"));
	json_put_int(&j, s->from->id);
	json_key(&j, STR("list"));
	json_put_int(&j, list);
	json_key(&j, STR("way"));
	json_put_int(&j, s->way);
	json_end_object(&j);
	if (list != LIST_NONE) {
		j = (struct json_out){.to = &closed};
		json_begin_object(&j);
		json_key(&j, STR("name"));
		json_put_string(&j, s->name);
		json_key(&j, STR("why"));
		json_put_string(&j, s->why);
		json_end_object(&j);
	}
	struct event ev = {
		.route = s->from->party,
		.room = STR(MAIL_ROOM),
		.kind = str_of(event_kind((int64_t)s->to)),
		.version = 1,
		.institution = s->from->institution,
		.actor = s->actor,
		.public_payload = buf_str(&open),
		.personal_payload = buf_str(&closed),
	};
	bool ok = buf_ok(&open, e) && buf_ok(&closed, e) && event_append(tx, &ev, e);
	buf_release(&open);
	buf_release(&closed);
	return ok;
}

bool notice_step(struct tx *tx, const struct notice_step *s, struct err *e)
{
	const struct notice_get_out *n = s->from;
	struct notice_set_in in = {
		.way = s->way,
		.state = s->to,
		.address = s->address,
		.why = s->why,
		.changed_at = tx_now_us(tx),
		.party = n->party,
		.id = n->id,
		.version = n->version,
	};
	/* What arrives without anybody's doing is no event: there are hundreds a second, and the row says it. */
	bool is_event = list_of((int64_t)s->to) != list_of(n->state);
	return notice_set(tx, &in, e) && (!is_event || notice_say(tx, s, e));
}

bool notice_again(struct tx *tx, const struct notice_get_out *from, bool by_letter, int64_t actor, struct err *e)
{
	int64_t now_us = tx_now_us(tx);
	struct notice_step s = {
		.from = from,
		.to = by_letter ? NOTICE_PRINT : NOTICE_WAITS,
		.way = by_letter ? WAY_LETTER : WAY_UNDECIDED,
		.name = from->name,
		.actor = actor,
	};
	return notice_step(tx, &s, e) &&
	       notice_renew(tx, &(struct notice_renew_in){now_us, from->name, from->party, from->id}, NULL, e) &&
	       (by_letter || errand_add(tx, from->party, STR(MAIL_NOTICE), from->id, now_us, e));
}

bool notice_act_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct notice_act *in = ctx;
	struct notice_get_out n;
	if (!notice_touch(tx, &(struct notice_touch_in){in->party, in->notice}, e) ||
	    !notice_get(tx, &(struct notice_get_in){in->party, in->notice}, &n, e)) {
		return false;
	}
	enum mail_list list = n.found ? list_of(n.state) : LIST_NONE;
	if (list == LIST_NONE || (in->what == NOTICE_DO_PRINTED && list != LIST_PRINT) ||
	    (in->what == NOTICE_DO_LETTER && list == LIST_PRINT)) {
		return err_set(e, ERR_CONFLICT, "the notice stands on no list that this is done from");
	}
	if (in->what == NOTICE_DO_AGAIN || in->what == NOTICE_DO_LETTER) {
		return notice_again(tx, &n, in->what == NOTICE_DO_LETTER, in->actor, e);
	}
	struct notice_step s = {
		.from = &n,
		.to = in->what == NOTICE_DO_PRINTED ? NOTICE_PRINTED : NOTICE_OVER,
		.way = (enum mail_way)n.way,
		.address = n.address,
		.name = n.name,
		.why = n.why,
		.actor = in->actor,
	};
	return notice_step(tx, &s, e);
}

/* --- The read model: an institution's lists ------------------------------------------------------------------------
 */

static const struct json *list_in(struct json *open)
{
	return json_get(open, STR("list"));
}

static int64_t desk_target(const struct event *ev)
{
	bool is_ours =
		str_is(ev->room, MAIL_ROOM) && (str_starts(ev->kind, STR("notice-")) || str_starts(ev->kind, STR("letter-")));
	return is_ours ? ev->institution : 0;
}

static int64_t integer_in(const struct json *open, struct str key)
{
	const struct json *v = json_get(open, key);
	return v && v->kind == JSON_INT ? v->integer : 0;
}

static bool desk_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct json *open = NULL, *closed = NULL;
	(void)ctx;
	if (!json_parse(tx_arena(tx), ev->public_payload, &open, e) ||
	    (ev->personal_payload.n > 0 && !json_parse(tx_arena(tx), ev->personal_payload, &closed, e))) {
		return false;
	}
	int64_t notice = integer_in(open, STR("notice")), list = list_in(open) ? integer_in(open, STR("list")) : LIST_NONE;
	if (list == LIST_NONE) {
		return desk_mail_drop(tx, &(struct desk_mail_drop_in){ev->institution, notice, ev->id}, NULL, e);
	}
	struct desk_mail_put_in in = {
		.institution = ev->institution,
		.notice = notice,
		.party = ev->route,
		.list = list,
		.way = integer_in(open, STR("way")),
		.name = json_string(closed, STR("name")),
		.why = json_string(closed, STR("why")),
		.changed_at = ev->effective_us,
		.event = ev->id,
	};
	return desk_mail_put(tx, &in, NULL, e);
}

const struct event_subscriber mail_subscribers[] = {
	{.name = "mail", .target = desk_target, .apply = desk_apply},
	{.name = "mail-digest", .target = digest_target, .apply = digest_apply},
	{0},
};

static bool desk_page_of(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                         struct err *e)
{
	struct desk_mail_all_rows list;
	struct desk_mail_all_out d;
	*n = 0;
	struct desk_mail_all_in in = {.after_institution = after->route, .after_notice = after->id, .most = (int64_t)most};
	if (!desk_mail_all_open(tx, &in, &list, e)) {
		return false;
	}
	while (*n < most && desk_mail_all_next(&list, &d)) {
		rows[(*n)++] = (struct model_row){
			.route = d.institution,
			.id = d.notice,
			.key = STR_EMPTY,
			.text = model_text(tx, "%lld %lld %lld %lld %lld", (long long)d.party, (long long)d.list, (long long)d.way,
		                       (long long)d.changed_at, (long long)d.event),
			.name = model_text(tx, "%.*s %.*s", STR_ARG(d.name), STR_ARG(d.why)),
		};
	}
	return desk_mail_all_close(&list, e);
}

const struct read_model mail_read_models[] = {
	{"desk_mail", desk_page_of},
	{NULL, NULL},
};
