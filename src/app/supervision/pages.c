/* The pages of the room, in one table. */
#include "app/supervision/pages.h"
#include "app/page.h"
#include "app/supervision/supervision.h"

enum { FORM_BODY_MAX = 64 * 1024 };

const struct route supervision_routes[] = {
	ROUTE(METHOD_GET, PATH_BOARD, MAY_SUPERVISOR, board_get),
	ROUTE(METHOD_GET, PATH_FINDINGS, MAY_SUPERVISOR, findings_get),
	ROUTE(METHOD_GET, PATH_FINDINGS "/:office/:id", MAY_SUPERVISOR, finding_get_page),
	ROUTE(METHOD_POST, PATH_FINDINGS "/:office/:id/aside", MAY_SUPERVISOR, finding_aside_post,
          .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_POST, PATH_FINDINGS "/:office/:id/ask", MAY_SUPERVISOR, finding_ask_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_BOARD_INQUIRIES, MAY_SUPERVISOR, inquiries_get),
	ROUTE(METHOD_GET, PATH_BOARD_INQUIRIES "/:office/:id", MAY_SUPERVISOR, inquiry_get_page),
	ROUTE(METHOD_POST, PATH_BOARD_INQUIRIES "/:office/:id", MAY_SUPERVISOR, inquiry_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_BOARD "/ask/:office/:case", MAY_SUPERVISOR, ask_about_get),
	ROUTE(METHOD_POST, PATH_BOARD "/ask/:office/:case", MAY_SUPERVISOR, ask_about_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_INQUIRIES, MAY_SIGNED_IN, desk_inquiries_get),
	ROUTE(METHOD_GET, PATH_INQUIRIES "/:office/:id", MAY_SIGNED_IN, desk_inquiry_get),
	ROUTE(METHOD_POST, PATH_INQUIRIES "/:office/:id", MAY_SIGNED_IN, desk_inquiry_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_BOARD "/live", MAY_SUPERVISOR, board_live_get),
	ROUTE(METHOD_GET, PATH_BOARD "/in/:jurisdiction", MAY_SUPERVISOR, board_in_get),
	ROUTE(METHOD_GET, PATH_BOARD "/at/:institution", MAY_SUPERVISOR, board_at_get),
	ROUTE(METHOD_GET, PATH_BOARD "/at/:institution/:case", MAY_SUPERVISOR, board_case_get_page),
	ROUTE(METHOD_GET, "/desk/alerts", MAY_OFFICIAL, desk_alerts_get),
	ROUTE(METHOD_POST, "/desk/alerts", MAY_OFFICIAL, desk_alerts_post, .body_max = FORM_BODY_MAX),
	{0},
};
