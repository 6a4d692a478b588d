/* What if the signals were set in another way: asked here, answered by a simulator that runs beside the brain
 * (`cityhall brain what-if NET --routes FILE --portal DATAFOLDER`) and asks over the control socket what there is to
 * do. A question waits until a simulator takes it; one whose simulator is silent for a minute waits again. */
#ifndef CITYHALL_APP_TRAFFIC_WHATIF_H
#define CITYHALL_APP_TRAFFIC_WHATIF_H

#include "app/app.h"

#define PATH_TRAFFIC_WHAT_IF "/traffic/what-if"
#define PATH_TRAFFIC_WHAT_IF_STOP "/traffic/what-if/stop"
#define WHAT_IF_COMMAND "what-if" /* of the control socket */
#define WHAT_IF_COUNTED "counted" /* a line of an answer: its first number is the minute that the demand began */

enum { WHAT_IF_BODY_MAX = 8 * 1024, WHAT_IF_ANSWER_MAX = 4000 };
enum what_if_state { WHAT_IF_WAITS = 1, WHAT_IF_RUNS, WHAT_IF_DONE, WHAT_IF_FAILED, WHAT_IF_STOPPED };

/* "next" is answered with "ID A B MINUTES SEEDS", or with nothing; "say ID PERCENT" with "on" or "stop"; "end ID" and
 * lines key|A|B|least|most, or "fail ID" and what went wrong, with nothing. ERR_BAD_INPUT for other words. */
bool what_if_told(struct app *app, struct str message, struct buf *reply, struct err *e) MUST_USE;

handler what_if_get_page, what_if_post, what_if_stop_post;

#endif
