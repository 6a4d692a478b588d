/* What the table of acts (acts_table.c) points at: acts_desk.c, acts_people.c, acts_applicant.c. */
#ifndef CITYHALL_APP_CASES_ACT_RUNS_H
#define CITYHALL_APP_CASES_ACT_RUNS_H

#include "app/cases/acts.h"

typedef bool act_chooser(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e);
typedef bool act_runner(struct act_call *a, struct err *e);
typedef struct str act_leader(struct req *r, const struct case_facts *f);

act_chooser act_outcomes, act_grounds, act_overtaking_reasons, act_gap_papers, act_not_accepted_grounds, act_colleagues,
	act_offices, act_opinions, act_open_papers, act_stop_reasons, act_ways, act_receivers, act_identity;
act_runner run_take, run_ask, run_decide, run_send, run_words, run_accept, run_not_accept, run_sign, run_amend,
	run_hand, run_take_over, run_forward, run_ask_opinion, run_give_opinion, run_add, run_bring, run_object,
	run_choose_way, run_hand_over, run_renew, run_stop;
act_leader act_decide_lead, act_enquiry_lead, act_question_lead, act_opinion_lead, act_object_lead, act_hand_over_lead,
	act_renew_lead;

bool act_is_mine(const struct case_facts *f, const struct viewer *v);
bool act_is_sent(const struct case_facts *f, const struct viewer *v);
bool act_may_take_over(const struct case_facts *f, const struct viewer *v, const char **why);
bool act_may_decide(const struct case_facts *f, const struct viewer *v, const char **why);
bool act_may_recall(const struct case_facts *f, const struct viewer *v, const char **why);
bool act_may_object(const struct case_facts *f, const struct viewer *v, const char **why);

/* Of this case's service, and its row as it is. */
bool act_waits_for_acceptance(const struct case_facts *f);
bool act_may_have_gap(const struct case_facts *f);
bool act_has_commitment(const struct case_facts *f);
bool act_may_be_objected(const struct case_facts *f);
bool act_has_stops(const struct case_facts *f);
bool act_has_extension(const struct case_facts *f);

/* acts_permit.c: of the document that was made out. */
bool act_has_document(const struct case_facts *f);
bool act_has_ways(const struct case_facts *f);
bool act_may_choose_way(const struct case_facts *f, const struct viewer *v, const char **why);
bool act_is_collected(const struct case_facts *f);
bool act_is_posted(const struct case_facts *f);
bool act_way_now(struct req *r, const struct case_facts *f, struct params *out);
bool act_may_hand_over(const struct case_facts *f, const struct viewer *v, const char **why);
bool act_may_renew(const struct case_facts *f, const struct viewer *v, const char **why);

#endif
