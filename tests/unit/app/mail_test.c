/* Notices on their way out, to a mail server that is well, away, slow, choosy or dying. */
#include "mail_world.h"

#include "app/mail/mime.h"
#include "unit/web_server.h"

static struct smtp_server smtp;
static struct post_process post;
static struct mail_world world;
static struct web_server sms;

static int start(void **state)
{
	if (test_dir_make(state) != 0 || mkdir(test_path("run").p, 0700) != 0) {
		return -1;
	}
	memset(&smtp, 0, sizeof smtp);
	post = (struct post_process){0};
	if (!smtp_start(&smtp, 0) || !web_start(&sms)) {
		return -1;
	}
	FILE *token = fopen(test_path("token").p, "w");
	fputs("a-secret-of-the-gateway\n", token);
	fclose(token);
	post_word(&post, "--sms=http://127.0.0.1:%d/send", sms.port);
	post_word(&post, "--sms-token=%s", test_path("token").p);
	post_word(&post, "--smtp=smtp://127.0.0.1:%d", smtp.port);
	post_word(&post, "--wait-seconds=2");
	post_start(&post, test_dir);
	world_open(&world, test_dir, NOW_US);
	return 0;
}

static int stop(void **state)
{
	world_close(&world);
	int status = post_stop(&post);
	smtp_stop(&smtp);
	web_stop(&sms);
	return status == 0 ? test_dir_remove(state) : -1;
}

static void text_of_last(struct smtp_server *s, char *to, size_t room)
{
	/* The body is base64 behind the head. */
	size_t n = 0;
	pthread_mutex_lock(&s->lock);
	const char *at = strstr(s->last_text, "\r\n\r\n");
	assert_non_null(at);
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0;
	int have = 0;
	for (; *at != '\0'; at++) {
		const char *d = *at == '\r' || *at == '\n' || *at == '=' ? NULL : strchr(digits, *at);
		if (d) {
			bits = bits << 6 | (unsigned)(d - digits);
			have += 6;
		}
		if (have >= 8 && n + 1 < room) {
			have -= 8;
			to[n++] = (char)(bits >> have & 255);
		}
	}
	to[n] = '\0';
	pthread_mutex_unlock(&s->lock);
}

static void a_notice_by_email_says_that_something_waits_and_no_more(void **state)
{
	(void)state;
	char text[8192];
	struct mail_world *w = &world;
	choose(w, 1, WAY_EMAIL, "anna@example.org");
	tell(w, 1, MAIL_DECIDED);
	world_send(w);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_SENT);
	assert_int_equal(smtp.mail_n, 1);
	assert_int_equal(smtp_most_times(&smtp), 1);
	assert_string_equal(smtp.last_to, "<anna@example.org>");
	text_of_last(&smtp, text, sizeof text);
	struct notices l = notices_of(w, 1);
	char link[100];
	snprintf(link, sizeof link, "https://hall.example.org/mailbox/%s", id_text(l.messages[0].id).c);
	assert_non_null(strstr(text, link));
	static const char *const never[] = {"secret", "confidential", "decided", "Anna", "Berg"};
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
		assert_null(strstr(text, never[i]));
		assert_null(strstr(smtp.last_text, never[i]));
	}
	assert_non_null(strstr(smtp.last_text, "Auto-Submitted: auto-generated\r\n"));
}

static void who_chose_no_way_gets_a_letter(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	tell(w, 1, MAIL_RECEIVED);
	world_send(w);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_PRINT);
	assert_int_equal(on_list(w, LIST_PRINT), 1);
	struct notices l = notices_of(w, 1);
	struct notice_act act = {.party = 1, .notice = l.rows[0].id, .what = NOTICE_DO_PRINTED, .actor = 9};
	struct store_op op = {.route = 1};
	world_ok(w, store_write(w->app.store, &op, notice_act_job, &act, &w->e));
	assert_true(relay_drain(w->app.relay, WAIT_US));
	assert_int_equal(on_list(w, LIST_PRINT), 0);
	assert_int_equal(state_of(w, 1), NOTICE_PRINTED);
	/* Twice is once. */
	assert_false(store_write(w->app.store, &op, notice_act_job, &act, &w->e));
	assert_int_equal(w->e.code, ERR_CONFLICT);
}

