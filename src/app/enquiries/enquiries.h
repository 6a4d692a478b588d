/* The enquiries room: somebody asks an institution about a service or about itself, an official answers in the same
 * thread, and so on; it can become an application. An enquiry belongs to the party that asks; everything said is one
 * event on its root row. The institution's list is a read model fed by the relay. Request threads. */
#ifndef CITYHALL_APP_ENQUIRIES_ENQUIRIES_H
#define CITYHALL_APP_ENQUIRIES_ENQUIRIES_H

#include "app/check.h"
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

/* Templates of enquiries.html that other rooms' pages use. */
void my_questions(struct html_out *o, const struct question_list_view *v);
void faq_rows(struct html_out *o, const struct faq_list_view *v);

#endif
