#include "seed.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/cases/cases.h"
#include "app/cases/look_up.h"
#include "app/cases/moves.h"
#include "app/cases/serials.h"
#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.sql.h"
#include "app/people/accounts.h"
#include "app/people/admission.h"
#include "app/people/people.sql.h"
#include "app/rooms.h"
#include "base/caseno.h"
#include "base/rand.h"

enum { DRAFTS_OF_A_FIRM = 40 };

static void end(const char *what, const struct err *e)
{
	fprintf(stderr, "seed: %s: %s (%s:%d)\n", what, e->text, e->file ? e->file : "", e->line);
	exit(1);
}

static void *room_for(void *p, size_t n, size_t size)
{
	p = realloc(p, n * size + 1);
	if (p == NULL) {
		perror("seed");
		exit(1);
	}
	return p;
}

/* --- Many threads --------------------------------------------------------------------------------------------------
 */

struct share {
	size_t n;
	atomic_size_t next;
	void (*each)(void *ctx, size_t i);
	void *ctx;
};

static void *take_shares(void *arg)
{
	struct share *s = arg;
	size_t i;
	while ((i = atomic_fetch_add(&s->next, 1)) < s->n) {
		s->each(s->ctx, i);
	}
	return NULL;
}

void seed_in_parallel(size_t n, void (*each)(void *ctx, size_t i), void *ctx)
{
	struct share s = {.n = n, .each = each, .ctx = ctx};
	pthread_t threads[SEED_THREADS];
	for (int i = 0; i < SEED_THREADS; i++) {
		if (pthread_create(&threads[i], NULL, take_shares, &s) != 0) {
			perror("seed");
			exit(1);
		}
	}
	for (int i = 0; i < SEED_THREADS; i++) {
		pthread_join(threads[i], NULL);
	}
}

/* More threads than a database has connections: who waits too long asks again. */
static bool write_row(struct seed *s, struct store_op op, store_job *job, void *ctx, struct err *e)
{
	bool ok;
	do {
		ok = store_write(s->o.app.store, &op, job, ctx, e);
	} while (!ok && e->code == ERR_BUSY);
	return ok;
}

/* --- Opening -------------------------------------------------------------------------------------------------------
 */

static void put_text(struct buf *b, const char *id, size_t n)
{
	static const char words[] = "Quay house by the old rope walk, second floor on the left, room 12. ";
	buf_printf(b, ",\"%s\":\"", id);
	for (size_t i = 0; i < n; i++) {
		buf_put_byte(b, words[i % (sizeof words - 1)]);
	}
	buf_put_c(b, "\"");
}

/* Every question that is shown has an answer that keeps its rules; texts are as long as they may be. */
static void make_answers(struct buf *b)
{
	buf_init(b, 64 * 1024);
	buf_put_c(b,
	          "{\"legal-form\":\"limited\",\"founded\":\"2019-03-04\",\"representative-number\":"
	          "\"11010519491231002X\",\"capital\":\"250000000\",\"capital-shown-by\":\"audit\",\"floor-area\":\"85\","
	          "\"workplace-right\":\"rented\",\"lease-until\":\"2031-12-31\",\"facilities\":[\"interviews\",\"files\","
	          "\"office\",\"system\"],\"rules-cover\":[\"contracts\",\"pay\",\"insurance\",\"hours\",\"leave\","
	          "\"discipline\",\"disputes\"],\"workers\":\"40\",\"has-branch\":\"yes\",\"branch-kind\":\"abroad\","
	          "\"contact-phone\":\"+999205550123\",\"contact-email\":\"lin@kestrel.example\"");
	put_text(b, "representative-name", 100);
	put_text(b, "workplace-address", 400);
	put_text(b, "landlord", 200);
	put_text(b, "branch-place", 200);
	/* The rest up to the size that is measured. */
	size_t left = SEED_ANSWER_BYTES - b->n - strlen(",\"contact-name\":\"\"}");
	put_text(b, "contact-name", left < 100 ? left : 100);
	buf_put_c(b, "}");
}

