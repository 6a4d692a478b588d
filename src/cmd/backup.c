/* A backup is a folder: the database as one consistent file, the people's files (encrypted as they lie), the settings,
 * the seal's outside file, and a manifest with the digest of each. The database is copied by the process that holds it,
 * into the data folder (its sandbox knows no other place); the command moves it out, adds the rest and reads everything
 * back. Files are never changed once a row names them, and are kept two days after the last row is gone, so copying
 * them after the database is consistent. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "cmd/open.h"
#include "os/file.h"

enum {
	PATH_MAX_BYTES = 4096,
	PIECE_BYTES = 1024 * 1024,
	MANIFEST_MAX_BYTES = 512 * 1024 * 1024,
	PATHS_MAX_BYTES = 1024 * 1024 * 1024
};

#define COPY_NAME "backup.tmp"

bool backup_control(struct app *app, const struct words *words, struct str secret, struct buf *reply, struct err *e)
{
	(void)words;
	(void)secret;
	char path[PATH_MAX_BYTES];
	snprintf(path, sizeof path, "%.*s/" COPY_NAME, STR_ARG(app->data_dir));
	if (!file_unlink(&file_layer_real, path, e) || !store_copy_to(app->store, str_of(path), e)) {
		return false;
	}
	buf_put_c(reply, path);
	return buf_ok(reply, e);
}

/* Digest and size of a file; copies it to `to_fd` on the way when that is not negative. */
static bool pass(int from_fd, int to_fd, uint8_t digest[SHA256_BYTES], int64_t *bytes, struct err *e)
{
	char *piece = mem_alloc(PIECE_BYTES, 1);
	struct sha256 *h = sha256_new();
	bool ok = piece && h ? true : err_set(e, ERR_MEMORY, "no memory to copy a file");
	*bytes = 0;
	size_t n = 1;
	while (ok && n > 0) {
		ok = file_read_full(from_fd, piece, PIECE_BYTES, &n, e) &&
		     (to_fd < 0 || file_write_all(&file_layer_real, to_fd, str_from(piece, n), e));
		if (ok) {
			sha256_add(h, str_from(piece, n));
			*bytes += (int64_t)n;
		}
	}
	if (h) {
		sha256_end(h, digest);
	}
	mem_free(piece);
	return ok;
}

static bool copy_file(const char *from, const char *to, const char *name, struct buf *manifest, struct err *e)
{
	int from_fd = -1, to_fd = -1;
	uint8_t digest[SHA256_BYTES];
	int64_t bytes;
	bool ok = file_open(&file_layer_real, from, O_RDONLY, 0, &from_fd, e) &&
	          file_open(&file_layer_real, to, O_WRONLY | O_CREAT | O_EXCL, 0600, &to_fd, e) &&
	          pass(from_fd, to_fd, digest, &bytes, e) && file_fsync(&file_layer_real, to_fd, e);
	file_close(&file_layer_real, from_fd);
	file_close(&file_layer_real, to_fd);
	if (ok) {
		buf_put_hex(manifest, digest, sizeof digest);
		buf_printf(manifest, "  %lld  %s\n", (long long)bytes, name);
	}
	return ok;
}

/* A folder with all below it; an absent one is empty. */
static bool copy_folder(struct arena *paths, const char *from, const char *to, const char *name, struct buf *manifest,
                        struct err *e)
{
	DIR *dir = opendir(from);
	if (dir == NULL) {
		return true;
	}
	bool ok = file_mkdir(&file_layer_real, to, 0700, e);
	for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.') {
			continue;
		}
		/* What is being written now belongs to no row of the copy. */
		if (str_starts(str_of(entry->d_name), STR("tmp"))) {
			continue;
		}
		const char *a = arena_printf(paths, "%s/%s", from, entry->d_name).p;
		const char *b = arena_printf(paths, "%s/%s", to, entry->d_name).p;
		const char *c = arena_printf(paths, "%s/%s", name, entry->d_name).p;
		struct stat st;
		if (stat(a, &st) != 0) {
			continue; /* swept meanwhile: no row of the copy names it */
		}
		ok = S_ISDIR(st.st_mode) ? copy_folder(paths, a, b, c, manifest, e) : copy_file(a, b, c, manifest, e);
	}
	closedir(dir);
	return ok && file_fsync_dir(&file_layer_real, to, e);
}

