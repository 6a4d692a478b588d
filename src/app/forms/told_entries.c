/* Tell us once, for what repeats: each child, each employer that was told before is offered for one entry of a group.
 */
#include "app/forms/page_state.h"
#include "app/forms/told.h"

/* The first fact that a group asks for tells its things from each other: a child by its name. NULL: it asks for none.
 */
static const struct question *key_of(const struct question *group)
{
	for (size_t i = 0; i < group->question_n; i++) {
		if (group->questions[i].fact.n > 0) {
			return &group->questions[i];
		}
	}
	return NULL;
}

bool told_asks_entries(const struct question *q)
{
	return q->type == QUESTION_GROUP && key_of(q) != NULL;
}

static bool is_about_one(const struct question *group, const struct answers *x, const struct answers *y)
{
	const struct answer *a = answers_find(x, key_of(group)->id);
	const struct answer *b = answers_find(y, key_of(group)->id);
	if (!answer_is_given(a) || !answer_is_given(b) || a->value_n != b->value_n) {
		return false;
	}
	/* Of a name its first part, the whole; the others may be left out. */
	return str_eq(a->values[0], b->values[0]);
}

static const struct question *asked_in(const struct question *group, struct str id)
{
	for (size_t i = 0; i < group->question_n; i++) {
		if (str_eq(group->questions[i].id, id)) {
			return &group->questions[i];
		}
	}
	return NULL;
}

/* What these answers say about the facts that the group asks for, under its ids. `then`: the group that they were given
 * in; NULL: the application itself. */
static struct answers record_of(struct req *r, const struct open_draft *o, const struct question *group,
                                const struct service *s, const struct question *then, const struct answers *as)
{
	struct answers out = {.items = arena_new(&r->arena, struct answer, group->question_n + 1)};
	for (size_t i = 0; out.items != NULL && i < group->question_n; i++) {
		const struct question *q = &group->questions[i];
		for (size_t k = 0; q->fact.n > 0 && k < as->n; k++) {
			struct str id = as->items[k].question;
			const struct question *before = then ? asked_in(then, id) : service_question(s, id, NULL);
			struct answer a = as->items[k];
			a.question = q->id;
			if (before && before->type == q->type && str_eq(before->fact, q->fact) && told_is_right(r, o, q, &a)) {
				out.items[out.n++] = a;
				break;
			}
		}
	}
	return out;
}

static bool is_blank(const struct question *group, const struct answers *entry)
{
	for (size_t i = 0; i < group->question_n; i++) {
		if (group->questions[i].fact.n > 0 && answer_is_given(answers_find(entry, group->questions[i].id))) {
			return false;
		}
	}
	return true;
}

static bool is_offered_for(const struct told_list *l, const struct question *group, size_t entry)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].question == group && l->items[i].entry == entry) {
			return true;
		}
	}
	return false;
}

static bool is_known(const struct told_list *l, const struct question *group, const struct answer *own,
                     const struct answers *record)
{
	for (size_t i = 0; own != NULL && i < own->entry_n; i++) {
		if (is_about_one(group, &own->entries[i], record)) {
			return true;
		}
	}
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].question == group && is_about_one(group, &l->items[i].answer.entries[0], record)) {
			return true;
		}
	}
	return false;
}

/* For the first entry that says nothing yet and is offered nothing. */
static void offer(struct req *r, const struct open_draft *o, const struct question *group, struct answers record,
                  const struct told *from, struct told_list *l)
{
	const struct answer *own = answers_find(&o->all, group->id);
	size_t entry = 0;
	if (!answer_is_given(answers_find(&record, key_of(group)->id)) || is_known(l, group, own, &record)) {
		return;
	}
	while (is_offered_for(l, group, entry) ||
	       (own != NULL && entry < own->entry_n && !is_blank(group, &own->entries[entry]))) {
		entry++;
	}
	struct answers *one = (int64_t)entry < group->max ? arena_new(&r->arena, struct answers, 1) : NULL;
	if (one != NULL) {
		*one = record;
		l->items[l->n] = *from;
		l->items[l->n].question = group;
		l->items[l->n].entry = entry;
		l->items[l->n++].answer = (struct answer){.question = group->id, .entries = one, .entry_n = 1};
	}
}

void told_look_for_entries(struct req *r, const struct open_draft *o, const struct question *group,
                           const struct service *s, const struct answers *shown, const struct told *from,
                           struct told_list *l)
{
	for (size_t i = 0; i < shown->n; i++) {
		const struct answer *a = &shown->items[i];
		const struct question *then = a->entry_n > 0 ? service_question(s, a->question, NULL) : NULL;
		for (size_t k = 0; then != NULL && k < a->entry_n; k++) {
			offer(r, o, group, record_of(r, o, group, s, then, &a->entries[k]), from, l);
		}
	}
	offer(r, o, group, record_of(r, o, group, s, NULL, shown), from, l);
}

static struct field_state *field_of(struct form_state *f, const struct question *group, size_t entry,
                                    const struct question *q)
{
	for (size_t i = 0; i < f->n; i++) {
		struct field_state *item = &f->items[i];
		if (item->question == q && item->group == group && (group == NULL || item->entry == entry)) {
			return item;
		}
	}
	return NULL;
}

void told_use_entry(struct req *r, const struct told *t, const struct answers *shown, struct form_state *f)
{
	const struct question *group = t->question;
	const struct answers *one = &t->answer.entries[0];
	struct field_state *item = field_of(f, NULL, 0, group);
	while (item != NULL && item->entry <= t->entry && (int64_t)item->entry < group->max) {
		form_add_entry(r, f, item, shown);
	}
	for (size_t i = 0; i < one->n; i++) {
		const struct question *q = asked_in(group, one->items[i].question);
		struct field_state *field = field_of(f, group, t->entry, q);
		if (field != NULL) {
			value_to_typed(&r->arena, q, &one->items[i], &field->typed);
		}
	}
}

bool told_entry_is_filled(const struct told *t, struct form_state *f)
{
	for (size_t i = 0; i < t->question->question_n; i++) {
		const struct question *q = &t->question->questions[i];
		const struct field_state *field = q->fact.n > 0 ? field_of(f, t->question, t->entry, q) : NULL;
		if (field != NULL && !value_is_blank(q, &field->typed)) {
			return true;
		}
	}
	return false;
}

void told_put_entry(struct html_out *out, const struct told *t)
{
	const struct answers *one = &t->answer.entries[0];
	for (size_t i = 0; i < one->n; i++) {
		buf_put_c(out->to, i > 0 ? "<br>" : "");
		answer_put_html(out, asked_in(t->question, one->items[i].question), one);
	}
}