void seed_open(struct seed *s, const char *data_dir)
{
	struct err e;
	struct words rest;
	char flag[4096];
	char *argv[] = {flag};
	snprintf(flag, sizeof flag, "--data=%s", data_dir);
	*s = (struct seed){0};
	opened_init(&s->o);
	if (!settings_read(&s->settings, 1, argv, NULL, &rest, &e) || !opened_offline(&s->o, &s->settings, "bench", &e) ||
	    !case_serials_new(&s->o.app.serials, &e)) {
		end("opening the data folder", &e);
	}
	s->is_open = true;
	s->service = catalogue_service(&s->o.app, STR("labour-dispatch-permit"));
	s->institution = s->service ? catalogue_institution_named(&s->o.app, s->service->institution) : NULL;
	if (s->institution == NULL) {
		fprintf(stderr, "seed: the demonstration pack has no labour dispatch permit\n");
		exit(1);
	}
	csrf_key_init(&s->csrf, s->o.keys.csrf);
	make_answers(&s->answers);
}

void seed_make_small(struct seed *s)
{
	s->is_small = true;
	buf_reset(&s->answers);
	buf_put_c(&s->answers,
	          "{\"kind\":\"light\",\"place\":\"Quay house by the old rope "
	          "walk\",\"since\":\"2026-03-04\",\"why\":\"The rope walk "
	          "is dark from November on, and those who come off the late ferry cannot see where the steps begin.\"}");
}

void seed_close(struct seed *s)
{
	if (s->is_open) {
		case_serials_free(s->o.app.serials);
		opened_close(&s->o);
		settings_release(&s->settings);
		s->is_open = false;
	}
}

void seed_sent(const char *data_dir)
{
	char path[512];
	sqlite3 *db = NULL;
	snprintf(path, sizeof path, "%s/cityhall.db", data_dir);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "delete from errand", NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "seed: %s: %s\n", path, sqlite3_errmsg(db));
		exit(1);
	}
	sqlite3_close(db);
}

void seed_free(struct seed *s)
{
	seed_close(s);
	buf_release(&s->answers);
	free(s->firms);
	free(s->officials);
	free(s->drafts);
}

/* --- People --------------------------------------------------------------------------------------------------------
 */

struct person_job {
	struct seed_person *p;
	int64_t now_us;
	int64_t institution; /* an official's; 0: somebody of a firm */
	uint8_t token[SHA256_BYTES];
};

static bool job_person(struct tx *tx, void *ctx, struct err *e)
{
	const struct person_job *j = ctx;
	const struct seed_person *p = j->p;
	struct str name = j->institution ? STR("Jonas Adeyemi") : STR("Lin Xiaohe");
	/* Last seen a little ahead, so that no request has to write it down: a person's earlier page would have. */
	if (!party_insert(tx, &(struct party_insert_in){.party = p->account, .kind = 1, .name = name, .made_at = j->now_us},
	                  e) ||
	    !account_insert(
			tx,
			&(struct account_insert_in){
				.account = p->account, .email = STR("x@y.example"), .lang = STR_EMPTY, .made_at = j->now_us},
			e) ||
	    !session_insert(tx,
	                    &(struct session_insert_in){.account = p->account,
	                                                .token = str_from(j->token, sizeof j->token),
	                                                .made_at = j->now_us,
	                                                .seen_at = j->now_us + 3600 * US_PER_S,
	                                                .device = STR("bench")},
	                    e)) {
		return false;
	}
	return j->institution
	           ? role_insert(tx,
	                         &(struct role_insert_in){.account = p->account,
	                                                  .institution = j->institution,
	                                                  .kind = ROLE_OFFICIAL,
	                                                  .made_at = j->now_us},
	                         e) &&
	                 account_has_roles(tx, &(struct account_has_roles_in){.account = p->account, .has_roles = true}, e)
	           : mandate_insert(tx,
	                            &(struct mandate_insert_in){.account = p->account,
	                                                        .party = p->party,
	                                                        .name = STR("Kestrel Staffing Ltd"),
	                                                        .made_at = j->now_us},
	                            e) &&
	                 account_has_mandates(tx, &(struct account_has_mandates_in){.account = p->account}, e);
}

