/* A pack's folder into memory. */
#include "app/catalogue/pack.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "os/file.h"

struct walk {
	struct pack_files *files;
	struct reader reader; /* for mistakes alone */
};

void pack_files_init(struct pack_files *f)
{
	*f = (struct pack_files){0};
	arena_init(&f->arena, PACK_BYTES_MAX);
}

/* The index where a file of this name stands, or would. */
static size_t place_of(const struct pack_files *f, struct str path, bool *is_there)
{
	size_t from = 0, to = f->n;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (str_cmp(f->items[middle].path, path) < 0) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	*is_there = from < f->n && str_eq(f->items[from].path, path);
	return from;
}

const struct pack_file *pack_files_find(const struct pack_files *f, struct str path)
{
	bool is_there = false;
	size_t at = place_of(f, path, &is_there);
	return is_there ? &f->items[at] : NULL;
}

bool pack_files_put(struct pack_files *f, struct str path, struct str bytes, int32_t version, struct err *e)
{
	bool is_there = false;
	size_t at = place_of(f, path, &is_there);
	if (!is_there && f->n >= PACK_FILES_MAX) {
		return err_set(e, ERR_TOO_LARGE, "the pack has more than %d files", PACK_FILES_MAX);
	}
	if (!is_there && f->n == f->room) {
		size_t room = f->room == 0 ? 64 : f->room * 2;
		struct pack_file *more = mem_resize(f->items, room, sizeof *more);
		if (more == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for a pack");
		}
		f->items = more;
		f->room = room;
	}
	struct pack_file file = {
		.path = arena_copy(&f->arena, path), .bytes = arena_copy(&f->arena, bytes), .version = version};
	if (f->arena.is_full) {
		return err_set(e, ERR_TOO_LARGE, "the pack is larger than %d MiB", PACK_BYTES_MAX / 1024 / 1024);
	}
	if (!is_there) {
		memmove(f->items + at + 1, f->items + at, (f->n - at) * sizeof file);
		f->n++;
	}
	f->items[at] = file;
	return true;
}

void pack_files_drop(struct pack_files *f, struct str path)
{
	bool is_there = false;
	size_t at = place_of(f, path, &is_there);
	if (is_there) {
		f->n--;
		memmove(f->items + at, f->items + at + 1, (f->n - at) * sizeof *f->items);
	}
}

static bool take_file(struct walk *w, const char *full, struct str path, int64_t bytes, struct err *e)
{
	if (bytes > PACK_FILE_BYTES_MAX) {
		w->reader.file = path;
		mistake(&w->reader, 1, "the file is larger than %d KiB. Divide it.", PACK_FILE_BYTES_MAX / 1024);
		return true;
	}
	struct buf b;
	buf_init(&b, PACK_FILE_BYTES_MAX + 1);
	bool ok = file_read_whole(full, &b, e) && pack_files_put(w->files, path, buf_str(&b), 1, e);
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

bool pack_path_is_good(struct str path)
{
	size_t slash = SIZE_MAX;
	for (size_t i = 0; i < path.n; i++) {
		slash = path.p[i] == '/' ? i : slash;
	}
	struct str folder = slash == SIZE_MAX ? STR_EMPTY : str_sub(path, 0, slash);
	struct str name = slash == SIZE_MAX ? path : str_sub(path, slash + 1, SIZE_MAX);
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '/')) {
			return false;
		}
	}
	struct str service = str_starts(folder, STR("services/")) ? str_sub(folder, 9, SIZE_MAX) : STR_EMPTY;
	return is_expected(folder, name) && str_find_byte(service, '/') == SIZE_MAX &&
	       str_find_byte(service, '.') == SIZE_MAX && name.p[0] != '.';
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

bool pack_files_read(struct str dir, struct pack_files *out, struct pack_report *report, struct err *e)
{
	pack_files_init(out);
	struct walk w = {.files = out, .reader = {.report = report}};
	char *full = file_path(dir, STR("."));
	bool ok = full != NULL ? walk_folder(&w, full, STR_EMPTY, e) : err_set(e, ERR_MEMORY, "no memory for a pack");
	mem_free(full);
	if (!ok) {
		pack_files_release(out);
		return false;
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
