/* The frame around every page, the same for all rooms: head, sign and city, where one can go, language, name, footer.
 * A handler writes
 *
 *	struct html_out o;
 *	page_begin(r, &o, &(struct page){.title_msgid = N_("My cases"), .current = NAV_CASES});
 *	my_template(&o, ...);
 *	page_end(r, &o);
 *	return true;
 *
 * The page goes to r->out in the request's language. `main` is open between the two calls. Called on the request's
 * thread. */
#ifndef CITYHALL_APP_PAGE_H
#define CITYHALL_APP_PAGE_H

#include "base/zone.h"
#include "html/frame.h"
#include "http/req.h"

enum nav {
	NAV_NONE,
	NAV_SERVICES,
	NAV_CASES,
	NAV_MAILBOX,
	NAV_QUEUE,
	NAV_COUNTER,
	NAV_AUTHORING,
	NAV_BOARD,
	NAV_TRAFFIC,
	NAV_FIGURES,
	NAV_INQUIRIES,
	NAV_ACCOUNT,
	NAV_SIGN_IN
};

/* How wide the column of a page is: most pages, forms (42 rem), receipts and letters (54 rem), edge to edge (the page
 * brings its own wraps). */
enum page_width { PAGE_NORMAL, PAGE_FORM, PAGE_NOTE, PAGE_FLUSH };

struct page {
	const char *title_msgid; /* N_("..."); NULL: `title` */
	struct str title;        /* in the page's language already: a service's name, a case number */
	enum nav current;
	enum page_width width;
	bool is_desk;    /* officials' pages: wider */
	bool is_bare;    /* neither places to go nor a name nor a footer: a screen for somebody who only looks */
	bool has_charts; /* the sheet for figures */
	bool has_errors; /* the title starts with "Error:" */
	/* One of these two, above the heading: the way back, or where the page is. */
	struct str back_href;
	const struct nav_item *trail; /* borrowed until page_end */
	size_t trail_n;
};

/* Makes *o write to r->out. The address of each place is said once, here; rooms use the names. */
void page_begin(struct req *r, struct html_out *o, const struct page *p);
void page_end(struct req *r, struct html_out *o);

/* http_hooks.error_page: a calm page for *why with a way on and the request's id; also before anybody was admitted. */
void page_error(struct req *r, const struct err *why);

/* For rooms that come before the catalogue: an institution's name in the page's language, empty when it is unknown; and
 * an instant as the city's clocks show it (by UTC while nothing is published). */
struct str page_institution(struct req *r, int64_t institution);
struct local_time page_local_time(struct req *r, int64_t utc_us);
struct str page_moment(struct req *r, int64_t utc_us); /* "Mon 23 Nov, 14:10" */

/* What the people room reads when it admits somebody. */
#define COOKIE_LANGUAGE "lang"
#define COOKIE_THEME "theme"

/* Addresses that pages of several rooms lead to. */
#define PATH_HOME "/"
#define PATH_SERVICES "/services"
#define PATH_LIFE_EVENTS "/life-events"
#define PATH_INSTITUTIONS "/institutions"
#define PATH_BUNDLES "/bundles"
#define PATH_APPLY "/apply/"            /* and the id of a service */
#define PATH_CASE_NUMBER "/case-number" /* ?number= */
#define PATH_ASK "/ask"                 /* ?service= or ?office= */
#define PATH_QUESTIONS "/questions"
#define PATH_DESK_QUESTIONS "/desk/questions"
#define PATH_DESK_ANSWERS "/desk/answers"
#define PATH_RATINGS "/ratings" /* ?office= */
#define PATH_DESK_RATINGS "/desk/ratings"
#define PATH_DESK_APPEALS "/desk/appeals"
#define PATH_CASES "/cases"
#define PATH_QUEUE "/queue"
#define PATH_COUNTER "/counter"
#define PATH_BOARD "/board"
#define PATH_FINDINGS "/board/findings"
#define PATH_BOARD_INQUIRIES "/board/inquiries"
#define PATH_INQUIRIES "/inquiries"
#define PATH_TRAFFIC "/traffic"
#define PATH_TRAFFIC_LIVE "/traffic/live"
#define PATH_TRAFFIC_SIGNALS "/traffic/signals"
#define PATH_TRAFFIC_INCIDENTS "/traffic/incidents"
#define PATH_TRAFFIC_PRIORITIES "/traffic/priorities"
#define PATH_AUTHORING "/authoring"
#define PATH_FIGURES "/figures"
#define PATH_PERFORMANCE "/performance" /* and ids of an office and a service */
#define PATH_ACCOUNT "/account"
#define PATH_MAILBOX "/mailbox"
#define PATH_WAYS "/account/ways"
#define PATH_DESK_MAIL "/desk/mail"
#define PATH_SIGN_IN "/sign-in"
#define PATH_SIGN_UP "/sign-up"
#define PATH_SIGN_OUT "/sign-out"
#define PATH_INVITED "/invited"
#define PATH_HELP "/help"
#define PATH_DEMO "/demo"
#define PATH_ACCESSIBILITY "/accessibility"
#define PATH_PRIVACY "/privacy"

#endif
