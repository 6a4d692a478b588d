#include "app/forms/pieces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/forms/page_state.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/time_source.h"
#include "os/file.h"

/* A file here: a nonce, then the bytes so far under XChaCha20, whose blocks are why pieces are cut at 64. */
enum {
	NONCE_BYTES = crypto_stream_xchacha20_NONCEBYTES,
	BLOCK_BYTES = 64,
	ACCOUNT_CHARS = 16,
	NAME_CHARS = ACCOUNT_CHARS + 1 + 2 * SHA256_BYTES,
};

struct place {
	char folder[PATH_MAX], path[PATH_MAX];
	char name[NAME_CHARS + 1]; /* begins with the account's part */
	uint8_t key[SHA256_BYTES];
};

static void put_length_and(struct buf *b, struct str s)
{
	buf_printf(b, "%zu:", s.n);
	buf_put(b, s);
}

static bool place_of(const struct pieces *p, struct place *at, struct err *e)
{
	uint8_t account[SHA256_BYTES], name[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	struct buf b;
	if (p->total <= 0 || p->key.n == 0 || p->key.n > PIECES_KEY_MAX) {
		return err_set(e, ERR_BAD_INPUT, "an upload without size or key");
	}
	if (p->total > FILE_BYTES_MAX) {
		return err_set(e, ERR_TOO_LARGE, "an upload of %lld bytes", (long long)p->total);
	}
	buf_init(&b, 4096);
	buf_printf(&b, "pieces of %lld", (long long)p->account);
	hmac_sha256(p->secret, buf_str(&b), account);
	buf_printf(&b, " in %lld, %lld bytes, ", (long long)p->draft, (long long)p->total);
	put_length_and(&b, p->question);
	put_length_and(&b, p->key);
	hmac_sha256(p->secret, buf_str(&b), name);
	buf_put_c(&b, " key");
	hmac_sha256(p->secret, buf_str(&b), at->key);
	bool ok = !b.failed;
	buf_release(&b);
	if (!ok) {
		return err_set(e, ERR_BAD_INPUT, "an upload with an overlong name");
	}
	sodium_bin2hex(hex, sizeof hex, account, sizeof account);
	memcpy(at->name, hex, ACCOUNT_CHARS);
	at->name[ACCOUNT_CHARS] = '-';
	sodium_bin2hex(at->name + ACCOUNT_CHARS + 1, 2 * SHA256_BYTES + 1, name, sizeof name);
	int n = snprintf(at->folder, sizeof at->folder, "%.*s/pieces", STR_ARG(p->data_dir));
	int m = n > 0 ? snprintf(at->path, sizeof at->path, "%.*s/pieces/%s", STR_ARG(p->data_dir), at->name) : -1;
	return (m > 0 && m < PATH_MAX) || err_set(e, ERR_INTERNAL, "the data folder's path is too long");
}

/* What can be gone on from: all of it, or whole blocks of what a crash cut. */
static bool bytes_there(int fd, int64_t total, int64_t *bytes, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		return err_errno(e, "cannot look at an unfinished upload");
	}
	int64_t n = (int64_t)st.st_size - NONCE_BYTES;
	*bytes = n <= 0 ? 0 : n >= total ? total : n - n % BLOCK_BYTES;
	return true;
}

bool pieces_offset(const struct pieces *p, int64_t *offset, struct err *e)
{
	struct place at;
	struct err why = {0};
	int fd = -1;
	*offset = 0;
	if (!place_of(p, &at, e)) {
		return false;
	}
	if (!file_open(&file_layer_real, at.path, O_RDONLY, 0, &fd, &why)) {
		*e = why;
		return why.code == ERR_NOT_FOUND;
	}
	bool ok = bytes_there(fd, p->total, offset, e);
	file_close(&file_layer_real, fd);
	return ok;
}

static bool has_room(const struct place *at, struct err *e)
{
	size_t all = 0;
	size_t own = 0;
	struct dirent *entry;
	DIR *d = opendir(at->folder);
	if (d == NULL) {
		return err_errno(e, "cannot read the folder of unfinished uploads");
	}
	while ((entry = readdir(d)) != NULL) {
		all += entry->d_name[0] != '.';
		own += strncmp(entry->d_name, at->name, ACCOUNT_CHARS + 1) == 0;
	}
	closedir(d);
	return (own < PIECES_OF_ACCOUNT_MAX && all < PIECES_MAX) ||
	       err_set(e, ERR_TOO_MANY, "%zu unfinished uploads, %zu of one account", all, own);
}

