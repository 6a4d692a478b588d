/* What the pages of this room show, already decided; templates in forms.html. */
#ifndef CITYHALL_APP_FORMS_VIEWS_H
#define CITYHALL_APP_FORMS_VIEWS_H

#include "app/enquiries/enquiries.h"
#include "app/forms/draft.h"
#include "app/forms/paper_form.h"
#include "html/form.h"
#include "html/pieces.h"

struct draft_offer {
	struct str href, applicant;
	day_number day;
};
struct apply_view {
	struct str csrf, op, action;
	struct str service, service_href;
	int64_t minutes, papers, papers_of_some;
	const struct evidence *evidence;
	size_t evidence_n;
	struct str lang;
	bool is_for_nobody; /* a service for firms, and the account acts for none */
	struct str account_name;
	struct str party_id, party_name; /* when there is just one to apply for */
	struct str enquiry;              /* id of the question that one comes from */
	struct enquiry_words_view asked;
	struct form_field field;
	const struct form_choice *parties;
	size_t party_n;
	const struct draft_offer *drafts;
	size_t draft_n;
	struct form_error errors[1];
	size_t error_n;
};

struct tasks_view {
	struct enquiry_words_view asked; /* what it was begun from */
	struct str service, applicant;
	const struct task_row *rows;
	size_t row_n;
	int64_t done, parts;
	day_number kept_until;
	struct str check_href, discard_href;
	struct str intake_href; /* how it came and its checklist, for the official who takes it in; else empty */
	bool is_complete, is_withdrawn;
	struct str ask_href;            /* its office */
	const struct summary_row *lost; /* answers that a new version of the service has no place for */
	size_t lost_n;
	struct str lost_action, csrf;
};

struct told_row { /* what was told before, where and when */
	struct str question, label, service;
	struct html value;
	day_number day;
};
struct question_view {
	struct enquiry_words_view asked;
	struct req *r;
	struct str action, op, title, intro, then, tasks_href;
	struct str seen;     /* page_marks() */
	struct str for_name; /* an official fills it in for this person; else empty */
	bool has_files, is_kept;
	struct form_progress progress;
	const struct service *service;
	const struct form_page *page;
	const struct answers *as;
	const struct file_list *files;
	const struct form_state *state;
	const struct summary_row *purposes;
	size_t purpose_n;
	const struct told_row *told;
	size_t told_n;
};

struct check_part {
	struct str title;
	const struct summary_row *rows;
	size_t row_n;
};
struct check_evidence {
	struct str name, how;
	bool is_there;
};
struct missing_row {
	struct str href, text;
};
struct check_view {
	struct enquiry_words_view asked;
	struct str csrf, op, action, service, applicant, tasks_href, declaration;
	int64_t version;
	const struct check_part *parts;
	size_t part_n;
	const struct check_evidence *evidence;
	size_t evidence_n;
	const struct missing_row *open; /* what needs another look: the ways to it */
	size_t open_n;
	bool is_complaining; /* the button was pressed */
	bool is_intake;      /* an official sends it */
	bool is_confirmed;   /* the applicant said on the own screen that it is right so */
	struct str intake_href;
	struct form_field declare;
	struct str promised;
};

struct draft_file_view {
	struct str name, back_href;
	int64_t bytes;
	const struct page_image *pages;
	size_t page_n;
};

struct paper_form_view {
	struct str service, where, declaration, pdf_href;
	const struct paper_form *form;
};

struct discard_view {
	struct str csrf, action, back_href, service;
};

#endif
