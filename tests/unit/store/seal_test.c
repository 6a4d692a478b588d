#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "history.h"
#include "tests/history.sql.c" /* NOLINT: the generated calls of these tests */

enum { LONG_US = 60000000 };

/* A sealed history of three batches: 20, 30 and 20 events; and one event that is not sealed yet. */
struct sealed {
	struct fixture *f;
	struct relay *relay;
	struct sealer *sealer;
	uint8_t public_key[SEAL_KEY_BYTES];
	unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
	char outside[300];
	_Atomic bool is_mute; /* no more signatures */
	struct err e;
	uint64_t events, batches;
};

static bool sign(void *ctx, struct str message, uint8_t signature[64], struct err *e)
{
	struct sealed *s = ctx;
	if (atomic_load(&s->is_mute)) {
		return err_set(e, ERR_IO, "the keys are gone");
	}
	return crypto_sign_detached(signature, NULL, (const unsigned char *)message.p, message.n, s->secret_key) == 0;
}

static void start_sealer(struct sealed *s, struct sealer **out)
{
	struct seal_options o = {
		.store = s->f->store,
		.outside_path = str_of(s->outside),
		.sign = sign,
		.sign_ctx = s,
		.every_us = INT64_C(3600) * US_PER_S,
	};
	assert_ok(s->f, sealer_start(&o, out, &s->f->e));
}

static void append(struct sealed *s, size_t n, struct appended *out)
{
	make_moves(s->f, n, 2, 1, out);
	assert_true(relay_drain(s->relay, LONG_US));
}

static void open_all(struct sealed *s)
{
	assert_ok(s->f, relay_start(s->f->store, NULL, 0, &s->relay, &s->f->e));
	start_sealer(s, &s->sealer);
}

static void close_all(struct sealed *s)
{
	relay_stop(s->relay);
	sealer_stop(s->sealer);
	fixture_close(s->f);
}

static int set_up_sealed(void **state)
{
	static const unsigned char seed[crypto_sign_SEEDBYTES] = {1, 2, 3};
	struct sealed *s = calloc(1, sizeof *s);
	void *f;
	assert_true(sodium_init() >= 0);
	set_up_history(&f);
	s->f = f;
	crypto_sign_seed_keypair(s->public_key, s->secret_key, seed);
	snprintf(s->outside, sizeof s->outside, "%s/seal.log", s->f->dir);
	open_all(s);
	static const size_t sizes[] = {20, 30, 20};
	for (size_t i = 0; i < 3; i++) {
		append(s, sizes[i], NULL);
		assert_ok(s->f, sealer_seal(s->sealer, &s->f->e));
	}
	*state = s;
	return 0;
}

static int tear_down_sealed(void **state)
{
	struct sealed *s = *state;
	void *f = s->f;
	tear_down(&f);
	free(s);
	return 0;
}

/* Opens what was closed, verifies, closes. */
static bool verify(struct sealed *s)
{
	fixture_open(s->f);
	bool ok = seal_verify(s->f->store, s->public_key, str_of(s->outside), &s->events, &s->batches, &s->e);
	fixture_close(s->f);
	return ok;
}

/* Changes the closed store and says what the verification must then say. */
static void tampered(void **state, const char *change, const char *verdict)
{
	struct sealed *s = *state;
	close_all(s);
	assert_true(verify(s));
	sql(s->f, change);
	assert_false(verify(s));
	assert_int_equal(s->e.code, ERR_CORRUPT);
	if (str_find(str_of(s->e.text), str_of(verdict)) == SIZE_MAX) {
		fail_msg("said \"%s\", not \"%s\"", s->e.text, verdict);
	}
}

static void an_untouched_history_verifies(void **state)
{
	struct sealed *s = *state;
	append(s, 1, NULL); /* after the last seal */
	assert_ok(s->f, seal_verify(s->f->store, s->public_key, str_of(s->outside), &s->events, &s->batches, &s->f->e));
	assert_int_equal(s->events, 70);
	assert_int_equal(s->batches, 3);
	close_all(s); /* stopping seals what is left */
	assert_true(verify(s));
	assert_int_equal(s->events, 71);
	assert_int_equal(s->batches, 4);
}

