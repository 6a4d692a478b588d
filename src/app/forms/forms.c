#include "app/forms/forms.h"

#include "app/app.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/forms/pieces.h"
#include "app/page.h"

const struct route forms_routes[] = {
	ROUTE(METHOD_GET, PATH_APPLY ":service", MAY_SIGNED_IN, apply_get),
	ROUTE(METHOD_POST, PATH_APPLY ":service", MAY_SIGNED_IN, apply_post, .body_max = 4096),
	ROUTE(METHOD_GET, PATH_SERVICES "/:id/paper", MAY_ANYONE, paper_form_get),
	ROUTE(METHOD_GET, PATH_SERVICES "/:id/paper.pdf", MAY_ANYONE, paper_form_pdf),
	ROUTE(METHOD_GET, "/draft/:id", MAY_SIGNED_IN, draft_tasks_get),
	ROUTE(METHOD_GET, "/draft/:id/page/:page", MAY_SIGNED_IN, draft_page_get),
	ROUTE(METHOD_POST, "/draft/:id/page/:page", MAY_SIGNED_IN, draft_page_post, .body_max = FORM_BODY_MAX,
          .has_files = true, .keeps_form = true),
	ROUTE(METHOD_GET, "/draft/:id/piece/:question", MAY_SIGNED_IN, draft_piece_get),
	ROUTE(METHOD_POST, "/draft/:id/piece/:question", MAY_SIGNED_IN, draft_piece_post,
          .body_max = PIECE_BYTES_MAX + 16384, .has_files = true),
	ROUTE(METHOD_POST, "/draft/:id/changed", MAY_SIGNED_IN, draft_lost_post, .body_max = 1024),
	ROUTE(METHOD_GET, "/draft/:id/check", MAY_SIGNED_IN, draft_check_get),
	ROUTE(METHOD_GET, "/draft/:id/file/:file", MAY_SIGNED_IN, draft_file_get),
	ROUTE(METHOD_GET, "/draft/:id/file/:file/:page", MAY_SIGNED_IN, draft_file_get),
	ROUTE(METHOD_GET, "/draft/:id/discard", MAY_SIGNED_IN, draft_discard_get),
	ROUTE(METHOD_POST, "/draft/:id/discard", MAY_SIGNED_IN, draft_discard_post, .body_max = 1024),
	ROUTES_END,
};
