#include "app/catalogue/office.h"

#include "app/people/viewer.h"
#include "html/translate.h"

#define COOKIE_OFFICE "office"
enum { COOKIE_AGE_S = 90 * 86400 };

static size_t place_of(const struct office_list *l, struct str pack_id)
{
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->items[i]->pack_id, pack_id)) {
			return i;
		}
	}
	return SIZE_MAX;
}

bool offices_of_viewer(struct req *r, struct office_list *out, struct err *e)
{
	*out = (struct office_list){.items = arena_new(&r->arena, const struct institution *, r->viewer->role_n + 1)};
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of offices");
	}
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		const struct institution *in =
			role->kind == ROLE_OFFICIAL ? catalogue_institution(r->app, role->institution) : NULL;
		if (in) {
			out->items[out->n++] = in;
		}
	}
	if (out->n == 0) {
		return err_tell(e, ERR_FORBIDDEN, N_("You do not work at an office of this city hall."), "no institution");
	}
	struct str asked = req_query(r, "office");
	size_t chosen = place_of(out, asked), before = place_of(out, req_cookie(r, COOKIE_OFFICE));
	if (chosen != SIZE_MAX && chosen != before) {
		req_set_cookie(r, COOKIE_OFFICE, asked, COOKIE_AGE_S);
	}
	out->at = chosen != SIZE_MAX ? chosen : before != SIZE_MAX ? before : 0;
	return true;
}

const struct institution *office_of_viewer(struct req *r, struct err *e)
{
	struct office_list l;
	return offices_of_viewer(r, &l, e) ? l.items[l.at] : NULL;
}
