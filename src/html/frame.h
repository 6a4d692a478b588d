/* The frame of every page: head, skip link, sign and city, places, language, name, the footer's arches. A page is
 *
 *     frame_begin(o, &f);  ... the page's own template ...  frame_end(o, &f);
 *
 * with the same struct frame, a plain value that borrows all its text; the language and with it the direction are those
 * of `o`. Any thread. */
#ifndef CITYHALL_HTML_FRAME_H
#define CITYHALL_HTML_FRAME_H

#include "html/out.h"
#include "html/translate.h"

/* A link in the header or the footer. Text is in the page's language already. */
struct nav_item {
	struct str href, text;
	bool is_current; /* the place the reader is in */
	int64_t count;   /* > 0: a number beside the word ("Letters 1") */
	bool is_news;    /* the number counts what is new: said to screen readers */
};

/* The page in another language. */
struct language_link {
	const struct language *language;
	struct str href;
};

enum frame_width {
	FRAME_WIDE, /* 76 rem, desks 92 */
	FRAME_ASK,  /* 42 rem: one thing a page */
	FRAME_NOTE, /* 54 rem: receipts, letters, texts */
	FRAME_BARE  /* the page brings its own .wrap: home with its wall */
};

struct frame {
	struct str title; /* without the city: "Receipt PL-2026-048176-3"; empty on the home page */
	bool is_error;    /* answers need another look: the title starts with "Error: " */
	enum frame_width width;
	bool is_desk;      /* an official's page: wider, denser */
	const char *sheet; /* address of one more style sheet; NULL: none */

	struct str lang;      /* the tag of the html_out written to */
	struct str theme;     /* "dark", "light", or empty: as the device */
	struct str city;      /* "Port Linden" */
	struct str hall;      /* empty: "City Hall" in the page's language */
	struct str home_href; /* empty: "/" */
	int lit_stone;        /* today's stone in the sign: 0 Monday to 4 Friday; -1 on days off */

	const struct nav_item *nav;
	size_t nav_n;
	const struct language_link *languages; /* the others, not this one */
	size_t language_n;
	struct str account_name;    /* empty: "Sign in" is shown instead */
	struct str account_href;    /* where name or "Sign in" leads; empty: neither */
	struct str sign_out_action; /* not empty: a "Sign out" button posts here with csrf */
	struct str csrf;

	struct str notice;                   /* a line above everything: "This is a demonstration. ..." */
	struct str notice_href, notice_link; /* at its end; link empty: none */
	/* One of these two, above the heading: the way back, or where the page is. */
	struct str back_href;
	const struct nav_item *trail;
	size_t trail_n;

	struct str foot_lead, foot_text;   /* the city's own words; empty: no such part */
	const struct nav_item *foot_links; /* set in two columns */
	size_t foot_link_n;
};

/* <!doctype html> to the open content of <main>. */
void frame_begin(struct html_out *o, const struct frame *f);
void frame_end(struct html_out *o, const struct frame *f);
/* The stone to light on a weekday (0 Monday to 6 Sunday). */
static inline int frame_lit_stone(int weekday)
{
	return weekday >= 0 && weekday < 5 ? weekday : -1;
}

#endif
