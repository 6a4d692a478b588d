/* Handlers of this room, private to it. */
#ifndef CITYHALL_APP_PEOPLE_PAGES_H
#define CITYHALL_APP_PEOPLE_PAGES_H

#include "app/people/views.h"
#include "http/req.h"

handler sign_in_get, sign_in_post, sign_up_get, sign_up_post, sign_out_post;
handler account_get_page, account_sessions_post, account_password_get, account_password_post;
handler staff_get, staff_post, invited_get, invited_post, account_joined_post;

/* An error in the list above the heading and beside its field; `say` is a msgid. */
void note_error(struct req *r, struct form_error *list, size_t *n, struct form_field *field, const char *say);

#endif
