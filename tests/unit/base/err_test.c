#include "base/err.h"

#include <errno.h>

#include "unit/unit.h"

static void keeps_code_place_and_text(void **state)
{
	(void)state;
	struct err e;
	int line = __LINE__ + 1;
	assert_false(err_set(&e, ERR_CONFLICT, "version %d", 7));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_int_equal(e.line, line);
	assert_string_equal(e.file, __FILE__);
	assert_string_equal(e.text, "version 7");
	assert_string_equal(err_say(&e), "Somebody changed this a moment before you. Look at it again.");
	assert_false(err_tell(&e, ERR_INVALID, "Say when.", "no date"));
	assert_string_equal(err_say(&e), "Say when.");
	assert_false(err_set(NULL, ERR_IO, "nobody listens"));
}

static void turns_errno_into_our_codes(void **state)
{
	(void)state;
	struct err e;
	errno = ENOSPC;
	assert_false(err_errno(&e, "write %s", "a"));
	assert_int_equal(e.code, ERR_DISK_FULL);
	assert_non_null(strstr(e.text, "write a: No space left"));
	errno = EDQUOT;
	assert_false(err_errno(&e, "write"));
	assert_int_equal(e.code, ERR_DISK_FULL);
	errno = ENOMEM;
	assert_false(err_errno(&e, "fork"));
	assert_int_equal(e.code, ERR_MEMORY);
	errno = 99999;
	assert_false(err_errno(&e, "odd"));
	assert_int_equal(e.code, ERR_IO);
}

static void never_writes_past_its_text(void **state)
{
	(void)state;
	char longer[1000];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	struct err e;
	errno = EIO;
	assert_false(err_errno(&e, "%s", longer));
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

static void every_code_has_a_status_a_name_and_a_sentence(void **state)
{
	(void)state;
	for (int code = ERR_NONE; code <= ERR_CONFIG; code++) {
		int status = err_status((enum err_code)code);
		assert_true(status == 200 || (status >= 400 && status < 600));
		assert_true(err_name((enum err_code)code)[0] != '\0');
		struct err e = {.code = (enum err_code)code};
		assert_non_null(err_say(&e));
	}
	assert_int_equal(err_status(ERR_TOO_MANY), 429);
	assert_string_equal(err_name(ERR_DISK_FULL), "disk-full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_code_place_and_text),
		cmocka_unit_test(turns_errno_into_our_codes),
		cmocka_unit_test(never_writes_past_its_text),
		cmocka_unit_test(every_code_has_a_status_a_name_and_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
