/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_API_VIEWS_H
#define CITYHALL_APP_API_VIEWS_H

#include "base/date.h"
#include "html/form.h"

struct token_row {
	struct str id, name, scopes;
	day_number ends;
	bool is_over;
};
struct tokens_view {
	struct str csrf, op;
	struct str fresh; /* shown this once; or empty */
	const struct token_row *rows;
	size_t n;
	struct form_field name, scopes;
	const struct form_choice *choices;
	size_t choice_n;
	struct form_error errors[2];
	size_t error_n;
};

#endif
