#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"

static int real_open(void *ctx, const char *path, int flags, mode_t mode)
{
	(void)ctx;
	int fd;
	do {
		fd = open(path, flags, mode);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

static ssize_t real_write(void *ctx, int fd, const void *bytes, size_t n)
{
	(void)ctx;
	return write(fd, bytes, n);
}

static int real_fsync(void *ctx, int fd)
{
	(void)ctx;
	return fsync(fd);
}

static int real_rename(void *ctx, const char *from, const char *to)
{
	(void)ctx;
	return rename(from, to);
}

static int real_unlink(void *ctx, const char *path)
{
	(void)ctx;
	return unlink(path);
}

static int real_mkdir(void *ctx, const char *path, mode_t mode)
{
	(void)ctx;
	return mkdir(path, mode);
}

static int real_close(void *ctx, int fd)
{
	(void)ctx;
	return close(fd);
}

const struct file_layer file_layer_real = {
	.open = real_open,
	.write = real_write,
	.fsync = real_fsync,
	.rename = real_rename,
	.unlink = real_unlink,
	.mkdir = real_mkdir,
	.close = real_close,
};

/* Messages name the last part of a path only: enough to find the file, and names of blobs are ids. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

bool file_open(const struct file_layer *l, const char *path, int flags, mode_t mode, int *fd, struct err *e)
{
	*fd = l->open(l->ctx, path, flags | O_CLOEXEC, mode);
	if (*fd >= 0) {
		return true;
	}
	if (errno == ENOENT) {
		return err_set(e, ERR_NOT_FOUND, "there is no file %s", last_part(path));
	}
	return err_errno(e, "cannot open %s", last_part(path));
}

void file_close(const struct file_layer *l, int fd)
{
	if (fd >= 0) {
		l->close(l->ctx, fd);
	}
}

bool file_write_all(const struct file_layer *l, int fd, struct str bytes, struct err *e)
{
	while (bytes.n > 0) {
		if (fault_here(FAULT_WRITE)) {
			errno = ENOSPC;
			return err_errno(e, "cannot write");
		}
		ssize_t n = l->write(l->ctx, fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			errno = n == 0 ? ENOSPC : errno;
			return err_errno(e, "cannot write");
		}
		bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
	}
	return true;
}

bool file_fsync(const struct file_layer *l, int fd, struct err *e)
{
	/* Never repeated: after a failed fsync the kernel has forgotten what it could not write, and a second one would
	 * say that all is well. */
	if (fault_here(FAULT_FSYNC)) {
		errno = EIO;
		return err_errno(e, "cannot fsync");
	}
	return l->fsync(l->ctx, fd) == 0 || err_errno(e, "cannot fsync");
}

bool file_fsync_dir(const struct file_layer *l, const char *path, struct err *e)
{
	int fd;
	if (!file_open(l, path, O_RDONLY | O_DIRECTORY, 0, &fd, e)) {
		return false;
	}
	bool ok = file_fsync(l, fd, e);
	file_close(l, fd);
	return ok;
}

bool file_rename(const struct file_layer *l, const char *from, const char *to, struct err *e)
{
	return l->rename(l->ctx, from, to) == 0 || err_errno(e, "cannot rename to %s", last_part(to));
}

bool file_unlink(const struct file_layer *l, const char *path, struct err *e)
{
	return l->unlink(l->ctx, path) == 0 || errno == ENOENT || err_errno(e, "cannot remove %s", last_part(path));
}

bool file_mkdir(const struct file_layer *l, const char *path, mode_t mode, struct err *e)
{
	if (l->mkdir(l->ctx, path, mode) == 0) {
		return true;
	}
	struct stat st;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		return true;
	}
	return err_errno(e, "cannot make the folder %s", last_part(path));
}

/* The folder of a path, "." when it has none. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash) {
		return file_path(STR("."), STR_EMPTY);
	}
	return file_path(str_from(path, slash == path ? 1 : (size_t)(slash - path)), STR_EMPTY);
}

bool file_replace(const struct file_layer *l, const char *path, struct str bytes, mode_t mode, struct err *e)
{
	bool ok = false;
	int fd = -1;
	bool is_made = false;
	struct buf temp;
	buf_init(&temp, 4096);
	char *folder = folder_of(path);
	/* One writer a path: a left-over of a crash is simply written over. */
	buf_printf(&temp, "%s.new", path);
	const char *temp_path = buf_cstr(&temp);
	if (!folder) {
		err_set(e, ERR_MEMORY, "no memory for a path");
		goto out;
	}
	if (!buf_ok(&temp, e) || !file_open(l, temp_path, O_WRONLY | O_CREAT | O_TRUNC, mode, &fd, e)) {
		goto out;
	}
	is_made = true;
	if (!file_write_all(l, fd, bytes, e) || !file_fsync(l, fd, e) || !file_rename(l, temp_path, path, e)) {
		goto out;
	}
	is_made = false;
	ok = file_fsync_dir(l, folder, e);
out:
	file_close(l, fd);
	if (is_made) {
		l->unlink(l->ctx, temp_path);
	}
	buf_release(&temp);
	mem_free(folder);
	return ok;
}

bool file_append_durable(const struct file_layer *l, const char *path, struct str bytes, mode_t mode, struct err *e)
{
	int fd;
	if (!file_open(l, path, O_WRONLY | O_CREAT | O_APPEND, mode, &fd, e)) {
		return false;
	}
	char *folder = NULL;
	bool ok = file_write_all(l, fd, bytes, e) && file_fsync(l, fd, e);
	if (ok) {
		folder = folder_of(path);
		ok = folder ? file_fsync_dir(l, folder, e) : err_set(e, ERR_MEMORY, "no memory for a path");
	}
	mem_free(folder);
	file_close(l, fd);
	return ok;
}

bool file_read_full(int fd, void *to, size_t n, size_t *got, struct err *e)
{
	*got = 0;
	while (*got < n) {
		ssize_t some = read(fd, (char *)to + *got, n - *got);
		if (some < 0 && errno == EINTR) {
			continue;
		}
		if (some < 0) {
			return err_errno(e, "cannot read");
		}
		if (some == 0) {
			break;
		}
		*got += (size_t)some;
	}
	return true;
}

bool file_read_whole(const char *path, struct buf *to, struct err *e)
{
	int fd;
	if (!file_open(&file_layer_real, path, O_RDONLY, 0, &fd, e)) {
		return false;
	}
	bool ok = true;
	for (;;) {
		char piece[8192];
		size_t n;
		ok = file_read_full(fd, piece, sizeof piece, &n, e);
		if (!ok || n == 0) {
			break;
		}
		buf_put_bytes(to, piece, n);
		if (to->failed) {
			ok = err_set(e, ERR_TOO_LARGE, "%s is larger than %zu bytes", last_part(path), to->cap);
			break;
		}
	}
	file_close(&file_layer_real, fd);
	return ok;
}

char *file_path(struct str dir, struct str name)
{
	size_t n;
	if (__builtin_add_overflow(dir.n, name.n, &n) || n > SIZE_MAX - 2) {
		return NULL;
	}
	char *path = mem_alloc(n + 2, 1);
	if (!path) {
		return NULL;
	}
	memcpy(path, dir.p, dir.n);
	if (name.n > 0) {
		path[dir.n] = '/';
		memcpy(path + dir.n + 1, name.p, name.n);
	}
	return path;
}
