/* How `serve` speaks to the render process (cityhall-render): strangers' files made harmless, QR codes, PDF documents.
 * Any thread. Every call is a connection of its own with a deadline; it is tried once more when render died under it,
 * then fails with ERR_BUSY. The work is done in a worker process of its own with limits on memory and time, so that a
 * bomb ends that worker and nothing else. */
#ifndef CITYHALL_OS_RENDER_CLIENT_H
#define CITYHALL_OS_RENDER_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Where the supervisor binds it: <dir>/run/render.sock. */
#define RENDER_SOCKET "run/render.sock"

struct render_client;
bool render_client_new(struct str dir, struct render_client **out, struct err *e) MUST_USE;
void render_client_free(struct render_client *c);
void render_client_set_timeout(struct render_client *c, int64_t us); /* tests; default 30 s for each kind of call */

/* --- Uploads ------------------------------------------------------------------------------------------------------ */

/* What a file is by its content, never by its name or claimed type. */
enum upload_kind {
	UPLOAD_PDF = 1,
	UPLOAD_JPEG = 2,
	UPLOAD_PNG = 3,
	UPLOAD_HEIC = 4, /* ISO/IEC 23008-12, as telephones make it */
	UPLOAD_TIFF = 5,
	UPLOAD_WEBP = 6,
};
enum page_type { PAGE_JPEG = 1, PAGE_PNG = 2 };

#define RENDER_PAGES_MAX 100
#define RENDER_INPUT_MAX (32 * 1024 * 1024) /* bytes of an upload */
#define RENDER_SIDE_MAX 12000               /* pixels of an image as it comes */
#define RENDER_PIXELS_MAX 100000000
#define RENDER_OUT_SIDE_MAX 3000 /* pixels of a page as it goes */

struct render_page {
	enum page_type type;
	uint32_t width, height; /* pixels */
	int64_t offset, bytes;  /* in the container */
	/* Can it be read? Mean lightness (0 to 255), variance of the Laplacian in its sharpest parts; MEASURE_NONE: not
	 * looked at, as pages of a PDF. */
	uint32_t luma, sharpness;
};
#define MEASURE_NONE UINT32_MAX

/* The pages one after the other in one anonymous file. A picture is one page, so its container is the picture. */
struct render_result {
	enum upload_kind kind;
	struct render_page pages[RENDER_PAGES_MAX];
	size_t page_n;
	int fd; /* owned; -1 when empty */
};

/* Re-encodes: upright, metadata gone, at most RENDER_OUT_SIDE_MAX pixels a side; each page of a PDF becomes a JPEG.
 * `fd` is a regular file or memfd, read from its start; it stays the caller's. Errors with a sentence for the person
 * (err_say): ERR_UNSUPPORTED none of these kinds, or damaged, or under a password; ERR_TOO_LARGE too many pages, pixels
 * or bytes; ERR_BUSY render is away. */
bool render_reencode(struct render_client *c, int fd, struct render_result *out, struct err *e) MUST_USE;
void render_result_release(struct render_result *r);
/* A page as an anonymous file of its own, positioned at its start; the caller closes it. */
bool render_page_fd(const struct render_result *r, size_t page, int *out_fd, struct err *e) MUST_USE;
const char *page_content_type(enum page_type type);

/* --- QR codes ----------------------------------------------------------------------------------------------------- */

enum qr_level { QR_L = 0, QR_M = 1, QR_Q = 2, QR_H = 3 };

struct render_qr {
	uint32_t side;   /* modules: viewBox is "0 0 side side"; the quiet zone (4) is the page's */
	struct buf path; /* "M0 0h7v1h-7z..." : the d of one path; owned */
};
bool render_qr(struct render_client *c, struct str text, enum qr_level level, struct render_qr *out,
               struct err *e) MUST_USE;
void render_qr_release(struct render_qr *q);

/* --- Documents ---------------------------------------------------------------------------------------------------- */

/* An A4 document: receipt, decision letter. Texts are in the document's language already. */
enum block_kind {
	BLOCK_HEADING = 1,   /* text; level 1 or 2 */
	BLOCK_PARAGRAPH = 2, /* text; style. A line break in it is kept */
	BLOCK_PAIRS = 3,     /* items: term, value; rules between */
	BLOCK_NUMBER = 4,    /* text: the case number, large; caption above it in the second voice (may be empty) */
	BLOCK_DATES = 5,     /* items: term ("We promise a decision by"), value (the date), note; side by side */
	BLOCK_STEPS = 6,     /* items: term (bold), value; numbered in small arches */
	BLOCK_QR = 7,        /* text: what it says; caption under it. 40 mm, at the inline end; what follows flows beside */
	BLOCK_NOTE = 8,      /* text in a tinted box; caption: its heading (may be empty) */
	BLOCK_SIGNATURES = 9, /* items: term (name), value (function), note (date); a line above each */
	BLOCK_SPACER = 10,    /* level: millimetres */
	BLOCK_SLIP = 11,      /* opens the receipt's slip: a card that holds what follows ... */
	BLOCK_SLIP_END = 12,  /* ... until here */
	BLOCK_ADDRESS =
		13,           /* items: value, one line each; who a letter is for. caption: reference, date at the inline end */
	BLOCK_LIST = 14,  /* items: value; bullets */
	BLOCK_FIELD = 15, /* of a form on paper: text above, caption in the second voice, a box of `level` lines to write
	                     in; items: value, each with a box to tick. PARAGRAPH_QUIET: a part of the field before it */
	BLOCK_BARCODE = 16, /* text: what a hand scanner types (base/code128.h); caption under it */
	BLOCK_PAGE = 17,    /* what follows begins on a page of its own */
};

enum paragraph_style { PARAGRAPH_BODY = 0, PARAGRAPH_LEAD = 1, PARAGRAPH_QUIET = 2, PARAGRAPH_SMALL = 3 };

struct document_item {
	struct str term, value, note;
};

struct document_block {
	enum block_kind kind;
	uint32_t level; /* heading level; millimetres of a spacer */
	enum paragraph_style style;
	struct str text;
	struct str caption;
	const struct document_item *items;
	size_t item_n;
};

#define DOCUMENT_BLOCKS_MAX 3000
#define DOCUMENT_ITEMS_MAX 200
#define DOCUMENT_BYTES_MAX (512 * 1024)

struct document {
	struct str title; /* metadata and bookmark: "Receipt PL-2026-048176-3" */
	struct str lang;  /* "en", "zh-Hans", "ar-XB" */
	bool is_rtl;
	struct str city;        /* "Port Linden", beside the sign */
	struct str place;       /* "City Hall", smaller, after it */
	struct str institution; /* at the inline end of the header; may be empty */
	struct str footer;      /* one or two lines: address, hours */
	struct str page_label;  /* "Page {page} of {pages}" in the document's language */
	int64_t made_us;        /* legal time of making: the PDF's date; 0 none. The same document gives the same bytes */
	const struct document_block *blocks;
	size_t block_n;
};

/* A new anonymous file with the PDF, positioned at its start; the caller closes it. */
bool render_pdf(struct render_client *c, const struct document *d, int *out_fd, struct err *e) MUST_USE;

struct render_status {
	int64_t served, worker_deaths;
	char sandbox[120];
};
bool render_ask_status(struct render_client *c, struct render_status *out, struct err *e) MUST_USE;

#endif
