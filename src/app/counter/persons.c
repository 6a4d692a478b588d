/* Who it is for: the record is found, or made once likely twins were looked at; joined, taken apart, invited. */
#include "app/access/access.h"
#include "app/counter/counter.html.h"
#include "app/counter/pages.h"
#include "app/desk/find.h"
#include "app/forms/intake.h"
#include "app/forms/page_state.h"
#include "app/forms/scheme.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/email.h"
#include "base/time_source.h"
#include "html/translate.h"
#include "http/server.h"

/* --- A record ---------------------------------------------------------------------------------------------------- */

bool counter_record(struct req *r, int64_t party, struct record *out, struct err *e)
{
	if (viewer_acts_for(r->viewer, party) != NULL) {
		return err_tell(e, ERR_FORBIDDEN, N_("This is you, or somebody you act for. A colleague takes it in."),
		                "an official who acts for the person");
	}
	return access_look(r, party, 0, viewer_institution(r->viewer), ACCESS_PERSON, e) &&
	       people_record(r->app->store, &r->arena, party, out, e);
}

static struct str day_words(struct req *r, struct str iso)
{
	day_number day;
	struct buf b;
	if (!date_parse(iso, &day)) {
		return STR_EMPTY;
	}
	buf_init(&b, 100);
	format_date(&b, r->lang, 0, day, DATE_WITH_YEAR);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static size_t record_rows(struct req *r, const struct record *rec, struct summary_row *rows)
{
	size_t n = 0;
	struct str birth = day_words(r, rec->birth);
	if (birth.n > 0) {
		rows[n++] = (struct summary_row){.term = tr(r->lang, N_("Born on")), .html = {birth}};
	}
	if (rec->identifier.n > 0) {
		rows[n++] = (struct summary_row){.term = tr(r->lang, N_("Number")), .value = rec->identifier};
	}
	if (rec->phone.n > 0) {
		rows[n++] = (struct summary_row){.term = tr(r->lang, N_("Phone")), .value = rec->phone};
	}
	if (rec->email.n > 0) {
		rows[n++] = (struct summary_row){.term = tr(r->lang, N_("E-mail address")), .value = rec->email};
	}
	rows[n++] = (struct summary_row){.term = tr(r->lang, N_("Account")),
	                                 .html = {tr(r->lang, rec->has_account ? N_("Has one") : N_("None"))}};
	return n;
}

struct str record_line(struct req *r, const struct record *rec)
{
	struct buf b;
	struct summary_row rows[6];
	size_t n = record_rows(r, rec, rows);
	buf_init(&b, 2000);
	for (size_t i = 0; i + 1 < n; i++) {
		buf_put(&b, i > 0 ? STR(", ") : STR_EMPTY);
		buf_put(&b, rows[i].value.n > 0 ? rows[i].value : rows[i].html.s);
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* "The same number, the same phone number" */
static struct str shared_words(struct req *r, unsigned shared)
{
	struct buf b;
	buf_init(&b, 400);
	for (int i = 0; i < TWIN_KIND_COUNT; i++) {
		if (shared & 1U << i) {
			buf_put(&b, b.n > 0 ? STR(", ") : STR_EMPTY);
			buf_put(&b, tr(r->lang, twin_words((enum twin_kind)i)));
		}
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Who applied before at the viewer's office with the same number, on the website too: as the desk finds cases. */
static bool add_applicants(struct req *r, const struct record *of, struct twin *twins, size_t *n, struct err *e)
{
	for (size_t i = 0; of->identifier.n > 0 && i < r->viewer->role_n; i++) {
		struct find f = {.institution = r->viewer->roles[i].institution,
		                 .typed = of->identifier,
		                 .is_number = true,
		                 .before = INT64_MAX};
		if (r->viewer->roles[i].kind != ROLE_OFFICIAL) {
			continue;
		}
		if (!store_read(r->app->store, f.institution, &r->arena, find_job, &f, e)) {
			return false;
		}
		for (size_t k = 0; k < f.n; k++) {
			size_t at = 0;
			while (at < *n && twins[at].party != f.found[k].party) {
				at++;
			}
			if (f.found[k].party == of->party || at == TWINS_MOST) {
				continue;
			}
			if (at == *n) {
				twins[(*n)++] = (struct twin){.party = f.found[k].party};
			}
			twins[at].shared |= 1U << TWIN_NUMBER;
		}
	}
	return true;
}

/* Likely twins, each look recorded. Those that the viewer acts for are left out. */
static bool fill_twins(struct req *r, const struct record *of, struct str form, struct twin_row **rows, size_t *n,
                       struct err *e)
{
	struct twin *twins = NULL;
	size_t found = 0;
	*n = 0;
	if (!people_twins(r->app->store, r->app->column_keys, &r->arena, of, &twins, &found, e) ||
	    !add_applicants(r, of, twins, &found, e)) {
		return false;
	}
	*rows = arena_new(&r->arena, struct twin_row, found + 1);
	if (*rows == NULL) {
		return err_set(e, ERR_MEMORY, "no room for twins");
	}
	for (size_t i = 0; i < found; i++) {
		struct record rec;
		if (viewer_acts_for(r->viewer, twins[i].party) != NULL) {
			continue;
		}
		if (!counter_record(r, twins[i].party, &rec, e)) {
			return false;
		}
		/* A firm's application names people, too: they are no twins of it. */
		if (rec.is_organisation != of->is_organisation) {
			continue;
		}
		(*rows)[(*n)++] = (struct twin_row){
			.href = arena_printf(&r->arena, PATH_COUNTER "/person/%s%s%.*s", id_text(rec.party).c,
		                         form.n > 0 ? "?form=" : "", STR_ARG(form)),
			.id = counter_id(r, rec.party),
			.name = rec.name,
			.line = record_line(r, &rec),
			.shared = shared_words(r, twins[i].shared),
			.has_account = rec.has_account,
		};
	}
	return true;
}

/* --- Finding ----------------------------------------------------------------------------------------------------- */

static struct str text_of(struct req *r, const char *name)
{
	return str_trim(req_form(r, name));
}

static struct str scheme_words(struct req *r, const char *scheme)
{
	static const struct {
		const char *scheme, *say;
	} words[] = {{"cn-uscc", N_("Unified social credit code")},
	             {"cn-resident", N_("Resident identity number")},
	             {"cn-vin", N_("Vehicle identification number, China")},
	             {"vin", N_("Vehicle identification number")},
	             {"iban", N_("Bank account (IBAN)")},
	             {"lei", N_("Legal entity identifier")},
	             {"plain", N_("Another number")}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_is(str_of(scheme), words[i].scheme)) {
			return tr(r->lang, words[i].say);
		}
	}
	return str_of(scheme);
}

static void begin_person(struct req *r, struct person_view *v)
{
	bool is_firm = str_is(req_form(r, "kind"), "organisation");
	size_t n = 0;
	while (schemes[n].name != NULL) {
		n++;
	}
	struct form_choice *list = arena_new(&r->arena, struct form_choice, n + 1);
	*v = (struct person_view){
		.csrf = r->csrf,
		.op = req_new_op(r),
		.action = STR(PATH_COUNTER "/person"),
		.form = r->method == METHOD_POST ? text_of(r, "form") : req_query(r, "form"),
		.kind = {.name = STR("kind"), .label = tr(r->lang, N_("Who applies?"))},
		.kinds = {{.value = STR("person"), .label = tr(r->lang, N_("A person")), .is_chosen = !is_firm},
	              {.value = STR("organisation"), .label = tr(r->lang, N_("An organisation")), .is_chosen = is_firm}},
		.name = {.name = STR("name"),
	             .label = tr(r->lang, N_("Full name, as on the document")),
	             .value = text_of(r, "name"),
	             .chars_max = NAME_CHARS_MAX},
		.birth = {.name = STR("birth"), .label = tr(r->lang, N_("Born on")), .is_optional = true},
		.date = {.day = text_of(r, "birth-day"), .month = text_of(r, "birth-month"), .year = text_of(r, "birth-year")},
		.scheme = {.name = STR("scheme"), .label = tr(r->lang, N_("Which number"))},
		.schemes = list,
		.scheme_n = list != NULL ? n : 0,
		.number = {.name = STR("number"),
	               .label = tr(r->lang, N_("Number of the document")),
	               .value = text_of(r, "number"),
	               .is_optional = true,
	               .chars_max = 60},
		.phone = {.name = STR("phone"),
	              .label = tr(r->lang, N_("Phone")),
	              .value = text_of(r, "phone"),
	              .type = "tel",
	              .is_optional = true,
	              .chars_max = 40},
		.email = {.name = STR("email"),
	              .label = tr(r->lang, N_("E-mail address")),
	              .value = text_of(r, "email"),
	              .type = "email",
	              .is_optional = true,
	              .chars_max = EMAIL_BYTES_MAX},
	};
	struct str chosen = r->method == METHOD_POST ? req_form(r, "scheme") : STR("plain");
	for (size_t i = 0; list != NULL && i < n; i++) {
		list[i] = (struct form_choice){.value = str_of(schemes[i].name),
		                               .label = scheme_words(r, schemes[i].name),
		                               .is_chosen = str_is(chosen, schemes[i].name)};
	}
}

static bool show_person(struct req *r, const struct person_view *v)
{
	struct html_out o;
	counter_begin(r, &o, N_("Who is it for?"), v->error_n > 0, STR(PATH_COUNTER));
	person_page(&o, v);
	page_end(r, &o);
	return true;
}

bool person_get(struct req *r, struct err *e)
{
	struct person_view v;
	begin_person(r, &v);
	return intake_leave(r, r->viewer->account, e) && show_person(r, &v);
}

/* The calling code of the office's own phone, for numbers written without one. */
static struct str calling_code(struct req *r)
{
	const struct institution *at = catalogue_institution(r->app, viewer_institution(r->viewer));
	return at ? calling_code_of(at->phone) : STR_EMPTY;
}

static void read_birth(struct req *r, struct person_view *v, struct record *rec)
{
	struct question q = {.id = STR("birth"), .type = QUESTION_DATE, .is_optional = true, .has_max_days = true};
	struct typed t = {.text = STR_EMPTY, .day = v->date.day, .month = v->date.month, .year = v->date.year};
	struct value_rules rules = {
		.arena = &r->arena, .lang = r->lang, .today = catalogue_today(r->app), .calling_code = STR_EMPTY};
	struct answer a = {0};
	struct value_fault why = {.say = STR_EMPTY};
	if (!value_read(&rules, &q, &t, &a, &why)) {
		counter_note(r, v->errors, &v->error_n, &v->birth, why.say);
	} else if (a.value_n > 0) {
		rec->birth = a.values[0];
	}
}

static void read_number(struct req *r, struct person_view *v, struct record *rec)
{
	char canonical[SCHEME_VALUE_MAX + 1];
	size_t n = 0;
	const struct scheme *s = scheme_find(req_form(r, "scheme"));
	if (v->number.value.n == 0) {
		return;
	}
	struct str typed = value_half_width(&r->arena, v->number.value);
	if (s == NULL || scheme_check(str_of(s->name), typed, canonical, &n) != SCHEME_OK) {
		counter_note(r, v->errors, &v->error_n, &v->number,
		             s && s->say ? tr(r->lang, s->say) : tr(r->lang, N_("This is no number of this kind.")));
		return;
	}
	rec->scheme = str_of(s->name);
	rec->identifier = arena_copy(&r->arena, str_from(canonical, n));
}

/* What was written, as it may be kept; errors beside the fields. */
static void read_person(struct req *r, struct person_view *v, struct record *rec)
{
	*rec = (struct record){.is_organisation = v->kinds[1].is_chosen,
	                       .name = STR_EMPTY,
	                       .birth = STR_EMPTY,
	                       .scheme = STR_EMPTY,
	                       .identifier = STR_EMPTY,
	                       .phone = STR_EMPTY,
	                       .email = STR_EMPTY};
	if (!people_read_name(&r->arena, v->name.value, &rec->name)) {
		counter_note(r, v->errors, &v->error_n, &v->name,
		             tr(r->lang, N_("Write the full name, at most 200 characters.")));
	}
	if (!rec->is_organisation) {
		read_birth(r, v, rec);
	}
	read_number(r, v, rec);
	if (v->phone.value.n > 0 && !value_phone(&r->arena, v->phone.value, calling_code(r), &rec->phone)) {
		counter_note(r, v->errors, &v->error_n, &v->phone,
		             tr(r->lang, N_("Write the phone number with its country, such as +86 591 8765 4321.")));
	}
	if (v->email.value.n > 0 && !email_read(&r->arena, v->email.value, &rec->email)) {
		counter_note(r, v->errors, &v->error_n, &v->email,
		             tr(r->lang, N_("Write an e-mail address with an @ and a full stop after it, such as "
		                            "name@example.org.")));
	}
	if (v->error_n == 0 && rec->birth.n + rec->identifier.n + rec->phone.n + rec->email.n == 0) {
		counter_note(r, v->errors, &v->error_n, rec->is_organisation ? &v->number : &v->birth,
		             tr(r->lang, N_("Write one thing more by which the record is found again: birthday, number, phone "
		                            "or e-mail address.")));
	}
}

/* The party is made of the press: the same press again names the same one, and finds it there. */
static bool party_of_press(struct req *r, int64_t *party, struct err *e)
{
	uint8_t op_id[OPID_BYTES];
	uint64_t v = 0;
	if (!req_op(r, op_id, e)) {
		return false;
	}
	for (int i = 0; i < 8; i++) {
		v = v << 8 | op_id[i];
	}
	*party = (int64_t)(id_hash((int64_t)(v & INT64_MAX)) & INT64_MAX);
	*party += *party == 0;
	return true;
}

static bool make_record(struct req *r, const struct record *rec, int64_t party, struct str form, struct err *e)
{
	struct record_making m = {.record = *rec, .by = r->viewer->account, .institution = viewer_institution(r->viewer)};
	struct store_op op;
	m.record.party = party;
	if (!people_still_allowed(r->app->store, r->viewer, e) || !app_op(r, party, &op, e)) {
		return false;
	}
	http_place_release(r);
	bool ok = people_make_record(r->app->store, &op, r->app->column_keys, &m, e);
	http_place_take(r);
	if (ok && r->app->relay != NULL) {
		relay_nudge(r->app->relay);
	}
	return ok && req_redirect(r, arena_printf(&r->arena, PATH_COUNTER "/person/%s%s%.*s", id_text(party).c,
	                                          form.n > 0 ? "?form=" : "", STR_ARG(form)));
}

bool person_post(struct req *r, struct err *e)
{
	struct person_view v;
	struct record rec;
	struct twin_row *twins = NULL;
	begin_person(r, &v);
	read_person(r, &v, &rec);
	if (v.error_n > 0) {
		return show_person(r, &v);
	}
	int64_t party = 0;
	if (!party_of_press(r, &party, e)) {
		return false;
	}
	if (!str_is(req_form(r, "make"), "yes") && !app_was_done(r, party)) {
		if (!fill_twins(r, &rec, v.form, &twins, &v.twin_n, e)) {
			return false;
		}
		v.twins = twins;
		if (v.twin_n > 0) {
			return show_person(r, &v);
		}
	}
	return make_record(r, &rec, party, v.form, e);
}

/* --- The record's page ------------------------------------------------------------------------------------------- */

struct joined_job {
	struct joined *items;
	size_t n;
};

static bool job_joined(struct tx *tx, void *ctx, struct err *e)
{
	struct joined_job *j = ctx;
	return people_joined(tx, tx_route(tx), &j->items, &j->n, e);
}

static bool fill_joined(struct req *r, int64_t party, struct record_view *v, struct err *e)
{
	struct joined_job j = {0};
	if (!store_read(r->app->store, party, &r->arena, job_joined, &j, e)) {
		return false;
	}
	struct twin_row *rows = arena_new(&r->arena, struct twin_row, j.n + 1);
	for (size_t i = 0; rows != NULL && i < j.n; i++) {
		rows[v->joined_n++] = (struct twin_row){.id = counter_id(r, j.items[i].other), .name = j.items[i].name};
	}
	v->joined = rows;
	/* Those that are joined are no twins any more. */
	struct twin_row *left = arena_new(&r->arena, struct twin_row, v->twin_n + 1);
	size_t n = 0;
	for (size_t i = 0; left != NULL && i < v->twin_n; i++) {
		bool is_joined = false;
		for (size_t k = 0; k < v->joined_n; k++) {
			is_joined = is_joined || str_eq(v->joined[k].id, v->twins[i].id);
		}
		if (!is_joined) {
			left[n++] = v->twins[i];
		}
	}
	v->twins = left;
	v->twin_n = n;
	return (rows && left) || err_set(e, ERR_MEMORY, "no room for records");
}

static bool fill_services(struct req *r, const struct record *rec, struct record_view *v, struct err *e)
{
	const struct service **list = NULL;
	size_t n = counter_services(r, true, &list);
	struct form_choice *choices = arena_new(&r->arena, struct form_choice, n + 1);
	if (list == NULL || choices == NULL) {
		return err_set(e, ERR_MEMORY, "no room for services");
	}
	for (size_t i = 0; i < n; i++) {
		if (list[i]->audience & (rec->is_organisation ? FOR_ORGANISATIONS : FOR_PERSONS)) {
			choices[v->service_n++] =
				(struct form_choice){.value = list[i]->id, .label = text_in(&list[i]->name, r->lang)};
		}
	}
	v->services = choices;
	v->service = (struct form_field){.name = STR("service"), .label = tr(r->lang, N_("What do they apply for?"))};
	return true;
}

static bool show_record(struct req *r, int64_t party, struct str code, struct str error, struct err *e)
{
	struct record rec;
	struct summary_row rows[6];
	struct twin_row *twins = NULL;
	struct record_view v = {.csrf = r->csrf,
	                        .op = req_new_op(r),
	                        .id = counter_id(r, party),
	                        .form = req_query(r, "form"),
	                        .rows = rows,
	                        .code = code,
	                        .error = error};
	if (!counter_record(r, party, &rec, e) || !fill_twins(r, &rec, STR_EMPTY, &twins, &v.twin_n, e)) {
		return false;
	}
	v.twins = twins;
	v.name = rec.name;
	v.row_n = record_rows(r, &rec, rows);
	v.may_invite = !rec.has_account && !rec.is_organisation;
	if (code.n > 0) {
		v.code_url = arena_printf(&r->arena, "%.*s" PATH_INVITED, STR_ARG(r->app->public_url));
	}
	struct numbered form;
	struct str why = STR_EMPTY;
	if (v.form.n > 0) {
		if (numbered_find(r, v.form, &form, &why, e)) {
			v.service_id = form.service->id;
			v.service_name = text_in(&form.service->name, r->lang);
		} else if (why.n == 0) {
			return false;
		}
		v.error = why.n > 0 ? why : v.error;
	}
	if (!fill_services(r, &rec, &v, e) || !fill_joined(r, party, &v, e)) {
		return false;
	}
	if (error.n > 0) {
		r->status = err_status(ERR_INVALID);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = rec.name,
	                          .current = NAV_COUNTER,
	                          .width = PAGE_FORM,
	                          .has_errors = error.n > 0,
	                          .back_href = STR(PATH_COUNTER "/person")});
	record_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool record_get_page(struct req *r, struct err *e)
{
	int64_t party = 0;
	return req_arg_id(r, 0, &party, e) && show_record(r, party, STR_EMPTY, STR_EMPTY, e);
}

static bool back_to_record(struct req *r, int64_t party)
{
	return req_redirect(r, arena_printf(&r->arena, PATH_COUNTER "/person/%s", id_text(party).c));
}

/* Two records, both of which the viewer may look at. */
static bool read_pair(struct req *r, int64_t *party, int64_t *other, struct err *e)
{
	struct record rec;
	if (!req_arg_id(r, 0, party, e)) {
		return false;
	}
	if (!id_parse(req_form(r, "other"), other)) {
		return err_set(e, ERR_BAD_INPUT, "no other record");
	}
	return people_still_allowed(r->app->store, r->viewer, e) && counter_record(r, *party, &rec, e) &&
	       counter_record(r, *other, &rec, e);
}

bool record_join_post(struct req *r, struct err *e)
{
	int64_t party = 0, other = 0;
	struct err why = {0};
	if (!read_pair(r, &party, &other, e)) {
		return false;
	}
	http_place_release(r);
	bool ok = people_join(r->app->store, party, other, r->viewer->account, viewer_institution(r->viewer), &why);
	http_place_take(r);
	if (!ok && why.code != ERR_INVALID) {
		*e = why;
		return false;
	}
	return ok ? back_to_record(r, party) : show_record(r, party, STR_EMPTY, tr(r->lang, err_say(&why)), e);
}

bool record_part_post(struct req *r, struct err *e)
{
	int64_t party = 0, other = 0;
	struct err why = {0};
	if (!read_pair(r, &party, &other, e)) {
		return false;
	}
	http_place_release(r);
	bool ok = people_take_apart(r->app->store, party, other, r->viewer->account, viewer_institution(r->viewer), &why);
	http_place_take(r);
	if (!ok && why.code != ERR_CONFLICT) { /* a conflict: it was taken apart already */
		*e = why;
		return false;
	}
	return back_to_record(r, party);
}

bool record_invite_post(struct req *r, struct err *e)
{
	int64_t party = 0;
	char code[INVITATION_CHARS + 1];
	struct record rec;
	struct buf b;
	if (!req_arg_id(r, 0, &party, e) || !people_still_allowed(r->app->store, r->viewer, e) ||
	    !counter_record(r, party, &rec, e)) {
		return false;
	}
	if (rec.has_account || rec.is_organisation) {
		return show_record(r, party, STR_EMPTY, tr(r->lang, N_("There is an account already.")), e);
	}
	http_place_release(r);
	bool ok = people_invite(r->app->store, r->app->column_keys, party, r->viewer->account, code, e);
	http_place_take(r);
	if (!ok) {
		return false;
	}
	buf_init(&b, 40);
	typed_code_put(&b, str_of(code));
	struct str put = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return show_record(r, party, put, STR_EMPTY, e);
}
