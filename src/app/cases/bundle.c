#include "app/cases/bundle.h"

#include "app/cases/cases.html.h"
#include "app/cases/facts.h"
#include "app/forms/page_state.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/typed_code.h"

enum { PARTS_MAX = 20, ANSWERS_BYTES_MAX = 1024 * 1024 };

/* --- Sending ----------------------------------------------------------------------------------------------------- */

struct given { /* a paper of the whole, for a part */
	const struct file_row *file;
	struct str question;
};

struct part {
	struct case_birth birth;
	struct draft_part draft;
	struct answers answers;
	struct given *given;
	size_t given_n;
	struct str after; /* places, with spaces between; empty: it begins at once */
	struct casefile_insert_in row;
	struct case_submit submit;
};

struct sending {
	const struct draft *draft;
	const struct service *whole;
	struct str applicant;
	const struct intake *intake;
	struct part *parts;
	size_t n;
};

/* A paper that an earlier part makes is named by that part's number. */
static struct str number_of_maker(const struct sending *in, size_t member, const struct question *q)
{
	const struct evidence *ev = service_evidence(in->whole->members[member].service, q->evidence);
	for (size_t i = 0; ev && i < member; i++) {
		if (str_eq(in->whole->members[i].service->issues_document, ev->document)) {
			return in->parts[i].birth.number;
		}
	}
	return STR_EMPTY;
}

static bool set_one(struct arena *a, struct answers *as, struct str question, struct str value, struct err *e)
{
	struct str *values = arena_new(a, struct str, 1);
	if (values == NULL) {
		return err_set(e, ERR_MEMORY, "no room for an answer");
	}
	*values = value;
	return answers_set(a, as, &(struct answer){.question = question, .values = values, .value_n = 1}, e);
}

static bool take_answers(struct req *r, const struct sending *in, size_t member, const struct answers *shown,
                         const struct file_list *files, struct err *e)
{
	struct part *p = &in->parts[member];
	const struct service *s = in->whole->members[member].service;
	p->given = arena_new(&r->arena, struct given, files->n + 1);
	for (size_t i = 0; p->given && i < s->page_n; i++) {
		for (size_t k = 0; k < s->pages[i].question_n; k++) {
			const struct question *q = &s->pages[i].questions[k];
			struct str asked = bundle_asked_as(in->whole, member, q->id);
			const struct answer *a = answers_find(shown, asked);
			struct answer own = a ? *a : (struct answer){0};
			own.question = q->id;
			if (a && !answers_set(&r->arena, &p->answers, &own, e)) {
				return false;
			}
			if (asked.n == 0 && !set_one(&r->arena, &p->answers, q->id, number_of_maker(in, member, q), e)) {
				return false;
			}
			for (size_t f = 0; q->type == QUESTION_FILES && f < files->n; f++) {
				if (!files->items[f].is_replaced && str_eq(files->items[f].question, asked)) {
					p->given[p->given_n++] = (struct given){&files->items[f], q->id};
				}
			}
		}
	}
	return p->given != NULL || err_set(e, ERR_MEMORY, "no room for papers");
}

/* Conditions of the part itself see its own answers. */
static bool keep_answers(struct req *r, const struct service *s, struct part *p, const struct file_list *files,
                         struct err *e)
{
	struct answers shown;
	struct buf b;
	struct file_list own = {.held = files->held, .held_n = files->held_n};
	own.items = arena_new(&r->arena, struct file_row, p->given_n + 1);
	for (size_t i = 0; own.items && i < p->given_n; i++) {
		own.items[own.n] = *p->given[i].file;
		own.items[own.n++].question = p->given[i].question;
	}
	buf_init(&b, ANSWERS_BYTES_MAX);
	bool ok = own.items != NULL && answers_shown(&r->arena, s, &p->answers, &shown, NULL) &&
	          case_note_held(&r->arena, s, &shown, &own, form_today(r->app, s));
	if (ok) {
		answers_put_json(&b, &shown);
	}
	p->birth.answers = case_keep(r, &b);
	return (ok && p->birth.answers.n > 0) || err_set(e, ERR_MEMORY, "no room for answers");
}

/* "0 2": the places of those that it waits for, as far as they are offered. */
static struct str places(struct req *r, const struct service *whole, const struct bundle_member *m)
{
	struct buf b;
	buf_init(&b, 200);
	for (size_t i = 0; i < whole->member_n; i++) {
		for (size_t k = 0; k < m->after_n; k++) {
			if (str_eq(whole->members[i].service->id, m->after[k])) {
				buf_printf(&b, "%s%zu", b.n > 0 ? " " : "", i);
			}
		}
	}
	return case_keep(r, &b);
}

