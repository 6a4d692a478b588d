/* The demo city's people: fixed, published passwords that are taken only on a data folder marked demo. */
#ifndef CITYHALL_CMD_DEMO_H
#define CITYHALL_CMD_DEMO_H

#include <stdio.h>

#include "app/app.h"

bool demo_make_people(struct app *app, struct err *e) MUST_USE;
/* A year and more of invented figures, up to the month before this one. */
bool demo_make_history(struct app *app, struct err *e) MUST_USE;
/* Running cases, alerts and inquiries as on a day in the middle of the work; a year's figures come from the call above.
 */
bool demo_make_cases(struct app *app, struct err *e) MUST_USE;
void demo_print_accounts(FILE *to);

#endif