static bool open_message_job(struct tx *tx, void *ctx, struct err *e)
{
	const int64_t *id = ctx;
	struct message_open_in in = {
		.has_read_at = true, .read_at = tx_now_us(tx), .read_by = tx_route(tx), .party = tx_route(tx), .id = *id};
	return message_open(tx, &in, e);
}

static void who_has_opened_the_message_is_not_told_of_it(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	choose(w, 1, WAY_EMAIL, "anna@example.org");
	tell(w, 1, MAIL_DECIDED);
	struct notices l = notices_of(w, 1);
	struct store_op op = {.route = 1};
	world_ok(w, store_write(w->app.store, &op, open_message_job, &l.messages[0].id, &w->e));
	world_send(w);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_OVER);
	assert_int_equal(smtp.mail_n, 0);
}

enum { PARTIES = 60 };

static void tell_all(struct mail_world *w)
{
	for (int64_t p = 1; p <= PARTIES; p++) {
		char address[40];
		snprintf(address, sizeof address, "p%d@example.org", (int)p);
		choose(w, p, WAY_EMAIL, address);
		tell(w, p, MAIL_RECEIVED);
	}
}

static int count_in(struct mail_world *w, enum notice_state wanted)
{
	int n = 0;
	for (int64_t p = 1; p <= PARTIES; p++) {
		n += state_of(w, p) == (int64_t)wanted;
	}
	return n;
}

static void a_server_that_is_away_for_a_day_gets_each_notice_once_afterwards(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	int port = smtp.port;
	smtp_stop(&smtp);
	tell_all(w);
	world_send(w);
	for (int hour = 0; hour < 24; hour++) {
		world_drain(w);
		assert_int_equal(count_in(w, NOTICE_WAITS), PARTIES);
		time_source_advance(&w->app.time, 3600 * US_PER_S);
	}
	assert_true(smtp_start(&smtp, port));
	time_source_advance(&w->app.time, 3600 * US_PER_S);
	world_drain(w);
	assert_int_equal(count_in(w, NOTICE_SENT), PARTIES);
	assert_int_equal(smtp.mail_n, PARTIES);
	assert_int_equal(smtp_most_times(&smtp), 1);
}

static void a_server_that_stays_away_makes_a_failure_that_the_office_sees(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	int port = smtp.port;
	smtp_stop(&smtp);
	choose(w, 1, WAY_EMAIL, "anna@example.org");
	tell(w, 1, MAIL_RECEIVED);
	world_send(w);
	for (int i = 0; i < 6 && state_of(w, 1) == NOTICE_WAITS; i++) {
		world_drain(w);
		time_source_advance(&w->app.time, US_PER_DAY);
	}
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_FAILED);
	assert_int_equal(on_list(w, LIST_FAILED), 1);
	/* And the office has it tried again when the server is back. */
	assert_true(smtp_start(&smtp, port));
	struct notice_act act = {.party = 1, .notice = notices_of(w, 1).rows[0].id, .what = NOTICE_DO_AGAIN, .actor = 9};
	struct store_op op = {.route = 1};
	world_ok(w, store_write(w->app.store, &op, notice_act_job, &act, &w->e));
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_SENT);
	assert_int_equal(on_list(w, LIST_FAILED), 0);
	assert_int_equal(smtp.mail_n, 1);
}

