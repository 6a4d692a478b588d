/* Controllers that speak SNMP alone: a process of its own answers for one, another polls and orders. A second of the
 * street passes when the test says so. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_source.h"
#include "brain/ntcip.h"
#include "os/socket.h"
#include "unit/brain/small_net.h"
#include "unit/unit.h"

#define SOON_US (US_PER_S * 5)
#define WAIT_US (US_PER_S / 200)
enum { PEERS = 2, ENGINE_DIGITS = 2 * NTCIP_ENGINE_MAX };

static const struct ntcip_secret secret = {STR("brain"), STR("open-sesame?"), STR("nobody-reads-this")};
static const struct ntcip_secret wrong = {STR("brain"), STR("open-barley?"), STR("nobody-reads-this")};

struct corner {
	struct net net;
	struct city city;
	struct agent agent;
};

/* What the controller tells whoever started it. */
struct birth {
	uint16_t port;
	char engine[ENGINE_DIGITS + 1];
};

struct controller_process {
	pid_t pid;
	int orders, done; /* pipes: a letter for each order, and back when it is done */
	struct birth birth;
};

static void make_corner(struct corner *c)
{
	struct err e = {0};
	assert_true(net_read_sumo(&c->net, str_of(small_net), &e));
	assert_true(city_init(&c->city, &c->net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e));
	assert_true(agent_init(&c->agent, &c->net.signals[0], &c->city.signals[0]));
}

static void release_corner(struct corner *c)
{
	city_release(&c->city);
	net_release(&c->net);
}

/* Orders: t a second passes, c its cable is cut, m it is mended. */
static void be_controller(int orders, int done)
{
	struct corner c;
	struct ntcip_server *s;
	struct err e = {0};
	struct birth birth = {0};
	struct buf engine;
	int64_t now_ms = 0;
	char order;
	make_corner(&c);
	const struct ntcip_server_options o = {.secret = secret, .agents = &c.agent, .agent_n = 1};
	if (!ntcip_serve(&s, &o, &e)) {
		print_error("%s\n", e.text);
		_exit(1);
	}
	buf_init(&engine, sizeof birth.engine);
	ntcip_put_engine(&engine);
	memcpy(birth.engine, engine.p, engine.n);
	birth.port = ntcip_server_port(s);
	bool ok = write(done, &birth, sizeof birth) == (ssize_t)sizeof birth;
	while (ok) {
		struct pollfd p = {.fd = orders, .events = POLLIN};
		ntcip_server_pump(s, now_ms, deadline_in(WAIT_US));
		if (poll(&p, 1, 0) <= 0) {
			continue;
		}
		ok = read(orders, &order, 1) == 1;
		if (ok && order == 't') {
			agent_tick(&c.agent, now_ms);
			now_ms += 1000;
		} else if (ok) {
			ntcip_server_cut(s, 0, order == 'c');
		}
		ok = ok && write(done, &order, 1) == 1;
	}
	_exit(0);
}

static void start(struct controller_process *p)
{
	int orders[2], done[2];
	assert_true(pipe(orders) == 0 && pipe(done) == 0);
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(orders[1]);
		close(done[0]);
		be_controller(orders[0], done[1]);
	}
	assert_true(p->pid > 0);
	close(orders[0]);
	close(done[1]);
	p->orders = orders[1];
	p->done = done[0];
	assert_int_equal(read(p->done, &p->birth, sizeof p->birth), sizeof p->birth);
}

static void stop(struct controller_process *p)
{
	close(p->orders);
	close(p->done);
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
}

static void tell(const struct controller_process *p, char order)
{
	char back;
	assert_int_equal(write(p->orders, &order, 1), 1);
	assert_int_equal(read(p->done, &back, 1), 1);
	assert_int_equal(back, order);
}

static void make_peer(struct ntcip_peer *p, const struct birth *b, uint16_t port, const struct corner *c)
{
	*p = (struct ntcip_peer){.address = {.sin_family = AF_INET, .sin_port = htons(port)},
	                         .context = "s0",
	                         .engine_n = strlen(b->engine) / 2,
	                         .phase_n = c->agent.phases.n,
	                         .channel_n = c->city.signals[0].plan.group_n};
	p->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(str_to_bytes(str_of(b->engine), p->engine, p->engine_n));
}

static uint8_t stage_of(const struct corner *c, const struct ntcip_peer *p)
{
	struct groups on = p->status.greens;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		on.w[i] |= p->status.nexts.w[i];
	}
	return phases_stage(&c->agent.phases, &c->city.signals[0].plan, &on);
}

static void ask_for(struct ntcip_master *m, const struct corner *c, const struct ntcip_peer *p, uint8_t wanted)
{
	struct groups orders[AGENT_ORDERS];
	agent_orders_for(&c->agent.phases, stage_of(c, p), wanted, orders);
	ntcip_order(m, 0, orders);
	ntcip_send(m, deadline_in(SOON_US));
}

