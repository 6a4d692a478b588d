/* "Next case": the one due first among those that wait for the reader and those that nobody has. One that nobody has is
 * taken; whoever comes second to it gets the one after. Pressed twice it leads to the same case: that is the reader's
 * then, and due first. */
#include "app/cases/acts.h"
#include "app/cases/desk.h"
#include "app/catalogue/office.h"
#include "app/desk/case_op.h"
#include "app/desk/look.h"
#include "app/desk/pages.h"
#include "app/page.h"

enum { LOOK_STEPS = 32, TRIES = 64 };

struct search {
	struct filter filter;
	const struct filter_reader *reader;
	int64_t not_this; /* the case that the reader comes from */
	struct queue_place after;
	struct queue_key found; /* casefile 0: none */
};

static bool find_first(struct tx *tx, void *ctx, struct err *e)
{
	struct search *s = ctx;
	struct queue_key keys[QUEUE_STEP];
	struct queue_way way = filter_way(&s->filter, s->reader);
	struct queue_place after = s->after;
	size_t n = QUEUE_STEP;
	s->found = (struct queue_key){0};
	for (int step = 0; step < LOOK_STEPS && n == QUEUE_STEP && s->found.at.casefile == 0; step++) {
		if (!queue_step(tx, &way, after, keys, &n, e)) {
			return false;
		}
		for (size_t i = 0; i < n; i++) {
			after = keys[i].at;
			if (after.casefile != s->not_this && filter_wants(&s->filter, s->reader, &keys[i])) {
				s->found = keys[i];
				return true;
			}
		}
	}
	return true;
}

static bool find(struct req *r, struct search *s, struct err *e)
{
	return store_read(r->app->store, s->reader->institution, &r->arena, find_first, s, e);
}

/* True with *is_taken: it is the reader's now. */
static bool take(struct req *r, int64_t id, bool *is_taken, struct err *e)
{
	struct store_op form, op;
	struct case_ref ref;
	struct case_facts f;
	struct act_outcome out;
	*is_taken = false;
	if (!desk_case_of(r, id, ACCESS_PURPOSE_COUNT, &ref, e)) {
		/* The reader's own: a colleague works on it. */
		return e->code == ERR_FORBIDDEN || e->code == ERR_NOT_FOUND;
	}
	if (!case_facts_to_act(r, ref.party, id, &f, e) || !app_op(r, r->viewer->account, &form, e)) {
		return false;
	}
	case_op(&form, &f, &op);
	if (!case_act(r, act_named(STR("take")), &f, &r->form, &op, &out, e)) {
		return false;
	}
	*is_taken = out.end == ACT_DONE;
	return true;
}

static bool go_to(struct req *r, int64_t id)
{
	return req_redirect(r, arena_printf(&r->arena, PATH_QUEUE "/%s", id_text(id).c));
}

bool desk_next_post(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	int64_t day, from = 0;
	if (at == NULL) {
		return false;
	}
	struct filter_reader reader;
	if (!look_reader(r, at, &reader, e)) {
		return false;
	}
	struct search mine = {
		.filter = {.tab = TAB_ME, .service = req_form(r, "service")}, .reader = &reader, .after = QUEUE_START};
	(void)id_parse(req_form(r, "case"), &from);
	mine.not_this = from;
	if (str_to_i64(req_form(r, "due"), &day) && day > INT32_MIN && day < INT32_MAX) {
		mine.after = (struct queue_place){(day_number)day, from};
	}
	struct search nobodys = mine;
	nobodys.filter.tab = TAB_NOBODY;
	nobodys.after = QUEUE_START;
	if (!find(r, &mine, e)) {
		return false;
	}
	for (int i = 0; i < TRIES; i++) {
		bool is_taken;
		if (!find(r, &nobodys, e)) {
			return false;
		}
		bool is_mine_first = mine.found.at.casefile != 0 &&
		                     (nobodys.found.at.casefile == 0 || mine.found.at.due <= nobodys.found.at.due);
		if (is_mine_first) {
			return go_to(r, mine.found.at.casefile);
		}
		if (nobodys.found.at.casefile == 0) {
			break;
		}
		if (!take(r, nobodys.found.at.casefile, &is_taken, e)) {
			return false;
		}
		if (is_taken) {
			return go_to(r, nobodys.found.at.casefile);
		}
		nobodys.after = nobodys.found.at;
	}
	return req_redirect(r, STR(PATH_QUEUE "?next=none"));
}
