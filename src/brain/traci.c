#include "brain/traci.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "os/socket.h"

enum {
	COMMAND_STEP = 0x02,
	COMMAND_CLOSE = 0x7f,
	SET_SIGNAL = 0xc2,
	SET_VEHICLE = 0xc4,
	TYPE_BYTE = 0x08,
	TYPE_UBYTE = 0x07,
	TYPE_INT = 0x09,
	TYPE_DOUBLE = 0x0b,
	TYPE_STRING = 0x0c,
	TYPE_LIST = 0x0e,
	RESULT_OK = 0,
	ANSWER_OF = 0x10, /* a subscription's answer has the domain's number and this */
	MESSAGE_MAX_BYTES = 256 * 1024 * 1024,
	OUT_MAX_BYTES = 64 * 1024 * 1024,
	NAME_MAX_BYTES = 1024,
	RETRY_US = 20000,
	GOODBYE_US = 2000000,
};

/* --- Writing ---------------------------------------------------------------------------------------------------------
 */

static void put_u32(struct buf *b, uint32_t v)
{
	uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	buf_put_bytes(b, bytes, 4);
}

static void put_double(struct buf *b, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, 8);
	put_u32(b, (uint32_t)(bits >> 32));
	put_u32(b, (uint32_t)bits);
}

static void put_text(struct buf *b, struct str s)
{
	put_u32(b, (uint32_t)s.n);
	buf_put(b, s);
}

/* A command's length counts itself and its own byte or, when that does not suffice, five bytes. */
static void put_head(struct buf *b, uint8_t command, size_t body_n)
{
	if (body_n + 2 <= UINT8_MAX) {
		buf_put_byte(b, (char)(body_n + 2));
	} else {
		buf_put_byte(b, 0);
		put_u32(b, (uint32_t)body_n + 6);
	}
	buf_put_byte(b, (char)command);
}

void traci_subscribe(struct traci *t, enum traci_domain domain, struct str id, const uint8_t *variables, size_t n)
{
	if (id.n > NAME_MAX_BYTES) {
		return;
	}
	put_head(&t->out, (uint8_t)domain, 8 + 8 + 4 + id.n + 1 + n);
	put_double(&t->out, 0);
	put_double(&t->out, 1e9);
	put_text(&t->out, id);
	buf_put_byte(&t->out, (char)n);
	buf_put_bytes(&t->out, variables, n);
	t->waiting++;
}

void traci_show(struct traci *t, struct str signal, struct str letters)
{
	put_head(&t->out, SET_SIGNAL, 1 + 4 + signal.n + 1 + 4 + letters.n);
	buf_put_byte(&t->out, TRACI_STATE);
	put_text(&t->out, signal);
	buf_put_byte(&t->out, TYPE_STRING);
	put_text(&t->out, letters);
	t->waiting++;
}

void traci_drive(struct traci *t, struct str vehicle, double mps)
{
	put_head(&t->out, SET_VEHICLE, 1 + 4 + vehicle.n + 1 + 8);
	buf_put_byte(&t->out, TRACI_SPEED);
	put_text(&t->out, vehicle);
	buf_put_byte(&t->out, TYPE_DOUBLE);
	put_double(&t->out, mps);
	t->waiting++;
}

/* --- Reading ---------------------------------------------------------------------------------------------------------
 */

static bool take(struct str *from, size_t n, struct str *piece)
{
	*piece = str_sub(*from, 0, n);
	bool ok = from->n >= n;
	*from = str_sub(*from, n, SIZE_MAX);
	return ok;
}

static bool take_u8(struct str *from, uint8_t *v)
{
	struct str s;
	bool ok = take(from, 1, &s);
	*v = ok ? (uint8_t)s.p[0] : 0;
	return ok;
}

static bool take_u32(struct str *from, uint32_t *v)
{
	struct str s;
	if (!take(from, 4, &s)) {
		*v = 0;
		return false;
	}
	const uint8_t *p = (const uint8_t *)s.p;
	*v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return true;
}

static bool take_double(struct str *from, double *v)
{
	uint32_t high = 0, low = 0;
	bool ok = take_u32(from, &high) && take_u32(from, &low);
	uint64_t bits = (uint64_t)high << 32 | low;
	memcpy(v, &bits, 8);
	if (!ok || !isfinite(*v)) {
		*v = 0;
	}
	return ok;
}

static bool take_text(struct str *from, struct str *text)
{
	uint32_t n;
	return take_u32(from, &n) && take(from, n, text);
}

