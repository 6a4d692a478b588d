/* Files: open, read, write all, make durable, replace in one step.
 *
 * Everything that must survive a power cut is written through a `struct file_layer`, so that a test can put a recorder
 * (tests/fault) in the place of the kernel; programs pass &file_layer_real. Each write and each fsync asks
 * fault_here(). The rule of durability: a file's bytes are safe after file_fsync, its NAME only after
 * file_fsync_dir of the folder that holds it. Any thread. Paths are C strings, because they go to the kernel. */
#ifndef CITYHALL_OS_FILE_H
#define CITYHALL_OS_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Each as its namesake in POSIX: -1 and errno on failure. A layer has no state of its own but `ctx`. */
struct file_layer {
	void *ctx;
	int (*open)(void *ctx, const char *path, int flags, mode_t mode);
	ssize_t (*write)(void *ctx, int fd, const void *bytes, size_t n);
	int (*fsync)(void *ctx, int fd); /* of a file or of a folder opened with O_DIRECTORY */
	int (*rename)(void *ctx, const char *from, const char *to);
	int (*unlink)(void *ctx, const char *path);
	int (*mkdir)(void *ctx, const char *path, mode_t mode);
	int (*close)(void *ctx, int fd);
};
extern const struct file_layer file_layer_real;

/* O_CLOEXEC is always added. ERR_NOT_FOUND when there is no such file. */
bool file_open(const struct file_layer *l, const char *path, int flags, mode_t mode, int *fd, struct err *e) MUST_USE;
/* Ignores fd < 0. What must be durable was fsynced before, so an error of close has nothing left to say. */
void file_close(const struct file_layer *l, int fd);
bool file_write_all(const struct file_layer *l, int fd, struct str bytes, struct err *e) MUST_USE;
bool file_fsync(const struct file_layer *l, int fd, struct err *e) MUST_USE;
bool file_fsync_dir(const struct file_layer *l, const char *path, struct err *e) MUST_USE;
/* Over an existing file too. Durable only after file_fsync_dir of the new folder. */
bool file_rename(const struct file_layer *l, const char *from, const char *to, struct err *e) MUST_USE;
/* A file that is not there is no error. */
bool file_unlink(const struct file_layer *l, const char *path, struct err *e) MUST_USE;
/* A folder that is there already is no error; durable only after file_fsync_dir of its parent. */
bool file_mkdir(const struct file_layer *l, const char *path, mode_t mode, struct err *e) MUST_USE;

/* The file holds either its old bytes or these, whatever happens: a temporary name in the same folder, fsync, rename,
 * fsync of the folder. */
bool file_replace(const struct file_layer *l, const char *path, struct str bytes, mode_t mode, struct err *e) MUST_USE;
/* Adds at the end (O_APPEND), makes the file when it is not there, and returns when bytes and name are durable. */
bool file_append_durable(const struct file_layer *l, const char *path, struct str bytes, mode_t mode,
                         struct err *e) MUST_USE;

/* Fills up to n bytes; *got < n only at the end of the file. */
bool file_read_full(int fd, void *to, size_t n, size_t *got, struct err *e) MUST_USE;
/* Appends the whole file to *to. ERR_NOT_FOUND when there is none, ERR_TOO_LARGE when it is over the buf's cap. */
bool file_read_whole(const char *path, struct buf *to, struct err *e) MUST_USE;

/* "a/b" and "c" give "a/b/c" in malloc'ed memory (mem_free); NULL when memory is out. */
char *file_path(struct str dir, struct str name);

#endif
