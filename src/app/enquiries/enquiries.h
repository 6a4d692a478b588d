/* The enquiries room: somebody asks an institution about a service or about itself, an official answers in the same
 * thread, and so on; it can become an application. An enquiry belongs to the party that asks; everything said is one
 * event on its root row. The institution's list is a read model fed by the relay. Request threads. */
#ifndef CITYHALL_APP_ENQUIRIES_ENQUIRIES_H
#define CITYHALL_APP_ENQUIRIES_ENQUIRIES_H

#include "app/check.h"
#include "app/enquiries/ref.h"
#include "app/enquiries/views.h"
#include "http/req.h"
#include "store/event.h"

extern const struct route enquiries_routes[];
extern const struct event_subscriber enquiries_subscribers[];
extern const struct read_model enquiries_read_models[];

/* For the pages of other rooms: what this person asked, newest first. */
bool enquiries_mine(struct req *r, struct question_list_view *out, struct err *e) MUST_USE;
/* Published questions and answers of a service, in the page's language where there is one. */
bool enquiries_faq(struct req *r, const struct institution *in, struct str service, struct faq_list_view *out,
                   struct err *e) MUST_USE;

/* A thread, for who began an application from it and for the official who decides that. */
/* items NULL: the viewer may not read it, or it is not there. `desk`: the way to it is the desk's. */
bool enquiry_words(struct req *r, struct enquiry_ref ref, bool is_desk, struct enquiry_words_view *out,
                   struct err *e) MUST_USE;
/* The viewer's own question about this service; id 0: no such. */
bool enquiry_of_viewer(struct req *r, struct str id, struct str service, struct enquiry_ref *out,
                       struct err *e) MUST_USE;
/* The thread knows the application from now on. */
bool enquiry_link(struct req *r, struct enquiry_ref ref, int64_t draft, struct err *e) MUST_USE;

/* Templates of enquiries.html that other rooms' pages use. */
void my_questions(struct html_out *o, const struct question_list_view *v);
void enquiry_words_put(struct html_out *o, const struct enquiry_words_view *v, bool is_open);
void faq_rows(struct html_out *o, const struct faq_list_view *v);

#endif
