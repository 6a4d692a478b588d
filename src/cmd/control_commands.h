/* What sub-commands ask of the process that serves, or do themselves when nobody does: one table, run with the same
 * words. */
#ifndef CITYHALL_CMD_CONTROL_COMMANDS_H
#define CITYHALL_CMD_CONTROL_COMMANDS_H

#include "app/app.h"
#include "cmd/settings.h"

/* Words and secret travel as one message. */
void control_request_put(struct buf *to, const struct words *words, struct str secret);
bool control_request_read(struct str request, struct arena *a, struct words *words, struct str *secret,
                          struct err *e) MUST_USE;

typedef bool control_function(struct app *app, const struct words *words, struct str secret, struct buf *reply,
                              struct err *e);
struct control_function_row {
	const char *name;
	control_function *run;
};
extern const struct control_function_row control_functions[]; /* ended by name NULL */

control_function account_control;   /* account.c */
control_function audit_control;     /* audit.c */
control_function backup_control;    /* backup.c */
control_function bounce_control;    /* bounce.c */
control_function client_control;    /* client.c */
control_function clock_control;     /* clock.c */
control_function store_control;     /* store.c: check */
control_function processes_control; /* processes.c: for doctor */

/* A sub-command that is nothing but its function above: reads settings and words, asks for the secret where `prompt` is
 * not NULL (on the terminal without echo, else one line of standard input), runs it where the installation is served,
 * prints the reply. */
int control_main(const char *name, int argc, char **argv, const char *const *own_flags, const char *prompt);
/* The secret alone. The bytes live in *to: release them with buf_release_secret. */
bool ask_secret(const char *prompt, struct buf *to, struct err *e) MUST_USE;

/* The control socket's table over control_functions; ctx is the struct app. */
struct control_command;
const struct control_command *control_table(void);

#endif
