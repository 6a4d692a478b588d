/* A forgiving reader of HTML for the journeys: what a person sees of a page (text, links, forms), not a tree.
 * Everything lives in the arena that is passed in. */
#ifndef CITYHALL_TESTS_HTTP_PAGE_H
#define CITYHALL_TESTS_HTTP_PAGE_H

#include "base/arena.h"
#include "base/buf.h"

enum { LINKS_MAX = 600, FORMS_MAX = 100, FIELDS_MAX = 800 };

struct link {
	struct str href, text;
};

struct form {
	struct str id, action, method, enctype;
};

/* One control of a form; an option of a select is one, too. */
struct field {
	int form;                     /* index, or -1 */
	struct str name, value, type; /* "text", "radio", "option", "textarea", "submit", ... */
	struct str text;              /* what stands on a button or option */
	struct str formaction;
	bool is_on; /* checked, selected */
	bool is_disabled;
	bool is_multiple;
	int select;                            /* options of one select share this number */
	struct str file, file_type, file_name; /* what an upload was filled with */
};

struct page {
	struct str html, text, title, lang;
	struct link *links;
	size_t link_n;
	struct form *forms;
	size_t form_n;
	struct field *fields;
	size_t field_n;
};

void page_read(struct page *p, struct arena *a, struct str html);
/* &amp; and its kin, white space collapsed. */
struct str html_text(struct arena *a, struct str html);

#endif
