/* A store with mailboxes, a post process and a mail server, for the tests of notices. */
#ifndef CITYHALL_TESTS_MAIL_WORLD_H
#define CITYHALL_TESTS_MAIL_WORLD_H

#include "../post_process.h"
#include "../smtp_server.h"

#include "app/mail/bounce.h"
#include "app/mail/notice.h"
#include "app/people/people.sql.h"
#include "base/fault.h"
#include "os/file.h"
#include "store/column_keys.h"
#include "store/relay.h"

extern const struct store_schema event_schema;

#define NOW_US (INT64_C(1790000000) * US_PER_S) /* Monday, 21 September 2026 */
enum { OFFICE = 500, WAIT_US = 60000000 };

static const struct store_schema *const mail_schemas[] = {&event_schema, &people_schema, &mail_schema, NULL};

struct mail_world {
	struct app app;
	struct column_keys keys;
	struct event_subscriber subscribers[2];
	struct errand_kind kinds[4];
	struct errands *errands;
	struct err e;
};

#define world_ok(w, call)                                                      \
	do {                                                                       \
		if (!(call)) {                                                         \
			print_error("%s:%d: %s\n", (w)->e.file, (w)->e.line, (w)->e.text); \
			fail_msg("%s", #call);                                             \
		}                                                                      \
	} while (0)

static inline void world_open(struct mail_world *w, const char *dir, int64_t now_us)
{
	struct app *app = &w->app;
	*w = (struct mail_world){.keys = {.key_id = 1, .data_key = {1, 2, 3}, .hash_key = {4, 5, 6}}};
	time_source_fixed(&app->time, now_us);
	app->column_keys = &w->keys;
	app->city_name = STR("Port Linden");
	app->public_url = STR("https://hall.example.org");
	app->mail_from = STR("hall@example.org");
	app->mail_bounces = STR("bounces@example.org");
	app->has_mail = app->has_sms = true;
	memset(app->code_key, 7, sizeof app->code_key);
	struct store_options o = {
		.dir = str_of(dir), .schemas = mail_schemas, .time = &app->time, .column_keys = &w->keys, .readers = 4};
	world_ok(w, store_open(&o, &app->store, &w->e));
	world_ok(w, post_client_new(str_of(dir), &app->post, &w->e));
	w->subscribers[0] = mail_subscribers[0];
	w->subscribers[0].ctx = app;
	world_ok(w, relay_start(app->store, w->subscribers, 1, &app->relay, &w->e));
}

static inline void world_send(struct mail_world *w)
{
	size_t n = 0;
	for (const struct errand_kind *k = mail_errands; k->name; k++) {
		w->kinds[n] = *k;
		w->kinds[n++].ctx = &w->app;
	}
	world_ok(w, errands_start(w->app.store, NULL, &w->app.time, w->kinds, n, &w->errands, &w->e));
}

static inline void world_close(struct mail_world *w)
{
	errands_stop(w->errands);
	relay_stop(w->app.relay);
	post_client_free(w->app.post);
	store_close(w->app.store);
}

static inline void world_drain(struct mail_world *w)
{
	assert_true(errands_drain(w->errands, WAIT_US));
	assert_true(relay_drain(w->app.relay, WAIT_US));
}

/* --- A party and what is told to it --- */

static inline bool choose_job(struct tx *tx, void *ctx, struct err *e)
{
	struct way_insert_in in = *(const struct way_insert_in *)ctx;
	in.party = tx_route(tx);
	return way_insert(tx, &in, e);
}

static inline void choose(struct mail_world *w, int64_t party, enum mail_way way, const char *address)
{
	struct way_insert_in in = {.way = way,
	                           .email = way == WAY_EMAIL ? str_of(address) : STR_EMPTY,
	                           .phone = way == WAY_SMS ? str_of(address) : STR_EMPTY,
	                           .lang = STR("en")};
	struct store_op op = {.route = party};
	world_ok(w, store_write(w->app.store, &op, choose_job, &in, &w->e));
}

static inline bool tell_job(struct tx *tx, void *ctx, struct err *e)
{
	int64_t party = tx_route(tx);
	struct party_insert_in row = {
		.party = party, .kind = 1, .name = STR("Anna Berg"), .has_scheme = false, .made_at = tx_now_us(tx)};
	struct mail_message m = {.party = party,
	                         .kind = *(const enum mail_kind *)ctx,
	                         .casefile = 77,
	                         .institution = OFFICE,
	                         .service = STR("secret-service"),
	                         .words = STR("confidential words")};
	return party_insert(tx, &row, e) && mail_post(tx, &m, e);
}

/* Once a party. */
static inline void tell(struct mail_world *w, int64_t party, enum mail_kind kind)
{
	struct store_op op = {.route = party};
	world_ok(w, store_write(w->app.store, &op, tell_job, &kind, &w->e));
}

/* --- What came of it --- */

struct notices {
	struct notice_of_message_out rows[8];
	struct message_page_out messages[8];
	size_t n, message_n;
};

static inline bool notices_job(struct tx *tx, void *ctx, struct err *e)
{
	struct notices *l = ctx;
	struct message_page_rows messages;
	struct notice_of_message_rows rows;
	*l = (struct notices){0};
	if (!message_page_open(tx, &(struct message_page_in){.before = INT64_MAX, .most = 8, .party = tx_route(tx)},
	                       &messages, e)) {
		return false;
	}
	while (l->message_n < 8 && message_page_next(&messages, &l->messages[l->message_n])) {
		l->message_n++;
	}
	if (!message_page_close(&messages, e)) {
		return false;
	}
	for (size_t i = 0; i < l->message_n; i++) {
		if (!notice_of_message_open(
				tx, &(struct notice_of_message_in){.most = 8, .party = tx_route(tx), .message = l->messages[i].id},
				&rows, e)) {
			return false;
		}
		while (l->n < 8 && notice_of_message_next(&rows, &l->rows[l->n])) {
			l->n++;
		}
		if (!notice_of_message_close(&rows, e)) {
			return false;
		}
	}
	return true;
}

static inline struct notices notices_of(struct mail_world *w, int64_t party)
{
	static struct arena arena; /* what a test looks at lives until it looks again */
	struct notices l;
	arena_release(&arena);
	arena_init(&arena, 1 << 20);
	world_ok(w, store_read(w->app.store, party, &arena, notices_job, &l, &w->e));
	return l;
}

static inline int64_t state_of(struct mail_world *w, int64_t party)
{
	struct notices l = notices_of(w, party);
	return l.n > 0 ? l.rows[0].state : 0;
}

struct listed {
	int64_t list;
	struct desk_mail_page_out rows[64];
	size_t n;
};

static inline bool listed_job(struct tx *tx, void *ctx, struct err *e)
{
	struct listed *l = ctx;
	struct desk_mail_page_rows rows;
	l->n = 0;
	if (!desk_mail_page_open(tx, &(struct desk_mail_page_in){.most = 64, .institution = OFFICE, .list = l->list}, &rows,
	                         e)) {
		return false;
	}
	while (l->n < 64 && desk_mail_page_next(&rows, &l->rows[l->n])) {
		l->n++;
	}
	return desk_mail_page_close(&rows, e);
}

static inline size_t on_list(struct mail_world *w, enum mail_list list)
{
	struct arena arena;
	struct listed l = {.list = list};
	arena_init(&arena, 1 << 20);
	world_ok(w, store_read(w->app.store, OFFICE, &arena, listed_job, &l, &w->e));
	arena_release(&arena);
	return l.n;
}

#endif
