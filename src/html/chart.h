/* Charts as SVG made by the server: widths in percent and heights in pixels, so that they fit from 240 px on and text
 * never shrinks. From zero, one axis, no colour alone: each has a sentence, a legend with the last value, and a table
 * under it with every number. In a language that is written from right to left they run from right to left. Plain
 * values, which borrow their text; any thread. */
#ifndef CITYHALL_HTML_CHART_H
#define CITYHALL_HTML_CHART_H

#include "base/arena.h"
#include "html/out.h"

enum { CHART_SERIES_MAX = 3, CHART_HEIGHT = 190 };
enum chart_kind { CHART_BARS, CHART_LINES }; /* bars stand on each other */

struct chart_series {
	struct str name;
	const char *look;        /* class: "c1" pine, "c2" soft, "c3" ink; "late" and "past" of the clock alone */
	const int64_t *values;   /* one a label */
	const struct str *texts; /* the same as the table says them; NULL: as numbers */
};
struct chart {
	enum chart_kind kind;
	struct str title, sentence; /* the sentence says what the chart shows, for who does not see it */
	struct str head;            /* of the table's first column */
	struct str unit;            /* beside the scale; may be empty */
	const struct str *labels;   /* under the axis */
	const struct str *names;    /* in the table, longer; NULL: the labels */
	size_t n;
	bool is_dense; /* so many values that only the end of a line is a dot; labels that are empty are left out */
	size_t key_n;  /* the legend has the last of so many values; 0: of all */
	int64_t scale; /* values a unit: 480 minutes are one working day; 0: 1 */
	struct chart_series series[CHART_SERIES_MAX];
	size_t series_n;
};

/* What is drawn. */
struct chart_mark {
	struct str x, w, x2; /* percent */
	int y, h, y2;
	const char *look;
};
struct chart_line {
	struct str text;
	int y;
};
struct chart_drawing {
	struct chart_mark *marks;
	size_t mark_n;
	struct chart_line lines[4];
	size_t line_n;
	struct chart_label {
		struct str x, text;
		bool is_spare; /* left out where there is little room */
	} * labels;
	size_t label_n;
	bool is_rtl;
};
/* False: memory is out. */
bool chart_draw(struct arena *a, const struct chart *c, struct str lang, struct chart_drawing *out);

/* The smallest round number that is not below v: 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten. */
int64_t chart_top(int64_t v);

#endif
