#include "bare.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/cases/cases.sql.h"
#include "app/cases/look_up.h"
#include "app/cases/moves.h"
#include "app/desk/desk.sql.h"
#include "app/forms/draft.h"
#include "app/mail/mail.sql.h"
#include "app/statistics/statistics.sql.h"
#include "app/supervision/supervision.sql.h"
#include "base/rand.h"
#include "host.h"
#include "store/event.sql.h"
#include "store/timer.h"

enum { UNIT = 64, TELLS = 2, NAME_KEYS = 8, DUE_DAY = 20740 };

struct line { /* one submission, all that can be made ready */
	struct casefile_insert_in row;
	struct application_insert_in wide;
	char number[32];
	uint8_t code[RECEIPT_CODE_BYTES];
	struct receipt_key key;
	int64_t number_bucket, event, message, told[TELLS]; /* ids of events and of the message to the applicant */
	char open[600];
	struct store_op op;
	uint8_t leaf[SHA256_BYTES];
};

static const char closed[] = "{\"name\":\"Kestrel Staffing Ltd\"}";

static void end(const char *what, const struct err *e)
{
	fprintf(stderr, "bare writer: %s: %s\n", what, e->text);
	exit(1);
}

static void prepare(struct seed *s, const struct seed_draft *d, struct line *l)
{
	char hash[2 * SHA256_BYTES + 1] = "";
	seed_case_row(s, d, &l->row, l->number, l->code);
	l->wide = seed_case_wide(s, l->code);
	l->wide.party = l->row.party;
	l->wide.casefile = l->row.id;
	l->key = receipt_key_of(&s->o.app, l->code);
	l->number_bucket = number_bucket(l->row.number);
	for (int k = 0; k < SHA256_BYTES; k++) {
		snprintf(hash + 2 * k, 3, "%02x", l->key.hash[k]);
	}
	snprintf(
		l->open, sizeof l->open,
		"{\"state\":1,\"handler\":0,\"due\":20740,\"legal\":20747,\"stood\":0,\"number\":\"%s\",\"number_bucket\":%lld,"
		"\"typed\":%lld,\"receipt_bucket\":%lld,\"receipt_hash\":\"%s\",\"start\":20719,\"committed\":15,\"statutory\":"
		"20}",
		l->number, (long long)l->number_bucket, (long long)l->number_bucket, (long long)l->key.bucket, hash);
	l->op = (struct store_op){.route = l->row.party};
	rand_bytes(l->op.id, sizeof l->op.id);
	rand_bytes(l->op.digest, sizeof l->op.digest);
	rand_bytes(l->leaf, sizeof l->leaf);
}

/* --- Jobs ----------------------------------------------------------------------------------------------------------
 */

/* The message in the applicant's mailbox, and that the office prints a letter which says so. */
static bool tell(struct tx *tx, struct line *l, struct err *e)
{
	static const char *const kinds[TELLS] = {"posted", "letter-to-print"};
	int64_t now_us = tx_now_us(tx);
	l->message = id_in_time(now_us);
	struct message_insert_in message = {
		.party = l->row.party,
		.id = l->message,
		.kind = STR("received"),
		.casefile = l->row.id,
		.institution = l->row.institution,
		.service = l->row.service,
		.number = l->row.number,
		.posted_at = now_us,
	};
	struct notice_insert_in notice = {
		.party = l->row.party,
		.id = l->message,
		.message = l->message,
		.institution = l->row.institution,
		.way = 3,
		.state = 6,
		.name = STR("Kestrel Staffing Ltd"),
		.made_at = now_us,
	};
	if (!message_insert(tx, &message, e) || !notice_insert(tx, &notice, e)) {
		return false;
	}
	for (size_t i = 0; i < TELLS; i++) {
		struct event event = {
			.route = l->row.party,
			.room = STR("mail"),
			.kind = str_of(kinds[i]),
			.version = 1,
			.institution = l->row.institution,
			.service = l->row.service,
			.public_payload = STR("{\"message\":12345678901234567,\"kind\":\"received\",\"about\":12345678901234567}"),
			.personal_payload = i == 0 ? STR_EMPTY : str_of(closed),
		};
		if (!event_append(tx, &event, e)) {
			return false;
		}
		l->told[i] = event.id;
	}
	return true;
}

