#include "app/authoring/difference.h"

#include "app/cases/limit_words.h"
#include "app/cases/steps.h"
#include "html/out.h"

enum { SENTENCE_BYTES_MAX = 8192 };

void sentences_init(struct sentences *s, struct arena *a, struct str lang)
{
	*s = (struct sentences){.arena = a, .lang = lang};
}

void sentences_add(struct sentences *s, const char *msgid, const struct tr_arg *args, size_t n)
{
	if (s->n == s->room) {
		size_t room = s->room == 0 ? 32 : s->room * 2;
		struct str *more = arena_new(s->arena, struct str, room);
		if (more == NULL) {
			return; /* the arena says so */
		}
		if (s->n > 0) {
			memcpy(more, s->items, s->n * sizeof *more);
		}
		s->items = more;
		s->room = room;
	}
	struct buf b;
	buf_init(&b, SENTENCE_BYTES_MAX);
	tr_put_plain(&b, tr(s->lang, msgid), args, n);
	s->items[s->n++] = arena_copy(s->arena, buf_str(&b));
	buf_release(&b);
}

static bool same_text(const struct text *a, const struct text *b)
{
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (!str_eq(a->in[i], b->in[i])) {
			return false;
		}
	}
	return true;
}

static bool same_condition(const struct condition *a, const struct condition *b)
{
	return str_eq(a->question, b->question) && a->is_not == b->is_not && str_eq(a->value, b->value);
}

static bool has_choice(const struct question *q, struct str id)
{
	for (size_t i = 0; i < q->choice_n; i++) {
		if (str_eq(q->choices[i].id, id)) {
			return true;
		}
	}
	return false;
}

/* All choices of `a` are in `b`. */
static bool keeps_choices(const struct question *a, const struct question *b)
{
	for (size_t i = 0; i < a->choice_n; i++) {
		if (!has_choice(b, a->choices[i].id)) {
			return false;
		}
	}
	return true;
}

static bool same_bounds(const struct question *a, const struct question *b)
{
	return a->has_min == b->has_min && a->min == b->min && a->has_max == b->has_max && a->max == b->max &&
	       a->has_min_days == b->has_min_days && a->min_days == b->min_days && a->has_max_days == b->has_max_days &&
	       a->max_days == b->max_days && a->files_max == b->files_max;
}

static bool same_wording(const struct question *a, const struct question *b)
{
	bool is_same = same_text(&a->label, &b->label) && same_text(&a->hint, &b->hint) && same_text(&a->unit, &b->unit) &&
	               same_text(&a->error, &b->error) && same_text(&a->purpose, &b->purpose);
	for (size_t i = 0; is_same && i < a->choice_n && i < b->choice_n; i++) {
		is_same = same_text(&a->choices[i].label, &b->choices[i].label) &&
		          same_text(&a->choices[i].hint, &b->choices[i].hint);
	}
	return is_same;
}

/* --- Questions --------------------------------------------------------------------------------------------------- */

struct place {
	const struct form_page *page;
	const struct question *question;
};

static struct place find(const struct service *s, struct str id)
{
	struct place p = {0};
	p.question = id.n > 0 ? service_question(s, id, &p.page) : NULL;
	return p;
}

/* The question of before that answers are taken over from. */
static struct place ancestor(const struct service *before, const struct question *q)
{
	struct place p = find(before, q->was);
	return p.question ? p : find(before, q->id);
}

static bool has_heir(const struct service *after, struct str id)
{
	if (find(after, id).question) {
		return true;
	}
	for (size_t i = 0; i < after->page_n; i++) {
		for (size_t k = 0; k < after->pages[i].question_n; k++) {
			if (str_eq(after->pages[i].questions[k].was, id)) {
				return true;
			}
		}
	}
	return false;
}

