#include <stdio.h>

#include "app/catalogue/jsonld.h"
#include "cmd/commands.h"
#include "os/file.h"

enum { JSONLD_BYTES_MAX = 64 * 1024 * 1024 };

int cmd_pack(int argc, char **argv)
{
	if (command_help("pack", argc, argv)) {
		return EXIT_STOPPED;
	}
	struct err e = {0};
	struct buf json;
	size_t n = 0;
	if (argc != 3 || !str_is(str_of(argv[0]), "from-jsonld")) {
		err_set(&e, ERR_USAGE, "pack takes from-jsonld, a file of CPSV-AP as JSON-LD, and the folder to make");
		return command_failed(&e);
	}
	buf_init(&json, JSONLD_BYTES_MAX);
	bool ok = file_read_whole(argv[1], &json, &e) && file_mkdir(&file_layer_real, argv[2], 0755, &e) &&
	          jsonld_read(buf_str(&json), str_of(argv[2]), &n, &e);
	buf_release(&json);
	if (!ok) {
		return command_failed(&e);
	}
	printf("%zu services; now: cityhall check %s\n", n, argv[2]);
	return EXIT_STOPPED;
}