static bool keep_time(struct tx *tx, const struct line *l, struct err *e)
{
	struct case_step_insert_in step = {
		.party = l->row.party,
		.casefile = l->row.id,
		.id = l->event,
		.kind = 1,
		.n = 1,
		.unit = 2,
		.since_at = tx_now_us(tx),
		.since_day = l->row.start_day,
		.due_at = tx_now_us(tx) + US_PER_DAY,
		.due_day = l->row.start_day + 1,
	};
	return case_step_insert(tx, &step, e) &&
	       timer_set(tx, l->row.party, STR("cases.clock"), l->row.id, tx_now_us(tx) + 15 * US_PER_DAY, e);
}

static bool job_submit(struct tx *tx, void *ctx, struct err *e)
{
	struct line *l = ctx;
	struct event event = {
		.route = l->row.party,
		.room = STR("cases"),
		.kind = str_of(case_move_kind(MOVE_SUBMITTED)),
		.version = 1,
		.casefile = l->row.id,
		.institution = l->row.institution,
		.service = l->row.service,
		.actor = l->row.submitted_by,
		.public_payload = str_of(l->open),
		.personal_payload = str_of(closed),
	};
	tx_result(tx, 0, l->row.id);
	if (!draft_submit(tx, l->row.party, l->row.id, 1, e) || !casefile_insert(tx, &l->row, e) ||
	    !application_insert(tx, &l->wide, e) || !event_append(tx, &event, e)) {
		return false;
	}
	l->event = event.id;
	return tell(tx, l, e) && keep_time(tx, l, e);
}

struct unit {
	struct line **lines;
	size_t n;
	int64_t institution;
};

static bool applied(struct tx *tx, int64_t target, const char *subscriber, int64_t event, struct err *e)
{
	return applied_insert(
		tx, &(struct applied_insert_in){.target = target, .subscriber = str_of(subscriber), .event = event}, NULL, e);
}

/* Those of one name: every case of the bench is the same firm's. */
static int64_t s_hashes[NAME_KEYS];

static bool job_queue(struct tx *tx, void *ctx, struct err *e)
{
	const struct unit *u = ctx;
	for (size_t i = 0; i < u->n; i++) {
		const struct line *l = u->lines[i];
		if (!applied(tx, u->institution, "queue", l->event, e) ||
		    !participation_add(tx,
		                       &(struct participation_add_in){
								   .institution = u->institution, .casefile = l->row.id, .party = l->row.party},
		                       NULL, e) ||
		    !queue_add(tx,
		               &(struct queue_add_in){
						   .institution = u->institution,
						   .casefile = l->row.id,
						   .party = l->row.party,
						   .number = l->row.number,
						   .applicant = STR("Kestrel Staffing Ltd"),
						   .service = l->row.service,
						   .state = CASE_RECEIVED,
						   .due_day = DUE_DAY,
						   .has_begun_day = true,
						   .begun_day = l->row.start_day,
						   .committed = l->row.committed,
						   .statutory = l->row.statutory,
						   .event = l->event,
					   },
		               NULL, e)) {
			return false;
		}
	}
	return true;
}

