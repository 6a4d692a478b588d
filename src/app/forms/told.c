#include "app/forms/told.h"

#include "app/catalogue/catalogue.h"
#include "app/enquiries/enquiries.h"
#include "app/forms/forms.sql.h"
#include "app/forms/page_state.h"
#include "app/page.h"
#include "html/translate.h"

enum { SENT_MOST = 20 };

struct sent {
	int64_t party;
	struct draft_sent_list_out *rows;
	size_t n;
};

static bool sent_job(struct tx *tx, void *ctx, struct err *e)
{
	struct sent *s = ctx;
	struct draft_sent_list_rows rows;
	s->n = 0;
	s->rows = arena_new(tx_arena(tx), struct draft_sent_list_out, SENT_MOST);
	if (s->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no room for what was told");
	}
	if (!draft_sent_list_open(tx, &(struct draft_sent_list_in){.party = s->party, .most = SENT_MOST}, &rows, e)) {
		return false;
	}
	while (s->n < SENT_MOST && draft_sent_list_next(&rows, &s->rows[s->n])) {
		s->n++;
	}
	return draft_sent_list_close(&rows, e);
}

const struct told *told_of(const struct told_list *l, const struct question *q)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].question == q) {
			return &l->items[i];
		}
	}
	return NULL;
}

bool told_is_right(struct req *r, const struct open_draft *o, const struct question *q, const struct answer *a)
{
	struct value_rules rules = {
		.arena = &r->arena, .lang = r->lang, .today = o->today, .calling_code = form_calling_code(r->app, o->service)};
	struct value_fault why;
	return value_check(&rules, q, a, &why);
}

static bool is_wanted(const struct open_draft *o, const struct form_page *p, const struct question *q,
                      const struct told_list *out)
{
	return !answer_is_given(answers_find(&o->all, q->id)) && !told_of(out, q) && question_is_shown(p, q, &o->shown);
}

/* What this application said about the facts that are still looked for. */
static bool look_into(struct req *r, const struct open_draft *o, const struct form_page *p,
                      const struct draft_sent_list_out *row, struct told_list *out, struct err *e)
{
	const struct service *s;
	struct answers all, shown;
	if (row->definition.n != SHA256_BYTES || !catalogue_definition(r->app, (const uint8_t *)row->definition.p, &s, e) ||
	    !answers_parse(&r->arena, row->answers, &all, e) || !answers_shown(&r->arena, s, &all, &shown, e)) {
		return false;
	}
	for (size_t i = 0; i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		const struct told from = {.service = text_in(&s->name, r->lang), .at_us = row->changed_at};
		if (told_asks_entries(q) && question_is_shown(p, q, &o->shown)) {
			told_look_for_entries(r, o, q, s, &shown, &from, out);
		}
		if (q->fact.n == 0 || q->type == QUESTION_GROUP || !is_wanted(o, p, q, out)) {
			continue;
		}
		for (size_t k = 0; k < shown.n; k++) {
			const struct question *before = service_question(s, shown.items[k].question, NULL);
			struct answer a = shown.items[k];
			a.question = q->id;
			if (before && str_eq(before->fact, q->fact) && before->type == q->type && told_is_right(r, o, q, &a)) {
				out->items[out->n] = from;
				out->items[out->n].question = q;
				out->items[out->n++].answer = a;
				break;
			}
		}
	}
	return true;
}

/* --- From the question that it was begun with --- */

/* What can be told from free text without guessing: numbers with check digits, e-mail and phone. */
static bool is_found_in_words(const struct question *q)
{
	return q->type == QUESTION_EMAIL || q->type == QUESTION_PHONE ||
	       (q->type == QUESTION_IDENTIFIER && !str_is(q->scheme, "plain"));
}

/* Chinese too: it is written without spaces around numbers. */
static bool is_break(uint32_t c)
{
	return c <= ' ' || strchr(",;()<>\"?!", c < 0x80 ? (int)c : 1) != NULL || c == 0xA0 || c >= 0x2000;
}

/* "+999 20 555 0123" is one number. */
static bool goes_on(const struct question *q, struct str rest)
{
	return q->type == QUESTION_PHONE && rest.n > 1 && rest.p[0] == ' ' &&
	       ((rest.p[1] >= '0' && rest.p[1] <= '9') || rest.p[1] == '(');
}

/* The next word; *rest goes on behind it. */
static bool next_word(const struct question *q, struct str *rest, struct str *word)
{
	size_t from = 0;
	while (from < rest->n) {
		size_t at = from;
		if (!is_break(str_rune(*rest, &at))) {
			break;
		}
		from = at;
	}
	size_t end = from;
	while (end < rest->n) {
		size_t at = end;
		if (is_break(str_rune(*rest, &at)) && !goes_on(q, str_sub(*rest, end, rest->n))) {
			break;
		}
		end = at;
	}
	*word = str_sub(*rest, from, end - from);
	*rest = str_sub(*rest, end, rest->n);
	while (word->n > 0 && (word->p[word->n - 1] == '.' || word->p[word->n - 1] == ':')) {
		word->n--; /* the end of a sentence */
	}
	return end > from;
}

