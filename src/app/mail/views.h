/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_MAIL_VIEWS_H
#define CITYHALL_APP_MAIL_VIEWS_H

#include "app/catalogue/office.h"
#include "app/rooms.h"
#include "html/form.h"
#include "html/pieces.h"

enum { MAILBOX_PAGE = 30, DESK_MAIL_PAGE = 50 };

struct mailbox_tab {
	struct str href, name;
	bool is_current;
	int64_t unread;
};
struct mailbox_row {
	struct str href, title, about, when;
	bool is_unread;
};
struct mailbox_view {
	const struct mailbox_tab *tabs;
	size_t tab_n;
	const struct mailbox_row *rows;
	size_t n;
	struct str next_href, ways_href, pdf_href, data_href;
};

struct letter_view {
	struct str title, from, official, iso, when, text, words, number;
	struct str case_href, draft_href, letter_href, ways_href;
	struct str proof; /* a sentence, or empty */
	struct str pdf_href, eml_href, data_href;
	struct room_asks asks; /* of the case that it is about */
};

struct way_row {
	struct str name, how, href;
	bool is_waiting; /* an address is to be confirmed */
	struct str waiting;
};
struct ways_view {
	const struct way_row *rows;
	size_t n;
	bool is_saved, is_confirmed;
};
struct way_form_view {
	struct str name, action, csrf, op;
	struct form_field way, email, phone, post;
	const struct form_choice *choices;
	size_t choice_n;
	struct form_error errors[4];
	size_t error_n;
};
struct confirm_view {
	struct str email, action, csrf, op;
};

struct desk_mail_row {
	struct str id, name, how, why, when, action, op;
	bool has_no_address;
};
struct desk_mail_view {
	struct office_list offices;
	int list; /* enum mail_list */
	const struct desk_mail_row *rows;
	size_t n;
	struct str next_href, csrf, op;
	bool is_done;
};

#endif
