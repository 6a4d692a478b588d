#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/id.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "store/blobs_inside.h"

/* A stored file: magic, secretstream header, then chunks of CHUNK plain bytes (the last one shorter, perhaps empty, and
 * tagged FINAL), each CHUNK_EXTRA longer than its plain bytes. The stream's own counter keeps the chunks in order; the
 * FINAL tag shows a cut-off file. */
static const char magic[8] = "CHBLOB1\n";
enum {
	CHUNK = 65536,
	CHUNK_EXTRA = crypto_secretstream_xchacha20poly1305_ABYTES,
	HEADER = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	KEY = crypto_secretstream_xchacha20poly1305_KEYBYTES,
	NAME_CHARS = ID_CHARS + 1 + 2 * SHA256_BYTES,
};
static const char temp_folder[] = "tmp";

static void party_key(const struct blobs *b, int64_t party, uint8_t key[KEY])
{
	static const char domain[] = "cityhall blob data key 1";
	uint8_t text[sizeof domain + 8];
	memcpy(text, domain, sizeof domain);
	for (size_t i = 0; i < 8; i++) {
		text[sizeof domain + i] = (uint8_t)((uint64_t)party >> (56 - 8 * i));
	}
	_Static_assert(KEY == SHA256_BYTES, "the derived key is one HMAC");
	hmac_sha256(str_from(b->master_key, sizeof b->master_key), str_from(text, sizeof text), key);
}

/* "<dir>/ab" and "<dir>/ab/<party>-ab..."; false when memory is out. */
static bool paths_of(const struct blobs *b, int64_t party, const uint8_t digest[SHA256_BYTES], struct buf *folder,
                     struct buf *file, struct err *e)
{
	buf_put_c(folder, b->dir);
	buf_put_byte(folder, '/');
	buf_put_hex(folder, digest, 1);
	buf_put(file, buf_str(folder));
	buf_put_byte(file, '/');
	buf_put_id(file, party);
	buf_put_byte(file, '-');
	buf_put_hex(file, digest, SHA256_BYTES);
	buf_cstr(folder);
	buf_cstr(file);
	return buf_ok(folder, e) && buf_ok(file, e);
}

bool blobs_open(struct str dir, const uint8_t master_key[32], struct blobs **out, struct err *e)
{
	return blobs_open_on(&file_layer_real, dir, master_key, out, e);
}

bool blobs_open_on(const struct file_layer *files, struct str dir, const uint8_t master_key[32], struct blobs **out,
                   struct err *e)
{
	bool ok = false;
	char *temp = NULL;
	char *parent = NULL;
	*out = NULL;
	if (sodium_init() < 0) {
		return err_set(e, ERR_INTERNAL, "libsodium does not start");
	}
	struct blobs *b = mem_alloc(1, sizeof *b);
	if (!b) {
		return err_set(e, ERR_MEMORY, "no memory for blobs");
	}
	b->files = files;
	pthread_mutex_init(&b->naming, NULL);
	memcpy(b->master_key, master_key, sizeof b->master_key);
	b->dir = file_path(dir, STR_EMPTY);
	temp = file_path(dir, str_of(temp_folder));
	parent = file_path(dir, STR(".."));
	if (!b->dir || !temp || !parent) {
		err_set(e, ERR_MEMORY, "no memory for a path");
		goto out;
	}
	ok = file_mkdir(files, b->dir, 0700, e) && file_mkdir(files, temp, 0700, e) && file_fsync_dir(files, parent, e);
out:
	mem_free(temp);
	mem_free(parent);
	if (!ok) {
		blobs_close(b);
		return false;
	}
	*out = b;
	return true;
}

bool blobs_open_in(struct store *store, const uint8_t master_key[32], struct blobs **out, struct err *e)
{
	*out = NULL;
	if (sodium_init() < 0) {
		return err_set(e, ERR_INTERNAL, "libsodium does not start");
	}
	struct blobs *b = mem_alloc(1, sizeof *b);
	if (!b) {
		return err_set(e, ERR_MEMORY, "no memory for blobs");
	}
	b->store = store;
	b->files = &file_layer_real;
	pthread_mutex_init(&b->naming, NULL);
	memcpy(b->master_key, master_key, sizeof b->master_key);
	*out = b;
	return true;
}

