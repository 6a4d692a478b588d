/* What `store check` proves: each thing that can be wrong is put wrong, and must be named; put right, nothing is. */
#include <sodium.h>
#include <sys/mman.h>

#include "app/check.h"
#include "app/mail/mail.h"
#include "app/people/accounts.h"
#include "app/people/people.h"
#include "app/rooms.h"
#include "case_world.h"
#include "store/seal.h"

struct checked {
	struct world w;
	uint8_t public_key[32], secret[crypto_sign_SECRETKEYBYTES];
	char blobs[100], seal_log[100], scratch[100];
	char report[20000];
	struct case_at decided, asked;
};

static bool sign(void *ctx, struct str message, uint8_t signature[64], struct err *e)
{
	const struct checked *c = ctx;
	(void)e;
	return crypto_sign_detached(signature, NULL, (const unsigned char *)message.p, message.n, c->secret) == 0;
}

/* A case with an upload. */
static struct case_at with_file(struct checked *c)
{
	struct world *w = &c->w;
	struct case_at at = begin_draft(w);
	struct file_change change = {.state = DRAFT_OPEN,
	                             .file = {.party = at.party,
	                                      .id = id_in_time(NOW_US),
	                                      .casefile = at.id,
	                                      .question = STR("evidence"),
	                                      .filename = STR("licence.pdf"),
	                                      .layout = STR("[]")}};
	int fd = memfd_create("upload", 0);
	assert_int_equal(write(fd, "what was sent", 13), 13);
	lseek(fd, 0, SEEK_SET);
	world_ok(w, blobs_put(w->app.blobs, at.party, fd, 1000, &change.file.original, &w->e));
	lseek(fd, 0, SEEK_SET);
	world_ok(w, blobs_put(w->app.blobs, at.party, fd, 1000, &change.file.pages, &w->e));
	/* One that no row names. */
	lseek(fd, 5, SEEK_SET);
	struct blob_ref unnamed;
	world_ok(w, blobs_put(w->app.blobs, at.party, fd, 1000, &unnamed, &w->e));
	close(fd);
	struct store_op op = {.route = at.party};
	world_ok(w, store_write(w->app.store, &op, draft_job_add_file, &change, &w->e));
	at.draft_version = 2;
	return at;
}

static int set_up(void **state)
{
	struct checked *c = calloc(1, sizeof *c);
	struct world *w = &c->w;
	struct sealer *sealer;
	struct err e;
	world_open(w);
	assert_true(sodium_init() >= 0);
	crypto_sign_keypair(c->public_key, c->secret);
	snprintf(c->blobs, sizeof c->blobs, "%s.blobs", w->dir);
	snprintf(c->seal_log, sizeof c->seal_log, "%s/seal.log", w->dir);
	snprintf(c->scratch, sizeof c->scratch, "%s.scratch", w->dir);
	world_ok(w, blobs_open(str_of(c->blobs), c->public_key, &w->app.blobs, &w->e));
	w->subscribers[w->subscriber_n++] = people_subscribers[0];
	w->subscribers[w->subscriber_n++] = mail_subscribers[0];
	world_relay(w);
	/* Before the moves: the account. */
	struct person_spec spec = {.name = STR("Jonas Adeyemi"), .email = STR("jonas@example.org"), .hash = "x"};
	int64_t account, firm;
	world_ok(w, people_add_person(w->app.store, &w->keys, &spec, &account, &w->e));
	world_ok(w, people_add_organisation(w->app.store, STR("Kestrel"), STR_EMPTY, STR_EMPTY, &firm, &w->e));
	world_ok(w, people_give_mandate(w->app.store, account, firm, 0, &w->e));
	world_ok(w, people_set_role(w->app.store, account, ROLE_OFFICIAL, w->institution->id, true, 0, &w->e));
	c->decided = with_file(c);
	struct store_op op = {.route = c->decided.party, .id = {1, 2, 3}};
	struct mover m = {.actor = APPLICANT, .op = &op, .number = STR("PL-2026-000001-13"), .code = {1}};
	world_ok(w, make_move(w, MOVE_SUBMITTED, &c->decided, &m, &w->e));
	c->decided.version = 1;
	must_move(w, MOVE_TAKEN, &c->decided);
	must_move(w, MOVE_DECIDED, &c->decided);
	c->asked = begin_draft(w);
	m = (struct mover){.actor = APPLICANT, .number = STR("PL-2026-000002-12"), .code = {2}};
	world_ok(w, make_move(w, MOVE_SUBMITTED, &c->asked, &m, &w->e));
	c->asked.version = 1;
	must_move(w, MOVE_TAKEN, &c->asked);
	must_move(w, MOVE_ASKED, &c->asked);
	relayed(w);
	relay_stop(w->app.relay);
	w->app.relay = NULL;
	struct seal_options seal = {.store = w->app.store,
	                            .outside_path = str_of(c->seal_log),
	                            .sign = sign,
	                            .sign_ctx = c,
	                            .every_us = 3600 * US_PER_S};
	assert_true(sealer_start(&seal, &sealer, &e));
	sealer_stop(sealer);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct checked *c = *state;
	char command[300];
	blobs_close(c->w.app.blobs);
	world_close(&c->w);
	snprintf(command, sizeof command, "rm -rf '%s'", c->blobs);
	assert_int_equal(system(command), 0);
	free(c);
	return 0;
}