static bool prepare(struct req *r, const struct sending *in, size_t i, const struct answers *shown,
                    const struct file_list *files, struct err *e)
{
	struct part *p = &in->parts[i];
	const struct bundle_member *m = &in->whole->members[i];
	p->birth = (struct case_birth){
		.channel = in->draft->channel,
		.party = in->draft->party,
		.id = id_in_time(time_legal_us(&r->app->time)),
		.bundle = in->draft->id,
		.submitted_by = r->viewer->account,
		.applicant = in->applicant,
		.intake = in->intake,
	};
	p->after = places(r, in->whole, m);
	if (!case_birth_of(r->app, m->service, &p->birth, e) || !case_birth_number(r->app, &r->arena, &p->birth, e) ||
	    !take_answers(r, in, i, shown, files, e) || !keep_answers(r, m->service, p, files, e)) {
		return false;
	}
	p->draft = (struct draft_part){
		.party = in->draft->party,
		.id = p->birth.id,
		.begun_by = r->viewer->account,
		.state = p->after.n > 0 ? DRAFT_WAITING : DRAFT_SUBMITTED,
		.service = m->service,
		.answers_json = p->birth.answers,
		.channel = in->draft->channel,
	};
	if (!case_birth_fill(r->app, &r->arena, &p->birth, time_legal_us(&r->app->time), &p->row, &p->submit, e)) {
		return false;
	}
	p->submit.is_joint = i > 0;
	p->submit.draft_version = in->draft->version; /* that the applicant confirmed, where an official took it in */
	return true;
}

static bool add_part(struct tx *tx, const struct sending *in, size_t n, struct err *e)
{
	const struct part *p = &in->parts[n];
	const struct case_birth *b = &p->birth;
	if (!draft_part_add(tx, &p->draft, e) || !bundle_part_insert(tx,
	                                                             &(struct bundle_part_insert_in){
																	 .party = b->party,
																	 .bundle = b->bundle,
																	 .n = (int64_t)n,
																	 .casefile = b->id,
																	 .service = b->service,
																	 .state = p->after.n > 0 ? PART_WAITS : PART_BEGUN,
																	 .after = p->after,
																	 .number = b->number,
																	 .receipt_code = b->code,
																	 .institution = b->institution,
																	 .applicant = b->applicant,
																	 .submitted_by = b->submitted_by,
																 },
	                                                             e)) {
		return false;
	}
	for (size_t i = 0; i < p->given_n; i++) {
		if (!file_give(tx, p->given[i].file, b->id, p->given[i].question, e)) {
			return false;
		}
	}
	return (in->intake == NULL || intake_begin(tx, in->intake, b->id, e)) &&
	       (p->after.n > 0 || case_begin(tx, &p->submit, e));
}

/* The root is the draft of the whole: it is sent once. */
static bool submit_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct sending *in = ctx;
	const struct draft *d = in->draft;
	if (!draft_submit(tx, d->party, d->id, d->version, e) ||
	    !bundle_insert(tx,
	                   &(struct bundle_insert_in){.party = d->party,
	                                              .id = d->id,
	                                              .name = in->whole->id,
	                                              .definition = str_from(d->definition, SHA256_BYTES),
	                                              .submitted_at = tx_now_us(tx)},
	                   e)) {
		return false;
	}
	for (size_t i = 0; i < in->n; i++) {
		if (!add_part(tx, in, i, e)) {
			return false;
		}
	}
	tx_result(tx, 0, d->id);
	return true;
}

static bool go_to_steps(struct req *r, int64_t id)
{
	return req_redirect(r, arena_printf(&r->arena, "/cases/%s/steps", id_text(id).c));
}

bool bundle_submit(struct req *r, const struct bundle_sent *what, struct err *e)
{
	struct answers shown;
	struct store_op op;
	const struct service *s = what->whole;
	struct sending in = {.draft = what->draft,
	                     .whole = s,
	                     .applicant = what->applicant,
	                     .intake = what->intake,
	                     .parts = arena_new(&r->arena, struct part, s->member_n)};
	if (in.parts == NULL || !answers_shown(&r->arena, s, what->all, &shown, NULL)) {
		return err_set(e, ERR_MEMORY, "no room for a bundle");
	}
	for (; in.n < s->member_n; in.n++) {
		if (!prepare(r, &in, in.n, &shown, what->files, e)) {
			return false;
		}
	}
	return app_op(r, what->draft->party, &op, e) && app_write(r, &op, submit_job, &in, e);
}

