/* What can be done to an enquiry and to a question and answer: one job each. Within the room and for its tests. */
#ifndef CITYHALL_APP_ENQUIRIES_MOVES_H
#define CITYHALL_APP_ENQUIRIES_MOVES_H

#include "app/app.h"
#include "app/enquiries/enquiries.sql.h"

enum enquiry_state { ENQUIRY_ASKED = 1, ENQUIRY_ANSWERED };
enum faq_state { FAQ_PROPOSED = 1, FAQ_PUBLISHED, FAQ_GONE };

#define ENQUIRY_ROOM "enquiries"
#define ENQUIRY_KIND_ASKED "asked"
#define ENQUIRY_KIND_ANSWERED "answered"

struct enquiry_say { /* result 0: the enquiry's id */
	int64_t party, id, institution, actor;
	int64_t version; /* 0: the first question, which makes the enquiry */
	struct str service, name, text;
	bool is_office;
};
store_job enquiry_say_job;

struct enquiry_draft {
	int64_t party, id, version, draft;
};
store_job enquiry_draft_job;

struct faq_propose {
	int64_t institution, id, proposed_by;
	struct str service, proposed_name, question_en, answer_en, question_zh, answer_zh;
};
store_job faq_propose_job;

struct faq_change { /* a proposal is published by another than who made it; anybody of the office takes it away */
	int64_t institution, id, version, actor;
	enum faq_state to;
};
store_job faq_change_job;

#endif
