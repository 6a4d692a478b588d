/* What the room asks of the program: whom the relay feeds, what comes due. */
#include "app/supervision/counts.h"
#include "app/supervision/inquiry.h"
#include "app/supervision/supervision.h"
#include "app/supervision/watch.h"

const struct event_subscriber supervision_subscribers[] = {
	{.name = "board", .target = board_target, .apply = board_apply},
	{.name = "board-left", .target = board_left_target, .apply = board_left_apply},
	{.name = "triggers", .target = watch_target, .apply = watch_apply},
	{.name = "triggers-from", .target = watch_from_target, .apply = watch_from_apply},
	{0},
};

const struct timer_kind supervision_timers[] = {
	{.name = INQUIRY_TIMER, .fire = inquiry_due},
	{0},
};
