/* The pages of the room, in one table. */
#include "app/supervision/pages.h"
#include "app/page.h"
#include "app/supervision/supervision.h"

const struct route supervision_routes[] = {
	ROUTE(METHOD_GET, PATH_BOARD, MAY_SUPERVISOR, board_get),
	{0},
};
