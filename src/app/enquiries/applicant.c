/* Who asks: the question, the thread, and the way from it to an application. */
#include "app/enquiries/enquiries.h"
#include "app/enquiries/enquiries.html.h"
#include "app/enquiries/thread.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "html/translate.h"

static int64_t own_party(const struct req *r)
{
	return r->viewer->parties[0].party;
}

static struct str path_of(struct req *r, int64_t id)
{
	return arena_printf(&r->arena, PATH_QUESTIONS "/%s", id_text(id).c);
}

/* --- Asking --- */

struct subject {
	struct str service; /* or empty */
	const struct institution *office;
};

static bool find_subject(struct req *r, struct subject *out, struct err *e)
{
	bool is_post = r->method == METHOD_POST;
	struct str service = is_post ? req_form(r, "service") : req_query(r, "service");
	struct str office = is_post ? req_form(r, "office") : req_query(r, "office");
	const struct service *s = service.n > 0 ? catalogue_service(r->app, service) : NULL;
	*out = (struct subject){.service = s ? s->id : STR_EMPTY,
	                        .office = catalogue_institution_named(r->app, s ? s->institution : office)};
	return out->office != NULL || err_set(e, ERR_NOT_FOUND, "nobody to ask");
}

static void show_ask(struct req *r, const struct subject *to, struct str text, struct str error)
{
	const struct institution *in = to->office;
	struct ask_form_view v = {
		.about = thread_about(r, to->service, in->id),
		.action = STR(PATH_ASK),
		.csrf = r->csrf,
		.op = req_new_op(r),
		.text = text,
		.error = error,
		.office = text_in(&in->name, r->lang),
		.phone = in->phone,
		.phone_href = in->phone_href,
		.hours = text_in(&in->hours, r->lang),
	};
	struct html_out o;
	page_begin(
		r, &o,
		&(struct page){.title_msgid = N_("Ask"),
	                   .current = NAV_SERVICES,
	                   .width = PAGE_FORM,
	                   .has_errors = error.n > 0,
	                   .back_href = to->service.n > 0
	                                    ? arena_printf(&r->arena, PATH_SERVICES "/%.*s", STR_ARG(to->service))
	                                    : arena_printf(&r->arena, PATH_INSTITUTIONS "/%.*s", STR_ARG(in->pack_id))});
	question_form_page(&o, &v, to->service, in->pack_id);
	page_end(r, &o);
}

bool ask_get(struct req *r, struct err *e)
{
	struct subject to;
	if (!find_subject(r, &to, e)) {
		return false;
	}
	show_ask(r, &to, STR_EMPTY, STR_EMPTY);
	return true;
}

bool ask_post(struct req *r, struct err *e)
{
	struct subject to;
	struct str text = str_trim(req_form(r, "text")), error = STR_EMPTY;
	if (!find_subject(r, &to, e)) {
		return false;
	}
	if (!thread_text_is_right(r, text, &error)) {
		r->status = 422;
		show_ask(r, &to, text, error);
		return true;
	}
	struct enquiry_say say = {
		.party = own_party(r),
		.id = id_in_time(time_legal_us(&r->app->time)),
		.institution = to.office->id,
		.actor = r->viewer->account,
		.service = to.service,
		.name = r->viewer->name,
		.text = text,
	};
	struct store_op op;
	if (!app_op(r, say.party, &op, e) || !app_write(r, &op, enquiry_say_job, &say, e)) {
		return false;
	}
	return req_redirect(r, path_of(r, op.result[0]));
}

/* --- The thread --- */

static bool open_own(struct req *r, struct thread *t, struct err *e)
{
	int64_t id;
	return req_arg_id(r, 0, &id, e) && thread_read(r, own_party(r), id, t, e);
}

static void show_thread(struct req *r, const struct thread *t, struct str text, struct str error)
{
	struct thread_view v = {.text = text, .error = error, .action = path_of(r, t->row.id)};
	thread_fill(r, t, &v);
	if (t->row.draft != 0) {
		v.draft_href = arena_printf(&r->arena, "/draft/%s", id_text(t->row.draft).c);
	} else if (t->row.service.n > 0 && catalogue_service(r->app, t->row.service) != NULL) {
		v.apply_href =
			arena_printf(&r->arena, PATH_APPLY "%.*s?enquiry=%s", STR_ARG(t->row.service), id_text(t->row.id).c);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v.about,
	                          .current = NAV_CASES,
	                          .width = PAGE_NOTE,
	                          .has_errors = error.n > 0,
	                          .back_href = STR(PATH_CASES)});
	thread_page(&o, &v);
	page_end(r, &o);
}

