/* service.yaml, key `moves`: which part of a case's life the service uses. */
#include "app/catalogue/service_read.h"

enum { DAYS_MAX = 400 };

/* The question of type files that asks for this evidence is where a promised paper is brought. */
static bool is_upload(const struct service *s, struct str evidence)
{
	const struct evidence *ev = service_evidence(s, evidence);
	return ev != NULL && ev->source == EVIDENCE_UPLOAD;
}

static void read_gap(struct reader *r, const struct yaml *moves, struct service *s)
{
	static const char *const keys[] = {"papers", "days", "otherwise", NULL};
	static const char *const ends[] = {"lapses", "goes-on", NULL};
	const struct yaml *m = read_child(r, moves, "gap", YAML_MAP, false);
	if (m == NULL) {
		return;
	}
	read_known_keys(r, m, keys);
	s->gap_papers = read_ids(r, m, "papers", &s->gap_paper_n);
	for (size_t i = 0; i < s->gap_paper_n; i++) {
		if (!is_upload(s, s->gap_papers[i])) {
			mistake(r, line_of(m, "papers"),
			        "\"%.*s\" is no evidence of this service that is uploaded. Correct the name or take it out.",
			        STR_ARG(s->gap_papers[i]));
		}
	}
	s->gap_days = (int)read_whole(r, m, "days", 1, DAYS_MAX, 1, true);
	s->gap_lapses = read_word(r, m, "otherwise", ends, true) == 0;
}

static void read_commitment(struct reader *r, const struct yaml *moves, struct service *s)
{
	static const char *const keys[] = {"question", "check_days", NULL};
	const struct yaml *m = read_child(r, moves, "commitment", YAML_MAP, false);
	if (m == NULL) {
		return;
	}
	read_known_keys(r, m, keys);
	s->commitment_question = read_id(r, m, "question", true);
	s->commitment_days = (int)read_whole(r, m, "check_days", 1, DAYS_MAX, 1, true);
	const struct question *q = service_question(s, s->commitment_question, NULL);
	if (s->commitment_question.n > 0 && (q == NULL || q->type != QUESTION_YES_NO)) {
		mistake(r, line_of(m, "question"),
		        "there is no question \"%.*s\" of type yes-no. Add it: by its answer the applicant commits itself.",
		        STR_ARG(s->commitment_question));
	}
}

static void read_objection(struct reader *r, const struct yaml *moves, const struct service_context *context,
                           struct service *s)
{
	static const char *const keys[] = {"days", "service", NULL};
	const struct yaml *m = read_child(r, moves, "objection", YAML_MAP, false);
	if (m == NULL) {
		return;
	}
	read_known_keys(r, m, keys);
	s->objection_days = (int)read_whole(r, m, "days", 1, DAYS_MAX, 1, true);
	s->objection_service = read_id(r, m, "service", true);
	if (s->objection_service.n > 0 && !is_among(s->objection_service, context->services, context->service_n)) {
		mistake(r, line_of(m, "service"), "there is no service \"%.*s\". Correct the name or take the line out.",
		        STR_ARG(s->objection_service));
	}
}

void read_moves(struct reader *r, const struct yaml *root, const struct service_context *context, struct service *s)
{
	static const char *const keys[] = {
		"acceptance",   "not_accepted_reasons", "gap",       "commitment", "second_signature",
		"lapses_after", "overtaking_reasons",   "objection", NULL};
	static const char *const ways[] = {"by-taking", "own-act", NULL};
	const struct yaml *m = read_child(r, root, "moves", YAML_MAP, false);
	if (m == NULL) {
		return;
	}
	read_known_keys(r, m, keys);
	s->accepts_by_act = read_word(r, m, "acceptance", ways, false) == 1;
	read_reasons(r, m, "not_accepted_reasons", s->accepts_by_act, &s->not_accepted_reasons, &s->not_accepted_ids,
	             &s->not_accepted_n);
	if (s->not_accepted_n > 0 && !s->accepts_by_act) {
		mistake(r, line_of(m, "not_accepted_reasons"),
		        "what is accepted by taking cannot be refused acceptance. Write \"acceptance: own-act\".");
	}
	read_reasons(r, m, "overtaking_reasons", false, &s->overtaking_reasons, &s->overtaking_ids, &s->overtaking_n);
	read_gap(r, m, s);
	read_commitment(r, m, s);
	s->needs_second_signature = read_flag(r, m, "second_signature");
	s->lapses_after_days = (int)read_whole(r, m, "lapses_after", 1, DAYS_MAX, 0, false);
	read_objection(r, m, context, s);
}
