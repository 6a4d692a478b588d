/* What the templates of an office's working days show, already decided. */
#ifndef CITYHALL_APP_AUTHORING_DAYS_VIEWS_H
#define CITYHALL_APP_AUTHORING_DAYS_VIEWS_H

#include "app/catalogue/definition.h"
#include "html/form.h"
#include "http/req.h"

struct day_row {
	struct str day, title, text;
};
struct day_change_row {
	struct str href, title, text, state;
	enum tag_sign sign;
};
enum { DAY_KINDS = 3 };
struct days_view {
	struct req *r;
	struct str op, office;
	struct str shared; /* who else counts by this calendar */
	struct day_change_row *changes;
	size_t change_n;
	struct day_row *days;
	size_t day_n;
	bool may_add;
	struct form_date day;
	struct str day_error;
	struct form_choice kinds[DAY_KINDS];
	size_t kind_n;
	struct form_field names[LANG_COUNT]; /* one a language of the pack */
	size_t name_n;
};
struct day_change_view {
	struct req *r;
	struct str op, href, version, title, what;
	bool is_counting, may_publish;
	struct str progress, effect, by;
};

#endif
