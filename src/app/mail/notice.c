/* A notice on its way: read what it is, decide how, send it, write down how it ended. */
#include "app/mail/notice.h"

#include "app/catalogue/catalogue.h"
#include "app/mail/bounce.h"
#include "app/mail/mime.h"
#include "app/page.h"
#include "base/json.h"
#include "base/time_source.h"
#include "html/translate.h"
#include "os/post_client.h"

enum { READ_BYTES = 512 * 1024, TEXT_BYTES = 16 * 1024, MAIL_BYTES = 64 * 1024 };
/* A mail server may be away for a long weekend. */
#define GIVE_UP_US (4 * US_PER_DAY)

struct sending {
	struct app *app;
	const struct errand *errand;
	struct arena arena;
	struct notice_get_out notice;
	struct message_get_out message;
	struct mail_target target;
	bool has_begun; /* past the point of no return */
};

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct sending *s = ctx;
	int64_t party = s->errand->route;
	return notice_get(tx, &(struct notice_get_in){party, s->errand->subject}, &s->notice, e) &&
	       (!s->notice.found || (message_get(tx, &(struct message_get_in){party, s->notice.message}, &s->message, e) &&
	                             mail_target(tx, s->app, party, &s->target, e)));
}

/* --- Words ---------------------------------------------------------------------------------------------------------
 */

static struct str city(struct app *app, struct str lang)
{
	const struct jurisdiction *home = app->catalogue ? catalogue_home(app) : NULL;
	return home ? text_in(&home->name, lang) : app->city_name;
}

static struct str link_to(struct sending *s, struct arena *a)
{
	return arena_printf(a, "%.*s" PATH_MAILBOX "/%s", STR_ARG(s->app->public_url), id_text(s->notice.message).c);
}

static struct str sentence(struct arena *a, struct str lang, const char *msgid, struct str city_name, struct str link)
{
	struct buf b;
	const struct tr_arg args[] = {TR_O("city", city_name), TR_O("link", link)};
	buf_init(&b, TEXT_BYTES);
	tr_put_plain(&b, tr(lang, msgid), args, 2);
	struct str text = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return text;
}

/* --- Ends ----------------------------------------------------------------------------------------------------------
 */

struct ending {
	struct sending *s;
	enum notice_state state;
	struct str why;
};

static bool end_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct ending *n = ctx;
	struct notice_step step = {
		.from = &n->s->notice,
		.to = n->state,
		.way = n->s->target.way,
		.address = n->s->target.address,
		.name = n->s->target.name,
		.why = n->why,
	};
	return notice_step(tx, &step, e);
}

/* How an errand ends whose notice comes into this state. */
static enum errand_end end_in(struct sending *s, enum notice_state state, const char *why, struct err *e)
{
	struct ending n = {s, state, str_of(why)};
	struct store_op op = {.route = s->notice.party, .is_background = true};
	if (!store_write(s->app->store, &op, end_job, &n, e)) {
		/* Somebody else moved it: then this one is not needed. */
		return e->code == ERR_CONFLICT ? ERRAND_DONE : s->has_begun ? ERRAND_UNSURE : ERRAND_AGAIN;
	}
	if (s->app->relay && state != NOTICE_SENT) {
		relay_nudge(s->app->relay);
	}
	if (state == NOTICE_FAILED || state == NOTICE_UNSURE) {
		err_set(e, ERR_GONE, "a notice did not arrive");
		return ERRAND_FAILED;
	}
	return ERRAND_DONE;
}

static bool begin_now(void *ctx, struct err *e)
{
	struct sending *s = ctx;
	s->has_begun = errand_begin(s->errand, e);
	return s->has_begun;
}

static enum errand_end judge(struct sending *s, const struct post_answer *a, struct err *why)
{
	switch (a->end) {
	case POST_TAKEN:
		return end_in(s, NOTICE_SENT, "", why);
	case POST_REFUSED:
		return end_in(s, NOTICE_FAILED, a->said, why);
	case POST_UNSURE:
		return end_in(s, NOTICE_UNSURE, a->said, why);
	case POST_AGAIN:
		break;
	}
	if (time_legal_us(&s->app->time) - s->notice.made_at > GIVE_UP_US) {
		return end_in(s, NOTICE_FAILED, a->said, why);
	}
	/* What a server says may name an address, so the log gets the number alone. */
	err_set(why, ERR_BUSY, "not taken yet, code %d", a->code);
	return ERRAND_AGAIN;
}

/* --- Ways ----------------------------------------------------------------------------------------------------------
 */

