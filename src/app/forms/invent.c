#include "app/forms/invent.h"

#include "app/forms/scheme.h"
#include "app/forms/value_parts.h"
#include "base/date.h"

static int64_t within(const struct question *q, int64_t v)
{
	v = q->has_min && v < q->min ? q->min : v;
	return q->has_max && v > q->max ? q->max : v;
}

/* A number of so many figures behind the point, in their units. */
static int64_t units_of(int64_t tenths, int digits)
{
	int64_t v = tenths;
	for (int i = 1; i < digits; i++) {
		v *= 10;
	}
	return digits > 0 ? v : v / 10;
}

static struct str invented_text(struct arena *a, const struct question *q)
{
	static const char words[] = "An invented answer, to see the form as those who apply will see it. ";
	struct buf b;
	int64_t n = within(q, 18);
	buf_init(&b, 32 * 1024);
	for (int64_t i = 0; i < n; i++) {
		char c = words[(size_t)i % (sizeof words - 1)];
		buf_put_bytes(&b, c == ' ' && i == n - 1 ? "." : &c, 1); /* a space at the end would be trimmed */
	}
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str invented_day(struct arena *a, const struct question *q, int32_t today)
{
	int64_t day = within(q, today);
	day = q->has_min_days && day < (int64_t)today + q->min_days ? (int64_t)today + q->min_days : day;
	day = q->has_max_days && day > (int64_t)today + q->max_days ? (int64_t)today + q->max_days : day;
	char text[11];
	date_format((day_number)day, text);
	return arena_copy(a, str_of(text));
}

/* Into `parts`, as many as the type has; how many. */
static size_t invented_values(struct arena *a, const struct question *q, int32_t today,
                              struct str parts[QUESTION_PARTS_MAX])
{
	static const char *const address[QUESTION_PARTS_MAX] = {"1 Example Street", "Exampleton", "1000", ""};
	static const char *const name[QUESTION_PARTS_MAX] = {"Alex Example", "Example", "Alex", ""};
	const struct scheme *scheme;
	switch (q->type) {
	case QUESTION_TEXT:
	case QUESTION_LONG_TEXT:
		parts[0] = invented_text(a, q);
		break;
	case QUESTION_WHOLE:
		parts[0] = arena_printf(a, "%lld", (long long)within(q, 12));
		break;
	case QUESTION_DECIMAL:
		parts[0] = decimal_text(a, within(q, units_of(125, q->digits)), q->digits);
		break;
	case QUESTION_MONEY:
		parts[0] = arena_printf(a, "%lld", (long long)within(q, 250000));
		break;
	case QUESTION_DATE:
		parts[0] = invented_day(a, q, today);
		break;
	case QUESTION_YES_NO:
		parts[0] = STR("yes");
		break;
	case QUESTION_ONE_OF:
	case QUESTION_SEVERAL_OF:
		parts[0] = q->choice_n > 0 ? q->choices[0].id : STR_EMPTY;
		break;
	case QUESTION_EMAIL:
		parts[0] = STR("somebody@example.org");
		break;
	case QUESTION_PHONE:
		parts[0] = STR("+31201234567");
		break;
	case QUESTION_IDENTIFIER:
		scheme = scheme_find(q->scheme);
		parts[0] = scheme ? str_of(scheme->example) : STR("10042");
		break;
	case QUESTION_ADDRESS:
	case QUESTION_PERSON_NAME:
		for (size_t i = 0; i < QUESTION_PARTS_MAX; i++) {
			parts[i] = str_of(q->type == QUESTION_ADDRESS ? address[i] : name[i]);
		}
		return QUESTION_PARTS_MAX;
	case QUESTION_FILES:
	case QUESTION_GROUP:
		return 0;
	}
	return parts[0].n > 0;
}

/* Two entries where there may be two: what repeats is seen to repeat. */
static bool invent_entries(struct arena *a, const struct question *group, int32_t today, struct answer *out,
                           struct err *e)
{
	int64_t n = within(group, 2);
	out->entries = arena_new(a, struct answers, (size_t)n + 1);
	for (; out->entries != NULL && (int64_t)out->entry_n < n; out->entry_n++) {
		struct answers *entry = &out->entries[out->entry_n];
		*entry = (struct answers){.items = arena_new(a, struct answer, group->question_n + 1)};
		for (size_t k = 0; entry->items != NULL && k < group->question_n; k++) {
			if (!answer_invent(a, &group->questions[k], today, &entry->items[entry->n], e)) {
				return false;
			}
			entry->n += answer_is_given(&entry->items[entry->n]);
		}
	}
	return !a->is_full || err_set(e, ERR_MEMORY, "no room for invented answers");
}

bool answer_invent(struct arena *a, const struct question *q, int32_t today, struct answer *out, struct err *e)
{
	*out = (struct answer){.question = q->id};
	if (q->type == QUESTION_GROUP) {
		return invent_entries(a, q, today, out, e);
	}
	out->values = arena_new(a, struct str, QUESTION_PARTS_MAX);
	if (out->values == NULL) {
		return err_set(e, ERR_MEMORY, "no room for invented answers");
	}
	out->value_n = invented_values(a, q, today, out->values);
	return true;
}