/* Somebody who does not know the words; in a process of its own, as the library keeps its users for one. */
static void forge(const struct birth *b, const struct corner *c)
{
	struct ntcip_peer peer;
	struct ntcip_master *m;
	struct err e;
	struct groups orders[AGENT_ORDERS];
	make_peer(&peer, b, b->port, c);
	if (!ntcip_master_begin(&m, &peer, 1, &wrong, &e)) {
		_exit(2);
	}
	agent_orders_for(&c->agent.phases, 1, 0, orders);
	ntcip_poll(m, deadline_in(US_PER_S));
	ntcip_order(m, 0, orders);
	ntcip_send(m, deadline_in(US_PER_S));
	_exit(peer.is_heard || peer.answers > 0 ? 3 : 0);
}

static void garbage(const struct birth *b)
{
	struct prng random = seeded();
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(b->port)};
	char bytes[300];
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	for (int i = 0; i < 300; i++) {
		size_t n = prng_below(&random, sizeof bytes);
		for (size_t k = 0; k < n; k++) {
			bytes[k] = (char)prng_below(&random, 256);
		}
		/* Half of them begin like a message of version 3. */
		static const char begin[] = {0x30, (char)0x82, 0x01, 0x00, 0x02, 0x01, 0x03};
		memcpy(bytes, begin, i % 2 == 0 && n >= sizeof begin ? sizeof begin : 0);
		assert_true(sendto(fd, bytes, n, 0, (struct sockaddr *)&to, sizeof to) >= 0);
	}
	close(fd);
}

static void a_signal_is_led_over_snmp(void **state)
{
	(void)state;
	struct controller_process p;
	struct corner c;
	struct ntcip_peer peers[PEERS];
	struct ntcip_master *m;
	struct err e = {0};
	make_corner(&c);
	start(&p);
	make_peer(&peers[0], &p.birth, p.birth.port, &c);
	make_peer(&peers[1], &p.birth, 9, &c); /* nobody is there */
	/* One who does not know the words, and one who talks nonsense, change nothing. */
	pid_t forger = fork();
	if (forger == 0) {
		forge(&p.birth, &c);
	}
	int status = 1;
	assert_int_equal(waitpid(forger, &status, 0), forger);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	garbage(&p.birth);

	if (!ntcip_master_begin(&m, peers, PEERS, &secret, &e)) {
		fail_msg("%s", e.text);
	}
	for (int t = 0; t < 10 && !peers[0].is_heard; t++) {
		ntcip_poll(m, deadline_in(SOON_US));
	}
	assert_int_equal(peers[0].mode, AGENT_BACKUP); /* nobody has led it yet */
	for (int t = 0; t < 60; t++) {
		ntcip_poll(m, deadline_in(SOON_US));
		ask_for(m, &c, &peers[0], 1);
		tell(&p, 't');
	}
	/* It stays longer than its plan would, and the dead one beside it kept nobody. */
	ntcip_poll(m, deadline_in(SOON_US));
	assert_true(peers[0].is_heard && !peers[0].refuses && peers[0].refusals == 0);
	assert_int_equal(stage_of(&c, &peers[0]), 1);
	assert_int_equal(peers[0].mode, AGENT_SYSTEM);
	assert_int_equal(peers[0].backup_s, AGENT_BACKUP_S);
	assert_true(groups_equal(&peers[0].status.channel_greens, &c.city.signals[0].plan.stages[1].green));
	assert_true(!peers[1].is_heard && peers[1].silent > 3);

	/* Nobody says anything for two seconds: it goes by its plan, and comes back. */
	for (int t = 0; t < 3; t++) {
		tell(&p, 't');
	}
	ntcip_poll(m, deadline_in(SOON_US));
	assert_true(peers[0].is_heard);
	assert_int_equal(peers[0].mode, AGENT_BACKUP);
	ask_for(m, &c, &peers[0], 1);
	ntcip_poll(m, deadline_in(SOON_US));
	assert_int_equal(peers[0].mode, AGENT_SYSTEM);

	/* Its cable is cut, and mended. */
	tell(&p, 'c');
	for (int t = 0; t < 4; t++) {
		ntcip_poll(m, deadline_in(SOON_US));
	}
	assert_int_equal(peers[0].silent, 4);
	tell(&p, 'm');
	int64_t deadline = deadline_in(SOON_US * 10);
	while (!peers[0].is_heard && deadline_left(deadline) > 0) {
		ntcip_poll(m, deadline_in(SOON_US / 50));
		usleep(WAIT_US);
	}
	assert_true(peers[0].is_heard);
	ntcip_master_end(m);
	release_corner(&c);
	stop(&p);
}

static void words_that_the_library_would_misread_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "short", "with a blank", "with\"quote", "with\\stroke", "umlaut-\xc3\xa4\xc3\xb6"};
	struct ntcip_master *m;
	struct err e;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct ntcip_secret s = {STR("brain"), str_of(bad[i]), secret.privacy};
		assert_false(ntcip_master_begin(&m, NULL, 0, &s, &e));
		assert_int_equal(e.code, ERR_CONFIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_is_led_over_snmp),
		cmocka_unit_test(words_that_the_library_would_misread_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
