/* A mail to an address that somebody wrote down: the link in it says that it is theirs. */
#include "app/catalogue/catalogue.h"
#include "app/mail/mime.h"
#include "app/mail/notice.h"
#include "app/page.h"
#include "base/digest.h"
#include "html/translate.h"
#include "os/post_client.h"

enum { READ_BYTES = 256 * 1024, TEXT_BYTES = 16 * 1024 };

void mail_confirm_code(const struct app *app, int64_t party, struct str email, int64_t asked_us,
                       char out[CONFIRM_CHARS + 1])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t mac[SHA256_BYTES];
	struct buf b;
	buf_init(&b, 1024);
	buf_printf(&b, "confirm %s %lld ", id_text(party).c, (long long)asked_us);
	buf_put(&b, email);
	hmac_sha256(str_from(app->code_key, sizeof app->code_key), buf_str(&b), mac);
	buf_release(&b);
	for (int i = 0; i < CONFIRM_CHARS; i++) {
		out[i] = digits[mac[i] & 31];
	}
	out[CONFIRM_CHARS] = '\0';
}

struct confirming {
	struct app *app;
	const struct errand *errand;
	struct mail_target target;
};

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct confirming *c = ctx;
	return mail_target(tx, c->app, c->errand->route, &c->target, e);
}

static bool begin_now(void *ctx, struct err *e)
{
	const struct confirming *c = ctx;
	return errand_begin(c->errand, e);
}

static void put_text(struct buf *to, struct str lang, const char *msgid, struct str city, struct str link)
{
	const struct tr_arg args[] = {TR_O("city", city), TR_O("link", link)};
	tr_put_plain(to, tr(lang, msgid), args, 2);
}

enum errand_end confirm_run(const struct errand *errand, void *ctx, struct err *why)
{
	struct confirming c = {.app = ctx, .errand = errand};
	struct arena arena;
	struct buf message, name, subject, text;
	struct post_answer answer = {.end = POST_AGAIN};
	char code[CONFIRM_CHARS + 1];
	enum errand_end end = ERRAND_AGAIN;
	arena_init(&arena, READ_BYTES);
	buf_init(&message, TEXT_BYTES);
	buf_init(&name, TEXT_BYTES);
	buf_init(&subject, TEXT_BYTES);
	buf_init(&text, TEXT_BYTES);
	if (!store_read(c.app->store, errand->route, &arena, read_job, &c, why)) {
		goto out;
	}
	const struct way_get_out *w = &c.target.row;
	if (!w->found || w->email_asked.n == 0 || !c.app->post || !c.app->has_mail) {
		end = ERRAND_DONE;
		goto out;
	}
	struct str lang = c.target.lang, local, domain = STR_EMPTY;
	const struct jurisdiction *home = c.app->catalogue ? catalogue_home(c.app) : NULL;
	struct str city = home ? text_in(&home->name, lang) : c.app->city_name;
	str_cut(c.app->mail_from, '@', &local, &domain);
	mail_confirm_code(c.app, errand->route, w->email_asked, w->asked_at, code);
	struct str link = arena_printf(&arena, "%.*s" PATH_WAYS "/%s/confirm/%s", STR_ARG(c.app->public_url),
	                               id_text(errand->route).c, code);
	put_text(&name, lang, N_("{city} City Hall"), city, link);
	put_text(&subject, lang, N_("Confirm your address"), city, link);
	put_text(&text, lang,
	         N_("Somebody asked {city} City Hall to tell this address when a message is waiting.\n\nIf it was you, "
	            "confirm it here: {link}\n\nIf not, do nothing.\n"),
	         city, link);
	struct mime_mail m = {
		.from_name = buf_str(&name),
		.from = c.app->mail_from,
		.to = w->email_asked,
		.subject = buf_str(&subject),
		.id = arena_printf(&arena, "confirm.%lld.%s@%.*s", (long long)w->asked_at, id_text(errand->route).c,
	                       STR_ARG(domain)),
		.lang = lang,
		.date_us = w->asked_at,
		.text = buf_str(&text),
	};
	if (!mime_put(&message, &m, why)) {
		end = ERRAND_FAILED;
		goto out;
	}
	struct post_mail mail = {.from = c.app->mail_from,
	                         .to = w->email_asked,
	                         .message = buf_str(&message),
	                         .point_of_no_return = begin_now,
	                         .ctx = &c};
	post_mail(c.app->post, &mail, &answer);
	/* A link is good for a while; who still waits asks for another one. */
	bool is_late = time_legal_us(&c.app->time) - w->asked_at > US_PER_DAY;
	end = answer.end == POST_AGAIN && !is_late ? ERRAND_AGAIN : answer.end == POST_TAKEN ? ERRAND_DONE : ERRAND_FAILED;
	err_set(why, ERR_BUSY, "the mail that asks for confirmation, code %d", answer.code);
out:
	buf_release(&message);
	buf_release(&name);
	buf_release(&subject);
	buf_release(&text);
	arena_release(&arena);
	return end;
}

/* The person presses the button again. */
enum errand_end confirm_unsure(const struct errand *errand, void *ctx, struct err *why)
{
	(void)errand;
	(void)ctx;
	(void)why;
	return ERRAND_DONE;
}
