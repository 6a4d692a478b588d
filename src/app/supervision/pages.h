/* Handlers of the supervision room. */
#ifndef CITYHALL_APP_SUPERVISION_PAGES_H
#define CITYHALL_APP_SUPERVISION_PAGES_H

#include "http/req.h"

handler board_get; /* board_page.c */

#endif
