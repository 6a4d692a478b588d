#include "os/keys_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/rand.h"
#include "os/file.h"
#include "os/socket.h"

enum {
	KEY_BYTES = 32,
	FILE_MAX = 16 * 1024,
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	SALT_BYTES = crypto_pwhash_SALTBYTES,
	NAME_BYTES = 32,
};
#define PASSWORD_MEMORY_MAX (INT64_C(1) << 30)

static const char *const key_names[DATA_KEY_COUNT] = {
#define X(name, what) #name,
	DATA_KEYS(X)
#undef X
};

static const struct str master_magic = STR_INIT("cityhall master 1");
static const struct str wrapped_magic = STR_INIT("cityhall wrapped 1");
static const struct str backup_magic = STR_INIT("cityhall keys backup 1");
static const struct str wrap_magic = STR_INIT("cityhall data key 1");

/* --- Sealing bytes under a key --------------------------------------------------------------------------------------
 */

/* Appends nonce, ciphertext and tag. */
static void put_sealed(struct buf *to, const uint8_t key[KEY_BYTES], struct str ad, struct str plain)
{
	uint8_t nonce[NONCE_BYTES];
	rand_bytes(nonce, sizeof nonce);
	buf_put_bytes(to, nonce, sizeof nonce);
	char *room = buf_reserve(to, plain.n + TAG_BYTES);
	if (!room) {
		return;
	}
	unsigned long long n = 0;
	crypto_aead_xchacha20poly1305_ietf_encrypt((unsigned char *)room, &n, (const unsigned char *)plain.p, plain.n,
	                                           (const unsigned char *)ad.p, ad.n, NULL, nonce, key);
	buf_added(to, (size_t)n);
}

/* Appends the plain bytes; false when the key, the associated data or the bytes are not those it was made with. */
static bool open_sealed(struct str sealed, const uint8_t key[KEY_BYTES], struct str ad, struct buf *to)
{
	if (sealed.n < NONCE_BYTES + TAG_BYTES) {
		return false;
	}
	struct str body = str_sub(sealed, NONCE_BYTES, SIZE_MAX);
	char *room = buf_reserve(to, body.n);
	unsigned long long n = 0;
	if (!room || crypto_aead_xchacha20poly1305_ietf_decrypt(
					 (unsigned char *)room, &n, NULL, (const unsigned char *)body.p, body.n,
					 (const unsigned char *)ad.p, ad.n, (const unsigned char *)sealed.p, key) != 0) {
		return false;
	}
	buf_added(to, (size_t)n);
	return true;
}

/* --- Paths and reading ----------------------------------------------------------------------------------------------
 */

static char *key_path(struct str dir, const char *folder, const char *name)
{
	char *keys = file_path(dir, str_of(folder));
	char *path = keys ? file_path(str_of(keys), str_of(name)) : NULL;
	mem_free(keys);
	return path;
}

static bool is_private(const char *path, const struct stat *st, struct err *e)
{
	if (st->st_uid != geteuid() && geteuid() != 0) {
		return err_set(e, ERR_CONFIG, "%s belongs to user %u and this program runs as user %u", path,
		               (unsigned)st->st_uid, (unsigned)geteuid());
	}
	if (st->st_mode & 077) {
		return err_set(e, ERR_CONFIG, "%s can be opened by other users (mode %03o): chmod go-rwx it", path,
		               (unsigned)st->st_mode & 0777);
	}
	return true;
}

/* Appends a key file of ours after looking at its folder, owner and mode. */
static bool read_private(struct str dir, const char *name, struct buf *to, struct err *e)
{
	bool ok = false;
	int fd = -1;
	struct stat st;
	char *folder = file_path(dir, STR("keys"));
	char *path = key_path(dir, "keys", name);
	if (!folder || !path) {
		err_set(e, ERR_MEMORY, "no memory for a path");
		goto out;
	}
	if (stat(folder, &st) != 0) {
		if (errno == ENOENT) {
			err_set(e, ERR_NOT_FOUND, "there is no folder %s: it is made by init, or brought back from its backup",
			        folder);
		} else {
			err_errno(e, "cannot look at %s", folder);
		}
		goto out;
	}
	if (!is_private(folder, &st, e)) {
		goto out;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (errno == ENOENT) {
			err_set(e, ERR_NOT_FOUND, "%s is missing", path);
		} else {
			err_errno(e, "cannot read %s", path);
		}
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		err_set(e, ERR_CORRUPT, "%s is no key file", path);
		goto out;
	}
	if (!is_private(path, &st, e)) {
		goto out;
	}
	size_t got = 0;
	char *room = buf_reserve(to, FILE_MAX);
	if (!room || !file_read_full(fd, room, FILE_MAX, &got, e)) {
		ok = room ? false : buf_ok(to, e);
		goto out;
	}
	buf_added(to, got);
	ok = true;
out:
	socket_close(&fd);
	mem_free(folder);
	mem_free(path);
	return ok;
}

