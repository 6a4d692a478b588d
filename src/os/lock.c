#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/file.h"
#include "os/socket.h"

static bool open_lock_file(struct str dir, int *fd, struct err *e)
{
	char *path = file_path(dir, STR("lock"));
	if (!path) {
		return err_set(e, ERR_MEMORY, "no memory for a path");
	}
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = *fd >= 0 || err_errno(e, "cannot open %s", path);
	mem_free(path);
	return ok;
}

/* What the holder wrote; it is cut to printable characters because the file may hold anything. */
static void read_holder(int fd, char holder[64])
{
	ssize_t n = pread(fd, holder, 63, 0);
	size_t to = 0;
	for (ssize_t i = 0; i < n && holder[i] >= ' ' && holder[i] < 0x7F; i++) {
		to++;
	}
	holder[to] = '\0';
}

bool lock_take(struct str dir, const char *who, struct lock *out, struct err *e)
{
	int fd = -1;
	out->fd = -1;
	if (!open_lock_file(dir, &fd, e)) {
		return false;
	}
	char text[64];
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK) {
			read_holder(fd, text);
			err_set(e, ERR_CONFLICT, "the data folder is held by %s", text[0] ? text : "another process");
		} else {
			err_errno(e, "cannot lock the data folder");
		}
		socket_close(&fd);
		return false;
	}
	/* Only for people; a lock without its text still holds. */
	int n = snprintf(text, sizeof text, "%.32s, process %d\n", who, (int)getpid());
	if (n > 0 && ftruncate(fd, 0) == 0) {
		ssize_t wrote = pwrite(fd, text, (size_t)n, 0);
		(void)wrote;
	}
	out->fd = fd;
	return true;
}

void lock_release(struct lock *l)
{
	socket_close(&l->fd);
}

bool lock_is_held(struct str dir, bool *out, char holder[64], struct err *e)
{
	int fd = -1;
	*out = false;
	if (holder) {
		holder[0] = '\0';
	}
	if (!open_lock_file(dir, &fd, e)) {
		return false;
	}
	bool ok = true;
	if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
		ok = errno == EWOULDBLOCK || err_errno(e, "cannot ask for the lock of the data folder");
		*out = ok;
		if (ok && holder) {
			read_holder(fd, holder);
		}
	}
	socket_close(&fd);
	return ok;
}