static void nothing_new_makes_no_batch(void **state)
{
	struct sealed *s = *state;
	assert_ok(s->f, sealer_seal(s->sealer, &s->f->e));
	assert_ok(s->f, sealer_seal(s->sealer, &s->f->e));
	close_all(s);
	assert_int_equal(sql(s->f, "select count(*) from seal"), 3);
}

static void another_key_does_not_verify(void **state)
{
	struct sealed *s = *state;
	close_all(s);
	s->public_key[5] ^= 1;
	assert_false(verify(s));
	assert_int_equal(s->e.code, ERR_CORRUPT);
}

static void a_changed_event_is_named(void **state)
{
	tampered(state, "update event set kind = 'granted' where id = (select event from event_log where position = 25)",
	         "was changed");
	struct sealed *s = *state;
	char id[32];
	snprintf(id, sizeof id, "%lld", (long long)sql(s->f, "select event from event_log where position = 25"));
	assert_true(str_find(str_of(s->e.text), str_of(id)) != SIZE_MAX);
	assert_true(str_find(str_of(s->e.text), STR("batch 2")) != SIZE_MAX);
}

static void a_changed_event_with_its_leaf_changed_too_is_noticed(void **state)
{
	/* Two events of one batch exchange their leaves and log entries: each fits its event, but not the sealed order. */
	tampered(state,
	         "update event_log set position = 1000 where position = 25;"
	         "update event_log set position = 25 where position = 26;"
	         "update event_log set position = 26 where position = 1000",
	         "batch 2: its events are not those that were sealed, or not in that order");
}

static void a_removed_event_is_named(void **state)
{
	tampered(state,
	         "delete from event_payload where event = (select event from event_log where position = 21);"
	         "delete from event where id = (select event from event_log where position = 21)",
	         "was removed");
}

static void an_event_removed_with_its_log_entry_leaves_a_gap(void **state)
{
	tampered(state,
	         "delete from event_payload where event = (select event from event_log where position = 30);"
	         "delete from event where id = (select event from event_log where position = 30);"
	         "delete from event_log where position = 30",
	         "batch 2: position 30 was removed");
}

static void a_log_cut_off_at_its_end_is_noticed(void **state)
{
	tampered(state, "delete from event_log where position > 65", "batch 3: position 66 was removed");
}

static void an_added_event_is_noticed(void **state)
{
	tampered(state,
	         "insert into event select route, id - 1, room, kind, version, casefile, institution, service, actor, "
	         "effective_at, recorded_at, payload_digest, public_payload from event order by id limit 1",
	         "1 events were added");
}

static void swapped_batches_are_noticed(void **state)
{
	tampered(state,
	         "update seal set batch = 100 where batch = 2; update seal set batch = 2 where batch = 3;"
	         "update seal set batch = 3 where batch = 100",
	         "seal 2 was changed, or stands in another's place");
}

static void a_removed_seal_is_noticed(void **state)
{
	tampered(state, "delete from seal where batch = 2", "seal 2 was removed");
}

static void a_changed_seal_is_noticed(void **state)
{
	tampered(state, "update seal set leaves = leaves - 1 where batch = 3", "seal 3 was changed");
}

static void a_store_cut_off_at_a_seal_does_not_fit_the_file_outside(void **state)
{
	tampered(state,
	         "delete from seal where batch = 3;"
	         "delete from event_payload where event in (select event from event_log where position > 50);"
	         "delete from event where id in (select event from event_log where position > 50);"
	         "delete from event_log where position > 50",
	         "the store ends with seal 2, but the file outside of it knows seal 3");
}

