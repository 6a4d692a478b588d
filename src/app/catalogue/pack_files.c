/* A pack's folder into memory. */
#include "app/catalogue/pack.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "os/file.h"

enum { FILES_MAX = 20000, FILE_BYTES_MAX = 512 * 1024, PACK_BYTES_MAX = 256 * 1024 * 1024 };

struct walk {
	struct pack_files *files;
	size_t room;
	struct reader reader; /* for mistakes alone */
};

static bool add_file(struct walk *w, struct str path, struct str bytes, struct err *e)
{
	struct pack_files *f = w->files;
	if (f->n == w->room) {
		size_t room = w->room == 0 ? 64 : w->room * 2;
		struct pack_file *more = mem_resize(f->items, room, sizeof *more);
		if (more == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for a pack");
		}
		f->items = more;
		w->room = room;
	}
	if (f->n >= FILES_MAX) {
		return err_set(e, ERR_TOO_LARGE, "the pack has more than %d files", FILES_MAX);
	}
	struct str kept = arena_copy(&f->arena, bytes);
	if (f->arena.is_full) {
		return err_set(e, ERR_TOO_LARGE, "the pack is larger than %d MiB", PACK_BYTES_MAX / 1024 / 1024);
	}
	f->items[f->n++] = (struct pack_file){.path = path, .bytes = kept, .version = 1};
	return true;
}

static bool take_file(struct walk *w, const char *full, struct str path, int64_t bytes, struct err *e)
{
	if (bytes > FILE_BYTES_MAX) {
		w->reader.file = path;
		mistake(&w->reader, 1, "the file is larger than %d KiB. Divide it.", FILE_BYTES_MAX / 1024);
		return true;
	}
	struct buf b;
	buf_init(&b, FILE_BYTES_MAX + 1);
	bool ok = file_read_whole(full, &b, e) && add_file(w, path, buf_str(&b), e);
	buf_release(&b);
	return ok;
}

/* Which files a pack has, by the folder that they stand in. */
static bool is_expected(struct str folder, struct str name)
{
	if (folder.n == 0) {
		return str_is(name, "pack.yaml") || str_is(name, "jurisdictions.yaml") || str_is(name, "institutions.yaml") ||
		       str_is(name, "facts.yaml") || str_is(name, "bundles.yaml");
	}
	if (str_is(folder, "calendars")) {
		return str_ends(name, STR(".yaml"));
	}
	return str_starts(folder, STR("services/")) && str_is(name, "service.yaml");
}

static bool has_yaml_name(struct str name)
{
	return str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml"));
}

static bool is_folder_expected(struct str folder, struct str name)
{
	return (folder.n == 0 && (str_is(name, "calendars") || str_is(name, "services"))) || str_is(folder, "services");
}

static bool walk_folder(struct walk *w, const char *full, struct str folder, struct err *e);

static bool walk_entry(struct walk *w, const char *full, struct str folder, struct str name, bool *has_service,
                       struct err *e)
{
	struct arena *a = &w->files->arena;
	struct str path =
		folder.n == 0 ? arena_copy(a, name) : arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
	char *child = file_path(str_of(full), name);
	struct stat st;
	bool ok = true;
	if (child == NULL || a->is_full) {
		ok = err_set(e, ERR_MEMORY, "no memory for a pack");
	} else if (lstat(child, &st) != 0) {
		ok = err_errno(e, "cannot look at %s", child);
	} else if (S_ISDIR(st.st_mode) && is_folder_expected(folder, name)) {
		ok = walk_folder(w, child, path, e);
	} else if (S_ISREG(st.st_mode) && is_expected(folder, name)) {
		*has_service = true;
		ok = take_file(w, child, path, st.st_size, e);
	} else if (S_ISREG(st.st_mode) && has_yaml_name(name)) {
		w->reader.file = path;
		mistake(&w->reader, 1, "a pack has no file of this name. Rename or move it.");
	}
	mem_free(child);
	return ok;
}

static bool walk_folder(struct walk *w, const char *full, struct str folder, struct err *e)
{
	struct dirent **names = NULL;
	int n = scandir(full, &names, NULL, alphasort);
	if (n < 0) {
		return err_errno(e, "cannot read the folder %s", full);
	}
	bool ok = true, has_service = false;
	for (int i = 0; i < n; i++) {
		struct str name = str_of(names[i]->d_name);
		if (ok && name.p[0] != '.') {
			ok = walk_entry(w, full, folder, name, &has_service, e);
		}
		mem_free(names[i]);
	}
	mem_free(names);
	if (ok && str_starts(folder, STR("services/")) && !has_service) {
		w->reader.file = folder;
		mistake(&w->reader, 1, "the folder holds no service.yaml. Write it, or take the folder out.");
	}
	return ok;
}

static int by_path(const void *a, const void *b)
{
	return str_cmp(((const struct pack_file *)a)->path, ((const struct pack_file *)b)->path);
}

bool pack_files_read(struct str dir, struct pack_files *out, struct pack_report *report, struct err *e)
{
	*out = (struct pack_files){0};
	arena_init(&out->arena, PACK_BYTES_MAX);
	struct walk w = {.files = out, .reader = {.report = report}};
	char *full = file_path(dir, STR("."));
	bool ok = full != NULL ? walk_folder(&w, full, STR_EMPTY, e) : err_set(e, ERR_MEMORY, "no memory for a pack");
	mem_free(full);
	if (!ok) {
		pack_files_release(out);
		return false;
	}
	if (out->n > 1) {
		qsort(out->items, out->n, sizeof *out->items, by_path);
	}
	return true;
}

void pack_files_release(struct pack_files *f)
{
	mem_free(f->items);
	arena_release(&f->arena);
	*f = (struct pack_files){0};
}

bool pack_check(struct str dir, struct pack_report *out, struct err *e)
{
	struct pack_files files;
	struct pack *p = NULL;
	if (!pack_files_read(dir, &files, out, e)) {
		return false;
	}
	bool ok = pack_read(&files, out, &p, e);
	pack_free(p);
	pack_files_release(&files);
	return ok;
}
