/* Opening an installation: what `serve` and the sub-commands that work on the data folder share. The parts are opened
 * in order and closed in reverse; a struct opened that failed half-way is closed with opened_close() all the same. */
#ifndef CITYHALL_CMD_OPEN_H
#define CITYHALL_CMD_OPEN_H

#include "app/app.h"
#include "app/installation/installation.h"
#include "cmd/settings.h"
#include "os/keys_files.h"
#include "os/lock.h"
#include "store/column_keys.h"

struct opened {
	struct app app;
	struct installation installation;
	struct data_keys keys;
	struct column_keys column_keys;
	struct arena arena; /* the installation's texts, the public address */
	struct lock lock;   /* fd < 0: not ours */
};

void opened_init(struct opened *o);
/* ERR_CONFIG when the data folder holds no finished installation, in words that say what to do. */
bool data_folder_check(const struct settings *s, struct err *e) MUST_USE;
/* With the data keys in o->keys: store, installation, catalogue, blobs. */
bool opened_store(struct opened *o, const struct settings *s, struct err *e) MUST_USE;
/* A sub-command while nobody serves: takes the lock, unwraps the keys in this process, opens the store. */
bool opened_offline(struct opened *o, const struct settings *s, const char *who, struct err *e) MUST_USE;
void opened_close(struct opened *o);

/* All schemas: the store's own and the rooms'. NULL-terminated, made once. */
const struct store_schema *const *all_schemas(void);

/* Runs a command of the control table (control_commands.h): in the process that serves when there is one, else here.
 * `words` are what the person typed after the command's name, `secret` a password or passphrase or empty. The reply
 * goes to *reply. */
bool run_where_it_serves(const struct settings *s, const char *name, const struct words *words, struct str secret,
                         struct buf *reply, struct err *e) MUST_USE;

#endif