/* --- The formats ----------------------------------------------------------------------------------------------------
 */

static void put_master(struct buf *to, const struct key_material *m)
{
	uint8_t sum[SHA256_BYTES];
	codec_put_str(to, master_magic);
	codec_put_bytes(to, str_from(m->master, sizeof m->master));
	codec_put_bytes(to, str_from(m->seal_seed, sizeof m->seal_seed));
	sha256_of(buf_str(to), sum);
	codec_put_bytes(to, str_from(sum, sizeof sum));
}

static bool parse_master(struct str bytes, struct key_material *out, struct err *e)
{
	struct codec c = codec_of(bytes);
	uint8_t sum[SHA256_BYTES];
	struct str magic = codec_str(&c, NAME_BYTES);
	struct str master = codec_bytes(&c, KEY_BYTES);
	struct str seed = codec_bytes(&c, KEY_BYTES);
	sha256_of(str_sub(bytes, 0, bytes.n - c.rest.n), sum);
	struct str said = codec_bytes(&c, SHA256_BYTES);
	if (!codec_end(&c, e) || !str_eq(magic, master_magic) || master.n != KEY_BYTES || seed.n != KEY_BYTES ||
	    !str_eq(said, str_from(sum, sizeof sum))) {
		return err_set(e, ERR_CORRUPT, "the master key file is damaged: bring it back from its backup");
	}
	memcpy(out->master, master.p, KEY_BYTES);
	memcpy(out->seal_seed, seed.p, KEY_BYTES);
	return true;
}

static void put_ad(struct buf *to, struct str name)
{
	codec_put_str(to, wrap_magic);
	codec_put_str(to, name);
}

static void put_wrapped(struct buf *to, const struct key_material *m)
{
	codec_put_str(to, wrapped_magic);
	codec_put_u32(to, DATA_KEY_COUNT);
	for (size_t i = 0; i < DATA_KEY_COUNT; i++) {
		uint8_t key[KEY_BYTES];
		struct buf ad, one;
		buf_init(&ad, 256);
		buf_init(&one, 256);
		rand_bytes(key, sizeof key);
		put_ad(&ad, str_of(key_names[i]));
		codec_put_str(&one, str_of(key_names[i]));
		put_sealed(&one, m->master, buf_str(&ad), str_from(key, sizeof key));
		codec_put_bytes(to, buf_str(&one));
		to->failed |= ad.failed || one.failed;
		mem_wipe(key, sizeof key);
		buf_release(&ad);
		buf_release(&one);
	}
}

bool keys_unwrap_with(const struct key_material *m, struct str wrapped, uint8_t out[KEY_BYTES], struct err *e)
{
	struct codec c = codec_of(wrapped);
	struct str name = codec_str(&c, NAME_BYTES);
	struct buf ad, plain;
	buf_init(&ad, 256);
	buf_init(&plain, 256);
	put_ad(&ad, name);
	bool ok = !c.failed && !ad.failed && open_sealed(c.rest, m->master, buf_str(&ad), &plain) && plain.n == KEY_BYTES;
	if (ok) {
		memcpy(out, plain.p, KEY_BYTES);
	} else if (ad.failed || plain.failed) {
		err_set(e, ERR_MEMORY, "no memory to unwrap a key");
	} else {
		err_set(e, ERR_CORRUPT, "a wrapped key does not fit the master key");
	}
	buf_release(&ad);
	buf_release_secret(&plain);
	return ok;
}

bool keys_institution_seed(const struct key_material *m, struct str institution, uint8_t seed[KEY_BYTES], struct err *e)
{
	struct buf label;
	bool is_id = institution.n > 0 && institution.n <= KEYS_INSTITUTION_MAX;
	for (size_t i = 0; is_id && i < institution.n; i++) {
		char c = institution.p[i];
		is_id = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
	}
	if (!is_id) {
		return err_set(e, ERR_BAD_INPUT, "no institution's id");
	}
	buf_init(&label, 128);
	buf_put_c(&label, "cityhall institution key 1\n");
	buf_put(&label, institution);
	hmac_sha256(str_from(m->seal_seed, sizeof m->seal_seed), buf_str(&label), seed);
	bool ok = buf_ok(&label, e);
	buf_release(&label);
	return ok;
}