static bool lies(struct err *e, const char *what)
{
	return err_set(e, ERR_CORRUPT, "TraCI: %s", what);
}

/* Length and number of a command; *body is what follows within its length. */
static bool take_command(struct str *from, uint8_t *command, struct str *body)
{
	uint8_t small;
	uint32_t n;
	if (!take_u8(from, &small)) {
		return false;
	}
	size_t used = 1;
	n = small;
	if (small == 0) {
		if (!take_u32(from, &n)) {
			return false;
		}
		used = 5;
	}
	return n > used && take(from, n - used, body) && take_u8(body, command);
}

static bool take_status(struct str *from, struct err *e)
{
	struct str body, why = STR_EMPTY;
	uint8_t command, result;
	if (!take_command(from, &command, &body) || !take_u8(&body, &result) || !take_text(&body, &why)) {
		return lies(e, "an answer without a result");
	}
	if (result != RESULT_OK && why.n > 0) {
		/* A vehicle that is gone meanwhile is no reason to stop: what was asked of it has nobody to be done to. */
		return true;
	}
	return result == RESULT_OK || lies(e, "a command was refused");
}

/* Passes over the answers to what was collected: a status each, and after one of a subscription its first values. */
static bool pass_answers(struct str *from, uint32_t waiting, struct err *e)
{
	while (waiting > 0) {
		struct str before = *from, body;
		uint8_t command = 0;
		if (!take_command(from, &command, &body)) {
			return lies(e, "fewer answers than commands");
		}
		bool is_values = command >= TRACI_VEHICLES - 4 + ANSWER_OF && command <= TRACI_PEOPLE + ANSWER_OF;
		if (!is_values) {
			*from = before;
			if (!take_status(from, e)) {
				return false;
			}
			waiting--;
		}
	}
	/* Values of the last subscription come behind its status. */
	for (;;) {
		struct str before = *from, body;
		uint8_t command = 0;
		if (!take_command(from, &command, &body) || command < TRACI_VEHICLES - 4 + ANSWER_OF ||
		    command > TRACI_PEOPLE + ANSWER_OF) {
			*from = before;
			return true;
		}
	}
}

bool traci_read(struct str message, uint32_t waiting, struct traci_answer *a, struct err *e)
{
	*a = (struct traci_answer){.rest = message};
	return pass_answers(&a->rest, waiting, e) && take_status(&a->rest, e) &&
	       (take_u32(&a->rest, &a->left) || lies(e, "a step without its subscriptions"));
}

static bool take_value(struct traci_answer *a, struct traci_value *v)
{
	uint8_t status, type, byte;
	uint32_t number;
	*v = (struct traci_value){.domain = a->domain, .id = a->id, .text = STR_EMPTY, .list = STR_EMPTY};
	if (!take_u8(&a->rest, &v->variable) || !take_u8(&a->rest, &status) || !take_u8(&a->rest, &type)) {
		return false;
	}
	switch (type) {
	case TYPE_UBYTE:
	case TYPE_BYTE:
		return take_u8(&a->rest, &byte);
	case TYPE_INT:
		if (!take_u32(&a->rest, &number)) {
			return false;
		}
		v->number = (int32_t)number;
		return true;
	case TYPE_DOUBLE:
		return take_double(&a->rest, &v->number);
	case TYPE_STRING:
		return take_text(&a->rest, &v->text);
	case TYPE_LIST:
		if (!take_u32(&a->rest, &v->list_n)) {
			return false;
		}
		v->list = a->rest;
		for (uint32_t i = 0; i < v->list_n; i++) {
			struct str name;
			if (!take_text(&a->rest, &name)) {
				return false;
			}
		}
		v->list = str_sub(v->list, 0, v->list.n - a->rest.n);
		return true;
	default:
		return false;
	}
}

bool traci_next(struct traci_answer *a, struct traci_value *v, bool *has, struct err *e)
{
	while (a->variables == 0) {
		struct str body;
		uint8_t command, n;
		*has = a->left > 0;
		if (!*has) {
			return a->rest.n == 0 || lies(e, "bytes behind the last subscription");
		}
		struct str before = a->rest;
		if (!take_command(&a->rest, &command, &body) || !take_text(&body, &a->id) || !take_u8(&body, &n)) {
			return lies(e, "a subscription that ends too soon");
		}
		if (command < ANSWER_OF) {
			return lies(e, "a subscription of nothing");
		}
		a->domain = (enum traci_domain)(command - ANSWER_OF);
		/* The values lie within the command's length; take_value() is bounded by the whole. */
		a->rest = str_sub(before, (size_t)(body.p - before.p), SIZE_MAX);
		a->variables = n;
		a->left--;
	}
	a->variables--;
	*has = true;
	return take_value(a, v) || lies(e, "a value of a kind that is not known");
}

