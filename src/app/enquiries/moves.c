#include "app/enquiries/moves.h"

#include "app/mail/mail.h"
#include "base/json.h"
#include "store/event.h"

enum { PAYLOAD_BYTES_MAX = 64 * 1024 };

/* The state is open, the words and the name are the personal part. */
static bool tell(struct tx *tx, const struct enquiry_say *in, const struct enquiry_get_out *row, struct err *e)
{
	struct buf open, closed;
	buf_init(&open, PAYLOAD_BYTES_MAX);
	buf_init(&closed, PAYLOAD_BYTES_MAX);
	struct json_out j = {.to = &open};
	json_begin_object(&j);
	json_key(&j, STR("state"));
	json_put_int(&j, in->is_office ? ENQUIRY_ANSWERED : ENQUIRY_ASKED);
	json_end_object(&j);
	j = (struct json_out){.to = &closed};
	json_begin_object(&j);
	json_key(&j, STR("name"));
	json_put_string(&j, in->name);
	json_key(&j, STR("text"));
	json_put_string(&j, in->text);
	json_end_object(&j);
	struct event ev = {
		.route = in->party,
		.room = STR(ENQUIRY_ROOM),
		.kind = in->is_office ? STR(ENQUIRY_KIND_ANSWERED) : STR(ENQUIRY_KIND_ASKED),
		.version = 1,
		.casefile = in->id,
		.institution = row->institution,
		.service = row->service,
		.actor = in->actor,
		.effective_us = tx_now_us(tx),
		.is_first = in->version == 0,
		.public_payload = buf_str(&open),
		.personal_payload = buf_str(&closed),
	};
	bool ok = buf_ok(&open, e) && buf_ok(&closed, e) && event_append(tx, &ev, e);
	buf_release(&open);
	buf_release(&closed);
	return ok;
}

/* Into the mailbox too, with a notice that it is there. */
static bool send_answer(struct tx *tx, const struct enquiry_say *in, const struct enquiry_get_out *row, struct err *e)
{
	struct mail_message m = {
		.party = in->party,
		.kind = MAIL_ANSWERED,
		.institution = row->institution,
		.service = row->service,
		.words = in->text,
		.official = in->name,
	};
	return mail_post(tx, &m, e);
}

bool enquiry_say_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct enquiry_say *in = ctx;
	int64_t now_us = tx_now_us(tx);
	struct enquiry_get_out row;
	bool ok;
	if (in->version == 0) {
		ok = enquiry_insert(tx,
		                    &(struct enquiry_insert_in){.party = in->party,
		                                                .id = in->id,
		                                                .institution = in->institution,
		                                                .service = in->service,
		                                                .state = ENQUIRY_ASKED,
		                                                .asked_by = in->actor,
		                                                .asked_at = now_us,
		                                                .changed_at = now_us},
		                    e);
	} else {
		ok = enquiry_move(tx,
		                  &(struct enquiry_move_in){.party = in->party,
		                                            .id = in->id,
		                                            .version = in->version,
		                                            .state = in->is_office ? ENQUIRY_ANSWERED : ENQUIRY_ASKED,
		                                            .changed_at = now_us},
		                  e);
	}
	if (!ok || !enquiry_get(tx, &(struct enquiry_get_in){.party = in->party, .id = in->id}, &row, e)) {
		return false;
	}
	tx_result(tx, 0, in->id);
	return tell(tx, in, &row, e) && (!in->is_office || send_answer(tx, in, &row, e));
}

bool enquiry_draft_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct enquiry_draft *in = ctx;
	return enquiry_set_draft(
		tx,
		&(struct enquiry_set_draft_in){.party = in->party, .id = in->id, .version = in->version, .draft = in->draft},
		e);
}

bool faq_propose_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct faq_propose *in = ctx;
	tx_result(tx, 0, in->id);
	return faq_insert(tx,
	                  &(struct faq_insert_in){.institution = in->institution,
	                                          .id = in->id,
	                                          .service = in->service,
	                                          .state = FAQ_PROPOSED,
	                                          .question_en = in->question_en,
	                                          .answer_en = in->answer_en,
	                                          .question_zh = in->question_zh,
	                                          .answer_zh = in->answer_zh,
	                                          .proposed_by = in->proposed_by,
	                                          .proposed_name = in->proposed_name,
	                                          .changed_at = tx_now_us(tx)},
	                  e);
}

/* The version says that the proposal is as the caller read it. */
bool faq_change_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct faq_change *in = ctx;
	struct faq_get_out row;
	if (!faq_decide(tx,
	                &(struct faq_decide_in){.institution = in->institution,
	                                        .id = in->id,
	                                        .version = in->version,
	                                        .state = in->to,
	                                        .decided_by = in->actor,
	                                        .changed_at = tx_now_us(tx)},
	                e) ||
	    !faq_get(tx, &(struct faq_get_in){.institution = in->institution, .id = in->id}, &row, e)) {
		return false;
	}
	if (in->to == FAQ_PUBLISHED && row.proposed_by == in->actor) {
		return err_tell(e, ERR_FORBIDDEN, N_("Somebody else of your office publishes what you proposed."),
		                "published by who proposed it");
	}
	return true;
}
