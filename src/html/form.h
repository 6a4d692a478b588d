/* Form components: one call a question. Each writes label, hint, error and control, tied together for screen readers,
 * with the error's text at the field and the typed answer kept. The id of a control is its name, so that the error
 * summary links to "#name"; groups link to their first control. All text is in the page's language already and is
 * escaped here. Any thread. */
#ifndef CITYHALL_HTML_FORM_H
#define CITYHALL_HTML_FORM_H

#include "html/out.h"
#include "html/pieces.h"

enum field_width { FIELD_FULL, FIELD_W2, FIELD_W4, FIELD_W8, FIELD_W16 }; /* as wide as the answer, in characters */

struct form_field {
	struct str name;  /* of the control, and its id: letters, digits, '-', '_', '.' */
	struct str label; /* the question */
	struct str hint;  /* empty: none */
	struct str error; /* what is wrong and what would be right; empty: nothing is */
	struct str note;  /* of a file: to look at once more; empty: nothing */
	struct str value; /* as typed */
	bool is_optional; /* says so beside the label */
	bool is_heading;  /* the question is the page's <h1> */
	enum field_width width;
	const char *type;         /* NULL: "text"; "email", "tel", "password", "search" */
	const char *autocomplete; /* WCAG 1.3.5: "name", "email", "organization", ...; NULL: none */
	const char *inputmode;    /* "numeric", "decimal"; NULL: none */
	struct str unit;          /* stands after the field: "square metres" */
	int32_t chars_max;        /* > 0: maxlength in characters */
	int32_t rows;             /* of a text area; 0: 5 */
};

struct form_choice {
	struct str value, label, hint;
	bool is_chosen;
};

void field_text(struct html_out *o, const struct form_field *f);
void field_textarea(struct html_out *o, const struct form_field *f);
void field_select(struct html_out *o, const struct form_field *f, const struct form_choice *choices, size_t n);
void field_radios(struct html_out *o, const struct form_field *f, const struct form_choice *choices, size_t n);
/* Boxes of one name, of which any number may be ticked. */
void field_checkboxes(struct html_out *o, const struct form_field *f, const struct form_choice *choices, size_t n);
/* One box: a declaration. The label is what it says; value is sent when it is ticked (empty: "yes"). */
void field_checkbox(struct html_out *o, const struct form_field *f, bool is_ticked);

/* Three fields named NAME-day, NAME-month, NAME-year; values as typed. */
struct form_date {
	struct str day, month, year;
	bool is_birth; /* autocomplete for birthdays */
};
void field_date(struct html_out *o, const struct form_field *f, const struct form_date *d);
/* An amount; the currency's code stands after the field. */
void field_money(struct html_out *o, const struct form_field *f, struct str currency);

/* An answer of several fields: an address, a name. The first field's id is NAME, the others' NAME-PART; all are sent as
 * NAME-PART. Those from `more` on stand behind a line that opens (by itself when one is filled in or wrong). */
struct form_part {
	const char *part;
	struct str label, value;
	const char *autocomplete;
	bool is_wrong, is_optional;
	int rows; /* > 0: of a text area */
	enum field_width width;
};
void field_parts(struct html_out *o, const struct form_field *f, const struct form_part *parts, int more, int n,
                 struct str more_label);

/* The same few fields for each of several things. Written as group_begin, for each entry group_entry_begin, its fields,
 * group_entry_end, and group_end, which has the button named "add" with the group's name. The button "drop" of an entry
 * sends NAME.NUMBER; NAME.n says how many entries were sent. Both lead to their place on the page that follows. */
struct form_group {
	const struct form_field *field;
	struct str item;   /* "Child" */
	struct str action; /* of the form */
	int entry_n;
	bool has_room; /* for another */
};
void group_begin(struct html_out *o, const struct form_group *g);
void group_entry_begin(struct html_out *o, const struct form_group *g, int number, struct str title, bool may_go);
void group_entry_end(struct html_out *o);
void group_end(struct html_out *o, const struct form_group *g);

struct form_file {
	struct str name; /* as its owner called it */
	int64_t bytes;
	struct str note;         /* "4 pages"; may be empty */
	struct str href;         /* to look at it; empty: no link */
	struct str remove_value; /* of the button named "remove"; empty: no button */
};
/* What was uploaded stands above the control. accept: ".pdf,.jpg,.png". */
void field_file(struct html_out *o, const struct form_field *f, const struct form_file *files, size_t n,
                const char *accept, int64_t bytes_max, bool is_multiple);

/* <form method="post"> with csrf and (when not empty) the operation id. is_upload: multipart. */
void form_begin(struct html_out *o, struct str action, struct str csrf, struct str op, bool is_upload);
void form_end(struct html_out *o);
void form_hidden(struct html_out *o, struct str name, struct str value);

/* The box above the heading; also set frame.is_error. Nothing is written when n is 0. */
struct form_error {
	struct str id; /* of the control to go to; empty: the sentence is no link */
	struct str text;
};
void form_errors(struct html_out *o, const struct form_error *errors, size_t n);

/* The box above the heading when nothing is wrong and something is to be looked at once more. */
void form_note(struct html_out *o, struct str id, struct str text);

/* "Labour dispatch permit, part 2 of 5" over one thin stone a question; question counts from 1. */
struct form_progress {
	struct str what;
	int part, parts;
	int question, questions;
};
void form_progress(struct html_out *o, const struct form_progress *p);

#endif