static bool job_firm(struct tx *tx, void *ctx, struct err *e)
{
	const struct person_job *j = ctx;
	return party_insert(tx,
	                    &(struct party_insert_in){
							.party = j->p->party, .kind = 2, .name = STR("Kestrel Staffing Ltd"), .made_at = j->now_us},
	                    e);
}

static bool put_paper(struct seed *s, struct seed_person *p, struct err *e)
{
	static const char text[] = "a paper of 20 bytes.";
	int fd = memfd_create("paper", MFD_CLOEXEC);
	bool ok = fd >= 0 && pwrite(fd, text, sizeof text - 1, 0) == sizeof text - 1;
	ok = ok || err_errno(e, "a paper");
	while (ok && !blobs_put(s->o.app.blobs, p->party, fd, 1000, &p->paper, e)) {
		ok = e->code == ERR_BUSY && lseek(fd, 0, SEEK_SET) == 0;
	}
	if (fd >= 0) {
		close(fd);
	}
	return ok;
}

struct people {
	struct seed *s;
	struct seed_person *first;
	int64_t institution;
};

static void make_person(void *ctx, size_t i)
{
	const struct people *all = ctx;
	struct seed *s = all->s;
	struct seed_person *p = &all->first[i];
	struct err e;
	uint8_t secret[SID_BYTES];
	struct person_job j = {.p = p, .now_us = people_now_us(&s->o.app), .institution = all->institution};
	p->account = id_random();
	p->party = all->institution ? p->account : id_random();
	id_format(p->account, p->who);
	rand_bytes(secret, sizeof secret);
	base64url_32(secret, p->sid);
	csrf_token(&s->csrf, str_from(p->sid, SID_CHARS), p->csrf);
	sha256_of(str_from(p->sid, SID_CHARS), j.token);
	if (!write_row(s, (struct store_op){.route = p->account}, job_person, &j, &e) ||
	    (all->institution == 0 && !(write_row(s, (struct store_op){.route = p->party}, job_firm, &j, &e) &&
	                                (s->is_small || put_paper(s, p, &e))))) {
		end("an account", &e);
	}
}

void seed_firms(struct seed *s, size_t n)
{
	must(s->firm_n == 0); /* drafts point at them */
	s->firms = room_for(NULL, n, sizeof *s->firms);
	memset(s->firms, 0, n * sizeof *s->firms);
	s->firm_n = n;
	seed_in_parallel(n, make_person, &(struct people){s, s->firms, 0});
}

void seed_officials(struct seed *s, size_t n)
{
	s->officials = room_for(NULL, n, sizeof *s->officials);
	memset(s->officials, 0, n * sizeof *s->officials);
	s->official_n = n;
	seed_in_parallel(n, make_person, &(struct people){s, s->officials, s->institution->id});
}

/* --- Applications --------------------------------------------------------------------------------------------------
 */

struct draft_job {
	struct seed *s;
	const struct seed_draft *d;
	struct case_submit *submit; /* NULL: it stays a draft */
};

static bool add_file(struct tx *tx, const struct seed_draft *d, const char *question, struct err *e)
{
	struct str digest = str_from(d->firm->paper.digest, SHA256_BYTES);
	return file_insert(tx,
	                   &(struct file_insert_in){.party = d->firm->party,
	                                            .id = id_in_time(tx_now_us(tx)),
	                                            .casefile = d->id,
	                                            .question = str_of(question),
	                                            .filename = STR("paper.pdf"),
	                                            .digest = digest,
	                                            .bytes = d->firm->paper.bytes,
	                                            .pages_digest = digest,
	                                            .pages_bytes = d->firm->paper.bytes,
	                                            .layout = STR("[[1,1240,1754,0,20]]"),
	                                            .page_n = 1,
	                                            .added_at = tx_now_us(tx)},
	                   e);
}

