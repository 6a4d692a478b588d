/* What the templates of pieces.html and form.html ask of C: names of classes, outlines, positions. Not for rooms. */
#ifndef CITYHALL_HTML_PARTS_H
#define CITYHALL_HTML_PARTS_H

#include "html/form.h"
#include "html/pieces.h"

const char *tag_class(enum tag_sign sign); /* "": none */
const char *tag_outline(enum tag_sign sign);
/* The outline of the sign beside an error at a field. */
#define ERROR_OUTLINE "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM7 3.5h2v6H7zm0 7.2h2v2H7z"

const char *day_stone_class(struct day_stone d);

/* A clock as it is drawn: days, or weeks when there are many days. */
#define CLOCK_STONES_MAX 60
#define CLOCK_WEEKS_MAX 600
struct clock_drawing {
	uint8_t stones[CLOCK_WEEKS_MAX]; /* enum clock_day */
	size_t n;
	int32_t promised_at, law_at; /* -1: none */
	bool is_in_weeks;
	bool has_stood, has_late, has_soon;
};
void clock_draw(const struct clock_view *c, struct clock_drawing *out);
const char *clock_class(enum clock_day day);      /* "" for a hollow stone */
const char *clock_mini_class(enum clock_day day); /* same class: one dash */
/* Length of the run of equal mini classes from `at`. */
size_t clock_run(const struct clock_drawing *d, size_t at);
bool clock_is_early(const struct clock_drawing *d, int32_t at);

const char *field_width_class(enum field_width w);
bool field_has_auto_direction(const struct form_field *f);

/* A field behind the line that opens is filled in or wrong. */
bool field_parts_open(const struct form_part *parts, int more, int n);

#endif