/* The first piece makes the file; others find it. */
static bool open_to_add(const struct place *at, bool is_first, int *fd, struct err *e)
{
	struct err why = {0};
	if (file_open(&file_layer_real, at->path, O_RDWR, 0, fd, &why)) {
		return true;
	}
	if (why.code != ERR_NOT_FOUND || !is_first) {
		*e = why;
		return false;
	}
	return file_mkdir(&file_layer_real, at->folder, 0700, e) && has_room(at, e) &&
	       file_open(&file_layer_real, at->path, O_RDWR | O_CREAT, 0600, fd, e) &&
	       file_fsync_dir(&file_layer_real, at->folder, e);
}

static bool add(const struct place *at, int fd, int64_t offset, int from_fd, size_t n, struct err *e)
{
	uint8_t nonce[NONCE_BYTES];
	size_t got = 0;
	uint8_t *bytes = mem_alloc(n, 1);
	if (bytes == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a piece");
	}
	bool ok = false;
	if (!file_read_full(from_fd, bytes, n, &got, e)) {
		goto out;
	}
	if (got != n) {
		err_set(e, ERR_BAD_INPUT, "a piece shorter than it says");
		goto out;
	}
	if (lseek(fd, 0, SEEK_SET) < 0) {
		err_errno(e, "cannot go through an unfinished upload");
		goto out;
	}
	if (offset == 0) { /* a nonce for each file: other bytes may follow under the same name */
		randombytes_buf(nonce, sizeof nonce);
		ok = file_write_all(&file_layer_real, fd, str_from((const char *)nonce, sizeof nonce), e);
	} else {
		ok = file_read_full(fd, nonce, sizeof nonce, &got, e);
	}
	crypto_stream_xchacha20_xor_ic(bytes, bytes, n, nonce, (uint64_t)offset / BLOCK_BYTES, at->key);
	if (ok && (ftruncate(fd, NONCE_BYTES + offset) != 0 || lseek(fd, 0, SEEK_END) < 0)) {
		ok = err_errno(e, "cannot go to the end of an unfinished upload");
	}
	ok = ok && file_write_all(&file_layer_real, fd, str_from((const char *)bytes, n), e) &&
	     file_fsync(&file_layer_real, fd, e);
out:
	sodium_memzero(bytes, n);
	mem_free(bytes);
	return ok;
}

bool pieces_add(const struct pieces *p, int64_t offset, int from_fd, int64_t n, int64_t *now, struct err *e)
{
	struct place at;
	struct err why = {0};
	int fd = -1;
	*now = 0;
	if (!place_of(p, &at, e)) {
		return false;
	}
	if (n > PIECE_BYTES_MAX) {
		return err_set(e, ERR_TOO_LARGE, "a piece of %lld bytes", (long long)n);
	}
	if (n <= 0 || offset < 0 || offset > p->total || n > p->total - offset ||
	    (n % BLOCK_BYTES != 0 && n != p->total - offset)) {
		return err_set(e, ERR_BAD_INPUT, "a piece of %lld bytes at %lld", (long long)n, (long long)offset);
	}
	if (!open_to_add(&at, offset == 0, &fd, &why)) {
		*e = why;
		return why.code == ERR_NOT_FOUND ? err_set(e, ERR_CONFLICT, "a piece of nothing that was begun") : false;
	}
	bool ok = flock(fd, LOCK_EX) == 0 || err_errno(e, "cannot lock an unfinished upload");
	ok =
		ok && bytes_there(fd, p->total, now, e) &&
		(*now == offset || err_set(e, ERR_CONFLICT, "a piece at %lld, not %lld", (long long)offset, (long long)*now)) &&
		add(&at, fd, offset, from_fd, (size_t)n, e);
	if (ok) {
		*now += n;
	}
	file_close(&file_layer_real, fd);
	return ok;
}

