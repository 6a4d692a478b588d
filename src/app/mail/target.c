/* Where and how a party is told. */
#include "app/mail/notice.h"
#include "app/people/viewer.h"
#include "html/translate.h"

bool mail_target(struct tx *tx, const struct app *app, int64_t party, struct mail_target *out, struct err *e)
{
	struct str account_lang;
	*out = (struct mail_target){.way = WAY_LETTER};
	if (!way_get(tx, &(struct way_get_in){.party = party}, &out->row, e) ||
	    !people_name_and_language(tx, party, &out->name, &account_lang, e)) {
		return false;
	}
	const struct way_get_out *w = &out->row;
	out->has_row = w->found;
	struct str lang = w->found && w->lang.n > 0 ? w->lang : account_lang;
	const struct language *l = language_find(lang);
	out->lang = str_of(l ? l->tag : languages[0].tag);
	if (w->found) {
		out->post_address = w->post_address;
		if (w->way == WAY_EMAIL && w->email.n > 0 && !w->has_failed_at && app->has_mail) {
			out->way = WAY_EMAIL;
			out->address = w->email;
		} else if (w->way == WAY_SMS && w->phone.n > 0 && !w->has_failed_at && app->has_sms) {
			out->way = WAY_SMS;
			out->address = w->phone;
		}
	}
	return true;
}

enum { TOLD_MOST = 50 };

bool mail_told_of(struct tx *tx, int64_t party, int64_t casefile, struct mail_told **out, size_t *n, struct err *e)
{
	struct message_of_case_rows rows;
	struct message_of_case_out m;
	*n = 0;
	*out = arena_new(tx_arena(tx), struct mail_told, TOLD_MOST);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for what was told");
	}
	struct message_of_case_in in = {.most = TOLD_MOST, .party = party, .casefile = casefile};
	if (!message_of_case_open(tx, &in, &rows, e)) {
		return false;
	}
	while (*n < TOLD_MOST && message_of_case_next(&rows, &m)) {
		(*out)[(*n)++] = (struct mail_told){
			.kind = mail_kind_of(m.kind),
			.posted_us = m.posted_at,
			.read_us = m.has_read_at ? m.read_at : 0,
			.needs_proof = m.needs_proof,
		};
	}
	return message_of_case_close(&rows, e);
}
