/* A disk that can lose its power.
 *
 * A workload runs once, over real files below one folder, while every change goes through disk_layer() (our own files)
 * or a SQLite VFS (disk_vfs_register) that notes it: writes, truncations, new, renamed and removed names, fsyncs of
 * files and of folders, and the workload's own acknowledgements. Nothing is really fsynced, so it runs at full speed.
 *
 * Afterwards disk_cut() makes, in a new folder, what a disk may hold when the power goes right before the k-th fsync
 * takes effect: all that was fsynced, plus any part (drawn with a seed) of what was only written. Writes are kept or
 * lost in sectors of 512 bytes, in any order; each new, renamed or removed name whose folder was not fsynced may be
 * there or not, whatever happened to the file's bytes; a file that grew without its bytes holds zeros or rubbish.
 *
 * The recorder may be used from any number of threads; disk_cut by one, when they are gone. */
#ifndef CITYHALL_TESTS_FAULT_DISK_H
#define CITYHALL_TESTS_FAULT_DISK_H

#include "base/rand.h"
#include "os/file.h"

struct disk;

/* What the recorder leaves out of its notes, as if the program had not asked for it. */
enum disk_lie {
	DISK_HONEST,
	DISK_NO_SYNC_OF_SQLITE,  /* PRAGMA synchronous=OFF on every connection */
	DISK_NO_SYNC_OF_FILES,   /* fsync of files that our own code writes */
	DISK_NO_SYNC_OF_FOLDERS, /* fsync of folders by our own code */
	DISK_NO_SYNC_OF_PARENT,  /* only that of blobs/, which makes a new two-hex folder durable */
};

/* `root` exists, is empty and durable. */
struct disk *disk_new(const char *root, enum disk_lie lie);
void disk_free(struct disk *d);
const struct file_layer *disk_layer(struct disk *d);
/* Until disk_vfs_unregister. Its name goes to store_options.vfs. */
void disk_vfs_register(struct disk *d, const char *name);
void disk_vfs_unregister(struct disk *d);

/* Acknowledgement number n was given to the outside world. */
void disk_note_ack(struct disk *d, uint32_t n);

/* How many fsyncs there were. Cut points are 0 (before the first) to this number (after the last). */
size_t disk_syncs(const struct disk *d);
/* A replay walks forward only: cut points must not decrease between calls. `is_acked` has room for acks_n flags.
 * Returns the number of names and sectors that were lost or torn. */
uint64_t disk_cut(struct disk *d, size_t at_sync, uint64_t seed, const char *into, bool *is_acked, size_t acks_n);

/* For the layer and the VFS. */
int disk_note_open(struct disk *d, const char *path, bool is_new, bool is_folder); /* the inode, -1: outside */
void disk_note_write(struct disk *d, int inode, int64_t at, const void *p, size_t n);
void disk_note_truncate(struct disk *d, int inode, int64_t size);
void disk_note_sync(struct disk *d, int inode);
void disk_note_own_sync(struct disk *d, int inode); /* of our file layer: the lies are about these */
void disk_note_sync_folder_of(struct disk *d, const char *path);
void disk_note_rename(struct disk *d, const char *from, const char *to);
void disk_note_unlink(struct disk *d, const char *path);
int64_t disk_size_of(struct disk *d, int inode); /* as written, not as synced */
struct file_layer *disk_layer_room(struct disk *d);
enum disk_lie disk_lie_of(const struct disk *d);
void disk_lock(struct disk *d); /* around a real change and its note, so that both have one order */
void disk_unlock(struct disk *d);

#endif
