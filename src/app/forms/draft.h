/* Drafts and the files that belong to them. A draft is a root row of its party; when it is submitted the casefile takes
 * over its id, its answers and its files. Rooms after this one read drafts inside their own jobs through these calls.
 */
#ifndef CITYHALL_APP_FORMS_DRAFT_H
#define CITYHALL_APP_FORMS_DRAFT_H

#include "app/app.h"
#include "app/enquiries/ref.h"
#include "app/forms/answers.h"

/* Files come and go while it is open, and again while a correction of what was sent is asked for. */
enum draft_state { DRAFT_OPEN = 1, DRAFT_SUBMITTED = 2, DRAFT_CORRECTING = 3, DRAFT_WAITING = 4 };

/* How a request comes; kept with the case. In person an official types while the applicant stands there; on paper, by
 * post and by phone it has a day of receipt, which may lie before the day on which it is entered. */
enum channel { CHANNEL_WEB = 1, CHANNEL_COUNTER, CHANNEL_PAPER, CHANNEL_POST, CHANNEL_PHONE, CHANNEL_API };

struct draft {
	int64_t party, id;
	enum channel channel; /* other than the web and the API: intake.h knows more */
	struct str service;
	uint8_t definition[SHA256_BYTES];
	enum draft_state state;
	int64_t version;
	struct str answers_json;
	struct str former;        /* digest of the definition that it had before, or empty */
	struct str lost_json;     /* answers of then that have no place now: under the former definition's ids */
	int64_t begun_by;         /* account */
	struct enquiry_ref asked; /* the question to an office that it was begun from; id 0: none */
	int64_t changed_us;
};
struct file_row { /* a stored upload */
	int64_t party, id;
	int64_t casefile; /* the draft's and later the case's id */
	struct str question;
	struct str filename;
	struct blob_ref original,
		pages;         /* pages: what render made of it, shown to officials; a container, see render_client.h */
	struct str layout; /* where the pages lie in the container: read by file_pages() */
	int page_n;
	int64_t bytes;
	int64_t added_us;
	bool is_replaced; /* by a correction */
};
/* A page of a stored file, as render made it. */
struct file_page {
	const char *content_type;
	int32_t width, height; /* pixels */
	int64_t offset, bytes; /* in the container */
};
/* A paper that we issued to the party. */
struct held_paper {
	struct str document, service, number;
	int64_t casefile;
	day_number issued_on, valid_until; /* INT32_MAX: without end */
};
struct file_list {
	struct file_row *items;
	size_t n;
	const struct held_paper *held; /* by held_of(); NULL: not asked */
	size_t held_n;
	const struct str *seen; /* evidence whose paper an official looked at, or noted as missing: see intake.h */
	size_t seen_n;
	bool needs_scan; /* the day of receipt is shown by a scan of the paper: it has to be there */
};

/* A service for firms is applied for by a firm; one for persons by the person; one for both by either. */
struct viewer_party;
bool draft_may_begin(const struct service *s, const struct viewer_party *p);
/* Begins a draft with this request's operation id; pressed twice, the first one. The caller decided who may. `asked`:
 * see struct draft. */
bool draft_start(struct req *r, const struct service *s, int64_t party, struct enquiry_ref asked, int64_t *id,
                 struct err *e) MUST_USE;
/* In a job routed to the party. ERR_NOT_FOUND when it is not there. */
bool draft_get(struct tx *tx, int64_t party, int64_t id, struct draft *out, struct err *e) MUST_USE;
/* Root statement of the submission: open -> submitted at `version`; ERR_CONFLICT when it was submitted or changed
 * meanwhile. */
bool draft_submit(struct tx *tx, int64_t party, int64_t id, int64_t version, struct err *e) MUST_USE;
/* In the job that asks for a correction: submitted -> correcting. */
bool draft_correction_begin(struct tx *tx, int64_t party, int64_t id, struct err *e) MUST_USE;
/* In the job that answers it: back, at `version`; ERR_CONFLICT when a file came or went meanwhile. From then on an
 * upload that is still under way is refused. */
bool draft_correction_end(struct tx *tx, int64_t party, int64_t id, int64_t version, struct err *e) MUST_USE;
/* In the job that hands a paper over; and what there is, in a job of the same route as files_of(). */
bool held_add(struct tx *tx, int64_t party, const struct held_paper *p, struct err *e) MUST_USE;
/* The document itself was made out under this number, or its end has changed. */
bool held_name(struct tx *tx, int64_t party, struct str document, int64_t casefile, struct str number, bool has_end,
               day_number valid_until, struct err *e) MUST_USE;
bool held_of(struct tx *tx, int64_t party, struct file_list *files, struct err *e) MUST_USE;
/* Ids of the documents that it holds today; in the request's arena. The caller has decided that the viewer may know. */
bool held_documents(struct req *r, int64_t party, struct str **out, size_t *n, struct err *e) MUST_USE;
/* The newest one that serves as the paper which a question of type files asks for, today; or NULL. */
const struct held_paper *held_for(const struct service *s, const struct question *q, const struct file_list *files,
                                  day_number today);