bool traci_name(struct traci_value *v, struct str *name)
{
	return take_text(&v->list, name) && name->n > 0;
}

/* --- The wire --------------------------------------------------------------------------------------------------------
 */

static bool wait_for(int fd, short what, int64_t deadline, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = what};
	for (;;) {
		int64_t left_us = deadline_left(deadline);
		int n = poll(&p, 1, (int)(left_us / 1000) + (left_us % 1000 > 0));
		if (n > 0) {
			return true;
		}
		if (n == 0 || deadline_left(deadline) == 0) {
			return err_set(e, ERR_BUSY, "TraCI: no answer in time");
		}
		if (errno != EINTR) {
			return err_errno(e, "TraCI: poll");
		}
	}
}

static bool send_all(int fd, struct str bytes, int64_t deadline, struct err *e)
{
	while (bytes.n > 0) {
		if (!wait_for(fd, POLLOUT, deadline, e)) {
			return false;
		}
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return err_set(e, ERR_GONE, "TraCI: the server is gone");
		}
		bytes = str_sub(bytes, n > 0 ? (size_t)n : 0, SIZE_MAX);
	}
	return true;
}

static bool receive(int fd, char *to, size_t n, int64_t deadline, struct err *e)
{
	while (n > 0) {
		if (!wait_for(fd, POLLIN, deadline, e)) {
			return false;
		}
		ssize_t got = recv(fd, to, n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			return err_set(e, ERR_GONE, "TraCI: the server is gone");
		}
		to += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

bool traci_open(struct traci *t, uint16_t port, int64_t limit_us, int64_t deadline, struct err *e)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	*t = (struct traci){.fd = -1, .limit_us = limit_us};
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0) {
			return err_errno(e, "TraCI: no socket");
		}
		if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
			t->fd = fd;
			break;
		}
		close(fd);
		if (deadline_left(deadline) == 0) {
			return err_set(e, ERR_BUSY, "TraCI: nobody listens on port %u", port);
		}
		nanosleep(&(struct timespec){.tv_nsec = RETRY_US * 1000}, NULL);
	}
	setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	buf_init(&t->out, OUT_MAX_BYTES);
	buf_init(&t->in, MESSAGE_MAX_BYTES);
	return true;
}

static bool exchange(struct traci *t, struct err *e)
{
	char head[4];
	uint32_t n;
	struct buf length;
	int64_t deadline = deadline_in(t->limit_us);
	buf_init(&length, 4);
	put_u32(&length, (uint32_t)t->out.n + 4);
	bool ok = buf_ok(&t->out, e) && send_all(t->fd, buf_str(&length), deadline, e) &&
	          send_all(t->fd, buf_str(&t->out), deadline, e) && receive(t->fd, head, 4, deadline, e);
	buf_release(&length);
	if (!ok) {
		return false;
	}
	struct str four = str_from(head, 4);
	take_u32(&four, &n);
	if (n < 4 || n > MESSAGE_MAX_BYTES) {
		return lies(e, "a message of an impossible length");
	}
	buf_reset(&t->in);
	char *to = buf_reserve(&t->in, n - 4);
	if (to == NULL) {
		return err_set(e, ERR_MEMORY, "TraCI: no memory for an answer of %u bytes", n);
	}
	if (!receive(t->fd, to, n - 4, deadline, e)) {
		return false;
	}
	buf_added(&t->in, n - 4);
	return true;
}

bool traci_step(struct traci *t, double until_s, struct traci_answer *a, struct err *e)
{
	uint32_t waiting = t->waiting;
	put_head(&t->out, COMMAND_STEP, 8);
	put_double(&t->out, until_s);
	bool ok = exchange(t, e);
	buf_reset(&t->out);
	t->waiting = 0;
	return ok && traci_read(buf_str(&t->in), waiting, a, e);
}

void traci_close(struct traci *t)
{
	struct err ignored;
	if (t->fd >= 0) {
		buf_reset(&t->out);
		put_head(&t->out, COMMAND_CLOSE, 0);
		t->limit_us = GOODBYE_US;
		if (!exchange(t, &ignored)) {
			/* It is gone already. */
		}
	}
	socket_close(&t->fd);
	buf_release(&t->out);
	buf_release(&t->in);
}