void blobs_close(struct blobs *b)
{
	if (!b) {
		return;
	}
	pthread_mutex_destroy(&b->naming);
	mem_wipe(b->master_key, sizeof b->master_key);
	mem_free(b->dir);
	mem_free(b);
}

/* --- Storing ----------------------------------------------------------------------------------------------------- */

/* Encrypts from_fd into `to`, chunk by chunk. Whether a chunk is the last is known only after the next read: hence two
 * buffers, `room` being 2 * CHUNK + CHUNK_EXTRA bytes. */
static bool spool(const struct blobs *b, int64_t party, int from_fd, int to, int64_t max_bytes, uint8_t *room,
                  struct blob_ref *out, struct err *e)
{
	uint8_t *now = room;
	uint8_t *sealed = room + CHUNK;
	uint8_t key[KEY];
	uint8_t header[HEADER];
	crypto_secretstream_xchacha20poly1305_state state;
	party_key(b, party, key);
	crypto_secretstream_xchacha20poly1305_init_push(&state, header, key);
	struct sha256 *hash = sha256_new();
	out->party = party;
	out->bytes = 0;
	bool ok = file_write_all(b->files, to, str_from(magic, sizeof magic), e) &&
	          file_write_all(b->files, to, str_from(header, sizeof header), e);
	bool is_last = false;
	while (ok && !is_last) {
		size_t n;
		ok = file_read_full(from_fd, now, CHUNK, &n, e);
		if (!ok) {
			break;
		}
		out->bytes += (int64_t)n;
		if (out->bytes > max_bytes) {
			ok = err_set(e, ERR_TOO_LARGE, "a blob of more than %lld bytes", (long long)max_bytes);
			break;
		}
		/* A file of a whole number of chunks ends with an empty one. */
		is_last = n < CHUNK;
		sha256_add(hash, str_from(now, n));
		crypto_secretstream_xchacha20poly1305_push(&state, sealed, NULL, now, n, NULL, 0,
		                                           is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
		ok = file_write_all(b->files, to, str_from(sealed, n + CHUNK_EXTRA), e);
	}
	sha256_end(hash, out->digest);
	mem_wipe(key, sizeof key);
	mem_wipe(&state, sizeof state);
	return ok;
}

/* The folder's own name must be durable before a file in it counts. Known once a process, since another process (or
 * another thread, a moment ago) may have made the folder and not come to the fsync. */
static bool make_folder(struct blobs *b, uint8_t prefix, const char *folder, struct err *e)
{
	if (atomic_load(&b->is_folder_durable[prefix])) {
		return true;
	}
	if (!file_mkdir(b->files, folder, 0700, e)) {
		return false;
	}
	if (!file_fsync_dir(b->files, b->dir, e)) {
		atomic_store(&b->is_broken, true);
		return false;
	}
	atomic_store(&b->is_folder_durable[prefix], true);
	return true;
}

bool blob_seal(const struct blobs *b, int64_t party, int from_fd, int to, int64_t max_bytes, struct blob_ref *out,
               struct err *e)
{
	uint8_t *room = mem_alloc(2, CHUNK + CHUNK_EXTRA);
	memset(out, 0, sizeof *out);
	if (room == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to store a blob");
	}
	bool ok = spool(b, party, from_fd, to, max_bytes, room, out, e);
	mem_wipe(room, CHUNK);
	mem_free(room);
	return ok;
}

/* A file of its own in the folder for what is not whole yet. */
static bool temp_open(struct blobs *b, struct buf *path, int *fd, struct err *e)
{
	uint8_t random[16];
	if (atomic_load(&b->is_broken)) {
		return err_set(e, ERR_IO, "a blob folder could not be made durable before: start the program again");
	}
	rand_bytes(random, sizeof random);
	buf_printf(path, "%s/%s/", b->dir, temp_folder);
	buf_put_hex(path, random, sizeof random);
	const char *text = buf_cstr(path);
	return buf_ok(path, e) && file_open(b->files, text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, fd, e);
}

/* What was written gets its name, durably. */
static bool place(struct blobs *b, const char *temp_path, int fd, int64_t party, const uint8_t digest[SHA256_BYTES],
                  bool *has_temp, struct err *e)
{
	struct buf folder, file;
	buf_init(&folder, 8192);
	buf_init(&file, 8192);
	bool ok = file_fsync(b->files, fd, e) && paths_of(b, party, digest, &folder, &file, e) &&
	          make_folder(b, digest[0], buf_cstr(&folder), e);
	if (ok) {
		pthread_mutex_lock(&b->naming);
		ok = file_rename(b->files, temp_path, buf_cstr(&file), e);
		pthread_mutex_unlock(&b->naming);
		*has_temp = !ok;
	}
	if (ok && !file_fsync_dir(b->files, buf_cstr(&folder), e)) {
		ok = false;
		atomic_store(&b->is_broken, true);
	}
	buf_release(&folder);
	buf_release(&file);
	return ok;
}

bool blobs_put(struct blobs *b, int64_t party, int from_fd, int64_t max_bytes, struct blob_ref *out, struct err *e)
{
	if (b->store) {
		return rows_put(b, party, from_fd, max_bytes, out, e);
	}
	bool ok = false;
	int fd = -1;
	struct buf temp;
	buf_init(&temp, 8192);
	memset(out, 0, sizeof *out);
	bool has_temp = temp_open(b, &temp, &fd, e);
	if (has_temp) {
		ok = blob_seal(b, party, from_fd, fd, max_bytes, out, e) &&
		     place(b, buf_cstr(&temp), fd, party, out->digest, &has_temp, e);
	}
	file_close(b->files, fd);
	if (has_temp) {
		b->files->unlink(b->files->ctx, buf_cstr(&temp));
	}
	buf_release(&temp);
	return ok;
}

/* --- Reading ----------------------------------------------------------------------------------------------------- */

static bool not_whole(struct err *e, const char *why)
{
	return err_set(e, ERR_CORRUPT, "a blob is damaged: %s", why);
}

/* to < 0: only looks; ref->bytes < 0: the size is not known. */
static bool unseal(const struct blobs *b, const struct blob_ref *ref, int from, int to, uint8_t *room, struct err *e)
{
	uint8_t *sealed = room;
	uint8_t *plain = room + CHUNK + CHUNK_EXTRA;
	uint8_t head[sizeof magic + HEADER];
	size_t n;
	if (!file_read_full(from, head, sizeof head, &n, e)) {
		return false;
	}
	if (n < sizeof head || memcmp(head, magic, sizeof magic) != 0) {
		return not_whole(e, "it does not begin like one");
	}
	uint8_t key[KEY];
	crypto_secretstream_xchacha20poly1305_state state;
	party_key(b, ref->party, key);
	bool ok = crypto_secretstream_xchacha20poly1305_init_pull(&state, head + sizeof magic, key) == 0 ||
	          not_whole(e, "its header is wrong");
	mem_wipe(key, sizeof key);
	struct sha256 *hash = sha256_new();
	int64_t bytes = 0;
	unsigned char tag = 0;
	while (ok && tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
		ok = file_read_full(from, sealed, CHUNK + CHUNK_EXTRA, &n, e);
		if (!ok) {
			break;
		}
		unsigned long long plain_n = 0;
		if (n < CHUNK_EXTRA ||
		    crypto_secretstream_xchacha20poly1305_pull(&state, plain, &plain_n, &tag, sealed, n, NULL, 0) != 0) {
			ok = not_whole(e, n == 0 ? "it is cut off" : "its bytes were changed, or the key is another");
			break;
		}
		sha256_add(hash, str_from(plain, (size_t)plain_n));
		bytes += (int64_t)plain_n;
		ok = to < 0 || file_write_all(&file_layer_real, to, str_from(plain, (size_t)plain_n), e);
	}
	uint8_t digest[SHA256_BYTES];
	sha256_end(hash, digest);
	mem_wipe(&state, sizeof state);
	if (ok && ((ref->bytes >= 0 && bytes != ref->bytes) || memcmp(digest, ref->digest, sizeof digest) != 0)) {
		ok = not_whole(e, "it holds something else than the row says");
	}
	return ok;
}

bool blob_unseal(const struct blobs *b, const struct blob_ref *ref, int from, int *out_fd, struct err *e)
{
	bool ok = false;
	int to = -1;
	*out_fd = -1;
	uint8_t *room = mem_alloc(2, CHUNK + CHUNK_EXTRA);
	if (!room) {
		return err_set(e, ERR_MEMORY, "no memory to read a blob");
	}
	to = memfd_create("blob", MFD_CLOEXEC);
	if (to < 0) {
		err_errno(e, "cannot make an anonymous file");
		goto out;
	}
	if (!unseal(b, ref, from, to, room, e)) {
		goto out;
	}
	if (lseek(to, 0, SEEK_SET) < 0) {
		err_errno(e, "cannot rewind an anonymous file");
		goto out;
	}
	*out_fd = to;
	to = -1;
	ok = true;
out:
	file_close(&file_layer_real, to);
	mem_wipe(room, (size_t)2 * (CHUNK + CHUNK_EXTRA));
	mem_free(room);
	return ok;
}

bool blob_open_sealed(struct blobs *b, const struct blob_ref *ref, int *out_fd, struct err *e)
{
	if (b->store) {
		return rows_open_sealed(b, ref, out_fd, e);
	}
	struct buf folder, file;
	buf_init(&folder, 8192);
	buf_init(&file, 8192);
	bool ok = paths_of(b, ref->party, ref->digest, &folder, &file, e) &&
	          file_open(&file_layer_real, buf_cstr(&file), O_RDONLY | O_NOFOLLOW, 0, out_fd, e);
	buf_release(&folder);
	buf_release(&file);
	return ok;
}

bool blobs_get(struct blobs *b, const struct blob_ref *ref, int *out_fd, struct err *e)
{
	int from = -1;
	*out_fd = -1;
	bool ok = blob_open_sealed(b, ref, &from, e) && blob_unseal(b, ref, from, out_fd, e);
	file_close(&file_layer_real, from);
	return ok;
}

/* --- From one place to another
 * ------------------------------------------------------------------------------------------- */

bool blob_verify_sealed(const struct blobs *b, const struct blob_ref *ref, int sealed, struct err *e)
{
	uint8_t *room = mem_alloc(2, CHUNK + CHUNK_EXTRA);
	if (!room) {
		return err_set(e, ERR_MEMORY, "no memory to read a blob");
	}
	bool ok = unseal(b, ref, sealed, -1, room, e);
	mem_wipe(room, (size_t)2 * (CHUNK + CHUNK_EXTRA));
	mem_free(room);
	return ok;
}

static bool pour(struct blobs *b, int from, int to, struct err *e)
{
	char *room = mem_alloc(1, CHUNK);
	size_t n = CHUNK;
	bool ok = room != NULL || err_set(e, ERR_MEMORY, "no memory to copy a blob");
	while (ok && n == CHUNK) {
		ok = file_read_full(from, room, CHUNK, &n, e) && file_write_all(b->files, to, str_from(room, n), e);
	}
	mem_free(room);
	return ok;
}

bool blob_put_sealed(struct blobs *b, const struct blob_ref *ref, int sealed, struct err *e)
{
	if (b->store) {
		return rows_put_sealed(b, ref, sealed, e);
	}
	int fd = -1;
	struct buf temp;
	buf_init(&temp, 8192);
	bool has_temp = temp_open(b, &temp, &fd, e), ok = false;
	if (has_temp) {
		ok = pour(b, sealed, fd, e) && place(b, buf_cstr(&temp), fd, ref->party, ref->digest, &has_temp, e);
	}
	file_close(b->files, fd);
	if (has_temp) {
		b->files->unlink(b->files->ctx, buf_cstr(&temp));
	}
	buf_release(&temp);
	return ok;
}

/* --- Sweeping ---------------------------------------------------------------------------------------------------- */

struct sweep {
	struct blobs *b;
	int64_t age_us;
	bool (*is_named)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES]);
	void *ctx;
	uint64_t removed;
};

