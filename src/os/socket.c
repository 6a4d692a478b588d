#include "os/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/port_holder.h"

enum { BACKLOG = 512, HEADER_BYTES = 4 };

static int64_t running_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t deadline_in(int64_t us)
{
	int64_t deadline;
	if (__builtin_add_overflow(running_us(), us, &deadline)) {
		return DEADLINE_NEVER;
	}
	return deadline;
}

int64_t deadline_left(int64_t deadline)
{
	if (deadline == DEADLINE_NEVER) {
		return DEADLINE_NEVER;
	}
	int64_t left = deadline - running_us();
	return left > 0 ? left : 0;
}

void socket_close(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
		*fd = -1;
	}
}

/* True when the descriptor is ready (or broken: the call that follows says how). */
static bool wait_for(int fd, short events, int64_t deadline, struct err *e)
{
	for (;;) {
		int64_t left = deadline_left(deadline);
		int ms = left == DEADLINE_NEVER ? -1 : left / 1000 >= INT32_MAX ? INT32_MAX : (int)((left + 999) / 1000);
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, ms);
		if (n > 0) {
			return true;
		}
		if (n < 0 && errno != EINTR) {
			return err_errno(e, "poll");
		}
		if (n == 0 && deadline_left(deadline) == 0) {
			return err_set(e, ERR_BUSY, "the other end did not answer in time");
		}
	}
}

/* --- Loopback ------------------------------------------------------------------------------------------------------
 */

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

static bool read_loopback(struct str address, uint16_t port, union any_address *to, socklen_t *size, struct err *e)
{
	char text[INET6_ADDRSTRLEN];
	memset(to, 0, sizeof *to);
	if (address.n == 0 || address.n >= sizeof text || str_find_byte(address, '\0') != SIZE_MAX) {
		return err_set(e, ERR_CONFIG, "'%.*s' is no numeric address", STR_ARG(str_sub(address, 0, 60)));
	}
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	bool is_loopback;
	if (inet_pton(AF_INET, text, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons(port);
		*size = sizeof to->v4;
		is_loopback = ntohl(to->v4.sin_addr.s_addr) >> 24 == 127;
	} else if (inet_pton(AF_INET6, text, &to->v6.sin6_addr) == 1) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons(port);
		*size = sizeof to->v6;
		is_loopback = IN6_IS_ADDR_LOOPBACK(&to->v6.sin6_addr);
	} else {
		return err_set(e, ERR_CONFIG, "'%s' is no numeric address", text);
	}
	if (!is_loopback) {
		return err_set(e, ERR_CONFIG, "%s is not an address of this machine alone (127.0.0.1, ::1): put nginx in front",
		               text);
	}
	return true;
}

bool socket_listen_tcp(struct str address, uint16_t port, int *out_fd, struct err *e)
{
	union any_address at;
	socklen_t size = 0;
	int fd = -1;
	int one = 1;
	if (!read_loopback(address, port, &at, &size, e)) {
		goto fail;
	}
	fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err_errno(e, "cannot make a socket");
		goto fail;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
	    (at.any.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0)) {
		err_errno(e, "cannot prepare the socket");
		goto fail;
	}
	if (bind(fd, &at.any, size) != 0 || listen(fd, BACKLOG) != 0) {
		if (errno == EADDRINUSE) {
			char holder[80];
			port_holder(port, holder);
			err_set(e, ERR_CONFIG, "port %u is in use by %s; choose another one or stop it", port,
			        holder[0] ? holder : "another program");
		} else if (errno == EACCES) {
			err_set(e, ERR_CONFIG, "port %u is only for root; choose one from 1024 on", port);
		} else {
			err_errno(e, "cannot listen on %.*s port %u", STR_ARG(address), port);
		}
		goto fail;
	}
	*out_fd = fd;
	return true;
fail:
	socket_close(&fd);
	return false;
}