/* Parts of a bundle, in the job that submits the whole: a draft that is sent, or that waits for its turn; and the
 * whole's papers for it. */
struct draft_part {
	int64_t party, id, begun_by;
	enum draft_state state;
	const struct service *service;
	struct str answers_json;
	int64_t channel; /* enum channel; 0: the website */
};
bool draft_part_add(struct tx *tx, const struct draft_part *p, struct err *e) MUST_USE;
bool file_give(struct tx *tx, const struct file_row *f, int64_t casefile, struct str question, struct err *e) MUST_USE;
/* A waiting part is sent now; or it goes back to its owner, open, and may lapse from then on. */
bool draft_wait_end(struct tx *tx, int64_t party, int64_t id, struct err *e) MUST_USE;
bool draft_give_back(struct tx *tx, const struct app *app, int64_t party, int64_t id, struct err *e) MUST_USE;
bool files_of(struct tx *tx, int64_t party, int64_t casefile, struct file_list *out, struct err *e) MUST_USE;
bool file_get(struct tx *tx, int64_t party, int64_t id, struct file_row *out, struct err *e) MUST_USE;

/* The pages in order; *n is the row's page_n. */
bool file_pages(struct arena *a, const struct file_row *f, struct file_page **out, size_t *n, struct err *e) MUST_USE;
/* Answers with one page as a picture, counted from 0; ERR_NOT_FOUND when there is no such page. Only render's pictures
 * are ever sent, never the file that was uploaded. */
bool file_send_page(struct req *r, const struct file_row *f, int64_t page, struct err *e) MUST_USE;

/* Files of a question that count; and whether so many are right for it. */
size_t files_count(const struct file_list *files, struct str question);
bool files_fit(const struct question *q, size_t n);
/* An official looked at the paper that it asks for, or noted that it is missing. */
bool files_were_seen(const struct question *q, const struct file_list *files);
/* For the blobs' sweep: does a row of this room name it? */
bool file_blob_is_named(struct store *s, int64_t party, const uint8_t digest[SHA256_BYTES], bool *is_named,
                        struct err *e) MUST_USE;

/* Open drafts of a party, newest first: for "My cases". */
#define DRAFTS_MOST 50
struct draft_line {
	int64_t party, id;
	struct str service;
	uint8_t definition[SHA256_BYTES];
	int64_t changed_us;
};
bool drafts_open(struct tx *tx, int64_t party, struct draft_line **out, size_t *n, struct err *e) MUST_USE;

/* Checks everything shown: the review page and the submission ask this. Returns how many answers need another look and
 * lists them (question ids) in the arena. */
size_t answers_check(struct arena *a, const struct service *s, const struct answers *as, const struct file_list *files,
                     int32_t today, struct str **questions_out);

/* One page of questions, for the draft and for a correction alike: reads the posted form into *as, noting errors beside
 * the fields. */
struct form_state; /* typed texts and errors of a page being shown again */
struct form_state *form_read_page(struct req *r, const struct service *s, const struct form_page *p,
                                  const struct str *only_questions, size_t only_n, struct answers *as, int32_t today);
/* The page has to be shown again: answers need another look, or a button on it was pressed that stays there ("Remove"
 * beside a file). */
bool form_has_errors(const struct form_state *f);
/* How many answers need another look: 0 after "Remove". */
size_t form_error_count(const struct form_state *f);
/* The list of what needs another look, and the fields; a page puts its heading between them. `state` NULL: fresh from
 * `as`. only_n > 0: just these questions (a correction). */
void form_put_errors(struct html_out *o, struct req *r, const struct form_state *state);
/* One list for several pages in one form (a correction). */
void form_put_errors_of(struct html_out *o, struct req *r, const struct form_state *const *states, size_t n);
void form_put_fields(struct html_out *o, struct req *r, const struct service *s, const struct form_page *p,
                     const struct str *only_questions, size_t only_n, const struct answers *as,
                     const struct file_list *files, const struct form_state *state);
/* What Enter presses in a field: right after form_begin, where buttons like "Remove" come before the one that sends. */
void form_put_default_button(struct html_out *o, struct str label);
/* Behind a form with file fields, at /draft/ID or /cases/ID: the files of it go ahead in pieces. */
void upload_script(struct html_out *o);
/* Stores the uploads of this request for a question (render first, then blobs, then rows by a job of their own). */
bool form_store_uploads(struct req *r, const struct service *s, const struct form_page *p, int64_t party,
                        int64_t casefile, struct form_state *state, struct err *e) MUST_USE;
/* The same for papers beside the form, added to what was sent: those of this field are kept for the question. *why: a
 * sentence about one that was not taken, or empty. */
bool form_store_papers(struct req *r, const struct question *q, const char *field, int64_t party, int64_t casefile,
                       size_t *stored, struct str *why, struct err *e) MUST_USE;

#endif
