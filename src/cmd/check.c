#include <stdio.h>

#include "app/catalogue/catalogue.h"
#include "cmd/commands.h"

enum { REPORT_MAX_BYTES = 1024 * 1024 };

int cmd_check(int argc, char **argv)
{
	if (command_help("check", argc, argv)) {
		return EXIT_STOPPED;
	}
	struct err e = {0};
	struct pack_report report = {0};
	if (argc != 1) {
		err_set(&e, ERR_USAGE, "check takes the folder of one pack, such as packs/demo");
		return command_failed(&e);
	}
	buf_init(&report.text, REPORT_MAX_BYTES);
	int code = EXIT_STOPPED;
	if (!pack_check(str_of(argv[0]), &report, &e)) {
		code = command_failed(&e);
	} else if (report.mistakes > 0) {
		fputs(buf_cstr(&report.text), stdout);
		printf("%zu mistake%s\n", report.mistakes, report.mistakes == 1 ? "" : "s");
		code = EXIT_FAILED;
	} else {
		puts("no mistakes");
	}
	buf_release(&report.text);
	return code;
}
