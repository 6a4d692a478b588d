/* What the pages of the supervision room show. */
#ifndef CITYHALL_APP_SUPERVISION_VIEWS_H
#define CITYHALL_APP_SUPERVISION_VIEWS_H

#include "html/pieces.h"
#include "html/translate.h"

#endif
