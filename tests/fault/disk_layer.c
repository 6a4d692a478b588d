/* The recorder in the place of our file layer. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fault/disk.h"

/* One recorder at a time uses this table: descriptors are numbers of the whole process anyway. */
enum { MAX_FD = 4096 };
static struct {
	bool is_open;
	bool is_append;
	int inode;
	int64_t at;
} open_files[MAX_FD];

static int note_open(void *ctx, const char *path, int flags, mode_t mode)
{
	struct disk *d = ctx;
	disk_lock(d);
	bool is_new = (flags & O_CREAT) && access(path, F_OK) != 0;
	int fd = file_layer_real.open(NULL, path, flags, mode);
	if (fd >= 0) {
		must(fd < MAX_FD);
		int inode = disk_note_open(d, path, is_new, false);
		open_files[fd].is_open = true;
		open_files[fd].is_append = flags & O_APPEND;
		open_files[fd].inode = inode;
		open_files[fd].at = 0;
		if (!is_new && (flags & O_TRUNC)) {
			disk_note_truncate(d, inode, 0);
		}
	}
	disk_unlock(d);
	return fd;
}

static ssize_t note_write(void *ctx, int fd, const void *bytes, size_t n)
{
	struct disk *d = ctx;
	disk_lock(d);
	ssize_t written = file_layer_real.write(NULL, fd, bytes, n);
	if (written > 0) {
		int inode = open_files[fd].inode;
		int64_t at = open_files[fd].is_append ? disk_size_of(d, inode) : open_files[fd].at;
		disk_note_write(d, inode, at, bytes, (size_t)written);
		open_files[fd].at = at + written;
	}
	disk_unlock(d);
	return written;
}

static int note_fsync(void *ctx, int fd)
{
	struct disk *d = ctx;
	disk_lock(d);
	disk_note_own_sync(d, open_files[fd].inode);
	disk_unlock(d);
	return 0;
}

static int note_rename(void *ctx, const char *from, const char *to)
{
	struct disk *d = ctx;
	disk_lock(d);
	int rc = file_layer_real.rename(NULL, from, to);
	if (rc == 0) {
		disk_note_rename(d, from, to);
	}
	disk_unlock(d);
	return rc;
}

static int note_unlink(void *ctx, const char *path)
{
	struct disk *d = ctx;
	disk_lock(d);
	int rc = file_layer_real.unlink(NULL, path);
	int error = errno;
	if (rc == 0) {
		disk_note_unlink(d, path);
	}
	disk_unlock(d);
	errno = error;
	return rc;
}

static int note_mkdir(void *ctx, const char *path, mode_t mode)
{
	struct disk *d = ctx;
	disk_lock(d);
	int rc = file_layer_real.mkdir(NULL, path, mode);
	int error = errno;
	if (rc == 0) {
		disk_note_open(d, path, true, true);
	}
	disk_unlock(d);
	errno = error;
	return rc;
}

static int note_close(void *ctx, int fd)
{
	struct disk *d = ctx;
	disk_lock(d);
	open_files[fd].is_open = false;
	int rc = file_layer_real.close(NULL, fd);
	disk_unlock(d);
	return rc;
}

const struct file_layer *disk_layer(struct disk *d)
{
	struct file_layer *l = disk_layer_room(d);
	*l = (struct file_layer){d, note_open, note_write, note_fsync, note_rename, note_unlink, note_mkdir, note_close};
	return l;
}
