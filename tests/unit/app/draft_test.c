/* Drafts: the jobs on their rows in every order, and what the rooms after this one read. */
#include "city.h"

#include "app/catalogue/catalogue.h"
#include "app/forms/draft.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.h"
#include "app/forms/forms.sql.h"
#include "app/forms/intake.h"
#include "app/installation/installation.sql.h"
#include "app/mail/mail.sql.h"
#include "base/json.h"
#include "os/render_client.h"

static const struct store_schema *const schemas[] = {&event_schema, &installation_schema, &people_schema,
                                                     &mail_schema,  &forms_schema,        NULL};

enum { PARTY = 1001, OTHER = 1002 };
#define KEEP_US (30 * US_PER_DAY)
#define WAIT_US (20 * US_PER_S)

static int set_up(void **state)
{
	struct city *c = malloc(sizeof *c);
	city_found(c, schemas);
	c->app.draft_keep_us = KEEP_US;
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	city_close(*state);
	free(*state);
	return 0;
}

static bool write_at(struct city *c, int64_t party, store_job *job, void *ctx)
{
	struct store_op op = {.route = party};
	return store_write(c->app.store, &op, job, ctx, &c->e);
}

static void begin(struct city *c, int64_t party, int64_t id)
{
	struct draft_begin b = {
		.party = party, .id = id, .begun_by = party, .keep_us = KEEP_US, .service = STR("permit"), .definition = {7}};
	city_ok(c, write_at(c, party, draft_job_begin, &b));
}

struct look {
	int64_t party, id;
	struct draft d;
	struct file_list files;
};

static bool job_look(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	return draft_get(tx, l->party, l->id, &l->d, e) && files_of(tx, l->party, l->id, &l->files, e);
}

static struct look look(struct city *c, int64_t party, int64_t id)
{
	struct look l = {.party = party, .id = id};
	city_ok(c, store_read(c->app.store, party, &c->arena, job_look, &l, &c->e));
	return l;
}

static bool save(struct city *c, int64_t id, const char *question, const char *value)
{
	struct str v = str_of(value);
	struct answer a = {.question = str_of(question), .values = &v, .value_n = *value != '\0'};
	struct draft_save s = {.party = PARTY, .id = id, .page = {&a, 1}};
	return write_at(c, PARTY, draft_job_save, &s);
}

struct submission {
	int64_t party, id, version;
};

static bool job_submit(struct tx *tx, void *ctx, struct err *e)
{
	const struct submission *s = ctx;
	return draft_submit(tx, s->party, s->id, s->version, e);
}

static bool job_correction_begin(struct tx *tx, void *ctx, struct err *e)
{
	const struct submission *s = ctx;
	return draft_correction_begin(tx, s->party, s->id, e);
}

static bool job_correction_end(struct tx *tx, void *ctx, struct err *e)
{
	const struct submission *s = ctx;
	return draft_correction_end(tx, s->party, s->id, s->version, e);
}

static bool correction(struct city *c, store_job *job, int64_t id, int64_t version)
{
	struct submission s = {PARTY, id, version};
	return write_at(c, PARTY, job, &s);
}

static bool submit(struct city *c, int64_t id, int64_t version)
{
	struct submission s = {PARTY, id, version};
	return write_at(c, PARTY, job_submit, &s);
}

static void draft_begun_twice_with_one_operation_is_one_draft(void **state)
{
	struct city *c = *state;
	struct draft_begin one = {.party = PARTY, .id = 5, .begun_by = PARTY, .service = STR("permit")};
	struct draft_begin two = {.party = PARTY, .id = 6, .begun_by = PARTY, .service = STR("permit")};
	struct store_op op = {.route = PARTY, .id = {1}, .digest = {2}};
	struct store_op again = op;
	city_ok(c, store_write(c->app.store, &op, draft_job_begin, &one, &c->e));
	city_ok(c, store_write(c->app.store, &again, draft_job_begin, &two, &c->e));
	assert_int_equal(op.result[0], 5);
	assert_int_equal(again.result[0], 5);
	assert_true(again.is_replay);
}

