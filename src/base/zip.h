/* Zip archives (PKWARE APPNOTE 6.3, without ZIP64, encryption, several disks): just what a folder of small text files
 * needs. Reading is by the central directory, each file stored or deflated, everything counted against limits before it
 * is believed: nothing is inflated beyond what was asked for. Names are checked here once: relative paths of UTF-8
 * without "..", empty pieces, back slashes or control characters; nothing that is a link or a device. Any thread. */
#ifndef CITYHALL_BASE_ZIP_H
#define CITYHALL_BASE_ZIP_H

#include "base/arena.h"
#include "base/buf.h"

struct zip_limits {
	size_t files, file_bytes, all_bytes; /* at most, unpacked */
};
struct zip_file {
	struct str path; /* "services/market-stall/service.yaml" */
	struct str bytes;
};
struct zip_files {
	struct zip_file *items;
	size_t n;
};
/* Folders are left out. ERR_TOO_LARGE: over a limit; ERR_UNSUPPORTED: no zip, or of a kind that is not read;
 * ERR_BAD_INPUT: damaged or hostile. `say` of the error is a sentence for the person; its text names the entry. */
bool zip_read(struct arena *a, struct str bytes, const struct zip_limits *most, struct zip_files *out,
              struct err *e) MUST_USE;

/* Writing: files are stored as they are, dated 1 January 1980, so that the same files give the same bytes. */
struct zip_out {
	struct buf *to;
	struct buf directory;
	size_t n;
	uint64_t taken;          /* bytes before those in `to` */
	struct zip_piece *piece; /* the file that comes in pieces; NULL: none */
	bool failed;
};
void zip_begin(struct zip_out *z, struct buf *to);
void zip_put(struct zip_out *z, struct str path, struct str bytes);
/* A file that comes in pieces, deflated, so that the whole is never in memory: between calls the caller may write away
 * what stands in `to` and say zip_taken(), which empties it. At most 4 GiB. One at a time. */
void zip_open(struct zip_out *z, struct str path);
void zip_add(struct zip_out *z, struct str bytes);
void zip_close(struct zip_out *z);
void zip_taken(struct zip_out *z);
bool zip_end(struct zip_out *z, struct err *e) MUST_USE; /* releases what it held, also when it says false */

#endif
