/* What the pages of this room show, already decided; templates in people.html. */
#ifndef CITYHALL_APP_PEOPLE_VIEWS_H
#define CITYHALL_APP_PEOPLE_VIEWS_H

#include "app/people/viewer.h"
#include "html/form.h"
#include "html/pieces.h"

enum { VIEW_ERRORS_MAX = 4 };

struct sign_in_view {
	struct str csrf, back, sign_up_href;
	bool is_new;     /* comes from signing up */
	bool is_changed; /* comes from a change of password */
	struct form_field email, password;
	struct form_error errors[VIEW_ERRORS_MAX];
	size_t error_n;
};

struct sign_up_view {
	struct str csrf, back, sign_in_href;
	struct form_field name, email, password;
	struct form_error errors[VIEW_ERRORS_MAX];
	size_t error_n;
};

struct invited_view {
	struct str csrf, account_name;
	bool is_signed_in;
	struct form_field code, email, password;
	struct form_error errors[VIEW_ERRORS_MAX];
	size_t error_n;
};

struct joined_view {
	struct str id, name;
};

struct session_view {
	struct str device;
	day_number day;
	int32_t second;
	bool is_this;
};

struct account_view {
	struct str csrf;
	const struct summary_row *rows;
	size_t row_n;
	const struct summary_row *parties;
	size_t party_n;
	const struct summary_row *roles;
	size_t role_n;
	const struct joined_view *joined; /* other records of the same person */
	size_t joined_n;
	bool is_administrator;
	const struct session_view *sessions;
	size_t session_n;
	bool is_password_changed, is_signed_out_elsewhere;
};

struct password_view {
	struct str csrf, email;
	struct form_field old, fresh;
	struct form_error errors[VIEW_ERRORS_MAX];
	size_t error_n;
};

struct staff_row {
	struct str name, email;
	bool is_official, is_administrator, is_author, is_head, is_supervisor, is_engineer, is_disabled, is_self;
	struct str id;
};
struct staff_place {
	struct str href, name;
};
struct staff_view {
	struct str csrf, institution_id, institution;
	const struct staff_row *rows;
	size_t row_n;
	const struct staff_place *others; /* that the viewer administers too */
	size_t other_n;
	bool is_done;
	struct form_field email, role;
	struct form_choice roles[6];
	struct form_error errors[VIEW_ERRORS_MAX];
	size_t error_n;
};

#endif