uint16_t socket_port(int fd)
{
	union any_address at;
	socklen_t size = sizeof at;
	if (getsockname(fd, &at.any, &size) != 0) {
		return 0;
	}
	return at.any.sa_family == AF_INET    ? ntohs(at.v4.sin_port)
	       : at.any.sa_family == AF_INET6 ? ntohs(at.v6.sin6_port)
	                                      : 0;
}

/* --- Unix sockets --------------------------------------------------------------------------------------------------
 */

struct unix_address {
	struct sockaddr_un at;
	int dir_fd; /* held while the address is in use; -1 for a short path */
};

/* A path too long for sun_path is reached by its folder's descriptor. */
static bool unix_address_of(struct str path, struct unix_address *to, struct err *e)
{
	memset(to, 0, sizeof *to);
	to->dir_fd = -1;
	to->at.sun_family = AF_UNIX;
	if (path.n == 0 || path.n >= 4000 || str_find_byte(path, '\0') != SIZE_MAX) {
		return err_set(e, ERR_CONFIG, "a socket's path is empty or too long");
	}
	if (path.n < sizeof to->at.sun_path) {
		memcpy(to->at.sun_path, path.p, path.n);
		return true;
	}
	char dir[4096];
	memcpy(dir, path.p, path.n);
	dir[path.n] = '\0';
	char *slash = strrchr(dir, '/');
	if (!slash || slash == dir) {
		return err_set(e, ERR_CONFIG, "the socket's name is too long");
	}
	*slash = '\0';
	to->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (to->dir_fd < 0) {
		return err_errno(e, "cannot open the folder %s", dir);
	}
	int n = snprintf(to->at.sun_path, sizeof to->at.sun_path, "/proc/self/fd/%d/%s", to->dir_fd, slash + 1);
	if (n < 0 || (size_t)n >= sizeof to->at.sun_path) {
		socket_close(&to->dir_fd);
		return err_set(e, ERR_CONFIG, "the socket's name is too long");
	}
	return true;
}

static const struct sockaddr *plain_address(const struct unix_address *u)
{
	return (const struct sockaddr *)(const void *)&u->at;
}

/* Removes the socket of a process that is gone. True when the name is free then. */
static bool remove_stale(const struct unix_address *u, struct str path, struct err *e)
{
	struct stat st;
	if (lstat(u->at.sun_path, &st) != 0) {
		return errno == ENOENT || err_errno(e, "cannot look at %.*s", STR_ARG(path));
	}
	if (!S_ISSOCK(st.st_mode)) {
		return err_set(e, ERR_CONFIG, "%.*s is there already and is no socket", STR_ARG(path));
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return err_errno(e, "cannot make a socket");
	}
	bool is_dead = connect(fd, plain_address(u), sizeof u->at) != 0 && errno == ECONNREFUSED;
	socket_close(&fd);
	if (!is_dead) {
		return err_set(e, ERR_CONFIG, "another process listens on %.*s", STR_ARG(path));
	}
	if (unlink(u->at.sun_path) != 0 && errno != ENOENT) {
		return err_errno(e, "cannot remove the stale socket %.*s", STR_ARG(path));
	}
	return true;
}

bool socket_listen_unix(struct str path, mode_t mode, int *out_fd, struct err *e)
{
	struct unix_address u = {.dir_fd = -1};
	int fd = -1;
	bool ok = false;
	if (!unix_address_of(path, &u, e) || !remove_stale(&u, path, e)) {
		goto out;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err_errno(e, "cannot make a socket");
		goto out;
	}
	/* The new name gets the mode of the socket, less the umask, so it is never open wider than asked for; chmod gives
	 * back what the umask took. */
	if (fchmod(fd, mode) != 0 || bind(fd, plain_address(&u), sizeof u.at) != 0 || chmod(u.at.sun_path, mode) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		err_errno(e, "cannot listen on %.*s", STR_ARG(path));
		goto out;
	}
	*out_fd = fd;
	fd = -1;
	ok = true;
out:
	socket_close(&fd);
	socket_close(&u.dir_fd);
	return ok;
}