static void two_tabs_on_two_pages_both_count(void **state)
{
	struct city *c = *state;
	begin(c, PARTY, 5);
	struct look stale = look(c, PARTY, 5); /* what both tabs were shown */
	assert_int_equal(stale.d.version, 1);
	assert_true(save(c, 5, "name", "Hai An"));
	assert_true(save(c, 5, "area", "85"));
	assert_str(look(c, PARTY, 5).d.answers_json, "{\"name\":\"Hai An\",\"area\":\"85\"}");
	assert_true(save(c, 5, "name", "Hai Bei"));
	assert_true(save(c, 5, "area", ""));
	struct look now = look(c, PARTY, 5);
	assert_str(now.d.answers_json, "{\"name\":\"Hai Bei\"}");
	assert_int_equal(now.d.version, 5);
}

static void submission_happens_once_at_the_version_that_was_read(void **state)
{
	struct city *c = *state;
	begin(c, PARTY, 5);
	assert_true(save(c, 5, "name", "Hai An"));
	assert_false(submit(c, 5, 1)); /* an answer came in between */
	assert_int_equal(c->e.code, ERR_CONFLICT);
	assert_int_equal(look(c, PARTY, 5).d.state, DRAFT_OPEN);
	assert_true(submit(c, 5, 2));
	assert_false(submit(c, 5, 2));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	assert_false(submit(c, 5, 3));
	assert_int_equal(look(c, PARTY, 5).d.state, DRAFT_SUBMITTED);
}

static void nothing_changes_after_submission(void **state)
{
	struct city *c = *state;
	begin(c, PARTY, 5);
	assert_true(save(c, 5, "name", "Hai An"));
	assert_true(submit(c, 5, 2));
	assert_false(save(c, 5, "name", "Hai Bei"));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	struct draft_save d = {.party = PARTY, .id = 5};
	assert_false(write_at(c, PARTY, draft_job_discard, &d));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	struct file_change f = {.state = DRAFT_OPEN, .file = {.party = PARTY, .id = 50, .casefile = 5}};
	f.file.question = f.file.filename = f.file.layout = STR("[]");
	assert_false(write_at(c, PARTY, draft_job_add_file, &f));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	assert_str(look(c, PARTY, 5).d.answers_json, "{\"name\":\"Hai An\"}");
}

/* Every order of two jobs that race: the one that comes second sees the first or is refused, never half of it. */
static void every_pair_of_jobs_in_both_orders(void **state)
{
	struct city *c = *state;
	enum { SAVE, SUBMIT, DISCARD, ADD, REMOVE, JOBS };
	int64_t id = 100;
	for (int first = 0; first < JOBS; first++) {
		for (int second = 0; second < JOBS; second++, id += 10) {
			begin(c, PARTY, id);
			struct file_change f = {.state = DRAFT_OPEN,
			                        .file = {.party = PARTY,
			                                 .id = id + 1,
			                                 .casefile = id,
			                                 .question = STR("q"),
			                                 .filename = STR("f"),
			                                 .layout = STR("[]")}};
			struct file_change added = f;
			added.file.id = id + 2;
			city_ok(c, write_at(c, PARTY, draft_job_add_file, &f));
			int64_t version = look(c, PARTY, id).d.version; /* both read this */
			bool done[2] = {false, false};
			for (int i = 0; i < 2; i++) {
				int job = i == 0 ? first : second;
				struct draft_save gone = {.party = PARTY, .id = id};
				done[i] = job == SAVE      ? save(c, id, "name", "x")
				          : job == SUBMIT  ? submit(c, id, version)
				          : job == DISCARD ? write_at(c, PARTY, draft_job_discard, &gone)
				          : job == ADD     ? write_at(c, PARTY, draft_job_add_file, &added)
				                           : write_at(c, PARTY, draft_job_remove_file, &f);
				added.file.id++;
				assert_true(done[i] || c->e.code == ERR_CONFLICT);
			}
			assert_true(done[0]);
			bool is_ended = first == SUBMIT || first == DISCARD;
			assert_int_equal(done[1], !is_ended && second != SUBMIT);
			struct look l = {.party = PARTY, .id = id};
			bool is_there = store_read(c->app.store, PARTY, &c->arena, job_look, &l, &c->e);
			bool is_discarded = first == DISCARD || (done[1] && second == DISCARD);
			assert_int_equal(is_there, !is_discarded);
			if (is_there && (first == SUBMIT || (done[1] && second == SUBMIT))) {
				assert_int_equal(l.d.state, DRAFT_SUBMITTED);
			}
			if (is_there) { /* room for the next */
				struct draft_save gone = {.party = PARTY, .id = id};
				(void)!write_at(c, PARTY, draft_job_discard, &gone);
			}
		}
	}
}

