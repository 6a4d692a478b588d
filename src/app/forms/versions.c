#include "app/forms/versions.h"

#include "base/digest.h"
#include "html/translate.h"

enum { MARK = 8 };

/* --- Two devices ------------------------------------------------------------------------------------------------- */

static void put_mark(struct buf *to, struct str question, const struct answer *a)
{
	static const struct answer none;
	struct answer one = a ? *a : none;
	struct answers as = {.items = &one, .n = 1};
	uint8_t digest[SHA256_BYTES];
	struct buf json;
	one.question = question;
	buf_init(&json, 1024 * 1024);
	answers_put_json(&json, &as);
	sha256_of(buf_str(&json), digest);
	buf_put_hex(to, digest, MARK / 2);
	buf_release(&json);
}

struct str page_marks(struct arena *a, const struct form_page *p, const struct answers *as)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	for (size_t i = 0; i < p->question_n; i++) {
		put_mark(&b, p->questions[i].id, answers_find(as, p->questions[i].id));
	}
	struct str marks = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return marks;
}

static bool is_taken(struct req *r, struct str question)
{
	for (size_t i = 0; i < r->form.n; i++) {
		if (str_is(r->form.items[i].name, "take") && str_eq(r->form.items[i].value, question)) {
			return true;
		}
	}
	return false;
}

/* As stored: in the answers, and in the field when the page is shown again. */
static void take_theirs(struct req *r, struct field_state *item, const struct answers *stored, struct answers *as)
{
	const struct question *q = item->question;
	const struct answer *theirs = answers_find(stored, q->id);
	struct answer none = {.question = q->id};
	item->fault.say = STR_EMPTY;
	value_to_typed(&r->arena, q, theirs, &item->typed);
	(void)!answers_set(&r->arena, as, theirs ? theirs : &none, NULL);
}

static void show_both(struct req *r, struct field_state *item, const struct answers *stored)
{
	struct buf b;
	buf_init(&b, 256 * 1024);
	answer_put_plain(&b, r->lang, item->question, stored);
	item->other = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	item->fault = (struct value_fault){
		.say = tr(r->lang, N_("This was answered on another device meanwhile. Compare both and choose."))};
}

size_t page_conflicts(struct req *r, struct form_state *f, struct str seen, const struct answers *stored,
                      struct answers *as)
{
	const struct form_page *p = f->page;
	struct str sent = page_marks(&r->arena, p, as);
	struct str now = page_marks(&r->arena, p, stored);
	size_t n = 0;
	if (seen.n != p->question_n * MARK || sent.n != seen.n || now.n != seen.n) {
		return 0;
	}
	for (size_t i = 0; i < f->n; i++) {
		struct field_state *item = &f->items[i];
		const struct question *q = item->question;
		if (item->group != NULL || q->type == QUESTION_FILES) {
			continue;
		}
		size_t at = (size_t)(q - p->questions) * MARK;
		struct str was = str_sub(seen, at, MARK);
		struct str theirs = str_sub(now, at, MARK);
		struct str ours = str_sub(sent, at, MARK);
		bool is_bad = item->fault.say.n > 0;
		if (is_taken(r, q->id)) {
			take_theirs(r, item, stored, as);
		} else if (str_eq(was, theirs) || (str_eq(ours, theirs) && !is_bad)) {
			continue; /* nobody else was here, or both wrote the same */
		} else if (str_eq(was, ours) && !is_bad) {
			take_theirs(r, item, stored, as);
		} else {
			show_both(r, item, stored);
			n++;
		}
	}
	return n;
}

/* --- Two versions of the service --------------------------------------------------------------------------------- */

/* By its id of today, or by the one it had; only the same kind of answer fits. */
static const struct question *find_new(const struct question *list, size_t n, const struct question *old)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(list[i].id, old->id) || str_eq(list[i].was, old->id)) {
			bool is_text = (list[i].type == QUESTION_TEXT || list[i].type == QUESTION_LONG_TEXT) &&
			               (old->type == QUESTION_TEXT || old->type == QUESTION_LONG_TEXT);
			return list[i].type == old->type || is_text ? &list[i] : NULL;
		}
	}
	return NULL;
}

static const struct question *find_in_service(const struct service *s, const struct question *old)
{
	for (size_t i = 0; i < s->page_n; i++) {
		const struct question *q = find_new(s->pages[i].questions, s->pages[i].question_n, old);
		if (q != NULL) {
			return q;
		}
	}
	return NULL;
}

