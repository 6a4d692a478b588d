#include "app/app.h"
#include "app/desk/desk.h"
#include "app/desk/pages.h"

enum { FORM_BODY_MAX = 64 * 1024 };

const struct route desk_routes[] = {
	ROUTE(METHOD_GET, "/queue", MAY_OFFICIAL, desk_queue_get),
	ROUTE(METHOD_POST, "/queue/filter", MAY_OFFICIAL, desk_filter_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_POST, "/queue/filter/remove", MAY_OFFICIAL, desk_filter_remove_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_POST, "/queue/next", MAY_OFFICIAL, desk_next_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, "/queue/bulk", MAY_OFFICIAL, desk_bulk_get),
	ROUTE(METHOD_POST, "/queue/bulk", MAY_OFFICIAL, desk_bulk_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_POST, "/queue/find", MAY_OFFICIAL, desk_find_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, "/queue/:id", MAY_OFFICIAL, desk_case_get),
	ROUTE(METHOD_POST, "/queue/:id/note", MAY_OFFICIAL, desk_note_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, "/desk/absences", MAY_OFFICIAL, desk_absences_get),
	ROUTE(METHOD_POST, "/desk/absences", MAY_OFFICIAL, desk_absences_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_POST, "/desk/absences/end", MAY_OFFICIAL, desk_absence_end_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, "/desk/keys", MAY_OFFICIAL, desk_keys_get),
	ROUTES_END,
};