static void files_are_kept_and_go_with_the_draft(void **state)
{
	struct city *c = *state;
	begin(c, PARTY, 5);
	struct file_change f = {.state = DRAFT_OPEN,
	                        .file = {.party = PARTY,
	                                 .id = 51,
	                                 .casefile = 5,
	                                 .question = STR("lease"),
	                                 .filename = STR("契约.pdf"),
	                                 .layout = STR("[[1,10,20,0,30]]"),
	                                 .page_n = 1}};
	f.file.original = (struct blob_ref){.party = PARTY, .digest = {1}, .bytes = 77};
	f.file.pages = (struct blob_ref){.party = PARTY, .digest = {2}, .bytes = 30};
	city_ok(c, write_at(c, PARTY, draft_job_add_file, &f));
	struct look l = look(c, PARTY, 5);
	assert_int_equal(l.files.n, 1);
	assert_str(l.files.items[0].filename, "契约.pdf");
	assert_int_equal(l.files.items[0].original.bytes, 77);
	assert_int_equal(l.files.items[0].pages.digest[0], 2);
	assert_int_equal(files_count(&l.files, STR("lease")), 1);
	struct file_page *pages = NULL;
	size_t n = 0;
	city_ok(c, file_pages(&c->arena, &l.files.items[0], &pages, &n, &c->e));
	assert_int_equal(n, 1);
	assert_int_equal(pages[0].width, 10);
	assert_string_equal(pages[0].content_type, page_content_type(PAGE_JPEG));
	bool is_named = false;
	city_ok(c, file_blob_is_named(c->app.store, PARTY, f.file.pages.digest, &is_named, &c->e));
	assert_true(is_named);
	city_ok(c, file_blob_is_named(c->app.store, OTHER, f.file.pages.digest, &is_named, &c->e));
	assert_false(is_named); /* blobs are never shared between parties */
	struct draft_save d = {.party = PARTY, .id = 5};
	city_ok(c, write_at(c, PARTY, draft_job_discard, &d));
	city_ok(c, file_blob_is_named(c->app.store, PARTY, f.file.pages.digest, &is_named, &c->e));
	assert_false(is_named);
}

static void file_removed_in_a_correction_is_kept_for_the_record(void **state)
{
	struct city *c = *state;
	begin(c, PARTY, 5);
	struct file_change f = {.state = DRAFT_OPEN,
	                        .file = {.party = PARTY,
	                                 .id = 51,
	                                 .casefile = 5,
	                                 .question = STR("lease"),
	                                 .filename = STR("a.pdf"),
	                                 .layout = STR("[]")}};
	city_ok(c, write_at(c, PARTY, draft_job_add_file, &f));
	assert_true(submit(c, 5, 2));
	f.state = DRAFT_CORRECTING;
	f.file.id = 52;
	assert_false(write_at(c, PARTY, draft_job_add_file, &f)); /* nothing is asked for */
	assert_int_equal(c->e.code, ERR_CONFLICT);
	assert_true(correction(c, job_correction_begin, 5, 0));
	f.file.id = 51;
	city_ok(c, write_at(c, PARTY, draft_job_remove_file, &f));
	f.file.id = 52;
	city_ok(c, write_at(c, PARTY, draft_job_add_file, &f));
	struct look l = look(c, PARTY, 5);
	assert_int_equal(l.files.n, 2);
	assert_true(l.files.items[0].is_replaced);
	assert_int_equal(files_count(&l.files, STR("lease")), 1);
	/* Sent from this tab while that one took a file away: not at the version that was looked at. */
	assert_false(correction(c, job_correction_end, 5, l.d.version - 1));
	assert_int_equal(c->e.code, ERR_CONFLICT);
	assert_true(correction(c, job_correction_end, 5, l.d.version));
	/* An upload that began before the answer and comes after it. */
	f.file.id = 53;
	assert_false(write_at(c, PARTY, draft_job_add_file, &f));
	f.file.id = 52;
	assert_false(write_at(c, PARTY, draft_job_remove_file, &f));
	assert_int_equal(look(c, PARTY, 5).files.n, 2);
	assert_int_equal(look(c, PARTY, 5).d.state, DRAFT_SUBMITTED);
}

