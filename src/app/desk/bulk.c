/* The same act on many chosen cases: first the form, with what can be done to each now; then the answer, with what was
 * done to each. Every case is its own transaction with an event and an operation id of its own, derived from the
 * form's: the button pressed twice does nothing twice, and each can fail alone. They run on a few threads at once, so
 * that the store's batches carry many of them in one commit. */
#include <stdatomic.h>

#include "app/cases/acts.h"
#include "app/cases/desk.h"
#include "app/desk/bulk.html.h"
#include "app/desk/case_op.h"
#include "app/desk/pages.h"
#include "app/page.h"
#include "base/log.h"
#include "os/thread.h"

enum { BULK_THREADS = 8, BULK_STACK_BYTES = 1024 * 1024, BULK_ARENA_BYTES = 16 * 1024 * 1024 };

struct one {
	int64_t id;
	bool is_read; /* f is there */
	struct case_facts f;
	bool is_refused; /* why says it */
	struct err why;
	struct act_outcome out;
};

struct bulk {
	struct req *r;
	const struct act *act;
	struct store_op op; /* the form's */
	struct one cases[BULK_MOST];
	size_t n;
	_Atomic size_t next;
	bool is_only_asked; /* may it be done? */
};

struct worker {
	struct bulk *bulk;
	struct req r; /* as the request, with an arena of its own and no place among the handlers */
	struct thread thread;
};

/* --- One case
 * --------------------------------------------------------------------------------------------------------------- */

static bool do_one(struct bulk *b, struct req *r, struct one *o, struct err *e)
{
	struct store_op op;
	struct case_ref ref;
	if (!desk_case_of(r, o->id, ACCESS_PURPOSE_COUNT, &ref, e)) {
		return false;
	}
	/* The list names applicants: not to whose opinion alone is asked. */
	if (ref.part == AS_EXPERT) {
		return err_tell(e, ERR_NOT_FOUND, N_("Your office has no such case."), "asked for an opinion alone");
	}
	if (!case_facts_to_act(r, ref.party, o->id, &o->f, e)) {
		return false;
	}
	o->is_read = true;
	if (b->is_only_asked) {
		(void)case_act_may(r, b->act, &o->f, &o->out);
		return true;
	}
	case_op(&b->op, &o->f, &op);
	return case_act(r, b->act, &o->f, &b->r->form, &op, &o->out, e);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct bulk *b = w->bulk;
	store_thread_answers();
	for (size_t i; (i = atomic_fetch_add(&b->next, 1)) < b->n;) {
		struct one *o = &b->cases[i];
		o->is_refused = !do_one(b, &w->r, o, &o->why);
		if (o->is_refused && err_status(o->why.code) >= 500) {
			log_line(LOG_ERROR, "bulk", LOG_S("request", w->r.id), LOG_S("why", str_of(o->why.text)));
		}
	}
	return NULL;
}

/* All of them. What they say lives in the workers' arenas. */
static void do_all(struct bulk *b, struct worker workers[BULK_THREADS])
{
	for (size_t i = 0; i < BULK_THREADS; i++) {
		struct worker *w = &workers[i];
		struct err ignored;
		*w = (struct worker){.bulk = b, .r = *b->r};
		w->r.exchange = NULL;
		arena_init(&w->r.arena, BULK_ARENA_BYTES);
		/* One that cannot be started is missed by nobody: the first is this thread. */
		w->thread.is_started =
			i > 0 && i < b->n && thread_start(&w->thread, "bulk", BULK_STACK_BYTES, work, w, &ignored);
	}
	work(&workers[0]);
	for (size_t i = 1; i < BULK_THREADS; i++) {
		thread_join(&workers[i].thread);
	}
}

static void forget(struct worker workers[BULK_THREADS])
{
	for (size_t i = 0; i < BULK_THREADS; i++) {
		arena_release(&workers[i].r.arena);
	}
}

/* --- Pages
 * --------------------------------------------------------------------------------------------------------------------
 */

/* Those ticked, or all that stood on the page. */
static void read_cases(const struct params *input, struct bulk *b)
{
	bool is_all = str_is(act_value(input, "all"), "yes");
	for (size_t i = 0; i < input->n && b->n < BULK_MOST; i++) {
		int64_t id;
		bool is_named = str_is(input->items[i].name, "case") || (is_all && str_is(input->items[i].name, "here"));
		bool is_again = !is_named || !id_parse(input->items[i].value, &id);
		for (size_t k = 0; k < b->n && !is_again; k++) {
			is_again = b->cases[k].id == id;
		}
		if (!is_again) {
			b->cases[b->n++].id = id;
		}
	}
}

