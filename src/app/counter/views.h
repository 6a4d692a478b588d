/* What the pages of this room show, already decided; templates in counter.html. */
#ifndef CITYHALL_APP_COUNTER_VIEWS_H
#define CITYHALL_APP_COUNTER_VIEWS_H

#include "app/forms/draft.h"
#include "app/forms/paper_form.h"
#include "html/form.h"
#include "html/pieces.h"

enum { COUNTER_ERRORS_MAX = 8 };

struct taken_row { /* an intake that is not sent yet */
	struct str href, name, service, how;
	day_number day;
};
struct counter_view {
	struct str csrf;
	struct form_field scan, pair;
	const struct taken_row *rows;
	size_t row_n;
	bool has_screen;
	struct str screen; /* its code */
	struct str screen_url;
	struct form_error errors[COUNTER_ERRORS_MAX];
	size_t error_n;
};

struct twin_row {
	struct str href, name, line, shared, id;
	bool has_account;
};
struct person_view {
	struct str csrf, op, action;
	struct str form; /* number of the paper form that is entered; or empty */
	struct form_field kind, name, birth, scheme, number, phone, email;
	struct form_choice kinds[2];
	struct form_date date;
	const struct form_choice *schemes;
	size_t scheme_n;
	const struct twin_row *twins;
	size_t twin_n;
	struct form_error errors[COUNTER_ERRORS_MAX];
	size_t error_n;
};

struct record_view {
	struct str csrf, op, id, name, form;
	const struct summary_row *rows;
	size_t row_n;
	struct form_field service;
	const struct form_choice *services;
	size_t service_n;
	struct str service_id, service_name; /* of the paper form */
	const struct twin_row *twins, *joined;
	size_t twin_n, joined_n;
	bool may_invite;
	struct str code, code_url; /* fresh: shown this once */
	struct str error;
};

struct begin_view {
	struct str csrf, op, action, back;
	struct str service, service_id, name, form;
	struct form_field channel, day, time, proof;
	struct form_choice channels[4], proofs[3];
	struct form_date date;
	size_t channel_n;
	day_number earliest;
	int64_t back_days;
	struct form_error errors[COUNTER_ERRORS_MAX];
	size_t error_n;
};

struct paper_row {
	struct str name, hint;
	struct form_field field;
	struct form_choice choices[4];
	const struct question *question; /* of type files; NULL: none asks for it */
};
struct intake_view {
	struct req *r;
	struct str csrf, action, next;
	struct str service, name, came;
	const struct paper_row *rows;
	size_t row_n;
	const struct service *of;
	const struct form_page *page; /* made of the questions for files, and of the one for the scan */
	const struct question *scan;
	const struct answers *as;
	const struct file_list *files;
	const struct form_state *state;
	struct form_field note;
};

struct counter_part_row {
	struct str service, number, promised; /* promised: empty: it waits for the grant of others */
};
struct counter_receipt_view {
	const struct counter_part_row *parts; /* of a bundle: its cases; NULL: it is one */
	size_t part_n;
	struct str csrf, op, number, service, name, came, promised, legal, pdf_href, record_href;
	bool has_account;
};

struct open_form_row {
	struct str number, service, who, pdf_href;
	day_number day;
	bool is_claimed;
};
struct forms_view {
	struct str csrf, op;
	struct form_field service, count;
	const struct form_choice *services;
	size_t service_n;
	const struct open_form_row *rows;
	size_t row_n, open;
	bool has_more;
	struct form_error errors[COUNTER_ERRORS_MAX];
	size_t error_n;
};
struct block_form {
	struct str number;
	struct html barcode;
};
struct block_view {
	struct str service, institution, where, declaration;
	const struct block_form *forms;
	size_t n;
	const struct paper_form *form;
	struct req *r;
};

struct screen_part {
	struct str title;
	const struct summary_row *rows;
	size_t row_n;
};
struct screen_view {
	struct str csrf, op, now, code;
	bool is_paired, is_busy; /* paired with an official; who is on an intake */
	bool is_live;
	struct str service, name;
	const struct screen_part *parts; /* what is open stands first */
	size_t part_n;
	bool may_confirm, is_confirmed, is_late;
	int64_t version;
};

#endif