static void a_history_sealed_anew_does_not_fit_the_file_outside(void **state)
{
	struct sealed *s = *state;
	close_all(s);
	/* Whoever has the key and the whole store seals a shorter history again. */
	char elsewhere[300];
	snprintf(elsewhere, sizeof elsewhere, "%s/other.log", s->f->dir);
	sql(s->f, "delete from seal; update event_log set position = -1 where position = 70;");
	sql(s->f, "delete from event_log where position = -1");
	sql(s->f, "delete from event_payload; delete from event where id not in (select event from event_log)");
	fixture_open(s->f);
	struct seal_options o = {
		.store = s->f->store,
		.outside_path = str_of(elsewhere),
		.sign = sign,
		.sign_ctx = s,
		.every_us = INT64_C(3600) * US_PER_S,
	};
	struct sealer *sealer;
	assert_ok(s->f, sealer_start(&o, &sealer, &s->f->e));
	sealer_stop(sealer);
	uint64_t events, batches;
	assert_ok(s->f, seal_verify(s->f->store, s->public_key, str_of(elsewhere), &events, &batches, &s->f->e));
	fixture_close(s->f);
	assert_false(verify(s));
	assert_true(str_find(str_of(s->e.text), STR("batch 1 is not the one that the file outside")) != SIZE_MAX);
}

static void a_missing_file_outside_is_said(void **state)
{
	struct sealed *s = *state;
	close_all(s);
	assert_int_equal(unlink(s->outside), 0);
	assert_false(verify(s));
	assert_true(str_find(str_of(s->e.text), STR("the file outside of the store is missing")) != SIZE_MAX);
}

static void an_erased_payload_is_no_fault(void **state)
{
	struct sealed *s = *state;
	close_all(s);
	assert_true(sql(s->f, "select count(*) from event_payload") > 2);
	sql(s->f, "delete from event_payload where event in (select event from event_payload limit 2)");
	assert_true(verify(s));
	assert_int_equal(s->events, 70);
}

static void a_changed_payload_is_noticed(void **state)
{
	tampered(state,
	         "update event_payload set payload = '{\"name\":\"Berta\"}' where event = (select max(event) "
	         "from event_payload)",
	         "the personal payload of event");
}

static void an_event_changed_after_the_last_seal_is_noticed(void **state)
{
	struct sealed *s = *state;
	append(s, 2, NULL);
	atomic_store(&s->is_mute, true);
	close_all(s);
	sql(s->f, "update event set actor = 99 where id = (select event from event_log where position = 72)");
	fixture_open(s->f);
	assert_false(seal_verify(s->f->store, s->public_key, str_of(s->outside), &s->events, &s->batches, &s->e));
	assert_true(str_find(str_of(s->e.text), STR("after the last seal")) != SIZE_MAX);
}

/* --- Sealing -------------------------------------------------------------------------------------------------------
 */

struct contender {
	struct sealer *sealer;
	pthread_t thread;
	_Atomic bool *stop;
	_Atomic bool failed;
};

static void *contend(void *arg)
{
	struct contender *c = arg;
	struct err e;
	do {
		if (!sealer_seal(c->sealer, &e)) {
			print_error("%s\n", e.text);
			c->failed = true;
		}
	} while (!atomic_load(c->stop));
	return NULL;
}

static void of_two_sealers_one_wins_each_batch(void **state)
{
	struct sealed *s = *state;
	_Atomic bool stop = false;
	struct contender two[2] = {{.stop = &stop}, {.stop = &stop}};
	for (int i = 0; i < 2; i++) {
		start_sealer(s, &two[i].sealer);
		assert_int_equal(pthread_create(&two[i].thread, NULL, contend, &two[i]), 0);
	}
	for (int i = 0; i < 20; i++) {
		append(s, 10, NULL);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(two[i].thread, NULL);
		assert_false(two[i].failed);
		sealer_stop(two[i].sealer);
	}
	close_all(s);
	assert_true(verify(s));
	assert_int_equal(s->events, 270);
	assert_int_equal(sql(s->f, "select sum(leaves) from seal"), 270);
}

static bool refuse(void *ctx, struct str message, uint8_t signature[64], struct err *e)
{
	(void)message;
	(void)signature;
	int *left = ctx;
	return err_set(e, ERR_IO, "no signature today, %d left", --*left);
}

