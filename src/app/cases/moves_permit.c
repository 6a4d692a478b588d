/* Moves of what was granted: the document made out, handed over, suspended, in force again, withdrawn, renewed. */
#include "app/cases/move_steps.h"

/* ground: of a document made out, the way of its hand-over: download, collect or post. */
bool case_permit_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, in->move, &in->change, &m, e)) {
		return false;
	}
	if (in->move == MOVE_MADE_OUT && m.c.outcome != OUTCOME_GRANTED) {
		return err_set(e, ERR_CONFLICT, "a document of what was not granted");
	}
	/* What is not downloaded waits for its hand-over. */
	if (in->move == MOVE_MADE_OUT && (str_is(in->ground, "collect") || str_is(in->ground, "post"))) {
		m.c.flags |= IS_TO_HAND_OVER;
	}
	if (in->move == MOVE_MADE_OUT) {
		m.tells = str_is(in->ground, "collect")    ? MAIL_READY_TO_COLLECT
		          : str_is(in->ground, "download") ? MAIL_READY_TO_DOWNLOAD
		                                           : MAIL_NONE; /* when it is posted */
	}
	if (in->move == MOVE_HANDED_OVER && str_is(in->ground, "post")) {
		m.tells = MAIL_POSTED;
	}
	m.reason = in->ground;
	m.text = in->text;
	m.until = in->until;
	m.subject = m.c.decision;
	return move_end(tx, &m, e);
}