/* What the desk finds a case by. */
static bool job_find(struct tx *tx, void *ctx, struct err *e)
{
	const struct unit *u = ctx;
	for (size_t i = 0; i < u->n; i++) {
		const struct line *l = u->lines[i];
		if (!applied(tx, u->institution, "found", l->event, e) ||
		    !found_add(tx,
		               &(struct found_add_in){.institution = u->institution,
		                                      .casefile = l->row.id,
		                                      .party = l->row.party,
		                                      .number = l->row.number,
		                                      .service = l->row.service,
		                                      .name = STR("Kestrel Staffing Ltd")},
		               NULL, e)) {
			return false;
		}
		for (int k = 0; k < NAME_KEYS; k++) {
			struct found_key_add_in in = {u->institution, s_hashes[k], l->row.id};
			if (!found_key_add(tx, &in, NULL, e)) {
				return false;
			}
		}
	}
	return true;
}

/* What heads, supervision and the month's figures count it by. */
static bool job_count(struct tx *tx, void *ctx, struct err *e)
{
	const struct unit *u = ctx;
	for (size_t i = 0; i < u->n; i++) {
		const struct line *l = u->lines[i];
		struct board_case_put_in board = {
			.institution = u->institution,
			.casefile = l->row.id,
			.party = l->row.party,
			.number = l->row.number,
			.service = l->row.service,
			.is_counted = true,
			.due_day = DUE_DAY,
			.event = l->event,
		};
		struct case_watch_put_in watch = {
			.institution = u->institution,
			.casefile = l->row.id,
			.party = l->row.party,
			.number = l->row.number,
			.service = l->row.service,
			.start_day = l->row.start_day,
			.came_day = l->row.start_day,
			.is_ready = true,
			.event = l->event,
		};
		struct counted_put_in counted = {
			.institution = u->institution,
			.casefile = l->row.id,
			.service = l->row.service,
			.start_day = l->row.start_day,
			.due_day = DUE_DAY,
			.stop = STR_EMPTY,
		};
		struct desk_mail_put_in letter = {
			.institution = u->institution,
			.notice = l->message,
			.party = l->row.party,
			.list = 1,
			.way = 3,
			.name = STR("Kestrel Staffing Ltd"),
			.event = l->told[1],
		};
		if (!applied(tx, u->institution, "board", l->event, e) || !board_case_put(tx, &board, NULL, e) ||
		    !board_total_add(tx, &(struct board_total_add_in){.institution = u->institution, .running = 1}, NULL, e) ||
		    !board_count_add(
				tx,
				&(struct board_count_add_in){.institution = u->institution, .service = l->row.service, .running = 1},
				NULL, e) ||
		    !board_due_add(tx, &(struct board_due_add_in){u->institution, DUE_DAY, 1}, NULL, e) ||
		    !board_day_add(
				tx, &(struct board_day_add_in){.institution = u->institution, .day = l->row.start_day, .running = 1},
				NULL, e) ||
		    !applied(tx, u->institution, "watch", l->event, e) || !case_watch_put(tx, &watch, NULL, e) ||
		    !applied(tx, u->institution, "statistics", l->event, e) || !counted_put(tx, &counted, e) ||
		    !service_figure_add(tx,
		                        &(struct service_figure_add_in){.institution = u->institution,
		                                                        .month = l->row.start_day / 30,
		                                                        .entered = l->row.start_day,
		                                                        .service = l->row.service,
		                                                        .kind = 1,
		                                                        .n = 1},
		                        e) ||
		    !day_figure_add(tx,
		                    &(struct day_figure_add_in){.institution = u->institution,
		                                                .day = l->row.start_day,
		                                                .service = l->row.service,
		                                                .cases = 1,
		                                                .applications = 1},
		                    e) ||
		    !applied(tx, u->institution, "mail", l->told[1], e) || !desk_mail_put(tx, &letter, NULL, e)) {
			return false;
		}
	}
	return true;
}

static bool job_number(struct tx *tx, void *ctx, struct err *e)
{
	const struct line *l = ctx;
	return applied(tx, l->number_bucket, "number", l->event, e) &&
	       number_add(
			   tx,
			   &(struct number_add_in){
				   .bucket = l->number_bucket, .number = l->row.number, .party = l->row.party, .casefile = l->row.id},
			   NULL, e);
}