static bool job_draft(struct tx *tx, void *ctx, struct err *e)
{
	const struct draft_job *j = ctx;
	const struct seed_draft *d = j->d;
	return draft_insert(tx,
	                    &(struct draft_insert_in){.party = d->firm->party,
	                                              .channel = CHANNEL_WEB,
	                                              .id = d->id,
	                                              .service = j->s->service->id,
	                                              .definition = str_from(j->s->service->digest, SHA256_BYTES),
	                                              .answers = buf_str(&j->s->answers),
	                                              .begun_by = d->firm->account,
	                                              .begun_at = tx_now_us(tx)},
	                    e) &&
	       (j->s->is_small || (add_file(tx, d, "capital-file", e) && add_file(tx, d, "workplace-file", e) &&
	                           add_file(tx, d, "rules-file", e) && add_file(tx, d, "agreement-file", e))) &&
	       (j->submit == NULL || case_submit_job(tx, j->submit, e));
}

void seed_case_row(struct seed *s, const struct seed_draft *d, struct casefile_insert_in *row, char number[32],
                   uint8_t code[16])
{
	struct app *app = &s->o.app;
	struct err e;
	struct caseno no;
	uint64_t serial;
	int64_t now_us = time_legal_us(&app->time);
	const struct calendar *calendar = s->institution->calendar;
	if (!case_serial_next(app, jurisdiction_id(STR("PL")), 2026, &serial, &e)) {
		end("a serial", &e);
	}
	must(caseno_make(STR("PL"), 2026, serial, &no));
	caseno_format(&no, number);
	rand_bytes(code, RECEIPT_CODE_BYTES);
	*row = (struct casefile_insert_in){
		.party = d->firm->party,
		.id = d->id,
		.number = str_of(number),
		.state = CASE_RECEIVED,
		.service = s->service->id,
		.institution = s->institution->id,
		.submitted_by = d->firm->account,
		.submitted_at = now_us,
		.channel = CHANNEL_WEB,
		.received_at = now_us,
		.calendar = calendar_id(calendar),
		.calendar_version = calendar_version(calendar),
		.given_until = now_us,
		.start_day = case_today(calendar, now_us),
	};
	case_rule_copy(&s->service->clock, row);
}

struct application_insert_in seed_case_wide(const struct seed *s, const uint8_t code[16])
{
	return (struct application_insert_in){.definition = str_from(s->service->digest, SHA256_BYTES),
	                                      .answers = buf_str(&s->answers),
	                                      .receipt_code = str_from(code, RECEIPT_CODE_BYTES)};
}

static void write_draft(struct seed *s, const struct seed_draft *d, struct case_submit *submit)
{
	struct err e;
	struct draft_job j = {s, d, submit};
	struct store_op op = {.route = d->firm->party};
	if (submit) {
		rand_bytes(op.id, sizeof op.id);
	}
	if (!write_row(s, op, job_draft, &j, &e)) {
		end("an application", &e);
	}
}

struct drafts {
	struct seed *s;
	size_t first;
};

static void make_draft(void *ctx, size_t i)
{
	const struct drafts *all = ctx;
	struct seed_draft *d = &all->s->drafts[all->first + i];
	d->firm = &all->s->firms[(all->first + i) % all->s->firm_n];
	d->id = id_in_time(time_legal_us(&all->s->o.app.time));
	write_draft(all->s, d, NULL);
}