bool socket_connect_unix(struct str path, int64_t deadline, int *out_fd, struct err *e)
{
	struct unix_address u = {.dir_fd = -1};
	int fd = -1;
	bool ok = false;
	if (!unix_address_of(path, &u, e)) {
		goto out;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err_errno(e, "cannot make a socket");
		goto out;
	}
	/* While the backlog is full connect() waits; this bounds the wait. */
	int64_t left = deadline_left(deadline);
	if (left == 0) {
		err_set(e, ERR_BUSY, "no time left to connect to %.*s", STR_ARG(path));
		goto out;
	}
	struct timeval limit = {.tv_sec = left / 1000000, .tv_usec = left % 1000000};
	if (left != DEADLINE_NEVER && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) {
		err_errno(e, "cannot prepare the socket");
		goto out;
	}
	while (connect(fd, plain_address(&u), sizeof u.at) != 0) {
		if (errno == EINTR) {
			continue;
		}
		if (errno == ECONNREFUSED || errno == ENOENT || errno == EAGAIN) {
			err_set(e, ERR_BUSY, "nobody answers on %.*s", STR_ARG(path));
		} else {
			err_errno(e, "cannot connect to %.*s", STR_ARG(path));
		}
		goto out;
	}
	*out_fd = fd;
	fd = -1;
	ok = true;
out:
	socket_close(&fd);
	socket_close(&u.dir_fd);
	return ok;
}

bool socket_accept(int listen_fd, int64_t deadline, int *out_fd, struct err *e)
{
	for (;;) {
		if (!wait_for(listen_fd, POLLIN, deadline, e)) {
			return false;
		}
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			*out_fd = fd;
			return true;
		}
		if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
			return err_errno(e, "cannot accept a connection");
		}
	}
}

bool socket_peer_is_ours(int fd)
{
	struct ucred who;
	socklen_t size = sizeof who;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
		return false;
	}
	return who.uid == geteuid() || who.uid == 0;
}

/* --- Messages ------------------------------------------------------------------------------------------------------
 */

void message_init(struct message *m, size_t cap_bytes)
{
	buf_init(&m->bytes, cap_bytes);
	m->fd_n = 0;
}

static void close_fds(struct message *m)
{
	for (size_t i = 0; i < m->fd_n; i++) {
		socket_close(&m->fds[i]);
	}
	m->fd_n = 0;
}

void message_release(struct message *m)
{
	close_fds(m);
	buf_release(&m->bytes);
}

void message_release_secret(struct message *m)
{
	close_fds(m);
	buf_release_secret(&m->bytes);
}

