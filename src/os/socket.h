/* Sockets of this machine: listening on loopback and on unix sockets, and messages between our own processes.
 *
 * A message is a length (32 bits, big-endian) and that many bytes over a unix stream socket; descriptors may travel
 * with it (SCM_RIGHTS). Each call of ours to another of our processes is a connection of its own (about 30 us), so a
 * process that was restarted is simply connected to again. Descriptors made here are close-on-exec. Any thread; a
 * descriptor belongs to one thread at a time. Deadlines are absolute running microseconds, made with deadline_in(). */
#ifndef CITYHALL_OS_SOCKET_H
#define CITYHALL_OS_SOCKET_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define DEADLINE_NEVER INT64_MAX
int64_t deadline_in(int64_t us);         /* from now; us <= 0 is already over */
int64_t deadline_left(int64_t deadline); /* microseconds until then, never below 0 */

/* `address` is a numeric IPv4 or IPv6 address that must be loopback; any other is refused with ERR_CONFIG (nginx stands
 * in front of the net). Port 0 takes a free one: ask socket_port(). A port in use is ERR_CONFIG and names the process
 * that holds it where the kernel lets us see it. */
bool socket_listen_tcp(struct str address, uint16_t port, int *out_fd, struct err *e) MUST_USE;
uint16_t socket_port(int fd); /* 0 when it is no TCP socket */
/* A unix socket with that mode. One left behind by a dead process is removed; one that answers is ERR_CONFIG, and so is
 * anything at `path` that is no socket. Paths longer than sun_path work. */
bool socket_listen_unix(struct str path, mode_t mode, int *out_fd, struct err *e) MUST_USE;
/* ERR_BUSY when nobody listens there or the deadline passes. */
bool socket_connect_unix(struct str path, int64_t deadline, int *out_fd, struct err *e) MUST_USE;
/* Waits for the next connection. False with ERR_BUSY when the deadline passed. */
bool socket_accept(int listen_fd, int64_t deadline, int *out_fd, struct err *e) MUST_USE;
/* Who is at the other end (SO_PEERCRED): true when it is this user or root. */
bool socket_peer_is_ours(int fd);
void socket_close(int *fd); /* closes when >= 0 and sets it to -1 */

#define MESSAGE_FDS_MAX 8

struct message {
	struct buf bytes;
	int fds[MESSAGE_FDS_MAX]; /* owned: closed by message_release; a taker sets the place to -1 */
	size_t fd_n;
};
void message_init(struct message *m, size_t cap_bytes); /* a longer message is ERR_TOO_LARGE */
void message_release(struct message *m);
void message_release_secret(struct message *m); /* wipes the bytes first */

bool message_send(int fd, struct str bytes, const int *fds, size_t fd_n, int64_t deadline, struct err *e) MUST_USE;
/* A closed connection is ERR_GONE, an expired deadline ERR_BUSY. */
bool message_recv(int fd, struct message *m, int64_t deadline, struct err *e) MUST_USE;
/* Connects, sends, receives one reply, closes. ERR_GONE: the other end died after the request was sent. */
bool message_call(struct str path, struct str bytes, const int *fds, size_t fd_n, struct message *reply,
                  int64_t deadline, struct err *e) MUST_USE;

#endif
