#include "app/mail/mail.h"

#include "app/mail/mail.sql.h"
#include "app/mail/notice.h"
#include "app/mail/pages.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/json.h"
#include "store/errand.h"

enum { PAYLOAD_BYTES = 1024 };

static const struct {
	const char *word, *title, *text;
	bool needs_proof;
} kinds[MAIL_KIND_END] = {
#define X(kind, word, proof, title, text) [kind] = {word, title, text, proof},
	MAIL_KINDS(X)
#undef X
};

const char *mail_kind_word(enum mail_kind kind)
{
	return kinds[kind].word;
}

const char *mail_kind_title(enum mail_kind kind)
{
	return kinds[kind].title;
}

const char *mail_kind_text(enum mail_kind kind)
{
	return kinds[kind].text;
}

enum mail_kind mail_kind_of(struct str word)
{
	for (int i = MAIL_NONE + 1; i < MAIL_KIND_END; i++) {
		if (str_is(word, kinds[i].word)) {
			return (enum mail_kind)i;
		}
	}
	return MAIL_NONE;
}

/* Which message of which kind: what it says is with the party. */
static bool say_posted(struct tx *tx, const struct mail_message *m, int64_t id, struct err *e)
{
	struct buf b;
	buf_init(&b, PAYLOAD_BYTES);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("message"));
	json_put_int(&j, id);
	json_key(&j, STR("kind"));
	json_put_string(&j, str_of(kinds[m->kind].word));
	json_key(&j, STR("about"));
	json_put_int(&j, m->casefile);
	json_end_object(&j);
	struct event ev = {
		.route = m->party,
		.room = STR(MAIL_ROOM),
		.kind = STR("posted"),
		.version = 1,
		.institution = m->institution,
		.service = m->service,
		.public_payload = buf_str(&b),
		.personal_payload = STR_EMPTY,
	};
	bool ok = buf_ok(&b, e) && event_append(tx, &ev, e);
	buf_release(&b);
	return ok;
}

bool mail_say_opened(struct tx *tx, const struct mail_opening *o, struct err *e)
{
	struct buf b;
	buf_init(&b, PAYLOAD_BYTES);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("message"));
	json_put_int(&j, o->message);
	json_end_object(&j);
	struct event ev = {
		.route = o->party,
		.room = STR(MAIL_ROOM),
		.kind = STR("opened"),
		.version = 1,
		.institution = o->institution,
		.service = o->service,
		.actor = o->account,
		.public_payload = buf_str(&b),
		.personal_payload = STR_EMPTY,
	};
	bool ok = buf_ok(&b, e) && event_append(tx, &ev, e);
	buf_release(&b);
	return ok;
}

/* A letter is for the office to print, so it stands in its queue at once; everything else leaves the house. */
static bool give_notice(struct tx *tx, const struct mail_message *m, int64_t id, struct err *e)
{
	bool is_letter;
	struct str name = STR_EMPTY;
	if (!mail_is_by_letter(tx, m->party, &is_letter, e) ||
	    (is_letter && !people_name(tx, m->party, &name, e) && e->code != ERR_NOT_FOUND)) {
		return false;
	}
	struct notice_insert_in row = {
		.party = m->party,
		.id = id,
		.message = id,
		.institution = m->institution,
		.way = is_letter ? WAY_LETTER : WAY_UNDECIDED,
		.state = is_letter ? NOTICE_PRINT : NOTICE_WAITS,
		.name = name,
		.made_at = tx_now_us(tx),
	};
	struct notice_get_out from = {.party = m->party, .id = id, .institution = m->institution};
	struct notice_step step = {.from = &from, .to = NOTICE_PRINT, .way = WAY_LETTER, .name = name};
	return notice_insert(tx, &row, e) &&
	       (is_letter ? notice_say(tx, &step, e) : errand_add(tx, m->party, STR(MAIL_NOTICE), id, row.made_at, e));
}

bool mail_post(struct tx *tx, const struct mail_message *m, struct err *e)
{
	if (m->kind == MAIL_NONE) {
		return true;
	}
	int64_t now_us = tx_now_us(tx), id = id_in_time(now_us);
	struct message_insert_in row = {
		.party = m->party,
		.id = id,
		.kind = str_of(kinds[m->kind].word),
		.casefile = m->casefile,
		.draft = m->draft,
		.institution = m->institution,
		.service = m->service,
		.official = m->official,
		.words = m->words,
		.number = m->number,
		.day = m->date,
		.has_letter = m->has_letter,
		.needs_proof = m->needs_proof || kinds[m->kind].needs_proof,
		.posted_at = now_us,
	};
	return message_insert(tx, &row, e) && say_posted(tx, m, id, e) && (m->has_no_notice || give_notice(tx, m, id, e));
}

const struct errand_kind mail_errands[] = {
	{.name = MAIL_NOTICE,
     .run = notice_run,
     .unsure = notice_unsure,
     .begins_late = true,
     .per_second = 600,
     .at_once = 16},
	{.name = MAIL_DIGEST, .run = digest_run, .unsure = digest_unsure, .begins_late = true, .at_once = 2},
	{.name = MAIL_CONFIRM, .run = confirm_run, .unsure = confirm_unsure, .begins_late = true, .at_once = 8},
	{0},
};

enum { FORM_BYTES = 64 * 1024 };

const struct route mail_routes[] = {
	ROUTE(METHOD_GET, PATH_MAILBOX, MAY_SIGNED_IN, mailbox_get),
	ROUTE(METHOD_GET, PATH_MAILBOX "/all.pdf", MAY_SIGNED_IN, mailbox_pdf_get),
	ROUTE(METHOD_GET, PATH_MAILBOX "/all.zip", MAY_SIGNED_IN, mailbox_zip_get),
	ROUTE(METHOD_GET, PATH_MAILBOX "/:id", MAY_SIGNED_IN, letter_get),
	ROUTE(METHOD_GET, PATH_MAILBOX "/:id/message.pdf", MAY_SIGNED_IN, letter_pdf_get),
	ROUTE(METHOD_GET, PATH_MAILBOX "/:id/message.eml", MAY_SIGNED_IN, letter_eml_get),
	ROUTE(METHOD_GET, PATH_MAILBOX "/:id/message.json", MAY_SIGNED_IN, letter_json_get),
	ROUTE(METHOD_GET, PATH_WAYS, MAY_SIGNED_IN, ways_get),
	ROUTE(METHOD_GET, PATH_WAYS "/:party", MAY_SIGNED_IN, way_get_page),
	ROUTE(METHOD_POST, PATH_WAYS "/:party", MAY_SIGNED_IN, way_post, .body_max = FORM_BYTES),
	ROUTE(METHOD_GET, PATH_WAYS "/:party/confirm/:code", MAY_SIGNED_IN, way_confirm_get),
	ROUTE(METHOD_POST, PATH_WAYS "/:party/confirm/:code", MAY_SIGNED_IN, way_confirm_post, .body_max = FORM_BYTES),
	ROUTE(METHOD_GET, PATH_DESK_MAIL, MAY_OFFICIAL, desk_notices_get),
	ROUTE(METHOD_POST, PATH_DESK_MAIL, MAY_OFFICIAL, desk_notices_post, .body_max = FORM_BYTES),
	ROUTE(METHOD_GET, PATH_DESK_MAIL "/letters.pdf", MAY_OFFICIAL, desk_letters_get),
	ROUTE(METHOD_POST, PATH_DESK_MAIL "/:id", MAY_OFFICIAL, desk_notice_post, .body_max = FORM_BYTES),
	ROUTES_END,
};
