/* Settings: one table of name, type, bounds, default and meaning, from which parser, printing, environment and flags
 * come. Later sources win: default, file (cityhall.conf in the data folder), environment (CITYHALL_NAME), flags
 * (--name). An unknown name or a value out of bounds is an error that names its place. Read once at start; immutable
 * afterwards. */
#ifndef CITYHALL_CMD_SETTINGS_H
#define CITYHALL_CMD_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum setting_type { SETTING_TEXT, SETTING_COUNT, SETTING_CHOICE };

/* name, type, default, least, most (or choices), meaning */
#define SETTINGS(X)                                                                                                    \
	X(data, SETTING_TEXT, "data", 0, 0, "folder that holds everything this installation keeps")                        \
	X(store, SETTING_TEXT, "", 0, 0,                                                                                   \
	  "postgresql://... (PostgreSQL 15 or later) to keep the rows there; empty: a file in the data folder")            \
	X(listen, SETTING_TEXT, "127.0.0.1:8080", 0, 0, "loopback address and port, or unix:/path of a socket for nginx")  \
	X(public_url, SETTING_TEXT, "", 0, 0,                                                                              \
	  "address that people see, in QR codes and letters; empty: http://localhost and the port")                        \
	X(pack, SETTING_TEXT, "", 0, 0, "folder of services that is published at the start and on SIGHUP; empty: none")    \
	X(log, SETTING_CHOICE, "info", 0, 0, "debug|info|warn|error: least level of what is written to standard error")    \
	X(connections, SETTING_COUNT, "256", 8, 4096, "connections served at once")                                        \
	X(handlers, SETTING_COUNT, "16", 1, 256, "requests worked on at once; the others wait, at most 2 s")               \
	X(readers, SETTING_COUNT, "8", 1, 64, "database connections for reading")                                          \
	X(group_commit, SETTING_CHOICE, "on", 0, 0,                                                                        \
	  "on|off: off commits each request by itself, to measure what it costs")                                          \
	X(letter_delay_s, SETTING_COUNT, "600", 0, 86400, "seconds in which a decision can be recalled by its author")     \
	X(draft_days, SETTING_COUNT, "30", 1, 3650,                                                                        \
	  "days after its last change that an application which was begun and not sent is kept")                           \
	X(scanner, SETTING_TEXT, "", 0, 0,                                                                                 \
	  "virus scanner for uploads: unix:/path of clamd's socket, or a program that reads the file from standard input " \
	  "and exits with 0 (it may pass) or 1 (it may not); empty: none")                                                 \
	X(mail_server, SETTING_TEXT, "", 0, 0,                                                                             \
	  "mail server that takes what this city hall sends: smtp://host:port, or smtps://host:port; empty: none")         \
	X(mail_tls, SETTING_CHOICE, "off", 0, 0, "off|starttls: whether an smtp:// server must offer STARTTLS")            \
	X(mail_credentials, SETTING_TEXT, "", 0, 0, "file with name and password for the mail server, a line each")        \
	X(mail_ca, SETTING_TEXT, "", 0, 0,                                                                                 \
	  "file with the certificates (PEM) that the mail server's is to be signed by; empty: those of this machine")      \
	X(mail_from, SETTING_TEXT, "", 0, 0, "address that mail comes from; empty: cityhall at the town's domain")         \
	X(mail_bounces, SETTING_TEXT, "", 0, 0,                                                                            \
	  "address that undeliverable mail comes back to, with a mark after a +, for `cityhall bounce`; empty: mail_from") \
	X(mail_wait_s, SETTING_COUNT, "120", 1, 600, "seconds that the mail server gets for each answer")                  \
	X(sms_hook, SETTING_TEXT, "", 0, 0, "http(s)://... that takes a text message as JSON; empty: none")                \
	X(sms_token, SETTING_TEXT, "", 0, 0, "file with the token for sms_hook")                                           \
	X(hooks_to, SETTING_CHOICE, "public", 0, 0,                                                                        \
	  "public|any: where web hooks may lead; public: https:// and neither this machine nor a private net")             \
	X(dark_below, SETTING_COUNT, "50", 0, 255,                                                                         \
	  "mean lightness of a picture (0 to 255) below which its sender is asked whether it can be read")                 \
	X(blurred_below, SETTING_COUNT, "20", 0, 100000,                                                                   \
	  "sharpness of a picture (variance of the Laplacian) below which its sender is asked the same")                   \
	X(officials_figures, SETTING_CHOICE, "shown", 0, 0,                                                                \
	  "shown|self|off: figures about single officials are shown to their heads and supervisors, to each the own "      \
	  "alone, or not at all")                                                                                          \
	X(session_idle_s, SETTING_COUNT, "7200", 1, 43200, "seconds without a request after which a session ends")         \
	X(lease_s, SETTING_COUNT, "10", 2, 600,                                                                            \
	  "seconds of silence after which other processes on the same database take over what this one did")               \
	X(seal_every_s, SETTING_COUNT, "10", 1, 3600, "seconds between two seals of the event log")                        \
	X(notice_s, SETTING_COUNT, "0", 0, 600,                                                                            \
	  "seconds between the order to stop and the end of taking connections, in which /healthz says 503")               \
	X(drain_s, SETTING_COUNT, "20", 0, 600, "seconds that running requests get when the program stops")

struct settings {
#define X(name, type, otherwise, least, most, meaning) struct str name;
	SETTINGS(X)
#undef X
	struct arena arena; /* holds the values */
};

/* argv without program and sub-command. `rest` takes what is no setting's flag (else that is an error): positional
 * words and flags named in `own_flags` ("--demo", NULL-terminated; a name ending in '=' takes a value), in order. */
struct words {
	struct str *items;
	size_t n;
};
bool settings_read(struct settings *s, int argc, char **argv, const char *const *own_flags, struct words *rest,
                   struct err *e) MUST_USE;
void settings_release(struct settings *s);
int64_t setting_count(struct str value); /* of a SETTING_COUNT that was read */
/* As a file that could be read again, but for the password in an address. */
void settings_print(const struct settings *s, struct buf *to);
/* A value without its password: postgresql://name:SECRET@host/... and ?password=SECRET */
void settings_put_address(struct buf *to, struct str value);
void settings_help(struct buf *to);
/* The value that followed an own flag, or empty; the flag itself without value: present. */
bool words_flag(const struct words *w, const char *flag);
struct str words_value(const struct words *w, const char *flag);
/* The n-th positional word, or empty. */
struct str words_at(const struct words *w, size_t n);

#endif