/* --- Going on ---------------------------------------------------------------------------------------------------- */

struct parts {
	struct bundle_part_list_out items[PARTS_MAX];
	size_t n;
};

static bool read_parts(struct tx *tx, int64_t party, int64_t bundle, struct parts *out, struct err *e)
{
	struct bundle_part_list_rows rows;
	out->n = 0;
	if (!bundle_part_list_open(tx, &(struct bundle_part_list_in){.party = party, .bundle = bundle}, &rows, e)) {
		return false;
	}
	while (out->n < PARTS_MAX && bundle_part_list_next(&rows, &out->items[out->n])) {
		out->n++;
	}
	return bundle_part_list_close(&rows, e);
}

/* What the parts that this one waits for have come to: begun when all were granted, stopped when one was not. */
static bool turn_of(struct tx *tx, int64_t party, const struct parts *all, size_t at, enum part_state *out,
                    struct err *e)
{
	struct str rest = all->items[at].after, place;
	*out = PART_BEGUN;
	while (str_next(&rest, ' ', &place)) {
		uint64_t n;
		if (!str_to_u64(place, &n) || n >= at) {
			return err_set(e, ERR_CORRUPT, "a part of a bundle waits for one that is not before it");
		}
		const struct bundle_part_list_out *p = &all->items[n];
		struct casefile_get_out c = {0};
		if (p->state == PART_BEGUN &&
		    !casefile_get(tx, &(struct casefile_get_in){.party = party, .id = p->casefile}, &c, e)) {
			return false;
		}
		bool is_closed = c.found && case_is_ended(c.state);
		if (p->state == PART_STOPPED || (is_closed && c.outcome != OUTCOME_GRANTED)) {
			*out = PART_STOPPED;
			return true;
		}
		if (!is_closed) {
			*out = PART_WAITS;
		}
	}
	return true;
}

static bool begin_part(struct tx *tx, struct app *app, int64_t party, int64_t bundle,
                       const struct bundle_part_list_out *p, struct err *e)
{
	struct draft d;
	struct casefile_insert_in row;
	struct case_submit submit;
	if (!draft_get(tx, party, p->casefile, &d, e)) {
		return false;
	}
	struct case_birth birth = {
		.party = party,
		.id = p->casefile,
		.bundle = bundle,
		.submitted_by = p->submitted_by,
		.service = p->service,
		.definition = str_from(d.definition, SHA256_BYTES),
		.institution = p->institution,
		.number = p->number,
		.code = p->receipt_code,
		.answers = d.answers_json,
		.applicant = p->applicant,
		.channel = d.channel,
	};
	const struct service *s;
	if (!catalogue_definition(app, d.definition, &s, e)) {
		return false;
	}
	birth.clock = s->clock;
	birth.step_limits = s->step_limits;
	if (!case_birth_fill(app, tx_arena(tx), &birth, tx_now_us(tx), &row, &submit, e)) {
		return false;
	}
	submit.is_joint = true;
	return draft_wait_end(tx, party, p->casefile, e) && case_begin(tx, &submit, e);
}

bool bundle_go_on(struct tx *tx, struct app *app, int64_t party, int64_t bundle, struct err *e)
{
	struct parts *all = arena_new(tx_arena(tx), struct parts, 1);
	if (all == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a bundle");
	}
	if (!bundle_touch(tx, &(struct bundle_touch_in){.party = party, .id = bundle}, e) ||
	    !read_parts(tx, party, bundle, all, e)) {
		return false;
	}
	for (size_t i = 0; i < all->n; i++) {
		struct bundle_part_list_out *p = &all->items[i];
		enum part_state now;
		if (p->state != PART_WAITS) {
			continue;
		}
		if (!turn_of(tx, party, all, i, &now, e)) {
			return false;
		}
		if (now == PART_WAITS) {
			continue;
		}
		p->state = now;
		if (!(now == PART_BEGUN ? begin_part(tx, app, party, bundle, p, e)
		                        : draft_give_back(tx, app, party, p->casefile, e)) ||
		    !bundle_part_set(
				tx, &(struct bundle_part_set_in){.state = now, .party = party, .bundle = bundle, .n = p->n}, e)) {
			return false;
		}
	}
	return true;
}