union control_room {
	char bytes[CMSG_SPACE(MESSAGE_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

/* Sends some of the two pieces; the descriptors go with the first byte. Returns as sendmsg. */
static ssize_t send_some(int fd, struct iovec *pieces, size_t piece_n, const int *fds, size_t fd_n)
{
	union control_room control;
	struct msghdr h = {.msg_iov = pieces, .msg_iovlen = piece_n};
	if (fd_n > 0) {
		memset(&control, 0, sizeof control);
		h.msg_control = control.bytes;
		h.msg_controllen = CMSG_SPACE(fd_n * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_n * sizeof(int));
	}
	return sendmsg(fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool message_send(int fd, struct str bytes, const int *fds, size_t fd_n, int64_t deadline, struct err *e)
{
	must(fd_n <= MESSAGE_FDS_MAX);
	if (bytes.n > UINT32_MAX) {
		return err_set(e, ERR_TOO_LARGE, "a message of %zu bytes", bytes.n);
	}
	uint32_t header = htonl((uint32_t)bytes.n);
	size_t sent = 0;
	while (sent < HEADER_BYTES + bytes.n) {
		struct iovec pieces[2];
		size_t n = 0;
		if (sent < HEADER_BYTES) {
			pieces[n++] = (struct iovec){(char *)&header + sent, HEADER_BYTES - sent};
		}
		size_t at = sent > HEADER_BYTES ? sent - HEADER_BYTES : 0;
		if (at < bytes.n) {
			/* sendmsg only reads; struct iovec has no const form. */
			union {
				const char *from;
				void *base;
			} p = {.from = bytes.p + at};
			pieces[n++] = (struct iovec){p.base, bytes.n - at};
		}
		ssize_t some = send_some(fd, pieces, n, fds, sent == 0 ? fd_n : 0);
		if (some >= 0) {
			sent += (size_t)some;
		} else if (errno == EAGAIN) {
			if (!wait_for(fd, POLLOUT, deadline, e)) {
				return false;
			}
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return err_set(e, ERR_GONE, "the other end closed the connection");
		} else if (errno != EINTR) {
			return err_errno(e, "cannot send a message");
		}
	}
	return true;
}

/* Keeps the descriptors that came with a piece of a message. False when there are more than we take. */
static bool keep_fds(struct message *m, struct msghdr *h)
{
	bool fits = !(h->msg_flags & MSG_CTRUNC);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (m->fd_n < MESSAGE_FDS_MAX) {
				m->fds[m->fd_n++] = fd;
			} else {
				close(fd);
				fits = false;
			}
		}
	}
	return fits;
}

/* Fills n bytes. Descriptors are taken while the header is read; the kernel closes those that come later. */
static bool recv_all(int fd, void *to, size_t n, struct message *m, bool takes_fds, int64_t deadline, struct err *e)
{
	size_t got = 0;
	while (got < n) {
		union control_room control;
		struct iovec piece = {(char *)to + got, n - got};
		struct msghdr h = {.msg_iov = &piece, .msg_iovlen = 1};
		if (takes_fds) {
			h.msg_control = control.bytes;
			h.msg_controllen = sizeof control.bytes;
		}
		ssize_t some = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (some > 0) {
			got += (size_t)some;
			if (takes_fds && !keep_fds(m, &h)) {
				return err_set(e, ERR_CORRUPT, "a message came with too many descriptors");
			}
		} else if (some == 0 || errno == ECONNRESET) {
			return err_set(e, ERR_GONE, "the other end closed the connection");
		} else if (errno == EAGAIN) {
			if (!wait_for(fd, POLLIN, deadline, e)) {
				return false;
			}
		} else if (errno != EINTR) {
			return err_errno(e, "cannot receive a message");
		}
	}
	return true;
}

bool message_recv(int fd, struct message *m, int64_t deadline, struct err *e)
{
	uint32_t header;
	close_fds(m);
	buf_reset(&m->bytes);
	if (!recv_all(fd, &header, sizeof header, m, true, deadline, e)) {
		return false;
	}
	size_t n = ntohl(header);
	if (n > m->bytes.cap) {
		return err_set(e, ERR_TOO_LARGE, "a message of %zu bytes, at most %zu are taken", n, m->bytes.cap);
	}
	if (n == 0) {
		return true;
	}
	char *to = buf_reserve(&m->bytes, n);
	if (!to) {
		return buf_ok(&m->bytes, e);
	}
	if (!recv_all(fd, to, n, m, false, deadline, e)) {
		return false;
	}
	buf_added(&m->bytes, n);
	return true;
}

bool message_call(struct str path, struct str bytes, const int *fds, size_t fd_n, struct message *reply,
                  int64_t deadline, struct err *e)
{
	int fd = -1;
	if (!socket_connect_unix(path, deadline, &fd, e)) {
		return false;
	}
	bool ok = message_send(fd, bytes, fds, fd_n, deadline, e) && message_recv(fd, reply, deadline, e);
	socket_close(&fd);
	return ok;
}
