/* What the room asks of the program: whom the relay feeds, what comes due. */
#include "app/supervision/counts.h"
#include "app/supervision/inquiry.h"
#include "app/supervision/supervision.h"
#include "app/supervision/told.h"
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
	{.name = ALERT_TIMER, .fire = told_look},
	{.name = TOLD_TIMER, .fire = told_make_up},
	{0},
};

const struct errand_kind supervision_errands[] = {
	{.name = ALERT_ERRAND, .run = told_tell},
	{.name = TOLD_ERRAND, .run = told_mail_run, .unsure = told_mail_unsure, .begins_late = true, .at_once = 2},
	{0},
};