static bool parse_wrapped(struct str bytes, struct str wrapped[DATA_KEY_COUNT], struct err *e)
{
	struct codec c = codec_of(bytes);
	struct str magic = codec_str(&c, NAME_BYTES);
	uint32_t n = codec_u32(&c);
	bool fits = str_eq(magic, wrapped_magic) && n == DATA_KEY_COUNT;
	for (size_t i = 0; i < DATA_KEY_COUNT; i++) {
		wrapped[i] = codec_bytes(&c, 256);
		struct codec one = codec_of(wrapped[i]);
		fits &= str_is(codec_str(&one, NAME_BYTES), key_names[i]);
	}
	if (!codec_end(&c, e) || !fits) {
		return err_set(e, ERR_CORRUPT, "the file of wrapped keys is damaged or from another version");
	}
	return true;
}

/* --- Making ---------------------------------------------------------------------------------------------------------
 */

static bool write_in(struct str dir, const char *folder, const char *name, struct str bytes, struct err *e)
{
	char *path = key_path(dir, folder, name);
	bool ok =
		path ? file_replace(&file_layer_real, path, bytes, 0600, e) : err_set(e, ERR_MEMORY, "no memory for a path");
	mem_free(path);
	return ok;
}

/* The folder appears whole or not at all: it is filled under another name. */
static bool write_folder(struct str dir, const struct key_material *m, struct str master, struct str wrapped,
                         struct err *e)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
	struct stat st;
	struct buf hex;
	buf_init(&hex, 256);
	char *base = file_path(dir, STR_EMPTY);
	char *fresh = file_path(dir, STR("keys.new"));
	char *final = file_path(dir, STR("keys"));
	bool ok = false;
	if (!base || !fresh || !final) {
		err_set(e, ERR_MEMORY, "no memory for a path");
		goto out;
	}
	if (lstat(final, &st) == 0) {
		err_set(e, ERR_CONFLICT, "%s is there already: its keys are not replaced", final);
		goto out;
	}
	crypto_sign_seed_keypair(public_key, secret_key, m->seal_seed);
	mem_wipe(secret_key, sizeof secret_key);
	buf_put_hex(&hex, public_key, sizeof public_key);
	buf_put_byte(&hex, '\n');
	ok = buf_ok(&hex, e) && file_mkdir(&file_layer_real, fresh, 0700, e) &&
	     write_in(dir, "keys.new", "wrapped", wrapped, e) && write_in(dir, "keys.new", "seal.pub", buf_str(&hex), e) &&
	     write_in(dir, "keys.new", "master", master, e) && file_rename(&file_layer_real, fresh, final, e) &&
	     file_fsync_dir(&file_layer_real, base, e);
out:
	mem_free(base);
	mem_free(fresh);
	mem_free(final);
	buf_release(&hex);
	return ok;
}

static bool sodium_ready(struct err *e)
{
	return sodium_init() >= 0 || err_set(e, ERR_INTERNAL, "libsodium does not start");
}

bool keys_create(struct str dir, struct err *e)
{
	struct key_material m;
	struct buf master, wrapped;
	if (!sodium_ready(e)) {
		return false;
	}
	buf_init(&master, FILE_MAX);
	buf_init(&wrapped, FILE_MAX);
	rand_bytes(&m, sizeof m);
	put_master(&master, &m);
	put_wrapped(&wrapped, &m);
	bool ok =
		buf_ok(&master, e) && buf_ok(&wrapped, e) && write_folder(dir, &m, buf_str(&master), buf_str(&wrapped), e);
	mem_wipe(&m, sizeof m);
	buf_release_secret(&master);
	buf_release(&wrapped);
	return ok;
}

/* --- Reading --------------------------------------------------------------------------------------------------------
 */

bool keys_read_public(struct str dir, uint8_t seal_public[KEY_BYTES], struct err *e)
{
	struct buf hex;
	buf_init(&hex, FILE_MAX);
	bool ok = read_private(dir, "seal.pub", &hex, e);
	if (ok && !str_to_bytes(str_trim(buf_str(&hex)), seal_public, KEY_BYTES)) {
		ok = err_set(e, ERR_CORRUPT, "seal.pub is damaged");
	}
	buf_release(&hex);
	return ok;
}

bool keys_read_master(struct str dir, struct key_material *out, struct err *e)
{
	struct buf bytes;
	if (!sodium_ready(e)) {
		return false;
	}
	buf_init(&bytes, FILE_MAX);
	bool ok = read_private(dir, "master", &bytes, e) && parse_master(buf_str(&bytes), out, e);
	buf_release_secret(&bytes);
	return ok;
}

