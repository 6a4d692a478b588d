#include "os/post_client.h"

#include "unit/post_process.h"
#include "unit/smtp_server.h"

static struct smtp_server smtp;
static struct post_process post;
static struct post_client *client;

static int start(void **state)
{
	struct err e;
	if (test_dir_make(state) != 0 || mkdir(test_path("run").p, 0700) != 0 || !smtp_start(&smtp, 0) ||
	    !post_client_new(str_of(test_dir), &client, &e)) {
		return -1;
	}
	post = (struct post_process){0};
	post_word(&post, "--smtp=smtp://127.0.0.1:%d", smtp.port);
	post_word(&post, "--wait-seconds=2");
	post_start(&post, test_dir);
	return 0;
}

static int stop(void **state)
{
	int status = post_stop(&post);
	post_client_free(client);
	smtp_stop(&smtp);
	return status == 0 ? test_dir_remove(state) : -1;
}

struct gone_past {
	int times;
	bool refuses;
};

static bool past(void *ctx, struct err *e)
{
	struct gone_past *p = ctx;
	p->times++;
	return !p->refuses || err_set(e, ERR_BUSY, "thought better of it");
}

static struct post_answer send_one(int number, struct gone_past *p)
{
	char message[300];
	struct post_answer a;
	snprintf(message, sizeof message,
	         "From: hall@example.org\r\nMessage-ID: <%d@test>\r\nSubject: x\r\n\r\nHello\r\n.\r\n..two\r\n", number);
	struct post_mail mail = {.from = STR("hall@example.org"),
	                         .to = STR("anna@example.org"),
	                         .message = str_of(message),
	                         .point_of_no_return = past,
	                         .ctx = p};
	post_mail(client, &mail, &a);
	return a;
}

static void mails_go_over_one_connection_and_the_point_of_no_return_is_passed_once(void **state)
{
	(void)state;
	struct gone_past p = {0};
	int before = atomic_load(&smtp.connections);
	for (int i = 0; i < 20; i++) {
		struct post_answer a = send_one(i, &p);
		if (a.end != POST_TAKEN) {
			fail_msg("%d %s", a.code, a.said);
		}
		assert_int_equal(a.code, 250);
	}
	assert_int_equal(p.times, 20);
	assert_int_equal(atomic_load(&smtp.connections), before + 1);
	assert_int_equal(smtp.mail_n, 20);
	assert_int_equal(smtp_most_times(&smtp), 1);
	assert_string_equal(smtp.last_to, "<anna@example.org>");
	assert_string_equal(smtp.last_from, "<hall@example.org>");
	/* Lines that begin with a dot are what they were. */
	assert_non_null(strstr(smtp.last_text, "Hello\r\n..\r\n...two\r\n"));
}

