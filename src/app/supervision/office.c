#include "app/supervision/office.h"

enum { LEVELS_MOST = 16 };

/* How many steps down from `outer` to `inner`; -1: it is not within. */
static int depth_within(struct app *app, struct str inner, struct str outer)
{
	struct str at = inner;
	for (int depth = 0; at.n > 0 && depth < LEVELS_MOST; depth++) {
		if (str_eq(at, outer)) {
			return depth;
		}
		const struct jurisdiction *j = catalogue_jurisdiction(app, at);
		at = j ? j->parent : STR_EMPTY;
	}
	return -1;
}

bool jurisdiction_is_within(struct app *app, struct str inner, struct str outer)
{
	return depth_within(app, inner, outer) >= 0;
}

bool supervision_covers(struct app *app, const struct institution *office, const struct institution *institution)
{
	return office->supervises.n > 0 && office->id != institution->id &&
	       jurisdiction_is_within(app, institution->jurisdiction, office->supervises);
}

const struct institution *supervision_above(struct app *app, const struct institution *institution,
                                            const struct institution *after)
{
	const struct institution *all, *nearest = NULL;
	size_t n = catalogue_institutions(app, &all);
	/* A supervision office is watched over from above what it supervises. */
	struct str from = institution->supervises.n > 0 ? institution->supervises : institution->jurisdiction;
	int least = institution->supervises.n > 0 ? 0 : -1, best = LEVELS_MOST;
	if (after != NULL) {
		least = depth_within(app, from, after->supervises);
	}
	for (size_t i = 0; i < n; i++) {
		int depth = all[i].supervises.n > 0 ? depth_within(app, from, all[i].supervises) : -1;
		if (depth > least && depth < best && all[i].id != institution->id) {
			best = depth;
			nearest = &all[i];
		}
	}
	return nearest;
}

bool supervision_of_viewer(struct req *r, struct supervision *out, struct err *e)
{
	struct str asked = req_query(r, "office");
	*out = (struct supervision){0};
	for (size_t i = 0; i < r->viewer->role_n && out->office == NULL; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		const struct institution *in =
			role->kind == ROLE_SUPERVISOR ? catalogue_institution(r->app, role->institution) : NULL;
		bool is_meant = in != NULL && (asked.n == 0 || str_eq(asked, in->pack_id));
		const struct jurisdiction *j =
			is_meant && in->supervises.n > 0 ? catalogue_jurisdiction(r->app, in->supervises) : NULL;
		if (j != NULL) {
			*out = (struct supervision){in, j};
		}
	}
	return out->office != NULL ||
	       err_tell(e, ERR_FORBIDDEN, N_("Your office supervises no jurisdiction."), "no supervisor");
}

bool supervision_over(struct req *r, struct str jurisdiction, struct supervision *out, struct err *e)
{
	*out = (struct supervision){0};
	for (size_t i = 0; i < r->viewer->role_n && out->office == NULL; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		const struct institution *in =
			role->kind == ROLE_SUPERVISOR ? catalogue_institution(r->app, role->institution) : NULL;
		if (in != NULL && in->supervises.n > 0 && jurisdiction_is_within(r->app, jurisdiction, in->supervises)) {
			*out = (struct supervision){in, catalogue_jurisdiction(r->app, in->supervises)};
		}
	}
	return out->jurisdiction != NULL || err_set(e, ERR_NOT_FOUND, "not a jurisdiction that the viewer supervises");
}
