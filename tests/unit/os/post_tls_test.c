/* Mail over TLS, with a name and a password; and the process that sends it, killed while it does. */
#include "os/post_client.h"

#include "unit/post_process.h"
#include "unit/smtp_tls.h"

static struct smtp_server smtp;
static struct post_process post;
static struct post_client *client;

#define LOGIN "AGNpdHloYWxsAG5pbmUgc3RvbmVz" /* "\0cityhall\0nine stones" */

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(test_path(name).p, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int start(void **state)
{
	smtp = (struct smtp_server){.login = LOGIN};
	post = (struct post_process){0};
	client = NULL;
	bool ok = test_dir_make(state) == 0 && mkdir(test_path("run").p, 0700) == 0 && smtp_start(&smtp, 0) &&
	          tls_begin(&smtp, "IP:127.0.0.1", test_path("ca.pem").p);
	write_file("login", "cityhall\nnine stones\n");
	return ok ? 0 : -1;
}

static void begin(const char *scheme)
{
	post_word(&post, "--smtp=%s://127.0.0.1:%d", scheme, smtp.port);
	post_word(&post, "--wait-seconds=2");
	post_start(&post, test_dir);
	assert_ok(post_client_new(str_of(test_dir), &client, e));
}

static int stop(void **state)
{
	int status = client ? post_stop(&post) : 0;
	post_client_free(client);
	smtp_stop(&smtp);
	tls_end(&smtp);
	return status == 0 ? test_dir_remove(state) : -1;
}

static bool past(void *ctx, struct err *e)
{
	(void)e;
	(*(int *)ctx)++;
	return true;
}

static struct post_answer send_one(int number, int *passed)
{
	static char message[200];
	struct post_answer a;
	*passed = 0;
	snprintf(message, sizeof message, "From: hall@example.org\r\nMessage-ID: <%d@test>\r\n\r\nHello\r\n", number);
	struct post_mail mail = {.from = STR("hall@example.org"),
	                         .to = STR("anna@example.org"),
	                         .message = str_of(message),
	                         .point_of_no_return = past,
	                         .ctx = passed};
	post_mail(client, &mail, &a);
	return a;
}

static void assert_taken(struct post_answer a)
{
	if (a.end != POST_TAKEN) {
		fail_msg("end %d, %d %s", (int)a.end, a.code, a.said);
	}
}

static void by_starttls_the_password_goes_over_tls_alone(void **state)
{
	(void)state;
	int passed;
	post_word(&post, "--smtp-starttls");
	post_word(&post, "--smtp-ca=%s", test_path("ca.pem").p);
	post_word(&post, "--smtp-credentials=%s", test_path("login").p);
	atomic_store(&smtp.offers_tls, true);
	atomic_store(&smtp.wants_login, true);
	begin("smtp");
	assert_taken(send_one(1, &passed));
	assert_taken(send_one(2, &passed));
	assert_int_equal(atomic_load(&smtp.tls_n), 1);
	assert_int_equal(atomic_load(&smtp.login_n), 1);
	assert_int_equal(atomic_load(&smtp.clear_login_n), 0);
	assert_int_equal(smtp.mail_n, 2);
}

/* As who sits between the two would have it. */
static void a_server_that_offers_no_starttls_gets_neither_mail_nor_password(void **state)
{
	(void)state;
	int passed;
	post_word(&post, "--smtp-starttls");
	post_word(&post, "--smtp-ca=%s", test_path("ca.pem").p);
	post_word(&post, "--smtp-credentials=%s", test_path("login").p);
	atomic_store(&smtp.wants_login, true);
	begin("smtp");
	struct post_answer a = send_one(1, &passed);
	assert_int_equal(a.end, POST_AGAIN);
	assert_int_equal(passed, 0);
	assert_int_equal(smtp.mail_n, 0);
	assert_int_equal(atomic_load(&smtp.clear_login_n), 0);
}

static void a_certificate_of_nobody_known_ends_the_call_and_says_so(void **state)
{
	(void)state;
	int passed;
	/* Of another authority than the one that is asked for. */
	void *first = smtp.wrap_ctx;
	assert_true(tls_begin(&smtp, "IP:127.0.0.1", test_path("other.pem").p));
	post_word(&post, "--smtp-starttls");
	post_word(&post, "--smtp-ca=%s", test_path("ca.pem").p);
	post_word(&post, "--smtp-credentials=%s", test_path("login").p);
	atomic_store(&smtp.offers_tls, true);
	atomic_store(&smtp.wants_login, true);
	begin("smtp");
	struct post_answer a = send_one(1, &passed);
	assert_int_equal(a.end, POST_AGAIN);
	if (strstr(a.said, "certificate") == NULL) {
		fail_msg("%s", a.said);
	}
	assert_int_equal(atomic_load(&smtp.login_n) + atomic_load(&smtp.clear_login_n), 0);
	assert_int_equal(smtp.mail_n, 0);
	/* And of the right one. */
	SSL_CTX_free(smtp.wrap_ctx);
	smtp.wrap_ctx = first;
	assert_taken(send_one(2, &passed));
}

static void a_certificate_for_another_machine_is_none(void **state)
{
	(void)state;
	int passed;
	tls_end(&smtp);
	assert_true(tls_begin(&smtp, "DNS:mail.example.org", test_path("ca.pem").p));
	post_word(&post, "--smtp-ca=%s", test_path("ca.pem").p);
	atomic_store(&smtp.wraps_at_once, true);
	begin("smtps");
	assert_int_equal(send_one(1, &passed).end, POST_AGAIN);
	assert_int_equal(smtp.mail_n, 0);
}

static void by_smtps_a_wrong_password_is_the_operators_matter(void **state)
{
	(void)state;
	int passed;
	write_file("login", "cityhall\nten stones\n");
	post_word(&post, "--smtp-ca=%s", test_path("ca.pem").p);
	post_word(&post, "--smtp-credentials=%s", test_path("login").p);
	atomic_store(&smtp.wraps_at_once, true);
	atomic_store(&smtp.wants_login, true);
	begin("smtps");
	struct post_answer a = send_one(1, &passed);
	assert_int_equal(a.end, POST_AGAIN);
	assert_int_equal(a.code, 535);
	assert_int_equal(passed, 0);
	smtp.login = "AGNpdHloYWxsAHRlbiBzdG9uZXM="; /* as the file says */
	assert_taken(send_one(1, &passed));
	assert_true(atomic_load(&smtp.tls_n) >= 1);
}

static int run_once(const char *credentials)
{
	char word[400], path[400];
	int fd;
	snprintf(path, sizeof path, "%s/run/once.sock", test_dir);
	assert_ok(socket_listen_unix(str_of(path), 0600, &fd, e));
	snprintf(word, sizeof word, "--smtp-credentials=%s", test_path(credentials).p);
	pid_t child = fork();
	if (child == 0) {
		dup2(fd, 3);
		execl(post_program(), "cityhall-post", word, (char *)NULL);
		_exit(99);
	}
	int status = test_wait(child);
	socket_close(&fd);
	unlink(path);
	return status;
}

static void credentials_that_are_not_two_lines_are_said_at_the_start(void **state)
{
	(void)state;
	write_file("half", "cityhall\n");
	write_file("empty", "");
	int half = run_once("half"), empty = run_once("empty"), none = run_once("no-such-file");
	assert_true(half != 0 && half != 99);
	assert_true(empty != 0 && empty != 99);
	assert_true(none != 0 && none != 99);
}

/* --- Killed while it sends --- */

struct killer {
	enum smtp_mood mood;
	pid_t killed;
};

/* Waits until the server has got as far as the mood says, then kills. */
static void *kill_it(void *arg)
{
	struct killer *k = arg;
	bool is_there = false;
	for (int i = 0; i < 60000 && !is_there; i++) {
		pthread_mutex_lock(&smtp.lock);
		is_there = k->mood == SMTP_SILENT_AT_END ? smtp.mail_n > 0 : atomic_load(&smtp.rcpt_n) > 0;
		pthread_mutex_unlock(&smtp.lock);
		usleep(1000);
	}
	k->killed = is_there ? post_child(&post) : 0;
	if (k->killed > 0) {
		kill(k->killed, SIGKILL);
	}
	return NULL;
}

static void killed_while_it_sends(enum smtp_mood mood, enum post_end end, int wanted)
{
	struct killer k = {.mood = mood};
	pthread_t thread;
	int passed;
	atomic_store(&smtp.mood, (int)mood);
	begin("smtp");
	assert_int_equal(pthread_create(&thread, NULL, kill_it, &k), 0);
	struct post_answer a = send_one(1, &passed);
	pthread_join(thread, NULL);
	assert_true(k.killed > 0);
	if (a.end != end || passed != wanted) {
		fail_msg("end %d, passed %d: %s", (int)a.end, passed, a.said);
	}
	/* The supervisor has another one. */
	atomic_store(&smtp.mood, SMTP_WELL);
	bool is_taken = false;
	for (int i = 0; i < 600 && !is_taken; i++) {
		is_taken = send_one(2, &passed).end == POST_TAKEN;
		usleep(is_taken ? 0 : 100000);
	}
	assert_true(is_taken);
	assert_int_equal(smtp_most_times(&smtp), 1);
}

static void killed_before_the_end_of_a_mail_it_has_sent_none(void **state)
{
	(void)state;
	killed_while_it_sends(SMTP_SILENT_AT_RCPT, POST_AGAIN, 0);
	assert_int_equal(smtp.mail_n, 1);
}

static void killed_before_the_answer_it_leaves_the_mail_unsure(void **state)
{
	(void)state;
	killed_while_it_sends(SMTP_SILENT_AT_END, POST_UNSURE, 1);
	assert_int_equal(smtp.mail_n, 2);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(by_starttls_the_password_goes_over_tls_alone),
		TEST(a_server_that_offers_no_starttls_gets_neither_mail_nor_password),
		TEST(a_certificate_of_nobody_known_ends_the_call_and_says_so),
		TEST(a_certificate_for_another_machine_is_none),
		TEST(by_smtps_a_wrong_password_is_the_operators_matter),
		TEST(credentials_that_are_not_two_lines_are_said_at_the_start),
		TEST(killed_before_the_end_of_a_mail_it_has_sent_none),
		TEST(killed_before_the_answer_it_leaves_the_mail_unsure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