static enum errand_end by_email(struct sending *s, struct err *why)
{
	struct app *app = s->app;
	struct str lang = s->target.lang, town = city(app, lang), domain = STR_EMPTY, local;
	struct buf text, from;
	struct post_answer answer = {.end = POST_REFUSED};
	enum errand_end end;
	buf_init(&text, MAIL_BYTES);
	buf_init(&from, 400);
	str_cut(app->mail_from, '@', &local, &domain);
	bounce_address(app, s->notice.party, s->notice.id, &from);
	struct mime_mail m = {
		.from_name = sentence(&s->arena, lang, N_("{city} City Hall"), town, STR_EMPTY),
		.from = app->mail_from,
		.to = s->target.address,
		.subject = sentence(&s->arena, lang, N_("A message is waiting for you at {city} City Hall"), town, STR_EMPTY),
		.id =
			arena_printf(&s->arena, "%s.%s@%.*s", id_text(s->notice.id).c, id_text(s->notice.party).c, STR_ARG(domain)),
		.lang = lang,
		.date_us = s->notice.made_at,
		.text = sentence(&s->arena, lang,
	                     N_("A message is waiting for you in your mailbox at {city} City Hall.\n\nOpen it here: "
	                        "{link}\n\nYou sign in there as always. This note says no more, because anybody could read "
	                        "it on its way. Nobody reads answers to it.\n"),
	                     town, link_to(s, &s->arena)),
	};
	if (!mime_put(&text, &m, why)) {
		end = end_in(s, NOTICE_FAILED, "the address cannot be written to", why);
	} else {
		struct post_mail mail = {.from = buf_str(&from),
		                         .to = s->target.address,
		                         .message = buf_str(&text),
		                         .point_of_no_return = begin_now,
		                         .ctx = s};
		post_mail(app->post, &mail, &answer);
		end = judge(s, &answer, why);
	}
	buf_release(&text);
	buf_release(&from);
	return end;
}

/* The service tells a repetition by its key, so it may be asked again whatever happened. */
static enum errand_end by_sms(struct sending *s, struct err *why)
{
	struct app *app = s->app;
	struct str lang = s->target.lang;
	struct post_answer answer;
	struct buf b;
	struct str id = arena_printf(&s->arena, "%s-%s", id_text(s->notice.party).c, id_text(s->notice.id).c);
	buf_init(&b, TEXT_BYTES);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("id"));
	json_put_string(&j, id);
	json_key(&j, STR("to"));
	json_put_string(&j, s->target.address);
	json_key(&j, STR("text"));
	json_put_string(&j, sentence(&s->arena, lang, N_("{city} City Hall: a message is waiting for you. {link}"),
	                             city(app, lang), link_to(s, &s->arena)));
	json_end_object(&j);
	struct post_request r = {
		.target = POST_TO_SMS,
		.headers = {{STR("Content-Type"), STR("application/json")}, {STR("Idempotency-Key"), id}},
		.header_n = 2,
		.body = buf_str(&b),
	};
	post_http(app->post, &r, NULL, &answer);
	enum errand_end end = judge(s, &answer, why);
	buf_release(&b);
	return end;
}

static bool load(struct sending *s, const struct errand *errand, void *ctx, struct err *e)
{
	*s = (struct sending){.app = ctx, .errand = errand};
	arena_init(&s->arena, READ_BYTES);
	return store_read(s->app->store, errand->route, &s->arena, read_job, s, e);
}

enum errand_end notice_run(const struct errand *errand, void *ctx, struct err *why)
{
	struct sending s;
	enum errand_end end = ERRAND_AGAIN;
	if (load(&s, errand, ctx, why)) {
		if (!s.notice.found || s.notice.state != NOTICE_WAITS) {
			end = ERRAND_DONE;
		} else if (!s.message.is_unread) {
			end = end_in(&s, NOTICE_OVER, "", why);
		} else if (s.target.way == WAY_EMAIL && s.app->post) {
			end = by_email(&s, why);
		} else if (s.target.way == WAY_SMS && s.app->post) {
			end = by_sms(&s, why);
		} else {
			s.target.way = WAY_LETTER;
			s.target.address = STR_EMPTY;
			end = end_in(&s, NOTICE_PRINT, "", why);
		}
	}
	arena_release(&s.arena);
	return end;
}

/* The process that sent it was gone before it had written down how it ended. */
enum errand_end notice_unsure(const struct errand *errand, void *ctx, struct err *why)
{
	struct sending s;
	enum errand_end end = ERRAND_AGAIN;
	if (load(&s, errand, ctx, why)) {
		end = !s.notice.found || s.notice.state != NOTICE_WAITS
		          ? ERRAND_DONE
		          : end_in(&s, NOTICE_UNSURE, "the program ended before the mail server's answer", why);
	}
	arena_release(&s.arena);
	return end;
}