/* What was done to it, or why nothing was. */
static struct str outcome_of(struct req *r, const struct one *o, const char *done)
{
	if (o->is_refused) {
		return tr(r->lang, err_say(&o->why));
	}
	switch (o->out.end) {
	case ACT_DONE:
		return tr(r->lang, done);
	case ACT_INVALID:
		return o->out.error_n > 0 ? o->out.errors[0].text : STR_EMPTY;
	case ACT_CONFLICT:
	case ACT_FORBIDDEN:
		break;
	}
	return o->out.taken_by.n > 0 ? CASE_SAY(r, N_("{name} has this case."), TR_S("name", o->out.taken_by))
	       : o->out.why          ? tr(r->lang, o->out.why)
	                             : tr(r->lang, N_("It is not in a state in which this can be done."));
}

static void fill(const struct bulk *b, const char *done, struct bulk_view *v)
{
	struct req *r = b->r;
	struct bulk_line *lines = arena_new(&r->arena, struct bulk_line, b->n);
	v->r = r;
	v->act = b->act;
	v->title = tr(r->lang, b->act->title ? b->act->title : b->act->button);
	for (size_t i = 0; lines && i < b->n; i++) {
		const struct one *o = &b->cases[i];
		bool is_good = !o->is_refused && o->out.end == ACT_DONE;
		lines[v->n++] = (struct bulk_line){
			.id = arena_printf(&r->arena, "%s", id_text(o->id).c),
			.number = o->is_read ? arena_copy(&r->arena, o->f.c.number) : STR_EMPTY,
			.applicant = o->is_read ? arena_copy(&r->arena, o->f.applicant) : STR_EMPTY,
			.is_good = is_good,
			.text = arena_copy(&r->arena, outcome_of(r, o, done)),
		};
		v->good_n += is_good;
		v->f = v->f == NULL && is_good ? &o->f : v->f;
	}
	v->lines = lines;
}

static void put_form(struct bulk *b, const struct act_outcome *out)
{
	struct req *r = b->r;
	bool has_errors = out && out->error_n > 0;
	struct bulk_view v = {.input = has_errors ? &r->form : NULL, .out = out, .op = req_new_op(r)};
	struct html_out o;
	fill(b, N_("Can be done now."), &v);
	/* The fields' choices are those of the first of them: of its service. */
	v.f = v.f ? v.f : b->n > 0 && b->cases[0].is_read ? &b->cases[0].f : NULL;
	page_begin(r, &o,
	           &(struct page){.title = v.title,
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_NOTE,
	                          .has_errors = has_errors,
	                          .back_href = STR(PATH_QUEUE)});
	if (has_errors) {
		r->status = err_status(ERR_INVALID);
		form_errors(&o, out->errors, out->error_n);
	}
	bulk_form_page(&o, &v);
	page_end(r, &o);
}

static void put_answer(struct bulk *b)
{
	struct req *r = b->r;
	struct bulk_view v = {0};
	struct html_out o;
	fill(b, N_("Done."), &v);
	page_begin(
		r, &o,
		&(struct page){
			.title = v.title, .current = NAV_QUEUE, .is_desk = true, .width = PAGE_NOTE, .back_href = STR(PATH_QUEUE)});
	bulk_answer_page(&o, &v);
	page_end(r, &o);
}

static bool begin(struct req *r, const struct params *input, struct str name, struct bulk **out,
                  struct worker **workers, struct err *e)
{
	struct bulk *b = *out = arena_new(&r->arena, struct bulk, 1);
	*workers = arena_new(&r->arena, struct worker, BULK_THREADS);
	if (b == NULL || *workers == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for many cases");
	}
	b->r = r;
	b->act = act_named(name);
	if (b->act == NULL || !b->act->is_for_many) {
		return err_set(e, ERR_NOT_FOUND, "no act that is for many");
	}
	read_cases(input, b);
	return b->n > 0 || err_tell(e, ERR_BAD_INPUT, N_("Choose at least one case in the queue first."), "no case chosen");
}

bool desk_bulk_get(struct req *r, struct err *e)
{
	struct bulk *b;
	struct worker *workers;
	if (!begin(r, &r->query, req_query(r, "do"), &b, &workers, e)) {
		return false;
	}
	b->is_only_asked = true;
	do_all(b, workers);
	put_form(b, NULL);
	forget(workers);
	return true;
}

bool desk_bulk_post(struct req *r, struct err *e)
{
	struct bulk *b;
	struct worker *workers;
	if (!begin(r, &r->form, req_form(r, "do"), &b, &workers, e) || !app_op(r, r->viewer->account, &b->op, e)) {
		return false;
	}
	do_all(b, workers);
	/* What was typed suits none of them: it is put right once, for all. */
	size_t wrong = 0;
	for (size_t i = 0; i < b->n; i++) {
		wrong += !b->cases[i].is_refused && b->cases[i].out.end == ACT_INVALID;
	}
	if (wrong == b->n) {
		put_form(b, &b->cases[0].out);
	} else {
		put_answer(b);
	}
	forget(workers);
	return true;
}