static bool is_old(const char *path, int64_t age_us)
{
	struct stat st;
	struct timespec now;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
		return false;
	}
	/* The kernel's clock, because it is what the file's time comes from. */
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t us = (now.tv_sec - st.st_mtim.tv_sec) * US_PER_S + (now.tv_nsec - st.st_mtim.tv_nsec) / 1000;
	return us > age_us;
}

/* The name of a blob in folder `prefix`, taken apart; what is not ours is left alone. */
static bool parse_name(struct str name, int64_t *party, uint8_t digest[SHA256_BYTES])
{
	return name.n == NAME_CHARS && name.p[ID_CHARS] == '-' && id_parse(str_sub(name, 0, ID_CHARS), party) &&
	       str_to_bytes(str_sub(name, ID_CHARS + 1, SIZE_MAX), digest, SHA256_BYTES);
}

static bool sweep_file(struct sweep *s, const char *path, struct str name, bool is_temp, struct err *e)
{
	int64_t party = 0;
	uint8_t digest[SHA256_BYTES];
	if (!is_old(path, s->age_us) || (!is_temp && !parse_name(name, &party, digest))) {
		return true;
	}
	if (!is_temp && s->is_named(s->ctx, party, digest)) {
		return true;
	}
	pthread_mutex_lock(&s->b->naming);
	/* Asked again: it may have been put anew while its name was looked for. */
	bool is_still_old = is_old(path, s->age_us);
	bool ok = !is_still_old || file_unlink(s->b->files, path, e);
	pthread_mutex_unlock(&s->b->naming);
	if (ok && is_still_old) {
		s->removed++;
	}
	return ok;
}