static void layouts_that_point_outside_are_refused(void **state)
{
	struct city *c = *state;
	static const char *const bad[] = {"",
	                                  "{}",
	                                  "[[1,10,20,0]]",
	                                  "[[1,10,20,0,31]]",
	                                  "[[1,10,20,-1,10]]",
	                                  "[[9,10,20,0,10]]",
	                                  "[[1,10,20,25,10]]",
	                                  "[[1,10,20,9223372036854775807,9223372036854775807]]",
	                                  "[[1,10,20,0,10],[1,10,20,0,10]]",
	                                  "[[\"1\",10,20,0,10]]"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct file_row f = {.layout = str_of(bad[i]), .page_n = 1, .pages = {.bytes = 30}};
		struct file_page *pages = NULL;
		size_t n = 0;
		if (file_pages(&c->arena, &f, &pages, &n, &c->e)) {
			fail_msg("accepted: %s", bad[i]);
		}
	}
}

static void answers_and_names_of_files_are_not_readable_in_the_store(void **state)
{
	SQLITE_ONLY();
	struct city *c = *state;
	begin(c, PARTY, 5);
	assert_true(save(c, 5, "name", "Unmistakable-Answer"));
	struct file_change f = {.state = DRAFT_OPEN,
	                        .file = {.party = PARTY,
	                                 .id = 51,
	                                 .casefile = 5,
	                                 .question = STR("lease"),
	                                 .filename = STR("Unmistakable-File.pdf"),
	                                 .layout = STR("[]")}};
	city_ok(c, write_at(c, PARTY, draft_job_add_file, &f));
	char path[200];
	struct buf b;
	buf_init(&b, 64 << 20);
	snprintf(path, sizeof path, "%s/cityhall.db-wal", c->dir);
	FILE *in = fopen(path, "rb");
	char chunk[4096];
	for (size_t n; in && (n = fread(chunk, 1, sizeof chunk, in)) > 0;) {
		buf_put_bytes(&b, chunk, n);
	}
	if (in) {
		fclose(in);
	}
	assert_true(b.n > 0);
	assert_true(str_find(buf_str(&b), STR("Unmistakable")) == SIZE_MAX);
	buf_release(&b);
}

static void parties_do_not_see_each_others_drafts(void **state)
{
	struct city *c = *state;
	begin(c, PARTY, 5);
	struct look l = {.party = OTHER, .id = 5};
	assert_false(store_read(c->app.store, OTHER, &c->arena, job_look, &l, &c->e));
	assert_int_equal(c->e.code, ERR_NOT_FOUND);
	struct str v = STR("x");
	struct answer a = {.question = STR("name"), .values = &v, .value_n = 1};
	struct draft_save s = {.party = OTHER, .id = 5, .page = {&a, 1}};
	assert_false(write_at(c, OTHER, draft_job_save, &s));
	assert_int_equal(c->e.code, ERR_CONFLICT);
}

struct open_list {
	struct draft_line *items;
	size_t n;
};

static bool job_open_list(struct tx *tx, void *ctx, struct err *e)
{
	struct open_list *l = ctx;
	return drafts_open(tx, tx_route(tx), &l->items, &l->n, e);
}