/* What a server does, what that means, and whether the point of no return was passed. */
static void each_failure_of_a_server_is_told_apart(void **state)
{
	(void)state;
	static const struct {
		enum smtp_mood mood;
		enum post_end end;
		int code, passed;
	} cases[] = {
		{SMTP_BUSY_AT_RCPT, POST_AGAIN, 451, 0}, {SMTP_REFUSES_RCPT, POST_REFUSED, 550, 0},
		{SMTP_BUSY_AT_END, POST_AGAIN, 452, 1},  {SMTP_REFUSES_END, POST_REFUSED, 554, 1},
		{SMTP_DIES_AT_DATA, POST_AGAIN, 0, 0},   {SMTP_DIES_AT_END, POST_UNSURE, 0, 1},
		{SMTP_SILENT_AT_END, POST_UNSURE, 0, 1}, {SMTP_WELL, POST_TAKEN, 250, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct gone_past p = {0};
		atomic_store(&smtp.mood, (int)cases[i].mood);
		struct post_answer a = send_one(1000 + (int)i, &p);
		if (a.end != cases[i].end || a.code != cases[i].code || p.times != cases[i].passed) {
			fail_msg("case %zu: end %d code %d passed %d: %s", i, (int)a.end, a.code, p.times, a.said);
		}
	}
}

static void what_is_given_up_before_the_end_is_never_taken(void **state)
{
	(void)state;
	struct gone_past p = {.refuses = true};
	int before = smtp.mail_n;
	struct post_answer a = send_one(2000, &p);
	assert_int_equal(a.end, POST_AGAIN);
	assert_int_equal(smtp.mail_n, before);
	p.refuses = false;
	assert_int_equal(send_one(2001, &p).end, POST_TAKEN);
	assert_int_equal(smtp.mail_n, before + 1);
}

static void a_server_that_is_away_is_waited_for(void **state)
{
	(void)state;
	struct gone_past p = {0};
	int port = smtp.port;
	smtp_stop(&smtp);
	assert_int_equal(send_one(3000, &p).end, POST_AGAIN);
	assert_int_equal(p.times, 0);
	assert_true(smtp_start(&smtp, port));
	assert_int_equal(send_one(3000, &p).end, POST_TAKEN);
}

static void an_address_that_could_be_a_command_is_not_sent(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "anna", "a@b\r\nRCPT TO:<c@d>", "a@b> <c@d", "a b@c", "\xC3\xA4@example.org"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct gone_past p = {0};
		struct post_answer a;
		struct post_mail mail = {.from = STR("hall@example.org"),
		                         .to = str_of(bad[i]),
		                         .message = STR("\r\nx\r\n"),
		                         .point_of_no_return = past,
		                         .ctx = &p};
		post_mail(client, &mail, &a);
		assert_int_equal(a.end, POST_REFUSED);
		assert_int_equal(p.times, 0);
	}
}

static void a_web_address_of_this_machine_is_no_public_one(void **state)
{
	(void)state;
	static const char *const inside[] = {"127.0.0.1", "localhost", "[::1]",
	                                     "0.0.0.0",   "10.0.0.1",  "[::ffff:127.0.0.1]"};
	int before = atomic_load(&smtp.connections);
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		char url[100];
		struct post_answer a;
		snprintf(url, sizeof url, "http://%s:%d/", inside[i], smtp.port);
		struct post_request r = {
			.target = POST_TO_PUBLIC, .url = str_of(url), .body = STR("{}"), .timeout_us = 2000000};
		post_http(client, &r, NULL, &a);
		assert_true(a.end != POST_TAKEN);
	}
	struct post_answer a;
	struct post_request file = {.target = POST_TO_ANY, .url = STR("file:///etc/passwd"), .body = STR("")};
	post_http(client, &file, NULL, &a);
	assert_int_equal(a.end, POST_REFUSED);
	assert_int_equal(atomic_load(&smtp.connections), before);
}

static void a_process_that_died_is_asked_again_when_it_is_back(void **state)
{
	(void)state;
	struct gone_past p = {0};
	struct post_status s;
	assert_int_equal(send_one(4000, &p).end, POST_TAKEN);
	assert_ok(post_ask_status(client, &s, e));
	assert_true(s.has_smtp && !s.has_sms && s.mails > 0);
	int status = post_stop(&post);
	assert_int_equal(status, 0);
	post_start(&post, test_dir);
	struct post_answer a = send_one(4001, &p);
	assert_int_equal(a.end, POST_TAKEN);
	assert_int_equal(smtp_most_times(&smtp), 1);
}

static void a_client_that_was_halted_calls_nobody(void **state)
{
	(void)state;
	struct gone_past p = {0};
	post_client_halt(client);
	assert_int_equal(send_one(5000, &p).end, POST_AGAIN);
	assert_int_equal(p.times, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails_go_over_one_connection_and_the_point_of_no_return_is_passed_once),
		cmocka_unit_test(each_failure_of_a_server_is_told_apart),
		cmocka_unit_test(what_is_given_up_before_the_end_is_never_taken),
		cmocka_unit_test(a_server_that_is_away_is_waited_for),
		cmocka_unit_test(an_address_that_could_be_a_command_is_not_sent),
		cmocka_unit_test(a_web_address_of_this_machine_is_no_public_one),
		cmocka_unit_test(a_process_that_died_is_asked_again_when_it_is_back),
		cmocka_unit_test(a_client_that_was_halted_calls_nobody),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