bool keys_read_wrapped(struct str dir, struct buf *file, struct str wrapped[DATA_KEY_COUNT], struct err *e)
{
	return read_private(dir, "wrapped", file, e) && parse_wrapped(buf_str(file), wrapped, e);
}

static bool unwrap_all(const struct key_material *m, const struct str wrapped[DATA_KEY_COUNT], struct data_keys *out,
                       struct err *e)
{
	uint8_t *const to[DATA_KEY_COUNT] = {
#define X(name, what) out->name,
		DATA_KEYS(X)
#undef X
	};
	for (size_t i = 0; i < DATA_KEY_COUNT; i++) {
		if (!keys_unwrap_with(m, wrapped[i], to[i], e)) {
			return false;
		}
	}
	return true;
}

bool keys_open_local(struct str dir, struct data_keys *out, struct err *e)
{
	struct key_material m = {{0}, {0}};
	struct str wrapped[DATA_KEY_COUNT];
	struct buf file;
	buf_init(&file, FILE_MAX);
	bool ok =
		keys_read_master(dir, &m, e) && keys_read_wrapped(dir, &file, wrapped, e) && unwrap_all(&m, wrapped, out, e);
	mem_wipe(&m, sizeof m);
	buf_release(&file);
	if (!ok) {
		mem_wipe(out, sizeof *out);
	}
	return ok;
}