static void open_drafts_are_listed_newest_first_and_are_not_without_end(void **state)
{
	struct city *c = *state;
	struct open_list l = {0};
	for (int64_t id = 1; id <= DRAFTS_MOST; id++) {
		begin(c, PARTY, id);
	}
	struct draft_begin one_more = {.party = PARTY, .id = 999, .begun_by = PARTY, .service = STR("permit")};
	assert_false(write_at(c, PARTY, draft_job_begin, &one_more));
	assert_int_equal(c->e.code, ERR_TOO_MANY);
	assert_true(submit(c, 7, 1));
	city_ok(c, write_at(c, PARTY, draft_job_begin, &one_more));
	city_ok(c, store_read(c->app.store, PARTY, &c->arena, job_open_list, &l, &c->e));
	assert_int_equal(l.n, DRAFTS_MOST);
	assert_int_equal(l.items[0].id, 999);
	assert_int_equal(l.items[1].id, DRAFTS_MOST);
	for (size_t i = 0; i < l.n; i++) {
		assert_int_not_equal(l.items[i].id, 7);
	}
}

static bool job_part(struct tx *tx, void *ctx, struct err *e)
{
	/* The whole comes first: it is the root. */
	struct draft_begin b = {.party = PARTY, .id = 7, .begun_by = PARTY, .keep_us = KEEP_US, .service = STR("all")};
	return draft_job_begin(tx, &b, e) && draft_part_add(tx, ctx, e);
}

static bool job_give_back(struct tx *tx, void *ctx, struct err *e)
{
	struct city *c = ctx;
	struct draft_begin b = {.party = PARTY, .id = 9, .begun_by = PARTY, .keep_us = KEEP_US, .service = STR("permit")};
	return draft_job_begin(tx, &b, e) && draft_give_back(tx, &c->app, PARTY, 8, e);
}

static bool job_files_of_five(struct tx *tx, void *ctx, struct err *e)
{
	return files_of(tx, PARTY, 5, ctx, e);
}

struct story {
	struct event_list all;
};

static bool job_story(struct tx *tx, void *ctx, struct err *e)
{
	struct story *s = ctx;
	return event_list_of_case(tx, PARTY, 0, &s->all, e);
}

