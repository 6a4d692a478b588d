#include "app/enquiries/thread.h"

#include "app/enquiries/enquiries.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/json.h"
#include "html/translate.h"

struct load {
	int64_t party, id;
	struct thread *out;
	struct event_list events;
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct load *in = ctx;
	return enquiry_get(tx, &(struct enquiry_get_in){.party = in->party, .id = in->id}, &in->out->row, e) &&
	       (!in->out->row.found || event_list_of_case(tx, in->party, in->id, &in->events, e));
}

struct str thread_about(struct req *r, struct str service, int64_t institution)
{
	const struct service *s = service.n > 0 ? catalogue_service(r->app, service) : NULL;
	return s ? text_in(&s->name, r->lang) : service.n > 0 ? service : page_institution(r, institution);
}

bool thread_read(struct req *r, int64_t party, int64_t id, struct thread *out, struct err *e)
{
	struct load in = {.party = party, .id = id, .out = out};
	*out = (struct thread){0};
	if (!store_read(r->app->store, party, &r->arena, load, &in, e)) {
		return false;
	}
	if (!out->row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such enquiry");
	}
	out->said = arena_new(&r->arena, struct said_view, in.events.n + 1);
	for (size_t i = 0; out->said && i < in.events.n; i++) {
		const struct event *ev = &in.events.items[i];
		struct json *said = NULL;
		struct err erased; /* a person's words may be gone: the thread shows that something was said */
		if (!str_is(ev->room, ENQUIRY_ROOM)) {
			continue;
		}
		if (ev->personal_payload.n > 0 && !json_parse(&r->arena, ev->personal_payload, &said, &erased)) {
			said = NULL;
		}
		out->said[out->n++] = (struct said_view){
			.who = json_string(said, STR("name")),
			.when = page_moment(r, ev->effective_us),
			.at_us = ev->effective_us,
			.text = json_string(said, STR("text")),
			.is_office = str_is(ev->kind, ENQUIRY_KIND_ANSWERED),
		};
	}
	return out->said != NULL || err_set(e, ERR_MEMORY, "no memory for a thread");
}

void thread_fill(struct req *r, const struct thread *t, struct thread_view *v)
{
	v->about = thread_about(r, t->row.service, t->row.institution);
	v->office = page_institution(r, t->row.institution);
	v->is_answered = t->row.state == ENQUIRY_ANSWERED;
	v->items = t->said;
	v->n = t->n;
	v->csrf = r->csrf;
	v->op = req_new_op(r);
}

bool enquiry_words(struct req *r, struct enquiry_ref ref, bool is_desk, struct enquiry_words_view *out, struct err *e)
{
	struct thread t;
	*out = (struct enquiry_words_view){0};
	if (ref.id == 0 || (!is_desk && viewer_acts_for(r->viewer, ref.party) == NULL)) {
		return true;
	}
	if (!thread_read(r, ref.party, ref.id, &t, e)) {
		return e->code == ERR_NOT_FOUND;
	}
	out->href = arena_printf(&r->arena, "%s/%s", is_desk ? PATH_DESK_QUESTIONS : PATH_QUESTIONS, id_text(ref.id).c);
	out->who = is_desk && t.n > 0 ? t.said[0].who : STR_EMPTY;
	out->items = t.said;
	out->n = t.n;
	return true;
}

bool thread_text_is_right(struct req *r, struct str text, struct str *error)
{
	if (text.n == 0) {
		*error = tr(r->lang, N_("Write something."));
	} else if (str_runes(text) > ENQUIRY_CHARS) {
		*error = tr(r->lang, N_("Write at most 2,000 characters."));
	} else {
		return true;
	}
	return false;
}
