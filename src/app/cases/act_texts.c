#include "app/cases/act_texts.h"

#include "app/people/viewer.h"

enum { TEXT_BYTES_MAX = 64 * 1024 };

/* --- Text blocks
 * -------------------------------------------------------------------------------------------------------- */

/* The field that people read: the last one of words; NULL: there is none. */
static const struct act_field *words_of(const struct act *a)
{
	const struct act_field *found = NULL;
	for (const struct act_field *field = a->fields; field->name; field++) {
		found = field->kind == ACT_WORDS ? field : found;
	}
	return found;
}

/* In the order of `languages`; the made-up one has no blocks. */
static const char *const in_language[LANG_COUNT] = {N_("{name}, in English"), N_("{name}, in Chinese"), ""};

struct act_block *act_blocks(struct req *r, const struct act *a, const struct case_facts *f, size_t *n)
{
	const struct service *s = f->service;
	bool has_words = !act_is_applicants(a) && words_of(a) != NULL;
	struct act_block *out = arena_new(&r->arena, struct act_block, s->text_block_n * LANG_COUNT + 1);
	*n = 0;
	for (size_t i = 0; out && has_words && i < s->text_block_n; i++) {
		for (size_t k = 0; k < LANG_COUNT; k++) {
			if (k != LANG_MADE_UP && s->text_blocks[i].text.in[k].n > 0) {
				out[(*n)++] = (struct act_block){
					.value = arena_printf(&r->arena, "%.*s.%s", STR_ARG(s->text_block_ids[i]), languages[k].tag),
					.label = CASE_SAY(r, in_language[k], TR_O("name", text_in(&s->text_blocks[i].term, r->lang))),
				};
			}
		}
	}
	return out;
}

static struct str filled_word(struct req *r, const struct case_facts *f, struct str word)
{
	const struct {
		const char *word;
		struct str value;
	} words[] = {
		{"applicant", f->applicant},
		{"number", f->c.number},
		{"service", text_in(&f->service->name, r->lang)},
		{"output", text_in(&f->service->output, r->lang)},
		{"promised", case_date(r, f, f->dates.promised, DATE_LONG)},
		{"today", case_date(r, f, f->today, DATE_LONG)},
		{"official", r->viewer->name},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_is(word, words[i].word)) {
			return words[i].value;
		}
	}
	return STR_EMPTY;
}

/* The block in its language; empty: there is no such. */
static struct str filled_block(struct req *r, const struct case_facts *f, struct str value)
{
	const struct service *s = f->service;
	struct str id, tag, page_lang = r->lang;
	struct buf b;
	buf_init(&b, TEXT_BYTES_MAX);
	(void)str_cut(value, '.', &id, &tag);
	const struct language *language = language_find(tag);
	for (size_t i = 0; language && i < s->text_block_n; i++) {
		struct str rest, before, word;
		if (!str_eq(s->text_block_ids[i], id)) {
			continue;
		}
		r->lang = str_of(language->tag); /* dates and names are those of the block's language */
		rest = text_in(&s->text_blocks[i].text, r->lang);
		for (bool is_more = true; is_more;) {
			is_more = str_cut(rest, '{', &before, &rest);
			buf_put(&b, before);
			if (is_more) {
				(void)str_cut(rest, '}', &word, &rest);
				buf_put(&b, filled_word(r, f, word));
			}
		}
		r->lang = page_lang;
	}
	return case_keep(r, &b);
}

struct params act_with_block(struct req *r, const struct act *a, const struct case_facts *f, const struct params *input)
{
	const struct act_field *field = words_of(a);
	struct str text = filled_block(r, f, act_value(input, "block"));
	struct params out = {arena_new(&r->arena, struct param, input->n + 1), 0};
	if (out.items == NULL || field == NULL) {
		return *input;
	}
	struct str old = act_value(input, field->name);
	for (size_t i = 0; i < input->n; i++) {
		if (!str_is(input->items[i].name, field->name)) {
			out.items[out.n++] = input->items[i];
		}
	}
	out.items[out.n++] = (struct param){
		str_of(field->name), old.n > 0 ? arena_printf(&r->arena, "%.*s\n%.*s", STR_ARG(old), STR_ARG(text)) : text};
	return out;
}

/* --- The letter
 * --------------------------------------------------------------------------------------------------------- */

bool act_letter(struct req *r, const struct act *a, struct case_facts *f, struct act_outcome *out)
{
	struct str outcome = req_form(r, "outcome"), ground = req_form(r, "ground"),
			   reason = str_trim(req_form(r, "reason"));
	bool is_refusal = str_is(outcome, "refuse");
	struct act_call call = {.r = r, .act = a, .f = f, .input = &r->form, .out = out};
	if (!is_refusal && !str_is(outcome, "grant")) {
		act_wrong(&call, "outcome", N_("Choose whether you grant or refuse."));
	}
	if (is_refusal && ground.n == 0) {
		act_wrong(&call, "ground", N_("Choose the ground on which you refuse."));
	}
	if (reason.n == 0) {
		act_wrong(&call, "reason", N_("Write at least one sentence: the applicant will read it."));
	}
	f->decision = (struct decision_get_out){.found = true,
	                                        .party = f->c.party,
	                                        .casefile = f->c.id,
	                                        .outcome = is_refusal ? OUTCOME_REFUSED : OUTCOME_GRANTED,
	                                        .ground = is_refusal ? ground : STR_EMPTY,
	                                        .reason = reason,
	                                        .decided_by = r->viewer->account,
	                                        .official = r->viewer->name,
	                                        .decided_at = time_legal_us(&r->app->time)};
	return out->error_n == 0;
}
