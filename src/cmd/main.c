#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"

static const struct command {
	const char *name, *arguments, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
#define X(name, arguments, what) {#name, arguments, what, cmd_##name},
	COMMANDS(X)
#undef X
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

int command_failed(const struct err *e)
{
	fprintf(stderr, "cityhall: %s\n", e->text[0] ? e->text : err_name(e->code));
	return e->code == ERR_CONFIG || e->code == ERR_USAGE ? EXIT_UNUSABLE : EXIT_FAILED;
}

bool command_help(const char *name, int argc, char **argv)
{
	bool asked = false;
	for (int i = 0; i < argc; i++) {
		asked = asked || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
	}
	if (!asked) {
		return false;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) == 0) {
			struct buf text;
			buf_init(&text, 64 * 1024);
			buf_printf(&text, "usage: cityhall %s %s\n\n%s\n\n", name, commands[i].arguments, commands[i].what);
			settings_help(&text);
			fputs(buf_cstr(&text), stdout);
			buf_release(&text);
		}
	}
	return true;
}

static void usage(FILE *to)
{
	fputs("usage: cityhall COMMAND ...\n\n", to);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
	}
	fputs("\ncityhall COMMAND --help says more.\n", to);
}

int cmd_version(int argc, char **argv)
{
	if (!command_help("version", argc, argv)) {
		puts("cityhall " CITYHALL_VERSION);
	}
	return EXIT_STOPPED;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)) {
		usage(stdout);
		return EXIT_STOPPED;
	}
	for (size_t i = 0; argc >= 2 && i < COMMAND_COUNT; i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			return commands[i].run(argc - 2, argv + 2);
		}
	}
	if (argc >= 2) {
		fprintf(stderr, "cityhall: there is no command \"%s\"\n\n", argv[1]);
	}
	usage(stderr);
	return EXIT_UNUSABLE;
}