static void a_server_that_refuses_half_is_asked_again_for_those_that_it_may_take(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	atomic_store(&smtp.mood, SMTP_HALF);
	tell_all(w);
	world_send(w);
	for (int hour = 0; hour < 80 && count_in(w, NOTICE_WAITS) > 0; hour++) {
		world_drain(w);
		time_source_advance(&w->app.time, 3600 * US_PER_S);
	}
	int sent = count_in(w, NOTICE_SENT), failed = count_in(w, NOTICE_FAILED);
	assert_int_equal(sent + failed, PARTIES);
	assert_true(sent > PARTIES / 3 && failed > PARTIES / 5);
	assert_int_equal(smtp.mail_n, sent);
	assert_int_equal(smtp_most_times(&smtp), 1);
	assert_int_equal(on_list(w, LIST_FAILED), failed);
}

static void a_slow_server_gets_each_notice_once(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	atomic_store(&smtp.slow_us, 20000);
	tell_all(w);
	world_send(w);
	world_drain(w);
	assert_int_equal(count_in(w, NOTICE_SENT), PARTIES);
	assert_int_equal(smtp.mail_n, PARTIES);
	assert_int_equal(smtp_most_times(&smtp), 1);
}

static void a_server_that_dies_between_the_mail_and_its_answer_leaves_the_notice_unsure(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	atomic_store(&smtp.mood, SMTP_DIES_AT_END);
	choose(w, 1, WAY_EMAIL, "anna@example.org");
	tell(w, 1, MAIL_RECEIVED);
	world_send(w);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_UNSURE);
	assert_int_equal(on_list(w, LIST_UNSURE), 1);
	atomic_store(&smtp.mood, SMTP_WELL);
	time_source_advance(&w->app.time, US_PER_DAY);
	world_drain(w);
	assert_int_equal(smtp_most_times(&smtp), 1);
	/* Only a person has it sent again, and then under the same Message-ID. */
	struct notice_act act = {.party = 1, .notice = notices_of(w, 1).rows[0].id, .what = NOTICE_DO_AGAIN, .actor = 9};
	struct store_op op = {.route = 1};
	world_ok(w, store_write(w->app.store, &op, notice_act_job, &act, &w->e));
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_SENT);
	assert_int_equal(smtp.mail_n, 1);
	assert_int_equal(smtp_most_times(&smtp), 2);
	assert_int_equal(on_list(w, LIST_UNSURE), 0);
}

/* The gateway takes it and dies before it answers, then is busy, then takes it: it knows the repetition by its key. */
static void a_text_message_carries_the_same_key_each_time(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	choose(w, 1, WAY_SMS, "+8613800138000");
	tell(w, 1, MAIL_DECIDED);
	world_send(w);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_WAITS);
	atomic_store(&sms.status, 503);
	time_source_advance(&w->app.time, 60 * US_PER_S);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_WAITS);
	atomic_store(&sms.status, 202);
	time_source_advance(&w->app.time, 600 * US_PER_S);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_SENT);
	assert_int_equal(atomic_load(&sms.requests), 3);
	assert_false(sms.keys_differ);
	assert_string_equal(sms.token, "Bearer a-secret-of-the-gateway");
	assert_non_null(strstr(sms.body, "\"to\":\"+8613800138000\""));
	assert_non_null(strstr(sms.body, "https://hall.example.org/mailbox/"));
	assert_null(strstr(sms.body, "secret-service"));
}

static void a_number_that_the_gateway_refuses_stands_on_the_offices_list(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	atomic_store(&sms.status, 400);
	choose(w, 1, WAY_SMS, "+8613800138000");
	tell(w, 1, MAIL_DECIDED);
	world_send(w);
	world_drain(w);
	assert_int_equal(state_of(w, 1), NOTICE_FAILED);
	assert_int_equal(on_list(w, LIST_FAILED), 1);
}

/* --- Bounces --- */

static struct str dsn(const char *to)
{
	static char text[1000];
	snprintf(text, sizeof text,
	         "From: MAILER-DAEMON@mx.example.org\nTo: %s\nSubject: Undelivered Mail Returned to Sender\n"
	         "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n"
	         "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
	         "Final-Recipient: rfc822; anna@example.org\nAction: failed\nStatus: 5.1.1\n"
	         "Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n--x--\n",
	         to);
	return str_of(text);
}