/* Reads everything back and compares with the manifest. */
static bool verify(struct arena *paths, const char *folder, struct str manifest, size_t *files, struct err *e)
{
	struct str line;
	*files = 0;
	while (str_next(&manifest, '\n', &line)) {
		if (line.n == 0) {
			continue;
		}
		uint8_t wanted[SHA256_BYTES], seen[SHA256_BYTES];
		struct str name = str_sub(line, 2 * SHA256_BYTES + 2, SIZE_MAX), size;
		must(str_to_bytes(str_sub(line, 0, (size_t)2 * SHA256_BYTES), wanted, sizeof wanted));
		str_cut(name, ' ', &size, &name);
		const char *path = arena_printf(paths, "%s/%.*s", folder, STR_ARG(str_trim(name))).p;
		int fd = -1;
		int64_t bytes;
		bool ok = file_open(&file_layer_real, path, O_RDONLY, 0, &fd, e) && pass(fd, -1, seen, &bytes, e);
		file_close(&file_layer_real, fd);
		if (!ok) {
			return false;
		}
		if (memcmp(wanted, seen, sizeof wanted) != 0) {
			return err_set(e, ERR_CORRUPT, "%s was not written as it was read: do not rely on this backup", path);
		}
		*files += 1;
	}
	return true;
}

static bool write_backup(const struct settings *s, struct str folder, struct str keys_file, struct str passphrase,
                         size_t *files, struct err *e)
{
	struct arena paths;
	struct buf manifest, reply;
	struct words none = {0};
	buf_init(&manifest, MANIFEST_MAX_BYTES);
	buf_init(&reply, PATH_MAX_BYTES);
	arena_init(&paths, PATHS_MAX_BYTES);
	const char *to = arena_printf(&paths, "%.*s", STR_ARG(folder)).p;
	bool ok = false;
	if (access(to, F_OK) == 0) {
		err_set(e, ERR_CONFIG, "%s is there already: a backup goes into a folder of its own", to);
		goto out;
	}
	const char *a, *b;
	/* The keys first: a backup that nobody can open is none. */
	if (!keys_export(s->data, passphrase, keys_file, e) || !file_mkdir(&file_layer_real, to, 0700, e)) {
		goto out;
	}
	if (s->store.n == 0) {
		if (!run_where_it_serves(s, "backup", &none, STR_EMPTY, &reply, e)) {
			goto out;
		}
		a = arena_printf(&paths, "%.*s/" COPY_NAME, STR_ARG(s->data)).p;
		b = arena_printf(&paths, "%s/cityhall.db", to).p;
		bool copied = copy_file(a, b, "cityhall.db", &manifest, e);
		struct err ignored;
		if (!file_unlink(&file_layer_real, a, &ignored) || !copied) {
			goto out;
		}
	}
	static const char *const files_beside[] = {"cityhall.conf", "seal.log", "keys/seal.pub", NULL};
	for (const char *const *f = files_beside; *f; f++) {
		const char *base = strrchr(*f, '/') ? strrchr(*f, '/') + 1 : *f;
		a = arena_printf(&paths, "%.*s/%s", STR_ARG(s->data), *f).p;
		b = arena_printf(&paths, "%s/%s", to, base).p;
		if (access(a, F_OK) == 0 && !copy_file(a, b, base, &manifest, e)) {
			goto out;
		}
	}
	a = arena_printf(&paths, "%.*s/blobs", STR_ARG(s->data)).p;
	b = arena_printf(&paths, "%s/blobs", to).p;
	if (!copy_folder(&paths, a, b, "blobs", &manifest, e) || !buf_ok(&manifest, e)) {
		goto out;
	}
	b = arena_printf(&paths, "%s/MANIFEST", to).p;
	ok = file_replace(&file_layer_real, b, buf_str(&manifest), 0600, e) && file_fsync_dir(&file_layer_real, to, e) &&
	     verify(&paths, to, buf_str(&manifest), files, e);
out:
	if (paths.is_full) {
		ok = err_set(e, ERR_MEMORY, "no memory for the names of the files");
	}
	buf_release(&manifest);
	buf_release(&reply);
	arena_release(&paths);
	return ok;
}

