/* Signals by NTCIP 1202 objects over SNMPv3 with authentication and privacy (SHA-256, AES), both sides: controllers
 * that answer (agent.h; one UDP port, a context for each) and who polls them and orders.
 *
 * Under asc, 1.3.6.1.4.1.1206.4.2.1, a bit for each phase or channel of eight:
 *   1.4.1.x.group   phaseStatusGroup: 2 reds, 3 yellows, 4 greens, 10 on, 11 next
 *   1.5.1.x.group   phaseControlGroup: 2 omit, 4 hold, 5 force-off, 6 vehicle call
 *   3.3.0, 3.5.0    unitBackupTime in seconds, unitControlStatus
 *   8.4.1.x.group   channelStatusGroup: 2 reds, 3 yellows, 4 greens
 * and how many there are of each: 1.1.0, 1.3.0, 8.1.0, 8.3.0.
 *
 * The library keeps its users and engines for a process: one server or one master in each. One thread. */
#ifndef CITYHALL_BRAIN_NTCIP_H
#define CITYHALL_BRAIN_NTCIP_H

#include <netinet/in.h>

#include "base/buf.h"
#include "brain/agent.h"

enum { NTCIP_ENGINE_MAX = 32, NTCIP_CONTEXT_MAX = 32, NTCIP_WORD_LEAST = 8, NTCIP_WORD_MAX = 100 };

/* Words have 8 to 100 printable characters without quotes. */
struct ntcip_secret {
	struct str user, authentication, privacy;
};

/* --- Controllers that answer: their context is "s" and the signal's number */
struct ntcip_server;
struct ntcip_server_options {
	uint16_t port;              /* on 127.0.0.1; 0: a free one */
	struct ntcip_secret secret; /* kept by the caller */
	struct agent *agents;       /* one without `signal` does not answer */
	uint32_t agent_n;
};
bool ntcip_serve(struct ntcip_server **out, const struct ntcip_server_options *o, struct err *e) MUST_USE;
void ntcip_server_stop(struct ntcip_server *s);
uint16_t ntcip_server_port(const struct ntcip_server *s);
void ntcip_put_engine(struct buf *to); /* the server's own name, in hexadecimal digits */
/* Answers who asks; waits until the first came or the deadline passed. Setting is done at now_ms of the street. */
void ntcip_server_pump(struct ntcip_server *s, int64_t now_ms, int64_t deadline);
/* As if its cable was cut. */
void ntcip_server_cut(struct ntcip_server *s, uint32_t agent, bool is_cut);
/* For tests: any bytes that stand in the place of a request's object. */
uint64_t ntcip_server_refused(const struct ntcip_server *s);

/* --- Who polls and orders */
struct ntcip_peer {
	struct sockaddr_in address;
	char context[NTCIP_CONTEXT_MAX + 1];
	uint8_t engine[NTCIP_ENGINE_MAX];
	size_t engine_n; /* 0: not known; it is asked for */
	uint32_t phase_n, channel_n;
	/* What it said last: */
	struct agent_status status; /* reds are not asked for */
	enum agent_mode mode;
	uint32_t backup_s;
	bool is_heard;   /* in this poll */
	uint32_t silent; /* polls since */
	bool refuses;    /* it answers orders with an error */
	uint64_t answers, refusals;
};
struct ntcip_master;
bool ntcip_master_begin(struct ntcip_master **out, struct ntcip_peer *peers, uint32_t peer_n,
                        const struct ntcip_secret *secret, struct err *e) MUST_USE;
void ntcip_master_end(struct ntcip_master *m);
/* Asks all how they stand, and waits for those that use to answer, at most until the deadline. */
void ntcip_poll(struct ntcip_master *m, int64_t deadline);
/* Orders for one of them, sent by ntcip_send(). */
void ntcip_order(struct ntcip_master *m, uint32_t peer, const struct groups orders[AGENT_ORDERS]);
void ntcip_send(struct ntcip_master *m, int64_t deadline);

#endif