static void without_a_signature_there_is_no_seal_and_the_next_try_makes_it(void **state)
{
	struct sealed *s = *state;
	int left = 5;
	struct sealer *mute;
	struct seal_options o = {
		.store = s->f->store,
		.outside_path = str_of(s->outside),
		.sign = refuse,
		.sign_ctx = &left,
		.every_us = INT64_C(3600) * US_PER_S,
	};
	append(s, 5, NULL);
	assert_ok(s->f, sealer_start(&o, &mute, &s->f->e));
	assert_false(sealer_seal(mute, &s->e));
	sealer_stop(mute);
	assert_int_equal(sql(s->f, "select count(*) from seal"), 3);
	assert_ok(s->f, sealer_seal(s->sealer, &s->f->e));
	close_all(s);
	assert_true(verify(s));
	assert_int_equal(s->events, 75);
}

static void write_outside(const struct sealed *s, struct str text)
{
	int fd = open(s->outside, O_WRONLY | O_CLOEXEC | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
}

static size_t lines_outside(const struct sealed *s)
{
	struct buf b;
	struct err e;
	size_t n = 0;
	buf_init(&b, 1 << 20);
	assert_true(file_read_whole(s->outside, &b, &e));
	for (size_t i = 0; i < b.n; i++) {
		n += b.p[i] == '\n';
	}
	buf_release(&b);
	return n;
}

static void a_line_outside_that_a_power_cut_tore_is_ended_and_written_again(void **state)
{
	struct sealed *s = *state;
	assert_int_equal(lines_outside(s), 3);
	close_all(s);
	write_outside(s, STR("\0\0\0{\"batch\":4,\"eve"));
	assert_true(verify(s));
	fixture_open(s->f);
	open_all(s);
	assert_ok(s->f, sealer_seal(s->sealer, &s->f->e));
	assert_int_equal(lines_outside(s), 5);
	append(s, 5, NULL);
	close_all(s);
	assert_int_equal(lines_outside(s), 6);
	assert_true(verify(s));
	assert_int_equal(s->batches, 4);
}

static void a_seal_that_did_not_reach_the_file_outside_is_brought_there(void **state)
{
	struct sealed *s = *state;
	close_all(s);
	assert_int_equal(truncate(s->outside, 0), 0);
	assert_true(verify(s));
	fixture_open(s->f);
	open_all(s);
	assert_ok(s->f, sealer_seal(s->sealer, &s->f->e));
	assert_int_equal(lines_outside(s), 1);
	close_all(s);
	assert_true(verify(s));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_sealed, tear_down_sealed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_untouched_history_verifies),
		TEST(nothing_new_makes_no_batch),
		TEST(another_key_does_not_verify),
		TEST(a_changed_event_is_named),
		TEST(a_changed_event_with_its_leaf_changed_too_is_noticed),
		TEST(a_removed_event_is_named),
		TEST(an_event_removed_with_its_log_entry_leaves_a_gap),
		TEST(a_log_cut_off_at_its_end_is_noticed),
		TEST(an_added_event_is_noticed),
		TEST(swapped_batches_are_noticed),
		TEST(a_removed_seal_is_noticed),
		TEST(a_changed_seal_is_noticed),
		TEST(a_store_cut_off_at_a_seal_does_not_fit_the_file_outside),
		TEST(a_history_sealed_anew_does_not_fit_the_file_outside),
		TEST(a_missing_file_outside_is_said),
		TEST(an_erased_payload_is_no_fault),
		TEST(a_changed_payload_is_noticed),
		TEST(an_event_changed_after_the_last_seal_is_noticed),
		TEST(of_two_sealers_one_wins_each_batch),
		TEST(without_a_signature_there_is_no_seal_and_the_next_try_makes_it),
		TEST(a_line_outside_that_a_power_cut_tore_is_ended_and_written_again),
		TEST(a_seal_that_did_not_reach_the_file_outside_is_brought_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
