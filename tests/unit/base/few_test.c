/* What is hidden stays hidden from who takes the told cells off the sum: every table of small cells is tried out. */
#include <string.h>

#include "../unit.h"

#include "base/few.h"

static void a_cell_of_one_to_four_is_hidden(void **state)
{
	(void)state;
	static const bool told[] = {true, false, false, false, false, true, true};
	for (int n = 0; n < 7; n++) {
		assert_int_equal(few_is_told(n), told[n]);
	}
	assert_true(few_is_share_told(5, 10));
	assert_true(few_is_share_told(10, 10));
	assert_true(few_is_share_told(0, 10));
	assert_false(few_is_share_told(4, 10));
	assert_false(few_is_share_told(6, 10));
	assert_false(few_is_share_told(4, 4));
}

enum { CELLS = 4, MOST = 12 };

/* Does some other table, with the same told cells and the same sum, give this hidden cell another number? */
static bool has_other(const int64_t *cells, const bool *is_hidden, size_t at)
{
	int64_t rest = 0, v[CELLS];
	for (size_t i = 0; i < CELLS; i++) {
		rest += is_hidden[i] ? cells[i] : 0;
		v[i] = cells[i];
	}
	for (int64_t code = 0; code < (rest + 1) * (rest + 1) * (rest + 1); code++) {
		int64_t left = rest, c = code;
		bool again[CELLS];
		size_t last = CELLS;
		for (size_t i = 0; i < CELLS; i++) {
			last = is_hidden[i] ? i : last;
		}
		for (size_t i = 0; i < CELLS; i++) {
			if (is_hidden[i] && i != last) {
				v[i] = c % (rest + 1);
				c /= rest + 1;
				left -= v[i];
			}
		}
		v[last] = left;
		if (c > 0 || left < 0 || v[at] == cells[at]) {
			continue;
		}
		if (few_hide(v, CELLS, again) && memcmp(again, is_hidden, sizeof again) == 0) {
			return true;
		}
	}
	return false;
}

static void no_hidden_cell_follows_from_the_sum(void **state)
{
	(void)state;
	for (int code = 0; code < MOST * MOST * MOST * MOST; code++) {
		int64_t cells[CELLS] = {code % MOST, code / MOST % MOST, code / MOST / MOST % MOST, code / MOST / MOST / MOST};
		bool is_hidden[CELLS];
		bool is_sum_told = few_hide(cells, CELLS, is_hidden);
		for (size_t i = 0; i < CELLS; i++) {
			bool is_few = !few_is_told(cells[i]);
			assert_true(is_hidden[i] || !is_few);
			assert_true(cells[i] > 0 || !is_hidden[i]);
			if (is_few && is_sum_told && !has_other(cells, is_hidden, i)) {
				fail_msg("%d of %d %d %d %d follows", (int)cells[i], (int)cells[0], (int)cells[1], (int)cells[2],
				         (int)cells[3]);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_of_one_to_four_is_hidden),
		cmocka_unit_test(no_hidden_cell_follows_from_the_sum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
