/* Handlers of the traffic room. */
#ifndef CITYHALL_APP_TRAFFIC_PAGES_H
#define CITYHALL_APP_TRAFFIC_PAGES_H

#include "http/req.h"

handler traffic_get, traffic_live_get;                   /* city_page.c */
handler signals_get, signals_post;                       /* signals_page.c */
handler signal_get_page, signal_post;                    /* signal_page.c */
handler traffic_priorities_get, traffic_priorities_post; /* priorities_page.c */
handler traffic_rule_end_post;                           /* rules.c */
handler traffic_way_get, traffic_way_post;               /* way_page.c */
handler traffic_school_get, traffic_school_post;         /* school_page.c */

#endif