static bool is_same_kind(const struct question *q, const struct question *old)
{
	return find_new(q, 1, &(struct question){.id = q->id, .type = old->type}) != NULL;
}

/* A bundle asks one question for several services: what became of it in any of them. */
static const struct question *find_for_member(const struct service *member, const struct service *to,
                                              const struct question *own)
{
	if (to->member_n == 0) {
		return str_eq(to->id, member->id) ? find_in_service(to, own) : NULL;
	}
	for (size_t i = 0; i < to->member_n; i++) {
		const struct service *s = to->members[i].service;
		const struct question *q = str_eq(s->id, member->id) ? find_in_service(s, own) : NULL;
		if (q != NULL) {
			return service_question(to, bundle_asked_as(to, i, q->id), NULL);
		}
	}
	return NULL;
}

const struct question *question_migrated(const struct service *from, const struct service *to,
                                         const struct question *old)
{
	if (from->member_n == 0) {
		return find_in_service(to, old);
	}
	for (size_t i = 0; i < from->alias_n; i++) {
		const struct bundle_alias *alias = &from->aliases[i];
		const struct service *member = from->members[alias->member].service;
		const struct question *own =
			str_eq(alias->asked, old->id) ? service_question(member, alias->question, NULL) : NULL;
		const struct question *q = own ? find_for_member(member, to, own) : NULL;
		if (q != NULL && is_same_kind(q, old)) {
			return q;
		}
	}
	return NULL;
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

/* Choices that are offered no more are left out; *is_whole false then. */
static bool carry_values(struct arena *a, const struct question *to, const struct answer *from, struct answer *out,
                         bool *is_whole)
{
	bool has_choices = to->type == QUESTION_ONE_OF || to->type == QUESTION_SEVERAL_OF;
	*out = (struct answer){.question = to->id, .values = arena_new(a, struct str, from->value_n + 1)};
	for (size_t i = 0; out->values != NULL && i < from->value_n; i++) {
		if (!has_choices || has_choice(to, from->values[i])) {
			out->values[out->value_n++] = from->values[i];
		} else {
			*is_whole = false;
		}
	}
	return out->values != NULL;
}

static bool carry_entries(struct arena *a, const struct question *old, const struct question *to,
                          const struct answer *from, struct answer *out, bool *is_whole)
{
	*out = (struct answer){.question = to->id, .entries = arena_new(a, struct answers, from->entry_n + 1)};
	for (size_t i = 0; out->entries != NULL && i < from->entry_n; i++) {
		struct answers *entry = &out->entries[out->entry_n++];
		entry->items = arena_new(a, struct answer, from->entries[i].n + 1);
		for (size_t k = 0; entry->items != NULL && k < old->question_n; k++) {
			const struct answer *inner = answers_find(&from->entries[i], old->questions[k].id);
			const struct question *q = find_new(to->questions, to->question_n, &old->questions[k]);
			if (inner == NULL || entry->n == from->entries[i].n) {
				continue;
			}
			if (q == NULL) {
				*is_whole = false;
			} else if (carry_values(a, q, inner, &entry->items[entry->n], is_whole)) {
				entry->n += answer_is_given(&entry->items[entry->n]);
			}
		}
	}
	return out->entries != NULL;
}

bool answers_migrate(struct arena *a, const struct service *from, const struct service *to, const struct answers *as,
                     struct answers *out, struct answers *lost, struct err *e)
{
	*out = (struct answers){.items = arena_new(a, struct answer, as->n + 1)};
	*lost = (struct answers){.items = arena_new(a, struct answer, as->n + 1)};
	if (out->items == NULL || lost->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	for (size_t i = 0; i < as->n; i++) {
		const struct answer *one = &as->items[i];
		const struct question *old = service_question(from, one->question, NULL);
		const struct question *q = old ? question_migrated(from, to, old) : NULL;
		bool is_whole = q != NULL;
		struct answer carried;
		bool ok = q == NULL || (q->type == QUESTION_GROUP ? carry_entries(a, old, q, one, &carried, &is_whole)
		                                                  : carry_values(a, q, one, &carried, &is_whole));
		if (!ok) {
			return err_set(e, ERR_MEMORY, "no room for answers");
		}
		if (q != NULL && answer_is_given(&carried)) {
			out->items[out->n++] = carried;
		}
		if (!is_whole && old != NULL && answer_is_given(one)) {
			lost->items[lost->n++] = *one;
		}
	}
	return !a->is_full || err_set(e, ERR_MEMORY, "no room for answers");
}
