/* The sub-commands: one file each; main.c lists them. A command gets the words after its name and returns the exit
 * codes of os/supervisor.h: 0 done, 1 it failed and said why, 2 it was called wrongly or the installation cannot be
 * used as it is. */
#ifndef CITYHALL_CMD_COMMANDS_H
#define CITYHALL_CMD_COMMANDS_H

#include "cmd/settings.h"
#include "os/supervisor.h"

#define CITYHALL_VERSION "0.1.0"

/* name, arguments, what it does */
#define COMMANDS(X)                                                                                   \
	X(serve, "[--check]", "serve the city hall; --check reads the settings, prints them and stops")   \
	X(init, "[--demo] [--pack DIR] --name NAME --domain DOMAIN --admin E-MAIL", "make a data folder") \
	X(check, "PACK", "check a pack of services and report every mistake")                             \
	X(pack, "from-jsonld FILE DIR | calendar import FILE.ics ... | calendar export FILE.yaml",        \
	  "make a pack's skeleton from CPSV-AP (JSON-LD); take a calendar from iCalendar, or give one")   \
	X(account, "add|list|role|password|disable ...", "manage accounts and roles")                     \
	X(client, "list|add|token|tokens|revoke|end ...", "register programs of institutions and firms")  \
	X(audit, "verify", "prove that no event was changed, removed or reordered")                       \
	X(verify, "PDF STATEMENT SEAL --key PEM", "check the seal of a document without asking anybody")  \
	X(backup, "FOLDER --keys FILE [--restore]",                                                       \
	  "write a consistent, verified copy while serving, keys under a passphrase; or restore one")     \
	X(bounce, "[--mail FILE] [ADDRESS]",                                                              \
	  "take a mail that came back, from standard input; for a pipe of the mail server")               \
	X(doctor, "", "say in words what is wrong with this installation")                                \
	X(store, "doc | schema [--distributed] | check | copy FROM TO | copy --abort FROM",               \
	  "print the tables, prove that what is stored is right, or move the town to another database")   \
	X(brain, "check|run|field|rig|tell|replay|compare|what-if NET ... | --help",                      \
	  "the city's signals: check a network, lead a street, decide again and say why, compare")        \
	X(clock, "[+NUMBERd|h|m [off]]",                                                                  \
	  "show legal time; on a demo data folder, move it forward, perhaps as if the program was off")   \
	X(version, "", "print the version")

#define X(name, arguments, what) int cmd_##name(int argc, char **argv);
COMMANDS(X)
#undef X

/* Prints "cityhall: what is wrong" and gives EXIT_UNUSABLE for configuration, else EXIT_FAILED. */
int command_failed(const struct err *e);
/* "usage: cityhall NAME ..." with settings; true when --help was asked. */
bool command_help(const char *name, int argc, char **argv);

#endif
