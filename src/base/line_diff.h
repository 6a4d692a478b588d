/* What changed between two texts, line by line: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).
 * Texts that are too different for it are compared by their common beginning and end alone. Any thread. */
#ifndef CITYHALL_BASE_LINE_DIFF_H
#define CITYHALL_BASE_LINE_DIFF_H

#include "base/arena.h"
#include "base/err.h"

enum line_change { LINE_SAME, LINE_GONE, LINE_NEW };
struct line_step {
	enum line_change change;
	uint32_t before, after; /* number of the line from 1; 0: it is not in this text */
	struct str text;        /* without its line break; points into one of the texts */
};
struct line_diff {
	struct line_step *steps;
	size_t n, gone, fresh; /* fresh: lines that are new */
};
/* ERR_MEMORY when the arena is full. */
bool line_diff(struct arena *a, struct str before, struct str after, struct line_diff *out, struct err *e) MUST_USE;

#endif
