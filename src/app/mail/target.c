/* Where and how a party is told. */
#include "app/mail/notice.h"
#include "app/people/viewer.h"
#include "html/translate.h"

bool mail_is_by_letter(struct tx *tx, int64_t party, bool *out, struct err *e)
{
	struct way_get_out w;
	if (!way_get(tx, &(struct way_get_in){.party = party}, &w, e)) {
		return false;
	}
	*out = !w.found || w.way == WAY_LETTER || w.has_failed_at;
	return true;
}

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