static void a_notice_that_comes_back_is_told_in_the_mailbox_and_by_letter(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	struct buf done;
	char from[256];
	buf_init(&done, 1000);
	choose(w, 1, WAY_EMAIL, "anna@example.org");
	tell(w, 1, MAIL_DECIDED);
	world_send(w);
	world_drain(w);
	snprintf(from, sizeof from, "%.*s", (int)strlen(smtp.last_from) - 2, smtp.last_from + 1);
	assert_true(str_starts(str_of(from), STR("bounces+")));
	world_ok(w, bounce_take(&w->app, STR_EMPTY, dsn(from), &done, &w->e));
	world_drain(w);
	assert_int_equal(on_list(w, LIST_BOUNCED), 1);
	assert_int_equal(on_list(w, LIST_PRINT), 1);
	struct notices l = notices_of(w, 1);
	assert_int_equal(l.message_n, 2);
	assert_true(str_is(l.messages[0].kind, "address-failed"));
	assert_int_equal(l.n, 2);
	assert_int_equal(l.rows[0].state, NOTICE_BOUNCED);
	assert_int_equal(l.rows[1].state, NOTICE_PRINT);
	/* The same report again changes nothing. */
	world_ok(w, bounce_take(&w->app, str_of(from), dsn(from), &done, &w->e));
	world_drain(w);
	assert_int_equal(notices_of(w, 1).n, 2);
	buf_release(&done);
}

static void a_forged_bounce_moves_nothing(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	struct buf done;
	char from[256];
	buf_init(&done, 1000);
	choose(w, 1, WAY_EMAIL, "anna@example.org");
	tell(w, 1, MAIL_DECIDED);
	world_send(w);
	world_drain(w);
	snprintf(from, sizeof from, "%.*s", (int)strlen(smtp.last_from) - 2, smtp.last_from + 1);
	for (char *at = strchr(from, '+') + 1; *at != '@'; at++) {
		char was = *at;
		*at = was == '7' ? '8' : '7';
		assert_false(bounce_take(&w->app, str_of(from), dsn("x"), &done, &w->e));
		*at = was;
	}
	assert_false(bounce_take(&w->app, STR_EMPTY, STR("Subject: hello\n\nhello\n"), &done, &w->e));
	assert_int_equal(state_of(w, 1), NOTICE_SENT);
	buf_release(&done);
}

/* --- Heads --- */

static void nobodys_name_makes_a_head_of_its_own(void **state)
{
	(void)state;
	struct err e;
	static const char *const bad[] = {"x\r\nBcc: all@example.org", "x\nSubject: y", "x\ry"};
	struct mime_mail well = {.from_name = STR("Hall"),
	                         .from = STR("hall@example.org"),
	                         .to = STR("anna@example.org"),
	                         .subject = STR("\xE6\x82\xA8\xE6\x9C\x89\xE4\xB8\x80\xE6\x9D\xA1\xE6\xB6\x88\xE6\x81\xAF"),
	                         .id = STR("1@example.org"),
	                         .lang = STR("zh-Hans"),
	                         .date_us = NOW_US,
	                         .text = STR("a\n.\nb\n")};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct buf to;
		for (int field = 0; field < 4; field++) {
			struct mime_mail m = well;
			struct str *fields[] = {&m.from_name, &m.from, &m.to, &m.subject};
			*fields[field] = str_of(bad[i]);
			buf_init(&to, 10000);
			assert_false(mime_put(&to, &m, &e));
			buf_release(&to);
		}
	}
	struct buf to;
	buf_init(&to, 10000);
	assert_true(mime_put(&to, &well, &e));
	assert_non_null(strstr(buf_cstr(&to), "Subject: =?UTF-8?B?5oKo5pyJ5LiA5p2h5raI5oGv?=\r\n"));
	assert_non_null(strstr(buf_cstr(&to), "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"));
	buf_release(&to);
}

