/* What the room asks of the program: whom the relay feeds, what comes due, what can be recomputed. */
#include "app/supervision/counts.h"
#include "app/supervision/supervision.h"

const struct event_subscriber supervision_subscribers[] = {
	{.name = "board", .target = board_target, .apply = board_apply},
	{.name = "board-left", .target = board_left_target, .apply = board_left_apply},
	{0},
};
