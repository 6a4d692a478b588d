/* The office's list of what the brain found in the street: who looks after it, and what is over. */
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/traffic/incidents.h"
#include "app/traffic/traffic.html.h"
#include "app/traffic/traffic.sql.h"
#include "html/translate.h"

enum { ENDED_SHOWN = 20, ROWS_MOST = 2 * INCIDENTS_OPEN_MOST + ENDED_SHOWN };

struct look {
	struct req *r;
	int64_t institution, most;
	enum incident_state state;
	struct incidents_view *v;
};

static bool list_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct req *r = l->r;
	struct street_incidents_in_rows rows;
	struct street_incidents_in_out o;
	if (!street_incidents_in_open(
			tx, &(struct street_incidents_in_in){.institution = l->institution, .state = l->state, .most = l->most},
			&rows, e)) {
		return false;
	}
	while (l->v->n < ROWS_MOST && street_incidents_in_next(&rows, &o)) {
		bool is_new = o.state == INCIDENT_REPORTED, is_over = o.state == INCIDENT_ENDED;
		struct tr_arg name = TR_O("name", arena_copy(&r->arena, o.taken_name));
		l->v->rows[l->v->n++] = (struct incident_row){
			.sign = is_new    ? TAG_RED
		            : is_over ? TAG_DONE
		                      : TAG_RUN,
			.state = is_over  ? tr(r->lang, N_("Over"))
		             : is_new ? tr(r->lang, N_("Nobody looks after it yet"))
		                      : traffic_say(r, N_("{name} looks after it"), &name, 1),
			.street = arena_copy(&r->arena, o.street),
			.text = traffic_incident_words(r, (uint8_t)o.kind, (uint8_t)o.sure),
			.when = page_moment(r, o.since),
			.pick = is_new ? arena_printf(&r->arena, "%s.%lld", id_text(o.id).c, (long long)o.version) : STR_EMPTY};
	}
	return street_incidents_in_close(&rows, e);
}

bool incidents_get(struct req *r, struct err *e)
{
	const struct institution *in = traffic_office(r->app);
	if (in == NULL || !traffic_is_staff(r, in->id)) {
		return err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office");
	}
	struct live_seen seen;
	live_take(r->app, &seen);
	bool is_fresh = seen.is_fresh;
	live_release(&seen);
	struct incidents_view v = {.action = STR(PATH_TRAFFIC_INCIDENTS),
	                           .csrf = r->csrf,
	                           .op = req_new_op(r),
	                           .is_stale = !is_fresh,
	                           .rows = arena_new(&r->arena, struct incident_row, ROWS_MOST)};
	if (v.rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for incidents");
	}
	for (int state = INCIDENT_REPORTED; state <= INCIDENT_ENDED; state++) {
		struct look l = {.r = r,
		                 .institution = in->id,
		                 .most = state == INCIDENT_ENDED ? ENDED_SHOWN : INCIDENTS_OPEN_MOST,
		                 .state = (enum incident_state)state,
		                 .v = &v};
		if (!store_read(r->app->store, in->id, &r->arena, list_job, &l, e)) {
			return false;
		}
		v.open_n = state < INCIDENT_ENDED ? v.n : v.open_n;
	}
	struct html_out out;
	page_begin(r, &out,
	           &(struct page){.title_msgid = N_("Incidents in the street"),
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true,
	                          .back_href = STR(PATH_TRAFFIC)});
	incidents_page(&out, &v);
	page_end(r, &out);
	return true;
}

struct found {
	int64_t institution, id;
	struct street_incident_get_out row;
};

static bool find_job(struct tx *tx, void *ctx, struct err *e)
{
	struct found *f = ctx;
	return street_incident_get(tx, &(struct street_incident_get_in){.institution = f->institution, .id = f->id},
	                           &f->row, e);
}

bool incidents_post(struct req *r, struct err *e)
{
	const struct institution *in = traffic_office(r->app);
	struct store_op op;
	struct str id, version;
	struct found f = {0};
	struct incident_look_after look = {.account = r->viewer->account, .name = r->viewer->name};
	if (in == NULL || !traffic_is_staff(r, in->id)) {
		return err_set(e, ERR_FORBIDDEN, "not somebody of the traffic office");
	}
	f.institution = look.institution = in->id;
	if (!str_cut(req_form(r, "incident"), '.', &id, &version) || !id_parse(id, &f.id) ||
	    !str_to_i64(version, &look.version)) {
		return err_set(e, ERR_BAD_INPUT, "no such incident");
	}
	look.id = f.id;
	if (!store_read(r->app->store, in->id, &r->arena, find_job, &f, e)) {
		return false;
	}
	if (!f.row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such incident");
	}
	look.street = f.row.street;
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, in->id, &op, e) &&
	       app_write(r, &op, incident_look_after_job, &look, e) && req_redirect(r, STR(PATH_TRAFFIC_INCIDENTS));
}