/* --- Killed ---------------------------------------------------------------------------------------------------------
 */

/* A process of its own that sends until nothing is left: this program, told so. */
static int send_all(const char *dir)
{
	world_open(&world, dir, NOW_US + US_PER_DAY);
	world_send(&world);
	int64_t left = 1;
	while (left > 0) {
		if (!errands_drain(world.errands, WAIT_US) || !errands_waiting(world.app.store, &left, &world.e)) {
			return 1;
		}
		time_source_advance(&world.app.time, 600 * US_PER_S);
	}
	world_drain(&world);
	world_close(&world);
	return 0;
}

static pid_t begin_sending(void)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		char path[PATH_MAX];
		ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
		path[n > 0 ? n : 0] = '\0';
		char word[] = "send";
		char *argv[] = {path, word, test_dir, NULL};
		execv(path, argv);
		_exit(127);
	}
	return pid;
}

static int mails(struct smtp_server *s)
{
	pthread_mutex_lock(&s->lock);
	int n = s->mail_n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void killed_anywhere_each_notice_is_sent_once_or_known_to_be_unsure(void **state)
{
	(void)state;
	struct mail_world *w = &world;
	tell_all(w);
	world_close(w);
	int rounds = 0, next = 9;
	bool has_ended = false;
	/* Answers take a moment, so that many are under way when it dies. */
	atomic_store(&smtp.slow_us, 3000);
	while (!has_ended) {
		pid_t pid = begin_sending();
		int status = 0;
		pid_t ended = 0;
		while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && mails(&smtp) < next) {
			sched_yield();
		}
		if (ended == 0) {
			kill(pid, SIGKILL);
			status = test_wait(pid);
			rounds++;
			next = mails(&smtp) + 9;
		}
		has_ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (WIFEXITED(status) && !has_ended) {
			fail_msg("the sender ended with %d", status);
		}
	}
	world_open(w, test_dir, NOW_US + 2 * US_PER_DAY);
	world_send(w);
	world_drain(w);
	int sent = count_in(w, NOTICE_SENT), unsure = count_in(w, NOTICE_UNSURE);
	print_message("killed %d times: %d sent, %d unsure, %d arrived\n", rounds, sent, unsure, smtp.mail_n);
	assert_true(rounds >= 3);
	assert_int_equal(sent + unsure, PARTIES);
	assert_int_equal(smtp_most_times(&smtp), 1);
	/* What is said to be sent has arrived; of what is unsure, some has. */
	assert_in_range(smtp.mail_n, sent, PARTIES);
	assert_int_equal(on_list(w, LIST_UNSURE), unsure);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "send") == 0) {
		return send_all(argv[2]);
	}
	const struct CMUnitTest tests[] = {
		TEST(a_notice_by_email_says_that_something_waits_and_no_more),
		TEST(who_chose_no_way_gets_a_letter),
		TEST(who_has_opened_the_message_is_not_told_of_it),
		TEST(a_server_that_is_away_for_a_day_gets_each_notice_once_afterwards),
		TEST(a_server_that_stays_away_makes_a_failure_that_the_office_sees),
		TEST(a_server_that_refuses_half_is_asked_again_for_those_that_it_may_take),
		TEST(a_slow_server_gets_each_notice_once),
		TEST(a_server_that_dies_between_the_mail_and_its_answer_leaves_the_notice_unsure),
		TEST(a_text_message_carries_the_same_key_each_time),
		TEST(a_number_that_the_gateway_refuses_stands_on_the_offices_list),
		TEST(a_notice_that_comes_back_is_told_in_the_mailbox_and_by_letter),
		TEST(a_forged_bounce_moves_nothing),
		TEST(nobodys_name_makes_a_head_of_its_own),
		TEST(killed_anywhere_each_notice_is_sent_once_or_known_to_be_unsure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