/* Deciphers what follows the nonce; *is_same: the bytes are those of the key, as far as it says. */
static bool decipher(const struct pieces *p, const struct place *at, int from, int to, bool *is_same, struct err *e)
{
	uint8_t nonce[NONCE_BYTES], said[SHA256_BYTES], found[SHA256_BYTES];
	size_t got = 0;
	int64_t done = 0;
	uint8_t *bytes = mem_alloc(PIECE_BYTES_MAX, 1);
	struct sha256 *h = sha256_new();
	bool ok = bytes != NULL && h != NULL ? file_read_full(from, nonce, sizeof nonce, &got, e)
	                                     : err_set(e, ERR_MEMORY, "no memory for an upload");
	while (ok && done < p->total) {
		int64_t left = p->total - done;
		size_t n = left < PIECE_BYTES_MAX ? (size_t)left : (size_t)PIECE_BYTES_MAX;
		ok = file_read_full(from, bytes, n, &got, e) && (got == n || err_set(e, ERR_IO, "an upload became shorter"));
		if (ok) {
			crypto_stream_xchacha20_xor_ic(bytes, bytes, n, nonce, (uint64_t)done / BLOCK_BYTES, at->key);
			sha256_add(h, str_from((const char *)bytes, n));
			ok = file_write_all(&file_layer_real, to, str_from((const char *)bytes, n), e);
			done += (int64_t)n;
		}
	}
	if (h != NULL) {
		sha256_end(h, found);
		*is_same = p->key.n != 2 * sizeof said || !str_to_bytes(p->key, said, sizeof said) ||
		           memcmp(said, found, sizeof said) == 0;
	}
	if (bytes != NULL) {
		sodium_memzero(bytes, PIECE_BYTES_MAX);
		mem_free(bytes);
	}
	return ok;
}

bool pieces_whole(const struct pieces *p, int *fd, struct err *e)
{
	struct place at;
	int from = -1;
	int64_t there = 0;
	bool is_same = false;
	*fd = -1;
	if (!place_of(p, &at, e) || !file_open(&file_layer_real, at.path, O_RDONLY, 0, &from, e)) {
		return false;
	}
	bool ok = bytes_there(from, p->total, &there, e) &&
	          (there == p->total || err_set(e, ERR_NOT_FOUND, "an upload that is not whole"));
	if (ok) {
		*fd = memfd_create("upload", MFD_CLOEXEC);
		ok = (*fd >= 0 || err_errno(e, "cannot make an anonymous file")) && decipher(p, &at, from, *fd, &is_same, e) &&
		     (is_same || err_set(e, ERR_CORRUPT, "an upload that is another than it says")) &&
		     (lseek(*fd, 0, SEEK_SET) == 0 || err_errno(e, "cannot go to the beginning of an upload"));
	}
	file_close(&file_layer_real, from);
	if (!ok) {
		file_close(&file_layer_real, *fd);
		*fd = -1;
	}
	return ok;
}

void pieces_drop(const struct pieces *p)
{
	struct place at;
	struct err e;
	/* What stays is swept. */
	(void)!(place_of(p, &at, &e) && file_unlink(&file_layer_real, at.path, &e));
}

/* By the kernel's clock, because it is what the file's time comes from. */
static bool is_older(const char *path, int64_t age_us)
{
	struct stat st;
	struct timespec now;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
		return false;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - st.st_mtim.tv_sec) * US_PER_S + (now.tv_nsec - st.st_mtim.tv_nsec) / 1000 > age_us;
}

bool pieces_sweep(struct str data_dir, int64_t age_us, struct err *e)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool ok = true;
	int n = snprintf(path, sizeof path, "%.*s/pieces", STR_ARG(data_dir));
	DIR *d = n > 0 && n < PATH_MAX ? opendir(path) : NULL;
	if (d == NULL) {
		return errno == ENOENT || err_errno(e, "cannot read the folder of unfinished uploads");
	}
	while (ok && (entry = readdir(d)) != NULL) {
		n = snprintf(path, sizeof path, "%.*s/pieces/%s", STR_ARG(data_dir), entry->d_name);
		if (n > 0 && n < PATH_MAX && is_older(path, age_us)) {
			ok = file_unlink(&file_layer_real, path, e);
		}
	}
	closedir(d);
	return ok;
}