static void pass_days(struct city *c, struct timers *t, int days)
{
	time_source_advance(&c->app.time, days * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
}

static bool is_there(struct city *c, int64_t id)
{
	struct look l = {.party = PARTY, .id = id};
	return store_read(c->app.store, PARTY, &c->arena, job_look, &l, &c->e);
}

static void what_nobody_changes_lapses_with_its_files_and_what_was_sent_or_waits_does_not(void **state)
{
	struct city *c = *state;
	struct timers *t;
	struct timer_kind kind = forms_timers[0];
	kind.ctx = &c->app;
	city_ok(c, timers_start(c->app.store, NULL, &c->app.time, &kind, 1, &t, &c->e));
	begin(c, PARTY, 5);
	begin(c, PARTY, 6);
	struct service s = {.id = STR("permit")};
	struct draft_part part = {
		.party = PARTY, .id = 8, .begun_by = PARTY, .state = DRAFT_WAITING, .service = &s, .answers_json = STR("{}")};
	city_ok(c, write_at(c, PARTY, job_part, &part));
	struct file_change f = {
		.state = DRAFT_OPEN,
		.file = {
			.party = PARTY, .id = 51, .casefile = 5, .question = STR("q"), .filename = STR("f"), .layout = STR("[]")}};
	city_ok(c, write_at(c, PARTY, draft_job_add_file, &f));
	assert_true(submit(c, 7, 1));
	pass_days(c, t, 24);
	assert_true(save(c, 6, "name", "Hai An"));
	pass_days(c, t, 7); /* the named day has not passed wholly */
	assert_true(is_there(c, 5));
	pass_days(c, t, 1);
	assert_false(is_there(c, 5));
	assert_int_equal(c->e.code, ERR_NOT_FOUND);
	struct file_list files = {0};
	city_ok(c, store_read(c->app.store, PARTY, &c->arena, job_files_of_five, &files, &c->e));
	assert_int_equal(files.n, 0);
	assert_true(is_there(c, 6));
	pass_days(c, t, 22); /* 30 days from its change */
	assert_true(is_there(c, 6));
	pass_days(c, t, 2);
	assert_false(is_there(c, 6));
	pass_days(c, t, 400);
	assert_true(is_there(c, 7));
	assert_true(is_there(c, 8));
	/* Given back, it is an open one like any other. */
	city_ok(c, write_at(c, PARTY, job_give_back, c));
	pass_days(c, t, 30);
	assert_true(is_there(c, 8));
	pass_days(c, t, 2);
	assert_false(is_there(c, 8));
	timers_stop(t);
	struct story told = {0};
	city_ok(c, store_read(c->app.store, PARTY, &c->arena, job_story, &told, &c->e));
	size_t lapsed = 0, posted = 0, letters = 0;
	for (size_t i = 0; i < told.all.n; i++) {
		const struct event *ev = &told.all.items[i];
		if (str_is(ev->room, "mail")) {
			/* In the last seven days, and on the last. */
			posted += str_is(ev->kind, "posted");
			letters += str_is(ev->kind, "letter-to-print");
			continue;
		}
		assert_str(ev->kind, "draft-lapsed");
		assert_str(ev->service, "permit");
		assert_int_equal(ev->personal_payload.n, 0);
		assert_true(lapsed++ > 0 || str_is(ev->public_payload, "{\"draft\":5}"));
	}
	assert_int_equal(lapsed, 4);
	assert_int_equal(posted, 4);
	assert_int_equal(letters, 4);
}

struct intake_look {
	struct intake intake;
	bool found;
};

static bool job_intake(struct tx *tx, void *ctx, struct err *e)
{
	struct intake_look *l = ctx;
	return intake_of(tx, PARTY, 5, &l->intake, &l->found, e);
}

static void what_was_taken_in_and_never_sent_lapses_with_all_that_is_known_of_it(void **state)
{
	struct city *c = *state;
	struct timers *t;
	struct timer_kind kind = forms_timers[0];
	struct intake_look l = {0};
	struct intake in = {.party = PARTY,
	                    .channel = CHANNEL_PHONE,
	                    .institution = 5,
	                    .taken_by = 7,
	                    .official = STR("Rosa"),
	                    .form = STR_EMPTY,
	                    .note = STR("Speaks Portuguese.")};
	struct draft_begin b = {
		.party = PARTY, .id = 5, .begun_by = 7, .keep_us = KEEP_US, .service = STR("permit"), .intake = &in};
	kind.ctx = &c->app;
	city_ok(c, timers_start(c->app.store, NULL, &c->app.time, &kind, 1, &t, &c->e));
	city_ok(c, write_at(c, PARTY, draft_job_begin, &b));
	city_ok(c, store_read(c->app.store, PARTY, &c->arena, job_intake, &l, &c->e));
	assert_true(l.found);
	assert_str(l.intake.note, "Speaks Portuguese.");
	pass_days(c, t, 400);
	assert_false(is_there(c, 5));
	city_ok(c, store_read(c->app.store, PARTY, &c->arena, job_intake, &l, &c->e));
	assert_false(l.found);
	timers_stop(t);
}

#define test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(draft_begun_twice_with_one_operation_is_one_draft),
		test(two_tabs_on_two_pages_both_count),
		test(submission_happens_once_at_the_version_that_was_read),
		test(nothing_changes_after_submission),
		test(every_pair_of_jobs_in_both_orders),
		test(files_are_kept_and_go_with_the_draft),
		test(file_removed_in_a_correction_is_kept_for_the_record),
		test(layouts_that_point_outside_are_refused),
		test(answers_and_names_of_files_are_not_readable_in_the_store),
		test(parties_do_not_see_each_others_drafts),
		test(open_drafts_are_listed_newest_first_and_are_not_without_end),
		test(what_nobody_changes_lapses_with_its_files_and_what_was_sent_or_waits_does_not),
		test(what_was_taken_in_and_never_sent_lapses_with_all_that_is_known_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