static bool job_receipt(struct tx *tx, void *ctx, struct err *e)
{
	const struct line *l = ctx;
	return applied(tx, l->key.bucket, "receipt", l->event, e) &&
	       receipt_add(tx,
	                   &(struct receipt_add_in){.bucket = l->key.bucket,
	                                            .hash = str_from(l->key.hash, sizeof l->key.hash),
	                                            .party = l->row.party,
	                                            .casefile = l->row.id},
	                   NULL, e);
}

static bool job_log(struct tx *tx, void *ctx, struct err *e)
{
	const struct unit *u = ctx;
	int64_t position;
	if (!event_log_end(tx, &(struct event_log_end_in){EVENT_LOG}, &position, e)) {
		return false;
	}
	for (size_t i = 0; i < u->n; i++) {
		const struct line *l = u->lines[i];
		const int64_t events[] = {l->event, l->told[0], l->told[1]};
		for (size_t k = 0; k < sizeof events / sizeof events[0]; k++) {
			struct event_log_insert_in in = {EVENT_LOG, ++position, l->row.party, events[k],
			                                 str_from(l->leaf, sizeof l->leaf)};
			if (!outbox_done(tx, &(struct outbox_done_in){l->row.party, events[k]}, NULL, e) ||
			    !event_log_insert(tx, &in, e)) {
				return false;
			}
		}
	}
	return true;
}

static void write_background(struct store *store, int64_t route, store_job *job, void *ctx)
{
	struct err e;
	struct store_op op = {.route = route, .is_background = true};
	if (!store_write(store, &op, job, ctx, &e)) {
		end("read models", &e);
	}
}

/* --- Threads -------------------------------------------------------------------------------------------------------
 */

struct bare {
	struct seed *s;
	struct line *lines;
	size_t n;
	atomic_size_t next;
};

static void relay(struct bare *b, struct line **lines, size_t n)
{
	struct store *store = b->s->o.app.store;
	struct unit u = {lines, n, b->s->institution->id};
	write_background(store, u.institution, job_queue, &u);
	write_background(store, u.institution, job_find, &u);
	write_background(store, u.institution, job_count, &u);
	for (size_t i = 0; i < n; i++) {
		write_background(store, lines[i]->number_bucket, job_number, lines[i]);
		write_background(store, lines[i]->key.bucket, job_receipt, lines[i]);
	}
	write_background(store, EVENT_LOG, job_log, &u);
}

static void work(void *ctx, size_t thread)
{
	struct bare *b = ctx;
	struct line *mine[UNIT];
	size_t n = 0, i;
	struct err e;
	(void)thread;
	while ((i = atomic_fetch_add(&b->next, 1)) < b->n) {
		struct line *l = &b->lines[i];
		if (!store_write(b->s->o.app.store, &l->op, job_submit, l, &e)) {
			end("submission", &e);
		}
		mine[n++] = l;
		if (n == UNIT) {
			relay(b, mine, n);
			n = 0;
		}
	}
	if (n > 0) {
		relay(b, mine, n);
	}
}

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void bare_run(struct seed *s, size_t first, size_t n, struct bare_result *out)
{
	struct bare b = {.s = s, .n = n, .lines = calloc(n + 1, sizeof *b.lines)};
	if (b.lines == NULL || first + n > s->draft_n) {
		fprintf(stderr, "bare writer: no drafts left\n");
		exit(1);
	}
	rand_bytes(s_hashes, sizeof s_hashes);
	for (size_t i = 0; i < n; i++) {
		prepare(s, &s->drafts[first + i], &b.lines[i]);
	}
	double began = host_now_s(), cpu = cpu_s();
	seed_in_parallel(SEED_THREADS, work, &b);
	out->seconds = host_now_s() - began;
	out->cpu_us = (cpu_s() - cpu) * 1e6 / (double)n;
	free(b.lines);
}
