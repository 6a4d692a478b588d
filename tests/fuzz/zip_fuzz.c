/* Zip archives: never crashes; keeps its limits; every name is one that leads nowhere else. Needs base. */
#include "base/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct zip_limits most = {.files = 50, .file_bytes = 100000, .all_bytes = 300000};
	struct zip_files files;
	struct arena a;
	struct err e;
	arena_init(&a, 1 << 20);
	if (zip_read(&a, str_from(data, n), &most, &files, &e)) {
		size_t all = 0;
		must(files.n <= most.files);
		for (size_t i = 0; i < files.n; i++) {
			struct str path = files.items[i].path;
			must(path.n > 0 && path.p[0] != '/' && !str_starts(path, STR("../")) &&
			     str_find(path, STR("/../")) == SIZE_MAX && str_is_utf8(path));
			all += files.items[i].bytes.n;
		}
		must(all <= most.all_bytes);
	}
	arena_release(&a);
	return 0;
}
