/* Handlers of this room, private to it, and what they share: a draft with all that its pages show. */
#ifndef CITYHALL_APP_FORMS_PAGES_H
#define CITYHALL_APP_FORMS_PAGES_H

#include "app/forms/draft.h"
#include "app/forms/intake.h"
#include "app/page.h"

handler apply_get, apply_post;
handler draft_tasks_get, draft_page_get, draft_page_post, draft_check_get, draft_file_get, draft_discard_get,
	draft_discard_post, draft_lost_post, draft_piece_get, draft_piece_post, paper_form_get, paper_form_pdf;

struct open_draft {
	struct draft d;
	struct file_list files;
	const struct service *service;
	bool is_withdrawn; /* nobody offers it any more: it can be read, and not sent */
	struct answers all, shown;
	struct str applicant; /* the party's name */
	int32_t today;
	struct str *open; /* questions that need another look */
	size_t open_n;
	bool has_intake;
	struct intake intake; /* an official takes it in, or took it in */
	int64_t intake_at;    /* the viewer is that official, of this institution; 0: it is one of the own parties' */
};
/* A draft of one of the viewer's parties, or one that the viewer takes in for somebody, as long as it is open; else
 * ERR_NOT_FOUND: other people's drafts are not there. */
bool draft_open(struct req *r, int64_t id, struct open_draft *o, struct err *e) MUST_USE;
/* For rooms after this one, who decided who may: as it is, not brought to a newer version of its service. */
bool draft_open_for(struct req *r, int64_t party, int64_t id, struct open_draft *o, struct err *e) MUST_USE;
/* The same for a page of it: a draft that was submitted leads to its case. *is_answered: the redirect stands. */
bool draft_open_arg(struct req *r, struct open_draft *o, bool *is_answered, struct err *e) MUST_USE;
struct str draft_path(struct req *r, int64_t id, const char *rest);
/* A page of it is about to be shown: an official's is where the applicant's screen follows. */
bool draft_show(struct req *r, const struct open_draft *o, struct err *e) MUST_USE;
/* Where the draft's own list of parts is left for: "My cases", or the counter. */
struct str draft_home(const struct open_draft *o);
struct str intake_path(struct req *r, int64_t id);
enum nav draft_nav(const struct open_draft *o);
/* How many of this page's questions need another look, and how many of them have an answer. */
void draft_page_counts(const struct open_draft *o, const struct form_page *p, size_t *open, size_t *answered,
                       size_t *asked);
/* Index of the next shown page after `after` (SIZE_MAX: the first); SIZE_MAX when there is none. */
size_t draft_next_page(const struct open_draft *o, size_t after);
struct str draft_page_path(struct req *r, const struct open_draft *o, size_t page);

#endif