static void say_question(struct sentences *out, struct place was, struct place is)
{
	const struct question *a = was.question, *b = is.question;
	struct tr_arg label = TR_O("question", text_in(&b->label, out->lang));
	if (!str_eq(a->id, b->id)) {
		SENTENCE(out, N_("“{question}” has another id: {id}, before {was}. Answers given under the old one are kept."),
		         label, TR_O("id", b->id), TR_O("was", a->id));
	}
	if (a->type != b->type) {
		SENTENCE(out, N_("“{question}” asks for another kind of answer. What was answered before is asked for again."),
		         label);
		return;
	}
	if (!same_wording(a, b)) {
		SENTENCE(out, N_("“{question}” is worded anew."), label);
	}
	if (!keeps_choices(a, b) || !keeps_choices(b, a)) {
		SENTENCE(out, N_("“{question}” has other choices."), label);
	}
	if (a->is_optional != b->is_optional) {
		if (b->is_optional) {
			SENTENCE(out, N_("“{question}” need not be answered any more."), label);
		} else {
			SENTENCE(out, N_("“{question}” must be answered now."), label);
		}
	}
	if (!same_bounds(a, b)) {
		SENTENCE(out, N_("“{question}” has other limits for the answer."), label);
	}
	if (!same_condition(&a->show_if, &b->show_if) || !same_condition(&was.page->show_if, &is.page->show_if)) {
		SENTENCE(out, N_("“{question}” is asked under another condition."), label);
	}
	if (a->data_class != b->data_class) {
		SENTENCE(out, N_("“{question}” is another class of data."), label);
	}
}

static void say_questions(struct sentences *out, const struct service *before, const struct service *after)
{
	for (size_t i = 0; i < after->page_n; i++) {
		for (size_t k = 0; k < after->pages[i].question_n; k++) {
			struct place is = {&after->pages[i], &after->pages[i].questions[k]};
			struct place was = ancestor(before, is.question);
			if (was.question) {
				say_question(out, was, is);
			} else {
				SENTENCE(out, N_("“{question}” is asked anew."),
				         TR_O("question", text_in(&is.question->label, out->lang)));
			}
		}
	}
	for (size_t i = 0; i < before->page_n; i++) {
		for (size_t k = 0; k < before->pages[i].question_n; k++) {
			const struct question *q = &before->pages[i].questions[k];
			if (!has_heir(after, q->id)) {
				SENTENCE(out, N_("“{question}” is asked no more. Applications that were begun lose this answer."),
				         TR_O("question", text_in(&q->label, out->lang)));
			}
		}
	}
}

/* --- The rest ---------------------------------------------------------------------------------------------------- */

static void say_days(struct sentences *out, const char *msgid, int before, int after)
{
	if (before != after) {
		SENTENCE(out, msgid, TR_I("before", before), TR_I("after", after));
	}
}

static bool same_limit(struct clock_limit a, struct clock_limit b)
{
	return a.n == b.n && a.unit == b.unit;
}

static void say_limit(struct sentences *out, const char *msgid, struct clock_limit before, struct clock_limit after)
{
	if (!same_limit(before, after)) {
		SENTENCE(out, msgid, TR_O("before", case_limit_words(out->lang, out->arena, before)),
		         TR_O("after", case_limit_words(out->lang, out->arena, after)));
	}
}

static void say_steps(struct sentences *out, const struct service *before, const struct service *after)
{
	for (int i = 0; i < STEP_KINDS; i++) {
		enum case_step_kind kind = (enum case_step_kind)i;
		struct clock_limit was = case_step_limit(before->step_limits, kind),
						   is = case_step_limit(after->step_limits, kind);
		const struct tr_arg step = TR_O("step", case_step_name(out->lang, kind)),
							was_words = TR_O("before", case_limit_words(out->lang, out->arena, was)),
							is_words = TR_O("after", case_limit_words(out->lang, out->arena, is));
		if (same_limit(was, is)) {
			continue;
		}
		if (was.n == 0) {
			SENTENCE(out, N_("The step “{step}” may take {after}; it had no time limit before."), step, is_words);
		} else if (is.n == 0) {
			SENTENCE(out, N_("The step “{step}” has no time limit any more, before {before}."), step, was_words);
		} else {
			SENTENCE(out, N_("The step “{step}” may take {after}, before {before}."), step, is_words, was_words);
		}
	}
}