/* How much is wrong; what is said goes to c->report. */
static uint64_t check(struct checked *c)
{
	struct buf report;
	uint64_t wrong;
	buf_init(&report, sizeof c->report - 1);
	struct check_options o = {.app = &c->w.app,
	                          .schemas = world_schemas,
	                          .rooms = rooms,
	                          .scratch = str_of(c->scratch),
	                          .seal_log = str_of(c->seal_log)};
	memcpy(o.public_key, c->public_key, sizeof o.public_key);
	world_ok(&c->w, check_all(&o, &report, &wrong, &c->w.e));
	snprintf(c->report, sizeof c->report, "%.*s", STR_ARG(buf_str(&report)));
	buf_release(&report);
	assert_int_equal(access(c->scratch, F_OK), -1);
	return wrong;
}

static void assert_said(const struct checked *c, const char *words)
{
	if (!strstr(c->report, words)) {
		fail_msg("does not say \"%s\":\n%s", words, c->report);
	}
}

static void assert_well(struct checked *c)
{
	if (check(c) != 0) {
		fail_msg("something is wrong:\n%s", c->report);
	}
}

/* Puts it wrong, sees it named, puts it right. */
static void names(struct checked *c, const char *wrong, const char *right, const char *words)
{
	sql_run(&c->w, wrong);
	assert_true(check(c) > 0);
	assert_said(c, words);
	sql_run(&c->w, right);
	assert_well(c);
}

static void what_is_right_is_counted(void **state)
{
	struct checked *c = *state;
	assert_well(c);
	assert_said(c, "ok     database: whole");
	assert_said(c, "ok     seal: 16 events in 1 seals");
	assert_said(c, "ok     operations: 1 of");
	assert_said(c, "ok     read models: 31 rows");
	assert_said(c, "ok     accounts: 3 ");
	assert_said(c, "ok     files: 1 are there and whole; of 2 stored, 1 are named by no row");
	assert_said(c, "ok     casefiles: 2 agree");
}

static void a_changed_event_and_a_changed_seal_are_named(void **state)
{
	names(*state, "update event set actor = actor + 1 where kind = 'decided'",
	      "update event set actor = actor - 1 where kind = 'decided'", "WRONG  seal: batch 1: event ");
	names(*state, "update seal set sealed_at = sealed_at + 1", "update seal set sealed_at = sealed_at - 1",
	      "WRONG  seal: seal 1 was changed");
}

static void an_operation_that_cannot_be_is_named(void **state)
{
	names(*state, "update operation set recorded_at = recorded_at + 1000000000000",
	      "update operation set recorded_at = recorded_at - 1000000000000", "WRONG  operations: an operation of ");
}

static void read_models_that_differ_from_their_events_are_named(void **state)
{
	struct checked *c = *state;
	names(c, "update queue set state = state + 1", "update queue set state = state - 1",
	      "the row is not what its events give");
	assert_well(c);
	names(c, "update queue set casefile = casefile + 1", "update queue set casefile = casefile - 1",
	      "an encrypted value does not open");
	names(c, "update participation set party = party + 1", "update participation set party = party - 1",
	      "WRONG  read models: participation of ");
	names(c, "update participation set institution = institution + 1",
	      "update participation set institution = institution - 1", "the row that its events give is missing");
	names(c, "update number_lookup set bucket = bucket - 1", "update number_lookup set bucket = bucket + 1",
	      "WRONG  read models: number_lookup of ");
	names(c, "update receipt_lookup set casefile = casefile + 1", "update receipt_lookup set casefile = casefile - 1",
	      "WRONG  read models: receipt_lookup of ");
	names(c, "update staff set kind = kind + 1", "update staff set kind = kind - 1", "WRONG  read models: staff of ");
}