bool keys_check(struct str dir, struct err *e)
{
	struct key_material m = {{0}, {0}};
	struct data_keys k;
	uint8_t said[KEY_BYTES], made[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
	bool ok = keys_open_local(dir, &k, e) && keys_read_master(dir, &m, e) && keys_read_public(dir, said, e);
	if (ok) {
		crypto_sign_seed_keypair(made, secret_key, m.seal_seed);
		ok = memcmp(said, made, sizeof said) == 0 ||
		     err_set(e, ERR_CORRUPT, "seal.pub does not belong to the master key file");
	}
	mem_wipe(&k, sizeof k);
	mem_wipe(&m, sizeof m);
	mem_wipe(secret_key, sizeof secret_key);
	return ok;
}

/* --- Backup under a passphrase --------------------------------------------------------------------------------------
 */

struct recipe {
	struct str salt;
	int64_t work, memory_bytes;
};

static void put_recipe(struct buf *to, const struct recipe *r)
{
	codec_put_str(to, backup_magic);
	codec_put_bytes(to, r->salt);
	codec_put_i64(to, r->work);
	codec_put_i64(to, r->memory_bytes);
}

static bool key_of_passphrase(struct str passphrase, const struct recipe *r, uint8_t key[KEY_BYTES], struct err *e)
{
	if (crypto_pwhash(key, KEY_BYTES, passphrase.p, passphrase.n, (const unsigned char *)r->salt.p,
	                  (unsigned long long)r->work, (size_t)r->memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
		return err_set(e, ERR_MEMORY, "no memory to turn the passphrase into a key (%lld MiB)",
		               (long long)(r->memory_bytes >> 20));
	}
	return true;
}

static bool put_backup(struct str dir, struct str passphrase, struct buf *to, struct err *e)
{
	uint8_t salt[SALT_BYTES], key[KEY_BYTES];
	struct buf master, wrapped, plain, ad;
	buf_init(&master, FILE_MAX);
	buf_init(&wrapped, FILE_MAX);
	buf_init(&plain, FILE_MAX * 4);
	buf_init(&ad, 256);
	rand_bytes(salt, sizeof salt);
	struct recipe r = {str_from(salt, sizeof salt), crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE};
	bool ok = read_private(dir, "master", &master, e) && read_private(dir, "wrapped", &wrapped, e) &&
	          key_of_passphrase(passphrase, &r, key, e);
	if (ok) {
		codec_put_bytes(&plain, buf_str(&master));
		codec_put_bytes(&plain, buf_str(&wrapped));
		put_recipe(&ad, &r);
		put_recipe(to, &r);
		put_sealed(to, key, buf_str(&ad), buf_str(&plain));
		ok = buf_ok(&plain, e) && buf_ok(&ad, e) && buf_ok(to, e);
	}
	mem_wipe(key, sizeof key);
	buf_release_secret(&master);
	buf_release(&wrapped);
	buf_release_secret(&plain);
	buf_release(&ad);
	return ok;
}

/* Opens a backup into the bytes of both files; *plain owns them. */
static bool open_backup(struct str bytes, struct str passphrase, struct buf *plain, struct str *master,
                        struct str *wrapped, struct err *e)
{
	struct codec c = codec_of(bytes);
	struct buf ad;
	uint8_t key[KEY_BYTES];
	struct str magic = codec_str(&c, NAME_BYTES);
	struct recipe r = {.salt = codec_bytes(&c, SALT_BYTES)};
	r.work = codec_i64(&c);
	r.memory_bytes = codec_i64(&c);
	if (c.failed || !str_eq(magic, backup_magic) || r.salt.n != SALT_BYTES || r.work < 1 || r.work > 100 ||
	    r.memory_bytes < (int64_t)crypto_pwhash_MEMLIMIT_MIN || r.memory_bytes > PASSWORD_MEMORY_MAX) {
		return err_set(e, ERR_CORRUPT, "this file is no backup of keys");
	}
	if (!key_of_passphrase(passphrase, &r, key, e)) {
		return false;
	}
	buf_init(&ad, 256);
	put_recipe(&ad, &r);
	bool is_short_of_memory = ad.failed;
	bool ok = !is_short_of_memory && open_sealed(c.rest, key, buf_str(&ad), plain);
	mem_wipe(key, sizeof key);
	buf_release(&ad);
	if (is_short_of_memory || plain->failed) {
		return err_set(e, ERR_MEMORY, "no memory to open the backup of keys");
	}
	if (!ok) {
		return err_set(e, ERR_FORBIDDEN, "the passphrase is wrong, or the file was changed");
	}
	struct codec inner = codec_of(buf_str(plain));
	*master = codec_bytes(&inner, FILE_MAX);
	*wrapped = codec_bytes(&inner, FILE_MAX);
	return codec_end(&inner, e);
}

/* Opens what was written and proves that its keys open each other. */
static bool check_backup(struct str bytes, struct str passphrase, struct key_material *m, struct buf *plain,
                         struct str *master, struct str *wrapped, struct err *e)
{
	struct str each[DATA_KEY_COUNT];
	struct data_keys keys;
	bool ok = open_backup(bytes, passphrase, plain, master, wrapped, e) && parse_master(*master, m, e) &&
	          parse_wrapped(*wrapped, each, e) && unwrap_all(m, each, &keys, e);
	mem_wipe(&keys, sizeof keys);
	return ok;
}

bool keys_export(struct str dir, struct str passphrase, struct str out_path, struct err *e)
{
	if (passphrase.n < KEYS_PASSPHRASE_MIN) {
		return err_set(e, ERR_CONFIG, "a passphrase for keys has at least %d characters", KEYS_PASSPHRASE_MIN);
	}
	struct buf bytes, again, plain;
	struct stat st;
	struct key_material m = {{0}, {0}};
	struct str master, wrapped;
	buf_init(&bytes, FILE_MAX * 4);
	buf_init(&again, FILE_MAX * 4);
	buf_init(&plain, FILE_MAX * 4);
	char *path = file_path(out_path, STR_EMPTY);
	bool ok = false;
	if (!path) {
		err_set(e, ERR_MEMORY, "no memory for a path");
		goto out;
	}
	if (lstat(path, &st) == 0) {
		err_set(e, ERR_CONFLICT, "%s is there already: name a new file", path);
		goto out;
	}
	ok = sodium_ready(e) && put_backup(dir, passphrase, &bytes, e) &&
	     file_replace(&file_layer_real, path, buf_str(&bytes), 0600, e) && file_read_whole(path, &again, e) &&
	     check_backup(buf_str(&again), passphrase, &m, &plain, &master, &wrapped, e);
out:
	mem_free(path);
	mem_wipe(&m, sizeof m);
	buf_release(&bytes);
	buf_release(&again);
	buf_release_secret(&plain);
	return ok;
}

bool keys_import(struct str dir, struct str passphrase, struct str from_path, struct err *e)
{
	struct buf bytes, plain;
	struct key_material m = {{0}, {0}};
	struct str master, wrapped;
	buf_init(&bytes, FILE_MAX * 4);
	buf_init(&plain, FILE_MAX * 4);
	char *path = file_path(from_path, STR_EMPTY);
	bool ok = false;
	if (!path) {
		err_set(e, ERR_MEMORY, "no memory for a path");
		goto out;
	}
	ok = sodium_ready(e) && file_read_whole(path, &bytes, e) &&
	     check_backup(buf_str(&bytes), passphrase, &m, &plain, &master, &wrapped, e) &&
	     write_folder(dir, &m, master, wrapped, e);
out:
	mem_free(path);
	mem_wipe(&m, sizeof m);
	buf_release(&bytes);
	buf_release_secret(&plain);
	return ok;
}
