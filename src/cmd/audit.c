#include <inttypes.h>
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "os/keys_client.h"
#include "store/event.h"

bool audit_control(struct app *app, const struct words *words, struct str secret, struct buf *reply, struct err *e)
{
	(void)secret;
	if (!str_is(words_at(words, 0), "verify")) {
		return err_set(e, ERR_USAGE, "usage: cityhall audit verify");
	}
	uint64_t events = 0, batches = 0;
	uint8_t public_key[32];
	char outside[4096];
	snprintf(outside, sizeof outside, "%.*s/seal.log", STR_ARG(app->data_dir));
	if (!keys_read_public(app->data_dir, public_key, e) ||
	    !seal_verify(app->store, public_key, str_of(outside), &events, &batches, e)) {
		return false;
	}
	buf_printf(reply, "%" PRIu64 " events in %" PRIu64 " seals: nothing was changed, removed or reordered\n", events,
	           batches);
	return true;
}

int cmd_audit(int argc, char **argv)
{
	return control_main("audit", argc, argv, NULL, NULL);
}
