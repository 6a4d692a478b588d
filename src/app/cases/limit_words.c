#include "app/cases/limit_words.h"

#include "app/cases/steps.h"
#include "html/translate.h"

enum { WORDS_BYTES_MAX = 4096 };

static struct str kept(struct arena *a, struct buf *b)
{
	struct str s = arena_copy(a, buf_str(b));
	buf_release(b);
	return s;
}

struct str case_limit_words(struct str lang, struct arena *a, struct clock_limit limit)
{
	struct str words = STR_EMPTY;
	struct buf b;
	switch (limit.unit) {
	case CLOCK_WORKING_HOURS:
		words = trn(lang, "1 working hour", "{n} working hours", limit.n);
		break;
	case CLOCK_WORKING_DAYS:
		words = trn(lang, "1 working day", "{n} working days", limit.n);
		break;
	case CLOCK_CALENDAR_DAYS:
		words = trn(lang, "1 calendar day", "{n} calendar days", limit.n);
		break;
	case CLOCK_MONTHS:
		words = trn(lang, "1 month", "{n} months", limit.n);
		break;
	}
	buf_init(&b, WORDS_BYTES_MAX);
	tr_put_plain(&b, words, &TR_I("n", limit.n), 1);
	return kept(a, &b);
}

struct str case_step_name(struct str lang, enum case_step_kind kind)
{
	static const char *const names[STEP_KINDS] = {
		[STEP_ACCEPTANCE] = N_("Acceptance"),
		[STEP_CORRECTION] = N_("Look at the correction"),
		[STEP_OPINION] = N_("Opinion of another office"),
		[STEP_DECISION] = N_("Decision"),
		[STEP_SIGNATURE] = N_("Second signature"),
		[STEP_REPLY] = N_("Answer to the applicant"),
		[STEP_HAND_OVER] = N_("Posting of the document"),
	};
	return tr(lang, names[kind]);
}

struct str case_steps_words(struct str lang, struct arena *a, struct str step_limits)
{
	struct buf b;
	buf_init(&b, WORDS_BYTES_MAX);
	for (int i = 0; i < STEP_KINDS; i++) {
		struct clock_limit limit = case_step_limit(step_limits, (enum case_step_kind)i);
		if (limit.n > 0) {
			const struct tr_arg args[] = {TR_O("step", case_step_name(lang, (enum case_step_kind)i)),
			                              TR_O("limit", case_limit_words(lang, a, limit))};
			buf_put(&b, b.n > 0 ? tr(lang, N_(", ")) : STR_EMPTY);
			tr_put_plain(&b, tr(lang, N_("{step} {limit}")), args, 2);
		}
	}
	return kept(a, &b);
}