void seed_drafts(struct seed *s, size_t n)
{
	struct drafts all = {s, s->draft_n};
	s->drafts = room_for(s->drafts, s->draft_n + n, sizeof *s->drafts);
	s->draft_n += n;
	if (s->draft_n > s->firm_n * DRAFTS_OF_A_FIRM) {
		fprintf(stderr, "seed: too many applications for %zu firms\n", s->firm_n);
		exit(1);
	}
	seed_in_parallel(n, make_draft, &all);
}

static void make_case(void *ctx, size_t i)
{
	struct seed *s = ctx;
	char number[32];
	uint8_t code[RECEIPT_CODE_BYTES];
	struct casefile_insert_in row;
	struct seed_draft d = {.firm = &s->firms[i % s->firm_n], .id = id_in_time(time_legal_us(&s->o.app.time))};
	seed_case_row(s, &d, &row, number, code);
	struct case_submit submit = {
		.row = &row,
		.wide = seed_case_wide(s, code),
		.draft_version = 1,
		.actor = d.firm->account,
		.applicant = STR("Kestrel Staffing Ltd"),
		.calendar = s->institution->calendar,
	};
	struct arena a;
	struct err e;
	arena_init(&a, 64 * 1024);
	if (!case_marks_of(&s->o.app, &a, row.number, code, &submit.marks, &e)) {
		fprintf(stderr, "seed: %s\n", e.text);
		exit(1);
	}
	write_draft(s, &d, &submit);
	arena_release(&a);
}

void seed_cases(struct seed *s, size_t n)
{
	enum { SUBSCRIBERS_MAX = 64 };
	struct event_subscriber subscribers[SUBSCRIBERS_MAX];
	size_t subscriber_n = 0;
	struct relay *relay;
	struct err e;
	for (const struct room *room = rooms; room->name; room++) {
		for (const struct event_subscriber *x = room->subscribers; x && x->name; x++) {
			must(subscriber_n < SUBSCRIBERS_MAX);
			subscribers[subscriber_n] = *x;
			subscribers[subscriber_n++].ctx = &s->o.app;
		}
	}
	if (!relay_start(s->o.app.store, subscribers, subscriber_n, &relay, &e)) {
		end("the relay", &e);
	}
	seed_in_parallel(n, make_case, s);
	while (!relay_drain(relay, 600 * US_PER_S)) {
	}
	relay_stop(relay);
}

/* --- Requests ------------------------------------------------------------------------------------------------------
 */

static void put_head(struct buf *to, const char *method, const struct seed_person *p, const char *path)
{
	/* What a browser of today sends. */
	buf_printf(to,
	           "%s %s HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) "
	           "Gecko/20100101 Firefox/128.0\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
	           "Accept-Language: en\r\nConnection: keep-alive\r\n",
	           method, path);
	if (p) {
		buf_printf(to, "Cookie: sid=%s; who=%s\r\n", p->sid, p->who);
	}
}

void seed_put_get(struct buf *to, const struct seed_person *p, const char *path)
{
	put_head(to, "GET", p, path);
	buf_put_c(to, "\r\n");
}

void seed_put_post(struct buf *to, const struct seed_person *p, const char *path, const char *fields)
{
	uint8_t op[OPID_BYTES];
	struct buf body;
	buf_init(&body, 64 * 1024);
	rand_bytes(op, sizeof op);
	buf_printf(&body, "csrf=%s&op=", p->csrf);
	buf_put_hex(&body, op, sizeof op);
	buf_printf(&body, "%s%s", *fields ? "&" : "", fields);
	put_head(to, "POST", p, path);
	buf_printf(to,
	           "Origin: http://localhost:8080\r\nSec-Fetch-Site: same-origin\r\nContent-Type: "
	           "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n",
	           body.n);
	buf_put(to, buf_str(&body));
	buf_release(&body);
}

void seed_put_submit(struct buf *to, const struct seed_draft *d)
{
	char path[64];
	snprintf(path, sizeof path, "/draft/%s/submit", id_text(d->id).c);
	seed_put_post(to, d->firm, path, "declaration=yes");
}