/* --- Its page ---------------------------------------------------------------------------------------------------- */

struct steps_load {
	int64_t party, bundle;
	struct bundle_get_out row;
	struct parts parts;
	struct casefile_get_out cases[PARTS_MAX];
	bool is_kept[PARTS_MAX]; /* a draft that was given back, and is there still */
};

static bool steps_job(struct tx *tx, void *ctx, struct err *e)
{
	struct steps_load *in = ctx;
	if (!bundle_get(tx, &(struct bundle_get_in){.party = in->party, .id = in->bundle}, &in->row, e) ||
	    (in->row.found && !read_parts(tx, in->party, in->bundle, &in->parts, e))) {
		return false;
	}
	for (size_t i = 0; in->row.found && i < in->parts.n; i++) {
		if (!casefile_get(tx, &(struct casefile_get_in){.party = in->party, .id = in->parts.items[i].casefile},
		                  &in->cases[i], e)) {
			return false;
		}
	}
	for (size_t i = 0; in->row.found && i < in->parts.n; i++) {
		struct draft d;
		struct err why = {0};
		if (in->parts.items[i].state != PART_STOPPED) {
			continue;
		}
		in->is_kept[i] = draft_get(tx, in->party, in->parts.items[i].casefile, &d, &why);
		if (!in->is_kept[i] && why.code != ERR_NOT_FOUND) {
			*e = why;
			return false;
		}
	}
	return in->row.found || err_tell(e, ERR_NOT_FOUND, N_("You have no such case."), "no such bundle of this party");
}

static bool find_bundle(struct req *r, int64_t id, struct steps_load *in, struct err *e)
{
	for (size_t i = r->viewer->party_n; i-- > 0;) {
		in->party = r->viewer->parties[i].party;
		in->bundle = id;
		if (store_read(r->app->store, in->party, &r->arena, steps_job, in, e)) {
			return true;
		}
		if (e->code != ERR_NOT_FOUND) {
			return false;
		}
	}
	return false;
}

static bool fill_step(struct req *r, const struct steps_load *in, size_t i, struct bundle_step *out, struct err *e)
{
	const struct bundle_part_list_out *p = &in->parts.items[i];
	const struct casefile_get_out *c = &in->cases[i];
	const struct service *whole;
	if (!catalogue_definition(r->app, (const uint8_t *)in->row.definition.p, &whole, e)) {
		return false;
	}
	*out = (struct bundle_step){.number = p->number, .name = p->service};
	for (size_t k = 0; k < whole->member_n; k++) {
		if (str_eq(whole->members[k].service->id, p->service)) {
			out->name = text_in(&whole->members[k].service->name, r->lang);
		}
	}
	struct case_tag tag =
		c->found ? case_tag(c->state, c->outcome, false) : (struct case_tag){TAG_WAIT, N_("Waits for its turn")};
	out->sign = tag.sign;
	out->state = tr(r->lang, tag.msgid);
	if (c->found) {
		out->href = arena_printf(&r->arena, "/cases/%s", id_text(p->casefile).c);
		out->is_done = case_is_ended(c->state);
	} else if (p->state == PART_STOPPED) {
		out->sign = TAG_FIX;
		out->state = tr(r->lang, N_("Not sent"));
		out->href = in->is_kept[i] ? arena_printf(&r->arena, "/draft/%s", id_text(p->casefile).c) : STR_EMPTY;
		out->text = tr(r->lang,
		               in->is_kept[i]
		                   ? N_("What it needed was refused. Your answers are kept: you can change and send it.")
		                   : N_("What it needed was refused, and it was not sent by itself. It is not kept any more."));
	} else {
		out->text =
			tr(r->lang, N_("It begins by itself when the steps before it are granted. You need to do nothing."));
	}
	return true;
}

bool bundle_redirect(struct req *r, int64_t id, struct err *e)
{
	struct steps_load *in = arena_new(&r->arena, struct steps_load, 1);
	if (in == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a bundle");
	}
	return find_bundle(r, id, in, e) && go_to_steps(r, id);
}

