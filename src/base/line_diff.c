#include "base/line_diff.h"

/* Differing lines up to which a shortest script is looked for; the memory grows with its square. */
enum { EDITS_MOST = 1200 };

struct lines {
	struct str *items;
	int32_t n;
};

static bool split(struct arena *a, struct str text, struct lines *out)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		n += text.p[i] == '\n';
	}
	*out = (struct lines){.items = arena_new(a, struct str, n + 2)};
	struct str rest = text, line;
	while (out->items != NULL && rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		out->items[out->n++] = line;
	}
	return out->items != NULL;
}

struct work {
	const struct str *a, *b; /* between the common beginning and end */
	int32_t a_n, b_n;
	struct arena *arena;
	int32_t **trace; /* row d: the furthest x on each diagonal k = -d ... d after d edits */
	int32_t edits;   /* of the shortest script; -1: more than EDITS_MOST */
};

static bool find_script(struct work *w)
{
	int32_t most = w->a_n + w->b_n < EDITS_MOST ? w->a_n + w->b_n : EDITS_MOST;
	w->trace = arena_new(w->arena, int32_t *, (size_t)most + 1);
	w->edits = -1;
	for (int32_t d = 0; w->trace != NULL && d <= most; d++) {
		int32_t *row = arena_new(w->arena, int32_t, 2 * (size_t)d + 1);
		const int32_t *before = d > 0 ? w->trace[d - 1] + (d - 1) : NULL; /* [k] */
		if (row == NULL) {
			return false;
		}
		w->trace[d] = row;
		for (int32_t k = -d; k <= d; k += 2) {
			int32_t x = 0;
			if (d > 0) {
				bool is_down = k == -d || (k != d && before[k - 1] < before[k + 1]);
				x = is_down ? before[k + 1] : before[k - 1] + 1;
			}
			int32_t y = x - k;
			while (x < w->a_n && y < w->b_n && str_eq(w->a[x], w->b[y])) {
				x++;
				y++;
			}
			row[k + d] = x;
			if (x >= w->a_n && y >= w->b_n) {
				w->edits = d;
				return true;
			}
		}
	}
	return w->trace != NULL;
}

/* Walks the script back from its end, writing steps from the last one down; *at is the index after the next to write.
 */
static void put_back(const struct work *w, int32_t skipped, struct line_step *steps, size_t *at)
{
	int32_t x = w->a_n, y = w->b_n;
	for (int32_t d = w->edits; d >= 0; d--) {
		int32_t k = x - y, from_x = 0, from_y = 0;
		if (d > 0) {
			const int32_t *before = w->trace[d - 1] + (d - 1);
			bool is_down = k == -d || (k != d && before[k - 1] < before[k + 1]);
			from_x = before[is_down ? k + 1 : k - 1];
			from_y = from_x - (is_down ? k + 1 : k - 1);
		}
		for (; x > from_x && y > from_y; x--, y--) {
			steps[--*at] = (struct line_step){LINE_SAME, (uint32_t)(skipped + x), (uint32_t)(skipped + y), w->b[y - 1]};
		}
		if (d > 0 && x == from_x) {
			steps[--*at] = (struct line_step){LINE_NEW, 0, (uint32_t)(skipped + y), w->b[y - 1]};
		} else if (d > 0) {
			steps[--*at] = (struct line_step){LINE_GONE, (uint32_t)(skipped + x), 0, w->a[x - 1]};
		}
		x = from_x;
		y = from_y;
	}
}

static void put_replaced(const struct work *w, int32_t skipped, struct line_step *steps, size_t *at)
{
	for (int32_t y = w->b_n; y-- > 0;) {
		steps[--*at] = (struct line_step){LINE_NEW, 0, (uint32_t)(skipped + y + 1), w->b[y]};
	}
	for (int32_t x = w->a_n; x-- > 0;) {
		steps[--*at] = (struct line_step){LINE_GONE, (uint32_t)(skipped + x + 1), 0, w->a[x]};
	}
}

bool line_diff(struct arena *a, struct str before, struct str after, struct line_diff *out, struct err *e)
{
	struct lines x, y;
	*out = (struct line_diff){0};
	if (!split(a, before, &x) || !split(a, after, &y)) {
		return err_set(e, ERR_MEMORY, "no memory for lines");
	}
	int32_t head = 0, tail = 0;
	while (head < x.n && head < y.n && str_eq(x.items[head], y.items[head])) {
		head++;
	}
	while (tail < x.n - head && tail < y.n - head && str_eq(x.items[x.n - 1 - tail], y.items[y.n - 1 - tail])) {
		tail++;
	}
	struct work w = {
		.a = x.items + head, .b = y.items + head, .a_n = x.n - head - tail, .b_n = y.n - head - tail, .arena = a};
	size_t room = (size_t)x.n + (size_t)y.n + 1, at = room;
	struct line_step *steps = arena_new(a, struct line_step, room);
	if (steps == NULL || !find_script(&w)) {
		return err_set(e, ERR_MEMORY, "no memory for a difference");
	}
	for (int32_t i = 0; i < tail; i++) {
		int32_t after_x = x.n - i, after_y = y.n - i;
		steps[--at] = (struct line_step){LINE_SAME, (uint32_t)after_x, (uint32_t)after_y, y.items[after_y - 1]};
	}
	if (w.edits >= 0) {
		put_back(&w, head, steps, &at);
	} else {
		put_replaced(&w, head, steps, &at);
	}
	for (int32_t i = head; i-- > 0;) {
		steps[--at] = (struct line_step){LINE_SAME, (uint32_t)i + 1, (uint32_t)i + 1, y.items[i]};
	}
	out->steps = steps + at;
	out->n = room - at;
	for (size_t i = 0; i < out->n; i++) {
		out->gone += out->steps[i].change == LINE_GONE;
		out->fresh += out->steps[i].change == LINE_NEW;
	}
	return true;
}
