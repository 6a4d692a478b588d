#include "base/line_diff.h"

#include "base/buf.h"
#include "unit/unit.h"

/* The steps give both texts back, with the right numbers. */
static void expect_whole(struct str before, struct str after, const struct line_diff *d)
{
	struct buf x, y;
	uint32_t at_x = 0, at_y = 0;
	buf_init(&x, 1 << 20);
	buf_init(&y, 1 << 20);
	for (size_t i = 0; i < d->n; i++) {
		const struct line_step *s = &d->steps[i];
		if (s->change != LINE_NEW) {
			assert_int_equal(s->before, ++at_x);
			buf_put(&x, s->text);
			buf_put_byte(&x, '\n');
		}
		if (s->change != LINE_GONE) {
			assert_int_equal(s->after, ++at_y);
			buf_put(&y, s->text);
			buf_put_byte(&y, '\n');
		}
	}
	assert_true(str_eq(buf_str(&x), before));
	assert_true(str_eq(buf_str(&y), after));
	buf_release(&x);
	buf_release(&y);
}

static void expect_edits(const char *before, const char *after, size_t gone, size_t fresh)
{
	struct arena a;
	struct line_diff d;
	struct err e;
	arena_init(&a, 64 << 20);
	assert_true(line_diff(&a, str_of(before), str_of(after), &d, &e));
	expect_whole(str_of(before), str_of(after), &d);
	assert_int_equal(d.gone, gone);
	assert_int_equal(d.fresh, fresh);
	arena_release(&a);
}

static void finds_the_fewest_changed_lines(void **state)
{
	(void)state;
	expect_edits("", "", 0, 0);
	expect_edits("a\n", "", 1, 0);
	expect_edits("", "a\nb\n", 0, 2);
	expect_edits("a\nb\nc\n", "a\nb\nc\n", 0, 0);
	expect_edits("a\nb\nc\n", "a\nx\nc\n", 1, 1);
	expect_edits("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", 3, 2); /* the paper's example */
	expect_edits("a\nb\n", "b\na\n", 1, 1);
}

static void any_two_texts_come_back_whole(void **state)
{
	(void)state;
	struct prng r = seeded();
	for (int round = 0; round < 400; round++) {
		struct buf x, y;
		struct arena a;
		struct line_diff d;
		struct err e;
		buf_init(&x, 1 << 20);
		buf_init(&y, 1 << 20);
		size_t n = prng_below(&r, 60), kinds = 1 + prng_below(&r, 8);
		for (size_t i = 0; i < n; i++) {
			buf_printf(&x, "line %d\n", (int)prng_below(&r, kinds));
			if (prng_below(&r, 3) > 0) {
				buf_printf(&y, "line %d\n", (int)prng_below(&r, kinds));
			}
		}
		arena_init(&a, 64 << 20);
		assert_true(line_diff(&a, buf_str(&x), buf_str(&y), &d, &e));
		expect_whole(buf_str(&x), buf_str(&y), &d);
		arena_release(&a);
		buf_release(&x);
		buf_release(&y);
	}
}

static void texts_without_a_common_line_are_replaced_as_a_whole(void **state)
{
	(void)state;
	struct buf x, y;
	buf_init(&x, 1 << 20);
	buf_init(&y, 1 << 20);
	for (int i = 0; i < 3000; i++) {
		buf_printf(&x, "before %d\n", i);
		buf_printf(&y, "after %d\n", i);
	}
	expect_edits(buf_cstr(&x), buf_cstr(&y), 3000, 3000);
	buf_release(&x);
	buf_release(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_fewest_changed_lines),
		cmocka_unit_test(any_two_texts_come_back_whole),
		cmocka_unit_test(texts_without_a_common_line_are_replaced_as_a_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
