/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_AUTHORING_VIEWS_H
#define CITYHALL_APP_AUTHORING_VIEWS_H

#include "app/authoring/difference.h"
#include "app/catalogue/definition.h"
#include "app/forms/draft.h"
#include "base/line_diff.h"
#include "html/form.h"
#include "html/pieces.h"

struct author_service_row {
	struct str href, name;
	int64_t version;
	day_number day;
	bool is_planned; /* else it is in force */
};
struct author_change_row {
	struct str href, title, who;
	day_number day; /* of the last change, or the end */
	enum tag_sign sign;
	struct str state;
};
struct authoring_view {
	struct str csrf, op;
	const struct author_service_row *services;
	size_t service_n;
	const struct author_change_row *changes, *closed;
	size_t change_n, closed_n;
	bool may_all; /* an author of the front office */
	struct form_field title, file;
	struct form_error errors[2];
	size_t error_n;
};

struct author_version_row {
	int64_t version;
	day_number in_force, published;
	struct str digest; /* 64 hexadecimal digits */
	bool is_offered, may;
};
struct author_service_view {
	struct str csrf, op, service, name, title;
	bool may;
	const struct author_version_row *versions;
	size_t version_n;
};

struct change_file_row {
	struct str path, href, preview_href;
	size_t mistakes;
	bool is_out, is_new, is_stale;
};
struct mistake_row {
	struct str href, where, say;
};
/* What was posted to a form of the change's page. */
struct change_forms {
	struct form_field reason, file, new_path, answer;
	struct form_date from;
	struct form_field from_field;
	struct form_error errors[4];
	size_t error_n;
};
struct change_page_view {
	struct arena *arena; /* of the page */
	struct str csrf, op, base, title, begun_name, changed_name, asked_name, closed_name, returned, returned_name,
		reason;
	int64_t version, state;
	bool is_repair, is_own, may, has_from, has_shared; /* has_shared: files beside services change too */
	bool is_running;
	int64_t moved;
	day_number from;
	const struct change_file_row *files;
	size_t file_n, stale;
	const struct mistake_row *mistakes;
	size_t mistake_n;
	const struct str *objections; /* of a repair */
	size_t objection_n;
	const struct form_choice *others; /* files that could be changed too */
	size_t other_n;
	struct form_field other;
	const struct change_forms *forms;
};

struct editor_view {
	struct str csrf, action, path, body, back_href, preview_href, by;
	int64_t seen;
	size_t lines;                       /* of the body */
	const struct mistake_row *mistakes; /* of this file, in order of lines */
	const int *mistake_lines;
	size_t mistake_n, elsewhere;
	bool is_saved, is_conflict, is_stale, is_out, may, is_published_there;
	const struct line_diff *difference; /* to what somebody else saved; NULL: none */
};

struct file_difference {
	struct str path;
	const struct str *words;
	size_t word_n;
	struct line_diff lines;
};
struct difference_view {
	struct str base, title;
	const struct file_difference *files;
	size_t file_n;
};

struct preview_view {
	struct req *r;
	struct str csrf, action, base, name, so_far, title, intro, back_href;
	const struct service *service;
	const struct form_page *page;
	const struct answers *as;
	const struct form_state *state;
	struct form_progress progress;
	const struct summary_row *rows;
	size_t row_n;
	struct preview_part {
		struct str title;
		const struct summary_row *rows;
		size_t row_n;
	} * parts;
	size_t part_n;
	struct str declaration;
	struct nav_item_of_preview {
		struct str href, text, tag;
	} languages[3];
	size_t language_n;
	const struct form_file *none;
};

/* "/authoring/change/ID/ask": the base with a word behind it, made by the handler. */
struct str change_action(const struct change_page_view *v, const char *rest);
/* Lines beside a change are shown, three on either side; the rest is left out. */
bool line_is_near(const struct line_diff *d, size_t at);
bool line_begins_gap(const struct line_diff *d, size_t at);

#endif
