/* What the pages are made of besides forms: tags, day stones, clocks, lists, slips. Values are plain and borrow their
 * text, which is in the page's language already and is escaped here. Any thread. */
#ifndef CITYHALL_HTML_PIECES_H
#define CITYHALL_HTML_PIECES_H

#include "base/date.h"
#include "html/out.h"

/* --- State and alert: two things. The state is the tag, the alert is the day stone. --- */
enum tag_sign {
	TAG_NEW,    /* ring */
	TAG_RUN,    /* half disc: in work */
	TAG_WAIT,   /* bars: waits for somebody */
	TAG_FIX,    /* pencil: to put right */
	TAG_DONE,   /* tick: granted, done */
	TAG_NO,     /* cross: refused */
	TAG_ORANGE, /* triangle: soon */
	TAG_RED     /* octagon: due or past */
};
void tag_put(struct html_out *o, enum tag_sign sign, struct str text);

enum alert { ALERT_NONE, ALERT_ORANGE, ALERT_RED };
/* Working days left, today counted: 1 is "today", negative is late. */
struct day_stone {
	int32_t days_left;
	enum alert alert;
	bool is_standing; /* the clock stands: outlined */
	bool is_later;    /* today is a day off: what has one day left is not due today */
};
void day_stone_put(struct html_out *o, struct day_stone d);

/* --- The clock: one stone is one working day --- */
enum clock_day { DAY_RAN, DAY_STOOD, DAY_NOW, DAY_NOW_STANDING, DAY_LEFT, DAY_SOON, DAY_LATE };
struct clock_mark {
	int32_t at;      /* index of the last stone before the mark; -1: no mark */
	struct str word; /* empty: "Promised" or "By law" */
	struct str note; /* under it: "Thu 26 Nov"; may be empty */
};
struct clock_view {
	const uint8_t *days; /* enum clock_day, in order of time */
	size_t n;
	struct clock_mark promised, law;
	struct str sentence; /* the whole of it in words, for aria-label; the page says the same above the clock */
	bool has_key;        /* the legend below */
};
/* Above 60 days one stone is a week, and the legend says so. */
void clock_put(struct html_out *o, const struct clock_view *c);
/* In rows: 6 px a day at the same scale for all, so that lengths compare. Decoration: the row says it in words. */
void clock_mini(struct html_out *o, const struct clock_view *c);

/* --- Lists --- */
struct summary_row {
	struct str term;
	bool is_name;            /* the term is what somebody is called */
	struct str value;        /* other people's text: set in <bdi>, line breaks kept */
	struct html html;        /* used when value is empty */
	struct str change_href;  /* empty: no link */
	struct str change_label; /* empty: "Change" */
};
void summary_list(struct html_out *o, const struct summary_row *rows, size_t n);

struct task_row {
	struct str href, text; /* empty href: not yet to be done */
	enum tag_sign sign;
	struct str state;
};
void task_list(struct html_out *o, const struct task_row *rows, size_t n);

struct step_item {
	struct str title, text;
};
void steps(struct html_out *o, const struct step_item *items, size_t n);

/* The story of a case, oldest first. */
struct story_item {
	struct str iso;  /* datetime attribute: "2026-11-02T09:14" */
	struct str when; /* "Mon 2 Nov, 9:14" */
	struct str title, text;
	struct str quote;                /* somebody's words, before the text */
	struct str link_href, link_text; /* after the text; may be empty */
	struct str tag;                  /* may be empty */
	enum tag_sign tag_sign;
	bool is_halt; /* the clock stood from here */
	bool is_next; /* still to come: hollow */
};
void story(struct html_out *o, const struct story_item *items, size_t n);

/* --- Boxes --- */
struct receipt_slip {
	struct str service, number;
	bool has_promised, has_law;
	day_number promised, law;        /* the last day */
	int32_t promised_days, law_days; /* working days */
	struct html qr;                  /* an <svg> from the QR maker; empty: none */
	struct html barcode;             /* an <svg>: the number for a hand scanner; empty: none */
	struct str code;                 /* to type with the number: "7K3M-9Q2T"; empty: none */
	const struct summary_row *rows;
	size_t row_n;
};
void receipt_slip(struct html_out *o, const struct receipt_slip *s);

struct empty_state {
	struct str fact, will; /* "You have no open cases." "When you apply for something, it appears here ..." */
	struct str href, link;
};
void empty_state(struct html_out *o, const struct empty_state *e);

/* The middle of an error page. */
struct error_view {
	struct str title, say;
	struct str request_id; /* to quote when asking for help */
	struct str href, link; /* where to go from here */
	/* A form to be sent once more as it was; action empty: none. */
	struct str action, csrf, send;
	const struct form_value {
		struct str name, value;
	} * fields;
	size_t field_n;
};
void error_view(struct html_out *o, const struct error_view *e);

/* Page images of a paper, one below the other, in a named region that scrolls. */
struct page_image {
	struct str src, href; /* the picture, and it in full */
	int32_t width, height;
};
void page_images(struct html_out *o, struct str name, const struct page_image *pages, size_t n);

/* "Next 50" below a list; href empty: nothing follows. */
void list_next(struct html_out *o, struct str range_text, struct str next_href, int32_t page_size);

#endif
