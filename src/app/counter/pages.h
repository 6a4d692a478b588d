/* Handlers of this room, private to it, and what they share. */
#ifndef CITYHALL_APP_COUNTER_PAGES_H
#define CITYHALL_APP_COUNTER_PAGES_H

#include "app/app.h"
#include "app/catalogue/catalogue.h"
#include "app/counter/views.h"
#include "app/people/records.h"
#include "app/people/viewer.h"

handler counter_get, counter_scan_post, counter_pair_post, counter_part_post;
handler person_get, person_post, record_get_page, record_join_post, record_part_post, record_invite_post;
handler begin_get, begin_post, intake_get_page, intake_post, counter_receipt_get, counter_receipt_pdf_get;
handler forms_get, forms_post, block_get_page, form_pdf_get;
handler screen_get_page, screen_now_get, screen_confirm_post;

/* As whose official the viewer may take in an application for this service: of its own institution, or of the front
 * office, which takes in for all of them. 0: not at all. */
int64_t counter_takes_in(struct req *r, const struct service *s);
/* Those services, by name in the page's language, in the arena. */
size_t counter_services(struct req *r, bool has_bundles, const struct service ***out);

/* Whose record it is: the look is recorded before anything is read. Nobody takes in for the own parties. */
bool counter_record(struct req *r, int64_t party, struct record *out, struct err *e) MUST_USE;
/* "Birthday 3 May 2019, number ending in 002X, phone ..." */
struct str record_line(struct req *r, const struct record *rec);

/* A page of this room. */
void counter_begin(struct req *r, struct html_out *o, const char *title, bool has_errors, struct str back);
void counter_note(struct req *r, struct form_error *list, size_t *n, struct form_field *field, struct str say);
struct str counter_id(struct req *r, int64_t id);

/* --- Numbered forms (forms.c) --- */
struct numbered { /* a form as the person in front of it has to hear about it */
	int64_t institution, n;
	const struct service *service;
	struct str number; /* as it is printed */
	int64_t printed_us, party, draft, casefile;
	struct str official; /* who enters it, or did */
	int64_t claimed_us;
};
/* Reads what was typed or scanned. False with *why a sentence for the person (the number is mistyped, of no form, of
 * another office, entered already), or with e. */
bool numbered_find(struct req *r, struct str typed, struct numbered *out, struct str *why, struct err *e) MUST_USE;
/* This press enters it: by the form's operation id, so that the same press may come again. */
bool numbered_claim(struct req *r, const struct numbered *n, struct str *why, struct err *e) MUST_USE;
bool numbered_enter(struct req *r, const struct numbered *n, int64_t party, int64_t draft, struct err *e) MUST_USE;

/* --- The applicant's screen (screen.c) --- */
/* The counter's page again, with what is wrong with the code. */
bool counter_show_pairing(struct req *r, struct str code, struct str error, struct err *e) MUST_USE;
/* Of this official; empty: none is paired. */
bool counter_screen_of(struct req *r, struct str *code, struct err *e) MUST_USE;

#endif
