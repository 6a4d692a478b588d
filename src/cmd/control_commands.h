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

control_function account_control; /* account.c */
control_function audit_control;   /* audit.c */
control_function backup_control;  /* backup.c */
control_function clock_control;   /* clock.c */

/* The control socket's table over control_functions; ctx is the struct app. */
struct control_command;
const struct control_command *control_table(void);

#endif