static struct str money(struct sentences *out, int64_t minor, struct str currency)
{
	struct buf b;
	buf_init(&b, 200);
	format_money(&b, out->lang, minor, currency);
	struct str s = arena_copy(out->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static void say_evidence(struct sentences *out, const struct service *before, const struct service *after)
{
	for (size_t i = 0; i < after->evidence_n; i++) {
		const struct evidence *b = &after->evidence[i], *a = service_evidence(before, b->id);
		struct tr_arg name = TR_O("paper", text_in(&b->name, out->lang));
		if (a == NULL) {
			SENTENCE(out, N_("“{paper}” is needed anew."), name);
		} else if (a->source != b->source || a->is_optional != b->is_optional ||
		           !same_condition(&a->show_if, &b->show_if)) {
			SENTENCE(out, N_("“{paper}” is needed in another way."), name);
		} else if (!same_text(&a->name, &b->name) || !same_text(&a->hint, &b->hint)) {
			SENTENCE(out, N_("“{paper}” is worded anew."), name);
		}
	}
	for (size_t i = 0; i < before->evidence_n; i++) {
		if (service_evidence(after, before->evidence[i].id) == NULL) {
			SENTENCE(out, N_("“{paper}” is needed no more."),
			         TR_O("paper", text_in(&before->evidence[i].name, out->lang)));
		}
	}
}

static bool has_reason(const struct service *s, struct str id)
{
	for (size_t i = 0; i < s->refusal_reason_n; i++) {
		if (str_eq(s->refusal_reason_ids[i], id)) {
			return true;
		}
	}
	return false;
}

static void say_reasons(struct sentences *out, const struct service *before, const struct service *after)
{
	for (size_t i = 0; i < after->refusal_reason_n; i++) {
		if (!has_reason(before, after->refusal_reason_ids[i])) {
			SENTENCE(out, N_("A new reason to refuse: “{reason}”."),
			         TR_O("reason", text_in(&after->refusal_reasons[i].term, out->lang)));
		}
	}
	for (size_t i = 0; i < before->refusal_reason_n; i++) {
		if (!has_reason(after, before->refusal_reason_ids[i])) {
			SENTENCE(out, N_("No longer a reason to refuse: “{reason}”."),
			         TR_O("reason", text_in(&before->refusal_reasons[i].term, out->lang)));
		}
	}
}

void difference_in_words(struct sentences *out, const struct service *before, const struct service *after)
{
	if (after == NULL) {
		SENTENCE(out, N_("The service is offered no more. Its cases go on."), TR_I("n", 0));
		return;
	}
	if (before == NULL) {
		SENTENCE(out, N_("The service is new, with {n} questions."), TR_I("n", (int64_t)service_question_most(after)));
		return;
	}
	if (!str_eq(before->institution, after->institution)) {
		SENTENCE(out, N_("Another institution decides: {after}, before {before}."), TR_O("after", after->institution),
		         TR_O("before", before->institution));
	}
	say_limit(out, N_("The promise is {after}, before {before}."), before->clock.committed, after->clock.committed);
	say_limit(out, N_("The law allows {after}, before {before}."), before->clock.statutory, after->clock.statutory);
	say_steps(out, before, after);
	say_days(out, N_("It usually takes {after} working days, before {before}."), before->usual_days, after->usual_days);
	say_days(out, N_("One comes in person {after} times, before {before}."), before->visits, after->visits);
	say_days(out, N_("A case is kept {after} years, before {before}."), before->retention_years,
	         after->retention_years);
	say_days(out, N_("What comes on paper counts from at most {after} working days earlier, before {before}."),
	         before->receipt_back_days, after->receipt_back_days);
	if (before->fee_minor != after->fee_minor || !str_eq(before->fee_currency, after->fee_currency)) {
		SENTENCE(out, N_("The fee is {after}, before {before}."),
		         TR_O("after", money(out, after->fee_minor, after->fee_currency)),
		         TR_O("before", money(out, before->fee_minor, before->fee_currency)));
	}
	say_questions(out, before, after);
	say_evidence(out, before, after);
	say_reasons(out, before, after);
	if (!same_text(&before->name, &after->name) || !same_text(&before->summary, &after->summary)) {
		SENTENCE(out, N_("Name or summary is worded anew: “{name}”."), TR_O("name", text_in(&after->name, out->lang)));
	}
	if (!same_text(&before->declaration, &after->declaration)) {
		SENTENCE(out, N_("The declaration at the end is worded anew: “{text}”"),
		         TR_O("text", text_in(&after->declaration, out->lang)));
	}
}

/* --- Repairs ----------------------------------------------------------------------------------------------------- */

static bool asks_the_same(const struct question *a, const struct question *b)
{
	return str_eq(a->id, b->id) && a->type == b->type && a->is_optional == b->is_optional && same_bounds(a, b) &&
	       same_condition(&a->show_if, &b->show_if) && keeps_choices(a, b) && str_eq(a->scheme, b->scheme) &&
	       str_eq(a->currency, b->currency) && str_eq(a->evidence, b->evidence) && a->data_class == b->data_class;
}

static void object_to_pages(struct sentences *out, const struct service *before, const struct service *after)
{
	for (size_t i = 0; i < before->page_n && i < after->page_n; i++) {
		const struct form_page *a = &before->pages[i], *b = &after->pages[i];
		bool is_same =
			str_eq(a->id, b->id) && same_condition(&a->show_if, &b->show_if) && a->question_n == b->question_n;
		for (size_t k = 0; is_same && k < a->question_n; k++) {
			if (!asks_the_same(&a->questions[k], &b->questions[k])) {
				SENTENCE(out, N_("“{question}”: a repair may word it anew, but must ask for the same answer."),
				         TR_O("question", text_in(&a->questions[k].label, out->lang)));
			}
		}
		if (!is_same) {
			SENTENCE(out, N_("The page “{page}” asks other questions. A repair keeps them all."),
			         TR_O("page", text_in(&a->title, out->lang)));
		}
	}
	if (before->page_n != after->page_n) {
		SENTENCE(out, N_("The form has {after} pages, before {before}. A repair keeps them all."),
		         TR_I("after", (int64_t)after->page_n), TR_I("before", (int64_t)before->page_n));
	}
}

static void object_to_papers(struct sentences *out, const struct service *before, const struct service *after)
{
	bool is_same = before->evidence_n == after->evidence_n;
	for (size_t i = 0; is_same && i < before->evidence_n; i++) {
		const struct evidence *a = &before->evidence[i], *b = service_evidence(after, a->id);
		is_same = b != NULL && a->source == b->source && a->is_optional == b->is_optional &&
		          same_condition(&a->show_if, &b->show_if);
	}
	if (!is_same) {
		SENTENCE(out, N_("Other papers are needed. A repair keeps the list of papers."), TR_I("n", 0));
	}
	for (size_t i = 0; i < before->refusal_reason_n; i++) {
		if (!has_reason(after, before->refusal_reason_ids[i])) {
			SENTENCE(out, N_("The reason to refuse “{reason}” is missing: decisions name it."),
			         TR_O("reason", text_in(&before->refusal_reasons[i].term, out->lang)));
		}
	}
}

void repair_objections(struct sentences *out, const struct service *before, const struct service *after)
{
	if (!str_eq(before->id, after->id) || !str_eq(before->institution, after->institution)) {
		SENTENCE(out, N_("A repair keeps the service's id and institution."), TR_I("n", 0));
	}
	if (before->version != after->version || before->in_force_day != after->in_force_day) {
		SENTENCE(out, N_("A repair keeps “version” and “in_force”: it is still the same version."), TR_I("n", 0));
	}
	if (after->clock.committed.n > before->clock.committed.n || after->clock.statutory.n > before->clock.statutory.n) {
		SENTENCE(out, N_("A limit is longer than before. A repair may only make it shorter for those who applied."),
		         TR_I("n", 0));
	}
	if (after->fee_minor > before->fee_minor || !str_eq(before->fee_currency, after->fee_currency)) {
		SENTENCE(out, N_("The fee is higher than before. A repair may only lower it."), TR_I("n", 0));
	}
	if (after->retention_years > before->retention_years) {
		SENTENCE(out, N_("The case would be kept longer than the applicants were told."), TR_I("n", 0));
	}
	object_to_pages(out, before, after);
	object_to_papers(out, before, after);
}