bool bundle_steps_get(struct req *r, struct err *e)
{
	int64_t id;
	struct steps_load *in = arena_new(&r->arena, struct steps_load, 1);
	struct bundle_step *steps = arena_new(&r->arena, struct bundle_step, PARTS_MAX);
	const struct service *whole;
	if (in == NULL || steps == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a bundle");
	}
	if (!req_arg_id(r, 0, &id, e) || !find_bundle(r, id, in, e) ||
	    !catalogue_definition(r->app, (const uint8_t *)in->row.definition.p, &whole, e)) {
		return false;
	}
	struct bundle_view v = {
		.name = text_in(&whole->name, r->lang),
		.party = viewer_acts_for(r->viewer, in->party)->name,
		.steps = steps,
	};
	for (; v.n < in->parts.n; v.n++) {
		if (!fill_step(r, in, v.n, &steps[v.n], e)) {
			return false;
		}
		v.done += steps[v.n].is_done;
	}
	struct html_out o;
	struct nav_item trail[] = {{.href = STR(PATH_CASES), .text = tr(r->lang, N_("My cases"))}};
	page_begin(r, &o,
	           &(struct page){.title = v.name, .current = NAV_CASES, .width = PAGE_NOTE, .trail = trail, .trail_n = 1});
	bundle_steps_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- For who took it in ------------------------------------------------------------------------------------------- */

static struct str typed_code_of(struct req *r, struct str code)
{
	char typed[RECEIPT_TYPED_CHARS + 1];
	struct buf b;
	buf_init(&b, 64);
	if (code.n == RECEIPT_CODE_BYTES) {
		receipt_typed(r->app, (const uint8_t *)code.p, typed);
		typed_code_put(&b, str_of(typed));
	}
	return case_keep(r, &b);
}

bool bundle_taken_read(struct req *r, int64_t party, int64_t id, struct bundle_taken *out, struct err *e)
{
	struct steps_load *in = arena_new(&r->arena, struct steps_load, 1);
	struct bundle_taken_part *parts = arena_new(&r->arena, struct bundle_taken_part, PARTS_MAX);
	const struct service *whole;
	if (in == NULL || parts == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a bundle");
	}
	in->party = party;
	in->bundle = id;
	if (!store_read(r->app->store, party, &r->arena, steps_job, in, e) ||
	    !catalogue_definition(r->app, (const uint8_t *)in->row.definition.p, &whole, e)) {
		return false;
	}
	*out = (struct bundle_taken){.name = text_in(&whole->name, r->lang), .parts = parts, .n = in->parts.n};
	for (size_t i = 0; i < in->parts.n; i++) {
		const struct bundle_part_list_out *p = &in->parts.items[i];
		struct bundle_step step;
		if (!fill_step(r, in, i, &step, e)) {
			return false;
		}
		out->channel = in->cases[i].found ? in->cases[i].channel : out->channel;
		parts[i] = (struct bundle_taken_part){.service = step.name,
		                                      .number = p->number,
		                                      .code = typed_code_of(r, p->receipt_code),
		                                      .is_begun = in->cases[i].found,
		                                      .promised = in->cases[i].due_day,
		                                      .legal = in->cases[i].legal_day};
	}
	return true;
}

/* --- For "My cases" ---------------------------------------------------------------------------------------------- */

bool bundles_of(struct tx *tx, int64_t party, struct bundle_line **out, size_t *n, struct err *e)
{
	struct bundle_of_party_rows rows;
	struct bundle_of_party_out row;
	struct parts *parts = arena_new(tx_arena(tx), struct parts, 1);
	*n = 0;
	*out = arena_new(tx_arena(tx), struct bundle_line, BUNDLES_MOST);
	if (*out == NULL || parts == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for bundles");
	}
	if (!bundle_of_party_open(tx, &(struct bundle_of_party_in){.most = BUNDLES_MOST, .party = party}, &rows, e)) {
		return false;
	}
	while (*n < BUNDLES_MOST && bundle_of_party_next(&rows, &row)) {
		struct bundle_line *l = &(*out)[(*n)++];
		*l = (struct bundle_line){.id = row.id, .name = row.name};
		if (row.definition.n == SHA256_BYTES) {
			memcpy(l->definition, row.definition.p, SHA256_BYTES);
		}
	}
	if (!bundle_of_party_close(&rows, e)) {
		return false;
	}
	for (size_t i = 0; i < *n; i++) {
		struct bundle_line *l = &(*out)[i];
		if (!read_parts(tx, party, l->id, parts, e)) {
			return false;
		}
		l->all = (int64_t)parts->n;
		for (size_t k = 0; k < parts->n; k++) {
			l->begun += parts->items[k].state == PART_BEGUN;
		}
	}
	return true;
}
