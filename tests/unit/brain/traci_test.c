#include "brain/traci.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_source.h"
#include "os/socket.h"
#include "os/thread.h"
#include "unit/unit.h"

/* An answer to one subscription and a step: a vehicle's speed and lane, and two names of the simulation. */
static const char answer[] = "\x07\xd4\x00\x00\x00\x00\x00"                 /* the subscription is taken */
							 "\x07\x02\x00\x00\x00\x00\x00\x00\x00\x00\x02" /* the step; two subscriptions */
							 "\x00\x00\x00\x00\x23\xe4\x00\x00\x00\x01"
							 "a\x02\x40\x00\x0b\x40\x29\x00\x00\x00\x00\x00\x00\x51\x00\x0c\x00\x00\x00\x03"
							 "w_1"
							 "\x18\xeb\x00\x00\x00\x00\x01\x74\x00\x0e\x00\x00\x00\x02\x00\x00\x00\x01"
							 "b\x00\x00\x00\x01"
							 "c";

static void reads_what_a_step_brings(void **state)
{
	(void)state;
	struct traci_answer a;
	struct traci_value v;
	struct err e = {0};
	struct str name;
	bool has;
	assert_true(traci_read(str_from(answer, sizeof answer - 1), 1, &a, &e));
	assert_true(traci_next(&a, &v, &has, &e) && has);
	assert_int_equal(v.domain, TRACI_VEHICLES);
	assert_str(v.id, "a");
	assert_int_equal(v.variable, TRACI_SPEED);
	assert_true(v.number > 12.49 && v.number < 12.51);
	assert_true(traci_next(&a, &v, &has, &e) && has);
	assert_str(v.text, "w_1");
	assert_true(traci_next(&a, &v, &has, &e) && has);
	assert_int_equal(v.domain, TRACI_SIMULATION);
	assert_true(traci_name(&v, &name));
	assert_str(name, "b");
	assert_true(traci_name(&v, &name));
	assert_str(name, "c");
	assert_false(traci_name(&v, &name));
	assert_true(traci_next(&a, &v, &has, &e) && !has);
}

static bool reads_to_the_end(struct str bytes, struct err *e)
{
	struct traci_answer a;
	struct traci_value v;
	bool has = true, ok = traci_read(bytes, 1, &a, e);
	while (ok && has) {
		ok = traci_next(&a, &v, &has, e);
	}
	return ok;
}

static void believes_no_answer_that_is_cut_or_longer(void **state)
{
	(void)state;
	struct err e = {0};
	char longer[sizeof answer + 1];
	for (size_t n = 0; n < sizeof answer - 1; n++) {
		assert_false(reads_to_the_end(str_from(answer, n), &e));
		assert_int_equal(e.code, ERR_CORRUPT);
	}
	memcpy(longer, answer, sizeof answer);
	longer[sizeof answer - 1] = longer[sizeof answer] = 'x';
	assert_false(reads_to_the_end(str_from(longer, sizeof longer), &e));
	assert_int_equal(e.code, ERR_CORRUPT);
}

/* --- Servers that do not behave --------------------------------------------------------------------------------------
 */

struct server {
	int listens;
	struct str says;
	bool stays; /* silent, with the connection open, until the client goes */
};

static void *serve(void *arg)
{
	const struct server *s = arg;
	struct err e;
	int fd = -1;
	char bytes[1000];
	if (socket_accept(s->listens, deadline_in(10 * US_PER_S), &fd, &e)) {
		bool is_asked = recv(fd, bytes, sizeof bytes, 0) > 0;
		if (is_asked && s->says.n > 0 && send(fd, s->says.p, s->says.n, MSG_NOSIGNAL) < 0) {
			print_error("the client is gone\n");
		}
		while (s->stays && recv(fd, bytes, sizeof bytes, 0) > 0) {
		}
		socket_close(&fd);
	}
	return NULL;
}

static enum err_code step_with(struct str says, bool stays)
{
	struct server s = {.listens = -1, .says = says, .stays = stays};
	struct thread t = {0};
	struct traci client;
	struct traci_answer a;
	struct err e = {0};
	assert_true(socket_listen_tcp(STR("127.0.0.1"), 0, &s.listens, &e));
	assert_true(thread_start(&t, "server", 0, serve, &s, &e));
	assert_true(traci_open(&client, socket_port(s.listens), US_PER_S / 5, deadline_in(10 * US_PER_S), &e));
	bool ok = traci_step(&client, 0, &a, &e);
	shutdown(client.fd, SHUT_RDWR);
	traci_close(&client);
	thread_join(&t);
	socket_close(&s.listens);
	return ok ? ERR_NONE : e.code;
}

static void says_what_is_wrong_with_the_server(void **state)
{
	(void)state;
	assert_int_equal(step_with(STR("\x00\x00\x00\x0f\x07\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), true), ERR_NONE);
	assert_int_equal(step_with(STR_EMPTY, false), ERR_GONE);
	assert_int_equal(step_with(STR_EMPTY, true), ERR_BUSY);                       /* never answers */
	assert_int_equal(step_with(STR("\x00\x00\x00\x0f\x07\x02"), true), ERR_BUSY); /* half an answer */
	assert_int_equal(step_with(STR("\x00\x00\x00\x0f\x07\x02"), false), ERR_GONE);
	assert_int_equal(step_with(STR("\xff\xff\xff\xff"), true), ERR_CORRUPT); /* of an impossible length */
	assert_int_equal(step_with(STR("\x00\x00\x00\x01"), true), ERR_CORRUPT);
	assert_int_equal(step_with(STR("HTTP/1.1 400 Bad Request\r\n\r\n"), true), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_step_brings),
		cmocka_unit_test(believes_no_answer_that_is_cut_or_longer),
		cmocka_unit_test(says_what_is_wrong_with_the_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