static bool find_in_words(struct req *r, const struct open_draft *o, const struct question *q, struct str words,
                          struct answer *out)
{
	struct value_rules rules = {.arena = &r->arena, .lang = r->lang, .today = o->today};
	struct value_fault why;
	struct str word;
	while (next_word(q, &words, &word)) {
		struct typed typed = {.text = word};
		bool may_be = q->type != QUESTION_PHONE || str_starts(word, STR("+"));
		if (may_be && value_read(&rules, q, &typed, out, &why) && answer_is_given(out)) {
			return true;
		}
	}
	return false;
}

static bool look_into_words(struct req *r, const struct open_draft *o, const struct form_page *p, struct told_list *out,
                            struct err *e)
{
	struct enquiry_words_view said;
	if (!enquiry_words(r, o->d.asked, false, &said, e)) {
		return false;
	}
	for (size_t i = 0; i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		struct answer a;
		for (size_t k = 0; is_found_in_words(q) && is_wanted(o, p, q, out) && k < said.n; k++) {
			if (!said.items[k].is_office && find_in_words(r, o, q, said.items[k].text, &a)) {
				out->items[out->n++] = (struct told){.question = q,
				                                     .answer = a,
				                                     .service = tr(r->lang, N_("Your question to us")),
				                                     .at_us = said.items[k].at_us};
			}
		}
	}
	return true;
}

/* As many offers as the page can have; 0: it asks for nothing that is told elsewhere. */
static size_t offers_most(const struct form_page *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		n += told_asks_entries(q) ? (size_t)q->max : q->fact.n > 0 || is_found_in_words(q);
	}
	return n;
}

bool told_for(struct req *r, const struct open_draft *o, const struct form_page *p, struct told_list *out,
              struct err *e)
{
	struct sent sent = {.party = o->d.party};
	*out = (struct told_list){0};
	/* What was told to other offices is not for who takes this one in. */
	size_t most = offers_most(p);
	if (most == 0 || o->intake_at != 0) {
		return true;
	}
	out->items = arena_new(&r->arena, struct told, most);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for what was told");
	}
	if (!look_into_words(r, o, p, out, e) || !store_read(r->app->store, o->d.party, &r->arena, sent_job, &sent, e)) {
		return false;
	}
	for (size_t i = 0; i < sent.n; i++) {
		if (!look_into(r, o, p, &sent.rows[i], out, e)) {
			return false;
		}
	}
	return true;
}

static struct str key_of(struct req *r, const struct told *t)
{
	return t->question->type == QUESTION_GROUP
	           ? arena_printf(&r->arena, "%.*s.%zu", STR_ARG(t->question->id), t->entry + 1)
	           : t->question->id;
}

static void use_one(struct req *r, const struct open_draft *o, const struct told *t, struct form_state *state)
{
	if (t->question->type == QUESTION_GROUP) {
		told_use_entry(r, t, &o->shown, state);
		return;
	}
	for (size_t i = 0; i < state->n; i++) {
		if (state->items[i].question == t->question) {
			value_to_typed(&r->arena, t->question, &t->answer, &state->items[i].typed);
		}
	}
}

static bool is_filled(const struct told *t, struct form_state *state)
{
	const struct field_state *item = form_field_state(state, t->question->id);
	return t->question->type == QUESTION_GROUP ? told_entry_is_filled(t, state)
	                                           : item != NULL && !value_is_blank(t->question, &item->typed);
}

void told_use(struct req *r, const struct open_draft *o, struct told_list *l, struct form_state *state)
{
	struct str use = req_form(r, "told");
	size_t left = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct told *t = &l->items[i];
		if (use.n > 0 && (str_is(use, "all") || str_eq(use, key_of(r, t)))) {
			use_one(r, o, t, state);
		}
		if (!is_filled(t, state)) {
			l->items[left++] = *t;
		}
	}
	l->n = left;
	state->stays = state->stays || use.n > 0;
}

static struct str label_of(struct req *r, const struct told *t)
{
	struct buf b;
	if (t->question->type != QUESTION_GROUP) {
		return text_in(&t->question->label, r->lang);
	}
	buf_init(&b, 4096);
	answer_put_entry_name(&b, r->lang, t->question, t->entry);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

struct told_row *told_rows(struct req *r, const struct open_draft *o, const struct told_list *l)
{
	struct told_row *rows = arena_new(&r->arena, struct told_row, l->n + 1);
	for (size_t i = 0; rows && i < l->n; i++) {
		const struct told *t = &l->items[i];
		struct answers one = {.items = &l->items[i].answer, .n = 1};
		struct buf b;
		buf_init(&b, 64 * 1024);
		struct html_out out = {.to = &b, .lang = r->lang, .year = date_of_day(o->today).year};
		if (t->question->type == QUESTION_GROUP) {
			told_put_entry(&out, t);
		} else {
			answer_put_html(&out, t->question, &one);
		}
		rows[i] = (struct told_row){
			.question = key_of(r, t),
			.label = label_of(r, t),
			.value = (struct html){b.failed ? STR_EMPTY : arena_copy(&r->arena, buf_str(&b))},
			.service = t->service,
			.day = page_local_time(r, t->at_us).day,
		};
		buf_release(&b);
	}
	return rows;
}
