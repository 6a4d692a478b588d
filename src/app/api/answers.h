/* Answers as programs send and read them: by the question's type, in JSON. What is sent becomes the fields that the
 * page would have sent, so that the page's own reader checks it and says the same of it. Within the room; request
 * threads. */
#ifndef CITYHALL_APP_API_ANSWERS_H
#define CITYHALL_APP_API_ANSWERS_H

#include "app/api/call.h"
#include "app/forms/draft.h"

/* Adds the fields of all answers in `sent` to r->form; what cannot be such an answer is noted at "/answers/...". False:
 * no room. */
bool answers_to_form(struct req *r, struct api_call *c, const struct service *s, const struct json *sent);
/* "children.2.birthday" as "/answers/children/1/birthday". */
struct str answers_pointer(struct req *r, struct str field);

/* An object: question id to answer; those of the files are names. */
void put_answers(struct req *r, struct json_out *j, const char *key, const struct service *s, const struct answers *as,
                 const struct file_list *files);
void put_answer(struct req *r, struct json_out *j, const struct question *q, const struct answer *a);

#endif