static void an_erased_name_is_no_difference(void **state)
{
	struct checked *c = *state;
	sql_run(&c->w, "delete from event_payload");
	assert_well(c);
}

static void events_that_are_still_on_their_way_are_no_difference(void **state)
{
	struct checked *c = *state;
	struct mover m = rightful(MOVE_RECALLED);
	world_ok(&c->w, make_move(&c->w, MOVE_RECALLED, &c->decided, &m, &c->w.e));
	assert_well(c);
}

static void references_that_lead_nowhere_are_named(void **state)
{
	struct checked *c = *state;
	names(c, "update casefile set decision = decision + 1 where decision > 0",
	      "update casefile set decision = decision - 1 where decision > 0", "the decision that it names is missing");
	names(c, "update casefile set correction = correction + 1 where correction > 0",
	      "update casefile set correction = correction - 1 where correction > 0",
	      "the correction that it names is missing");
	names(c, "update draft set state = state + 10", "update draft set state = state - 10", "was never submitted");
	names(c, "update draft set state = 5 - state", "update draft set state = 5 - state", "papers can");
	names(c, "update casefile set version = version + 1", "update casefile set version = version - 1",
	      "it has not one event for each move");
	names(c, "update casefile set state = state + 1", "update casefile set state = state - 1",
	      "its state is not the one of its newest event");
	names(c, "update casefile set number = number || 'x'",
	      "update casefile set number = substr(number, 1, length(number) - 1)", "its number is not the one");
	names(c, "update file set casefile = casefile + 1", "update file set casefile = casefile - 1",
	      "that it belongs to is missing");
	names(c, "update mandate set party = party + 1", "update mandate set party = party - 1",
	      "the organisation that it acts for is missing");
	names(c, "update account set account = account + 1", "update account set account = account - 1",
	      "it has a role, but is missing");
	names(c, "update party set party = party + 1", "update party set party = party - 1",
	      "the person that it belongs to is missing");
}

static void a_file_that_is_gone_or_changed_is_named(void **state)
{
	struct checked *c = *state;
	names(c, "update file set bytes = bytes + 1", "update file set bytes = bytes - 1", "the file cannot be read");
	names(c, "update file set pages_bytes = pages_bytes + 1", "update file set pages_bytes = pages_bytes - 1",
	      "the container of its pictures cannot be read");
	char command[300];
	snprintf(command, sizeof command, "find '%s' -type f -delete", c->blobs);
	assert_int_equal(system(command), 0);
	assert_int_equal(check(c), 2);
	assert_said(c, "WRONG  files: ");
}

static void documents_that_do_not_fit_are_named(void **state)
{
	struct checked *c = *state;
	struct case_at at = case_in(&c->w, CASE_CLOSED);
	must_move(&c->w, MOVE_MADE_OUT, &at); /* with a statement and a paper that are none */
	assert_int_equal(check(c), 2);
	assert_said(c, "its document's statement names another number");
	assert_said(c, "the PDF of a paper cannot be read");
	sql_run(&c->w, "update credential set made_at = made_at - 6000000000");
	sql_run(&c->w, "delete from print");
	struct credential_get_out nobodys = {.party = 1, .casefile = 2, .id = 3, .code = STR("0000000000000000")};
	world_ok(&c->w, credential_publish(&c->w.app, &nobodys, &c->w.e));
	assert_int_equal(check(c), 2);
	assert_said(c, "WRONG  documents: 0000000000002: a code leads to its document, which is missing");
}

static void after_twenty_of_a_kind_the_rest_is_counted(void **state)
{
	struct checked *c = *state;
	for (int i = 0; i < 25; i++) {
		char sql[200];
		snprintf(sql, sizeof sql, "insert into participation (institution, casefile, party, part) values (5, %d, 6, 0)",
		         i + 1);
		sql_run(&c->w, sql);
	}
	assert_int_equal(check(c), 25);
	assert_said(c, "and 5 more");
}

int main(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(what_is_right_is_counted),
		WITH(a_changed_event_and_a_changed_seal_are_named),
		WITH(an_operation_that_cannot_be_is_named),
		WITH(read_models_that_differ_from_their_events_are_named),
		WITH(an_erased_name_is_no_difference),
		WITH(events_that_are_still_on_their_way_are_no_difference),
		WITH(references_that_lead_nowhere_are_named),
		WITH(a_file_that_is_gone_or_changed_is_named),
		WITH(documents_that_do_not_fit_are_named),
		WITH(after_twenty_of_a_kind_the_rest_is_counted),
	};
#undef WITH
	return cmocka_run_group_tests(tests, NULL, NULL);
}