static bool sweep_folder(struct sweep *s, const char *folder_name, bool is_temp, struct err *e)
{
	bool ok = true;
	char *folder = file_path(str_of(s->b->dir), str_of(folder_name));
	if (!folder) {
		return err_set(e, ERR_MEMORY, "no memory for a path");
	}
	DIR *d = opendir(folder);
	if (!d) {
		ok = errno == ENOENT || err_errno(e, "cannot read the blob folder %s", folder_name);
		mem_free(folder);
		return ok;
	}
	struct dirent *entry;
	while (ok && (errno = 0, entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.') {
			continue;
		}
		char *path = file_path(str_of(folder), str_of(entry->d_name));
		ok = path ? sweep_file(s, path, str_of(entry->d_name), is_temp, e)
		          : err_set(e, ERR_MEMORY, "no memory for a path");
		mem_free(path);
	}
	if (ok && errno != 0) {
		ok = err_errno(e, "cannot read the blob folder %s", folder_name);
	}
	closedir(d);
	mem_free(folder);
	return ok;
}

bool blobs_sweep(struct blobs *b, int64_t age_us,
                 bool (*is_named)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES]), void *ctx,
                 uint64_t *removed, struct err *e)
{
	if (b->store) {
		return rows_sweep(b, age_us, is_named, ctx, removed, e);
	}
	struct sweep s = {b, age_us, is_named, ctx, 0};
	bool ok = sweep_folder(&s, temp_folder, true, e);
	for (unsigned i = 0; ok && i < 256; i++) {
		static const char hex[] = "0123456789abcdef";
		char name[3] = {hex[i >> 4], hex[i & 15], '\0'};
		ok = sweep_folder(&s, name, false, e);
	}
	*removed = s.removed;
	return ok;
}

bool blobs_each(struct blobs *b,
                bool (*each)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e), void *ctx,
                struct err *e)
{
	if (b->store) {
		return rows_each(b, each, ctx, e);
	}
	static const char hex[] = "0123456789abcdef";
	bool ok = true;
	for (unsigned i = 0; ok && i < 256; i++) {
		char name[3] = {hex[i >> 4], hex[i & 15], '\0'};
		char *folder = file_path(str_of(b->dir), str_of(name));
		if (!folder) {
			return err_set(e, ERR_MEMORY, "no memory for a path");
		}
		DIR *d = opendir(folder);
		mem_free(folder);
		if (!d) {
			ok = errno == ENOENT || err_errno(e, "cannot read the blob folder %s", name);
			continue;
		}
		struct dirent *entry;
		while (ok && (errno = 0, entry = readdir(d)) != NULL) {
			int64_t party;
			uint8_t digest[SHA256_BYTES];
			ok = !parse_name(str_of(entry->d_name), &party, digest) || each(ctx, party, digest, e);
		}
		if (ok && errno != 0) {
			ok = err_errno(e, "cannot read the blob folder %s", name);
		}
		closedir(d);
	}
	return ok;
}