bool question_get(struct req *r, struct err *e)
{
	struct thread t;
	if (!open_own(r, &t, e)) {
		return false;
	}
	show_thread(r, &t, STR_EMPTY, STR_EMPTY);
	return true;
}

bool question_post(struct req *r, struct err *e)
{
	struct thread t;
	struct str text = str_trim(req_form(r, "text")), error = STR_EMPTY;
	if (!open_own(r, &t, e)) {
		return false;
	}
	if (!thread_text_is_right(r, text, &error)) {
		r->status = 422;
		show_thread(r, &t, text, error);
		return true;
	}
	struct enquiry_say say = {
		.party = t.row.party,
		.id = t.row.id,
		.version = t.row.version,
		.actor = r->viewer->account,
		.name = r->viewer->name,
		.text = text,
	};
	struct store_op op;
	if (!app_op(r, say.party, &op, e) || !app_write(r, &op, enquiry_say_job, &say, e)) {
		return app_was_done(r, say.party) ? req_redirect(r, path_of(r, t.row.id)) : false;
	}
	return req_redirect(r, path_of(r, t.row.id));
}

/* --- On the way to an application --- */

bool enquiry_of_viewer(struct req *r, struct str id, struct str service, struct enquiry_ref *out, struct err *e)
{
	struct enquiry_ref ref = {.party = own_party(r)};
	struct thread t;
	*out = (struct enquiry_ref){0};
	if (!id_parse(id, &ref.id)) {
		return true;
	}
	if (!thread_read(r, ref.party, ref.id, &t, e)) {
		return e->code == ERR_NOT_FOUND;
	}
	if (str_eq(t.row.service, service)) {
		*out = ref;
	}
	return true;
}

/* Two writes, that of the application and this: an application of which its thread does not know is one all the same.
 */
bool enquiry_link(struct req *r, struct enquiry_ref ref, int64_t draft, struct err *e)
{
	struct thread t;
	if (!thread_read(r, ref.party, ref.id, &t, e)) {
		return false;
	}
	struct enquiry_draft link = {.party = ref.party, .id = ref.id, .version = t.row.version, .draft = draft};
	return t.row.draft == draft || app_write(r, &(struct store_op){.route = ref.party}, enquiry_draft_job, &link, e) ||
	       e->code == ERR_CONFLICT; /* somebody answered meanwhile */
}

/* --- For "My cases" --- */

struct mine {
	int64_t party;
	struct enquiry_of_party_out *rows;
	size_t n;
};

static bool load_mine(struct tx *tx, void *ctx, struct err *e)
{
	struct mine *in = ctx;
	struct enquiry_of_party_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct enquiry_of_party_out, ENQUIRY_LIST);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of enquiries");
	}
	if (!enquiry_of_party_open(tx, &(struct enquiry_of_party_in){.party = in->party, .most = ENQUIRY_LIST}, &rows, e)) {
		return false;
	}
	while (in->n < ENQUIRY_LIST && enquiry_of_party_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return enquiry_of_party_close(&rows, e);
}

bool enquiries_mine(struct req *r, struct question_list_view *out, struct err *e)
{
	struct mine in = {.party = own_party(r)};
	*out = (struct question_list_view){0};
	if (!store_read(r->app->store, in.party, &r->arena, load_mine, &in, e)) {
		return false;
	}
	out->items = arena_new(&r->arena, struct question_row, in.n + 1);
	for (size_t i = 0; out->items && i < in.n; i++) {
		out->items[out->n++] = (struct question_row){
			.href = path_of(r, in.rows[i].id),
			.about = thread_about(r, in.rows[i].service, in.rows[i].institution),
			.when = page_moment(r, in.rows[i].changed_at),
			.is_answered = in.rows[i].state == ENQUIRY_ANSWERED,
		};
	}
	return true;
}