/* --- Restoring
 * ------------------------------------------------------------------------------------------------------------- */

/* Into a new data folder: the manifest says what must be there, and each file is compared on the way back too. */
static bool restore(const struct settings *s, struct str folder, struct str keys_file, struct str passphrase,
                    size_t *files, struct err *e)
{
	struct arena paths;
	struct buf manifest, copied;
	arena_init(&paths, PATHS_MAX_BYTES);
	buf_init(&manifest, MANIFEST_MAX_BYTES);
	buf_init(&copied, MANIFEST_MAX_BYTES);
	const char *from = arena_printf(&paths, "%.*s", STR_ARG(folder)).p;
	const char *to = arena_printf(&paths, "%.*s", STR_ARG(s->data)).p;
	bool ok = false;
	if (access(to, F_OK) == 0) {
		err_set(e, ERR_CONFIG, "%s is there already: a backup is restored into a new data folder", to);
		goto out;
	}
	if (!file_read_whole(arena_printf(&paths, "%s/MANIFEST", from).p, &manifest, e) ||
	    !verify(&paths, from, buf_str(&manifest), files, e) || !file_mkdir(&file_layer_real, to, 0700, e) ||
	    !keys_import(s->data, passphrase, keys_file, e) ||
	    !copy_folder(&paths, arena_printf(&paths, "%s/blobs", from).p, arena_printf(&paths, "%s/blobs", to).p, "blobs",
	                 &copied, e)) {
		goto out;
	}
	static const char *const beside[] = {"cityhall.db", "cityhall.conf", "seal.log", NULL};
	for (const char *const *f = beside; *f; f++) {
		const char *a = arena_printf(&paths, "%s/%s", from, *f).p, *b = arena_printf(&paths, "%s/%s", to, *f).p;
		if (access(a, F_OK) == 0 && !copy_file(a, b, *f, &copied, e)) {
			goto out;
		}
	}
	ok = file_fsync_dir(&file_layer_real, to, e) && buf_ok(&copied, e);
out:
	buf_release(&manifest);
	buf_release(&copied);
	arena_release(&paths);
	return ok;
}

int cmd_backup(int argc, char **argv)
{
	static const char *const own_flags[] = {"--keys=", "--restore", NULL};
	struct settings s;
	struct words words;
	struct err e = {0};
	struct buf passphrase;
	size_t files = 0;
	if (command_help("backup", argc, argv)) {
		return EXIT_STOPPED;
	}
	log_open(STDERR_FILENO, LOG_WARN);
	buf_init(&passphrase, 1024);
	int code = EXIT_STOPPED;
	if (!settings_read(&s, argc, argv, own_flags, &words, &e)) {
		code = command_failed(&e);
		goto out;
	}
	bool restores = words_flag(&words, "--restore");
	struct str folder = words_at(&words, 0), keys_file = words_value(&words, "--keys");
	if (folder.n == 0 || keys_file.n == 0) {
		err_set(&e, ERR_USAGE,
		        "usage: cityhall backup FOLDER --keys FILE [--restore]; the passphrase is asked for, or read from "
		        "standard input");
		code = command_failed(&e);
	} else if (!ask_secret("Passphrase of the keys (at least 12 characters)", &passphrase, &e) ||
	           !(restores ? restore : write_backup)(&s, folder, keys_file, buf_str(&passphrase), &files, &e)) {
		code = command_failed(&e);
	} else if (restores) {
		printf("%zu files compared and restored into %.*s\n", files, STR_ARG(s.data));
	} else {
		printf("%zu files written to %.*s and read back; keys in %.*s. Keep the two apart.\n", files, STR_ARG(folder),
		       STR_ARG(keys_file));
		if (s.store.n > 0) {
			puts("Rows and files of people lie in PostgreSQL and are NOT among them: save those now, with pg_dump "
			     "--format=custom or the server's own backup.");
		}
	}
out:
	buf_release_secret(&passphrase);
	settings_release(&s);
	return code;
}
