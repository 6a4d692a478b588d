/* Reading an enquiry with all that was said, and showing it: what both sides' pages share. Within the room. */
#ifndef CITYHALL_APP_ENQUIRIES_THREAD_H
#define CITYHALL_APP_ENQUIRIES_THREAD_H

#include "app/enquiries/moves.h"
#include "app/enquiries/views.h"
#include "http/req.h"

struct thread {
	struct enquiry_get_out row;
	struct said_view *said;
	size_t n;
};
/* ERR_NOT_FOUND when the party has no such enquiry. */
bool thread_read(struct req *r, int64_t party, int64_t id, struct thread *out, struct err *e) MUST_USE;
/* All of the view but what can be done. */
void thread_fill(struct req *r, const struct thread *t, struct thread_view *v);
/* The service's name, or the institution's. */
struct str thread_about(struct req *r, struct str service, int64_t institution);
/* 1 to ENQUIRY_CHARS characters; else *error says what would be right. */
bool thread_text_is_right(struct req *r, struct str text, struct str *error);

handler ask_get;       /* /ask?service= or ?office= */
handler ask_post;      /* the same */
handler question_get;  /* /questions/:id */
handler question_post; /* the same: a further question */

handler desk_questions_get; /* /desk/questions */
handler desk_question_get;  /* /desk/questions/:id */
handler desk_question_post;
handler desk_propose_get; /* /desk/questions/:id/page */
handler desk_propose_post;
handler desk_answers_get;  /* /desk/answers */
handler desk_answers_post; /* /desk/answers/:id/publish and .../remove */

#endif
