/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_ENQUIRIES_VIEWS_H
#define CITYHALL_APP_ENQUIRIES_VIEWS_H

#include "app/catalogue/catalogue.h"
#include "app/catalogue/office.h"
#include "html/form.h"
#include "html/pieces.h"

enum { ENQUIRY_LIST = 50, ENQUIRY_CHARS = 2000 };

struct question_row {
	struct str href, about, when, name; /* name: at the desk alone */
	bool is_answered;
};
struct question_list_view {
	struct question_row *items;
	size_t n;
};
struct faq_row {
	struct str question, answer;
};
struct faq_list_view {
	struct faq_row *items;
	size_t n;
};

struct said_view { /* one thing that was said */
	struct str who, when, text;
	int64_t at_us;
	bool is_office;
};
struct enquiry_words_view {
	struct str href, who; /* who: who asked, at the desk alone */
	const struct said_view *items;
	size_t n;
};
struct ask_form_view {
	struct str about, action, csrf, op, text, error;
	struct str office, phone_href, phone, hours;
};
struct thread_view {
	struct str about, office, state;
	bool is_answered;
	const struct said_view *items;
	size_t n;
	struct str action, csrf, op, text, error;
	struct str apply_href;   /* empty: about no service */
	struct str draft_href;   /* begun already */
	struct str propose_href; /* at the desk, about a service */
	bool is_desk;
};
struct desk_list_view {
	struct office_list offices;
	bool is_answered; /* which of the two lists */
	struct question_list_view list;
	struct str next_href;
	size_t proposed_n;
};
struct propose_view {
	struct str action, csrf, op, back_href;
	struct str question_en, answer_en, question_zh, answer_zh, error;
};
struct proposal_view {
	struct str service, who, action, op;
	struct str question_en, answer_en, question_zh, answer_zh;
	bool is_published, is_own;
};
struct proposals_view {
	struct str csrf;
	const struct proposal_view *items;
	size_t n;
};

#endif
