/* What the pages share: whose figures somebody reads, and how durations and shares are said. */
#include "app/page.h"
#include "app/people/viewer.h"
#include "app/statistics/pages.h"
#include "html/translate.h"

enum { DEPTH_MAX = 8, DAY_MINUTES_USUAL = 480 };

/* Does a jurisdiction lie in another, or is it it? */
static bool lies_in(struct app *app, struct str id, struct str around)
{
	const struct jurisdiction *j = catalogue_jurisdiction(app, id);
	for (int depth = 0; j && depth < DEPTH_MAX; depth++) {
		if (str_eq(j->pack_id, around)) {
			return true;
		}
		j = j->parent.n > 0 ? catalogue_jurisdiction(app, j->parent) : NULL;
	}
	return false;
}

static bool may_see(struct req *r, const struct institution *in)
{
	if (in->supervises.n > 0) {
		return false;
	}
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		const struct institution *own = catalogue_institution(r->app, role->institution);
		if ((role->kind == ROLE_HEAD && role->institution == in->id) ||
		    (role->kind == ROLE_SUPERVISOR && own && own->supervises.n > 0 &&
		     lies_in(r->app, in->jurisdiction, own->supervises))) {
			return true;
		}
	}
	return false;
}

bool figures_sight(struct req *r, struct sight *out, struct err *e)
{
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	struct str asked = req_has_form(r, "at") ? req_form(r, "at") : req_query(r, "at");
	*out = (struct sight){.items = arena_new(&r->arena, const struct institution *, n + 1)};
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of offices");
	}
	for (size_t i = 0; i < n; i++) {
		if (may_see(r, &all[i])) {
			out->items[out->n++] = &all[i];
			out->at = str_eq(all[i].pack_id, asked) ? &all[i] : out->at;
		}
	}
	if (out->n > 0 && asked.n > 0 && catalogue_institution_named(r->app, asked) == NULL) {
		return err_tell(e, ERR_NOT_FOUND,
		                N_("No office is called so. Open the figures without a name: they list yours."),
		                "no such office");
	}
	if (out->n == 0 || (asked.n > 0 && out->at == NULL)) {
		return err_tell(e, ERR_FORBIDDEN, N_("Figures of an office are read by its head and its supervisors."),
		                "neither head nor supervisor");
	}
	/* The own office first, else the first of the list that offers a service. */
	for (size_t i = 0; i < r->viewer->role_n && out->at == NULL; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		out->at = role->kind == ROLE_HEAD ? catalogue_institution(r->app, role->institution) : NULL;
	}
	for (size_t i = 0; i < out->n && out->at == NULL; i++) {
		out->at = services_of_office(r->app, &r->arena, out->items[i]->pack_id).n > 0 ? out->items[i] : NULL;
	}
	out->at = out->at ? out->at : out->items[0];
	return true;
}

bool figures_are_seen(struct req *r, int64_t institution)
{
	const struct institution *in = catalogue_institution(r->app, institution);
	return in && may_see(r, in);
}

struct str figures_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 4096);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static const char *const months[12] = {N_("January"),   N_("February"), N_("March"),    N_("April"),
                                       N_("May"),       N_("June"),     N_("July"),     N_("August"),
                                       N_("September"), N_("October"),  N_("November"), N_("December")};
static const char *const short_months[12] = {N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
                                             N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")};

struct str figures_month_name(struct req *r, int64_t month)
{
	const struct tr_arg args[] = {TR_O("month", tr(r->lang, months[month % 12])), TR_I("year", month / 12)};
	return figures_say(r, N_("{month} {year}"), args, 2);
}

struct str figures_short_month(struct req *r, int64_t month)
{
	return tr(r->lang, short_months[month % 12]);
}

int64_t figures_day_minutes(struct req *r, const struct institution *in)
{
	day_number day = zone_local(calendar_zone(in->calendar), time_legal_us(&r->app->time)).day;
	for (int i = 0; i < 14; i++) {
		struct office_hours hours = calendar_hours(in->calendar, day + i);
		int64_t minutes = 0;
		for (int k = 0; k < hours.n; k++) {
			minutes += hours.spans[k].to_min - hours.spans[k].from_min;
		}
		if (minutes > 0) {
			return minutes;
		}
	}
	return DAY_MINUTES_USUAL;
}

struct str figures_days(struct req *r, int64_t minutes, int64_t day_minutes)
{
	int64_t tenths = (minutes * 20 + day_minutes) / (day_minutes * 2);
	return arena_printf(&r->arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

struct str figures_duration(struct req *r, int64_t minutes, int64_t day_minutes)
{
	if (minutes < 60) {
		const struct tr_arg args[] = {TR_I("n", minutes)};
		struct buf b;
		buf_init(&b, 200);
		tr_put_plain(&b, trn(r->lang, "1 minute", "{n} minutes", minutes), args, 1);
		struct str s = arena_copy(&r->arena, buf_str(&b));
		buf_release(&b);
		return s;
	}
	if (minutes < day_minutes) {
		const struct tr_arg args[] = {TR_O("n", figures_days(r, minutes, 60))};
		return figures_say(r, N_("{n} hours"), args, 1);
	}
	const struct tr_arg args[] = {TR_O("n", figures_days(r, minutes, day_minutes))};
	return figures_say(r, N_("{n} working days"), args, 1);
}

struct str figures_percent(struct req *r, int64_t part, int64_t of)
{
	return of > 0 ? arena_printf(&r->arena, "%lld%%", (long long)percent_of(part, of)) : STR("\xe2\x80\x93");
}

struct str figures_service_name(struct req *r, struct str id)
{
	const struct service *s = catalogue_service(r->app, id);
	return s ? text_in(&s->name, r->lang) : id;
}

/* The program's own reasons; another is called as a service calls it, of this office's first. */
struct str figures_reason_name(struct req *r, const struct institution *in, struct str reason)
{
	static const struct {
		const char *id, *name;
	} names[] = {{"applicant", N_("The applicant")}, {"correction", N_("The applicant")}, {"expert", N_("An expert")},
	             {"opinion", N_("Another office")},  {"hearing", N_("A hearing")},        {"court", N_("A court")}};
	struct service_list services = services_of_office(r->app, &r->arena, in->pack_id);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (str_is(reason, names[i].id)) {
			return tr(r->lang, names[i].name);
		}
	}
	for (size_t i = 0; i < services.n; i++) {
		for (size_t k = 0; k < services.items[i]->stop_n; k++) {
			if (str_eq(services.items[i]->stops[k].id, reason)) {
				return text_in(&services.items[i]->stops[k].name, r->lang);
			}
		}
	}
	return reason;
}

bool figures_read(struct req *r, struct picture *p, struct err *e)
{
	return picture_read(r->app->store, &r->arena, p, e);
}

struct closing_look {
	int64_t institution, month;
	struct closing_get_out out;
};

static bool closing_job(struct tx *tx, void *ctx, struct err *e)
{
	struct closing_look *l = ctx;
	return closing_get(tx, &(struct closing_get_in){.institution = l->institution, .month = l->month}, &l->out, e);
}

bool figures_closing(struct req *r, int64_t institution, int64_t month, struct closing_get_out *out, struct err *e)
{
	struct closing_look l = {.institution = institution, .month = month};
	bool ok = store_read(r->app->store, institution, &r->arena, closing_job, &l, e);
	*out = l.out;
	return ok;
}
