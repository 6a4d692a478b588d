/* Handlers of this room and what they share. */
#ifndef CITYHALL_APP_AUTHORING_PAGES_H
#define CITYHALL_APP_AUTHORING_PAGES_H

#include "app/authoring/change.h"
#include "app/authoring/views.h"

handler days_get; /* /desk/days: an office's working days */
handler days_post;
handler day_change_get; /* /desk/days/:id: what a day moves */
handler day_change_post;
handler authoring_get, authoring_begin_post, authoring_service_get, authoring_zip_get;
handler change_get_page, change_upload_post, change_file_get_page, change_file_post, change_difference_get;
handler change_ask_post, change_return_post, change_publish_post, change_discard_post;
handler preview_service_get, preview_form_get, preview_form_post, preview_answers_get;

#define PATH_CHANGE PATH_AUTHORING "/change/"
enum { ZIP_BYTES_MAX = 16 * 1024 * 1024, EDIT_BODY_MAX = 1536 * 1024, REASON_CHARS_MAX = 2000, TITLE_CHARS_MAX = 120 };

/* May this viewer write this file? At the front office every one; elsewhere services of the own institution, before and
 * after. NULL: there is no such service, or it cannot be read yet. */
bool author_may(struct req *r, struct str path, const struct service *before, const struct service *after);
/* All files of a change; ERR_FORBIDDEN with a sentence. */
bool author_may_all(struct req *r, const struct change_view *v, struct err *e) MUST_USE;
struct change_who author_who(struct req *r, int64_t change, int64_t version);
/* The change of the path, opened. Release it also after a false. */
bool change_of_path(struct req *r, struct change_view *v, struct err *e) MUST_USE;
struct str change_path(struct req *r, int64_t id, const char *rest);
struct str author_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n);
#define AUTHOR_SAY(r, msgid, ...)                                  \
	author_say((r), (msgid), (const struct tr_arg[]){__VA_ARGS__}, \
	           sizeof((const struct tr_arg[]){__VA_ARGS__}) / sizeof(struct tr_arg))
/* The page of a change, with what a form of it complains about. */
bool change_show(struct req *r, const struct change_view *v, const struct change_forms *forms, struct err *e) MUST_USE;
/* "services/x/service.yaml" of a service. */
struct str service_path(struct req *r, struct str service);

#endif
