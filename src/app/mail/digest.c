/* One mail a day to an official, in the morning of a working day: how much waits, and what is due. Numbers and the way
 * in, no names. What is red does not wait for it: that is told at once by whoever raises it. */
#include "app/catalogue/catalogue.h"
#include "app/mail/mime.h"
#include "app/mail/notice.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "app/rooms.h"
#include "base/calendar.h"
#include "html/translate.h"
#include "os/post_client.h"

enum { READ_BYTES = 256 * 1024, TEXT_BYTES = 16 * 1024, MORNING_SECOND = 7 * 3600 };

/* The next morning in the city. */
static int64_t next_morning_us(struct app *app, int64_t now_us)
{
	const struct jurisdiction *home = app->catalogue ? catalogue_home(app) : NULL;
	if (!home || !home->zone) {
		return now_us + US_PER_DAY;
	}
	day_number day = zone_local(home->zone, now_us).day;
	int64_t at_us = zone_instant_us(home->zone, day, MORNING_SECOND);
	return at_us > now_us ? at_us : zone_instant_us(home->zone, day + 1, MORNING_SECOND);
}

/* --- Since when: from the first role on ----------------------------------------------------------------------------
 */

int64_t digest_target(const struct event *ev)
{
	return str_is(ev->room, "people") && str_is(ev->kind, "role_granted") ? ev->route : 0;
}

bool digest_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	return timer_set(tx, ev->route, STR(MAIL_DIGEST), ev->route, next_morning_us(ctx, tx_now_us(tx)), e);
}

static bool digest_fire(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct app *app = ctx;
	int64_t now_us = tx_now_us(tx);
	const struct institution *desk = app->catalogue ? catalogue_front_office(app) : NULL;
	bool is_working = desk == NULL || calendar_is_working(desk->calendar, catalogue_today(app));
	struct people_official who;
	/* An account that works nowhere any more needs no morning; a new role begins it again. */
	if (!people_official(tx, t->route, &who, e) || who.office_n == 0) {
		return who.office_n == 0;
	}
	return timer_set(tx, t->route, STR(MAIL_DIGEST), t->subject, next_morning_us(app, now_us), e) &&
	       (!is_working || errand_add(tx, t->route, STR(MAIL_DIGEST), t->subject, now_us, e));
}

const struct timer_kind mail_timers[] = {
	{.name = MAIL_DIGEST, .fire = digest_fire},
	{0},
};

/* --- The mail ------------------------------------------------------------------------------------------------------
 */

struct digest {
	struct app *app;
	const struct errand *errand;
	struct people_official who;
	struct mail_digest numbers;
};

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct digest *d = ctx;
	return people_official(tx, d->errand->route, &d->who, e);
}

static bool count(struct digest *d, struct err *e)
{
	for (size_t i = 0; i < d->who.office_n; i++) {
		for (const struct room *room = rooms; room->name; room++) {
			if (room->digest && !room->digest(d->app, d->errand->route, d->who.offices[i], &d->numbers, e)) {
				return false;
			}
		}
	}
	return true;
}

static bool begin_now(void *ctx, struct err *e)
{
	const struct digest *d = ctx;
	return errand_begin(d->errand, e);
}

static void put(struct buf *to, struct str lang, const char *msgid, int64_t n, struct str city, struct str link)
{
	const struct tr_arg args[] = {TR_N("n", n), TR_O("city", city), TR_O("link", link)};
	tr_put_plain(to, tr(lang, msgid), args, 3);
}

static enum errand_end send(struct digest *d, struct arena *a, struct err *why)
{
	struct app *app = d->app;
	const struct language *l = language_find(d->who.lang);
	struct str lang = str_of(l ? l->tag : languages[0].tag), local, domain = STR_EMPTY;
	const struct jurisdiction *home = app->catalogue ? catalogue_home(app) : NULL;
	struct str city = home ? text_in(&home->name, lang) : app->city_name;
	struct str link = arena_printf(a, "%.*s" PATH_QUEUE, STR_ARG(app->public_url));
	struct buf name, subject, text, message;
	struct post_answer answer = {.end = POST_REFUSED};
	int64_t now_us = time_legal_us(&app->time);
	buf_init(&name, TEXT_BYTES);
	buf_init(&subject, TEXT_BYTES);
	buf_init(&text, TEXT_BYTES);
	buf_init(&message, TEXT_BYTES);
	str_cut(app->mail_from, '@', &local, &domain);
	put(&name, lang, N_("{city} City Hall"), 0, city, link);
	put(&subject, lang, N_("Your queue today"), 0, city, link);
	put(&text, lang, N_("Cases of yours that wait for you: {n}\n"), d->numbers.mine, city, link);
	put(&text, lang, N_("Of these due by tomorrow, or late: {n}\n"), d->numbers.mine_due, city, link);
	put(&text, lang, N_("Due by tomorrow and taken by nobody: {n}\n"), d->numbers.free_due, city, link);
	put(&text, lang, N_("\nThe queue: {link}\n"), 0, city, link);
	struct mime_mail m = {
		.from_name = buf_str(&name),
		.from = app->mail_from,
		.to = d->who.email,
		.subject = buf_str(&subject),
		.id = arena_printf(a, "digest.%lld.%s@%.*s", (long long)(now_us / US_PER_DAY), id_text(d->errand->route).c,
	                       STR_ARG(domain)),
		.lang = lang,
		.date_us = now_us,
		.text = buf_str(&text),
	};
	enum errand_end end = ERRAND_FAILED;
	if (mime_put(&message, &m, why)) {
		struct post_mail mail = {.from = app->mail_from,
		                         .to = d->who.email,
		                         .message = buf_str(&message),
		                         .point_of_no_return = begin_now,
		                         .ctx = d};
		post_mail(app->post, &mail, &answer);
		/* Yesterday's is of no use today. */
		bool may_try = answer.end == POST_AGAIN && d->errand->tries < 6;
		end = answer.end == POST_TAKEN ? ERRAND_DONE : may_try ? ERRAND_AGAIN : ERRAND_FAILED;
		err_set(why, ERR_BUSY, "an official's daily mail, code %d", answer.code);
	}
	buf_release(&name);
	buf_release(&subject);
	buf_release(&text);
	buf_release(&message);
	return end;
}

enum errand_end digest_run(const struct errand *errand, void *ctx, struct err *why)
{
	struct digest d = {.app = ctx, .errand = errand};
	struct arena arena;
	enum errand_end end = ERRAND_AGAIN;
	arena_init(&arena, READ_BYTES);
	if (store_read(d.app->store, errand->route, &arena, read_job, &d, why) && count(&d, why)) {
		bool is_empty = d.numbers.mine + d.numbers.mine_due + d.numbers.free_due == 0;
		bool can_send = d.app->post && d.app->has_mail && d.who.email.n > 0 && d.who.office_n > 0;
		end = is_empty || !can_send ? ERRAND_DONE : send(&d, &arena, why);
	}
	arena_release(&arena);
	return end;
}

/* Perhaps it arrived; the next one comes tomorrow. */
enum errand_end digest_unsure(const struct errand *errand, void *ctx, struct err *why)
{
	(void)errand;
	(void)ctx;
	(void)why;
	return ERRAND_DONE;
}
