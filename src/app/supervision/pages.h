/* Handlers of the supervision room. */
#ifndef CITYHALL_APP_SUPERVISION_PAGES_H
#define CITYHALL_APP_SUPERVISION_PAGES_H

#include "http/req.h"

handler findings_get, finding_get_page, finding_aside_post, finding_ask_post; /* finding_pages.c */
handler inquiries_get, inquiry_get_page, inquiry_post;                        /* inquiry_pages.c */
handler desk_inquiries_get, desk_inquiry_get, desk_inquiry_post;
handler ask_about_get, ask_about_post;                         /* ask_pages.c */
handler board_get, board_in_get, board_at_get, board_live_get; /* board_page.c */
handler board_case_get_page;                                   /* case_page.c */
handler desk_alerts_get, desk_alerts_post;                     /* alert_pages.c */

#endif
