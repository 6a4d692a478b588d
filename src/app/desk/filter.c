#include "app/desk/filter.h"

#include "app/cases/moves.h"
#include "html/out.h"
#include "html/translate.h"

static const struct {
	const char *word, *title;
} tabs[TAB_COUNT] =
	{
#define X(tab, word, title) {word, title},
		DESK_TABS(X)
#undef X
},
  dues[DUE_COUNT] = {
#define X(due, word, title) {word, title},
	  DESK_DUES(X)
#undef X
};

static const struct {
	enum case_state state;
	const char *word;
} states[] = {
	{CASE_RECEIVED, "new"},        {CASE_IN_WORK, "in-work"}, {CASE_ASKED, "asked"},
	{CASE_CORRECTED, "corrected"}, {CASE_TO_SIGN, "to-sign"}, {CASE_DECIDED, "decided"},
};

int64_t filter_state(size_t i)
{
	return i < sizeof states / sizeof *states ? (int64_t)states[i].state : 0;
}

struct str state_word(int64_t state)
{
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		if ((int64_t)states[i].state == state) {
			return str_of(states[i].word);
		}
	}
	return STR_EMPTY;
}

const char *tab_word(enum desk_tab tab)
{
	return tabs[tab].word;
}

const char *tab_title(enum desk_tab tab)
{
	return tabs[tab].title;
}

const char *due_title(enum desk_due due)
{
	return dues[due].title;
}

struct str due_word(enum desk_due due)
{
	return str_of(dues[due].word);
}

void filter_read(const struct req *r, struct filter *out)
{
	struct str tab = req_query(r, "tab"), due = req_query(r, "due"), with = req_query(r, "with");
	struct str state = req_query(r, "state");
	*out = (struct filter){.service = req_query(r, "service"), .is_new = str_is(req_query(r, "new"), "yes")};
	for (int i = 0; i < TAB_COUNT; i++) {
		out->tab = str_is(tab, tabs[i].word) ? (enum desk_tab)i : out->tab;
	}
	for (int i = 0; i < DUE_COUNT; i++) {
		out->due = str_is(due, dues[i].word) ? (enum desk_due)i : out->due;
	}
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		out->state = str_is(state, states[i].word) ? (int64_t)states[i].state : out->state;
	}
	out->is_mine = str_is(with, "me") || str_is(req_query(r, "view"), "mine");
	out->has_handler = str_is(with, "nobody") || id_parse(with, &out->handler);
}

struct str filter_query(struct req *r, const struct filter *f)
{
	struct str with = f->is_mine                          ? STR("me")
	                  : f->has_handler && f->handler == 0 ? STR("nobody")
	                  : f->has_handler                    ? arena_printf(&r->arena, "%s", id_text(f->handler).c)
	                                                      : STR_EMPTY;
	const struct {
		const char *name;
		struct str value;
	} parts[] = {
		{"tab", str_of(tabs[f->tab].word)}, {"service", f->service},
		{"state", state_word(f->state)},    {"with", with},
		{"due", str_of(dues[f->due].word)}, {"new", f->is_new ? STR("yes") : STR_EMPTY},
	};
	struct buf b;
	struct html_out o = {.to = &b};
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i].value.n > 0) {
			buf_printf(&b, "%s%s=", buf_str(&b).n ? "&" : "", parts[i].name);
			html_put_url_part(&o, parts[i].value);
		}
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* --- What it finds
 * ---------------------------------------------------------------------------------------------------------- */

static bool is_readers(const struct filter_reader *reader, int64_t account)
{
	for (size_t i = 0; i < reader->handler_n; i++) {
		if (reader->handlers[i] == account) {
			return true;
		}
	}
	return false;
}

static bool waits_for_reader(const struct filter_reader *reader, const struct queue_key *key)
{
	return (key->waits & WAITS_OFFICE && is_readers(reader, key->handler)) ||
	       (key->waits & WAITS_SIGNATURE && reader->is_head);
}

static day_number due_until(enum desk_due due, const struct filter_reader *reader)
{
	switch (due) {
	case DUE_LATE:
		return reader->today - 1;
	case DUE_TODAY:
		return reader->today;
	case DUE_THREE:
		return calendar_add(reader->calendar, reader->today, 3);
	case DUE_TEN:
		return calendar_add(reader->calendar, reader->today, 10);
	default:
		return INT32_MAX;
	}
}

struct queue_way filter_way(const struct filter *f, const struct filter_reader *reader)
{
	struct queue_way w = {
		.institution = reader->institution, .service = f->service, .until = due_until(f->due, reader)};
	if (f->tab == TAB_ME || f->is_mine) {
		memcpy(w.handlers, reader->handlers, sizeof w.handlers);
		w.handler_n = reader->handler_n;
		w.has_to_sign = reader->is_head && f->tab == TAB_ME;
	} else if (f->has_handler) {
		w.handlers[0] = f->handler;
		w.handler_n = 1;
	} else if (f->tab == TAB_NOBODY) {
		w.handler_n = 1;
	}
	w.lane = f->tab == TAB_APPLICANT ? LANE_APPLICANT : 0;
	return w;
}

bool filter_wants(const struct filter *f, const struct filter_reader *reader, const struct queue_key *key)
{
	bool is_mine = is_readers(reader, key->handler);
	/* Of what is decided nothing is due any more. */
	bool is_due = f->due == DUE_ANY || key->state < CASE_DECIDED;
	if (!is_due || (f->service.n > 0 && !str_eq(key->service, f->service)) ||
	    (f->state != 0 && key->state != f->state) || (f->is_mine && !is_mine) ||
	    (f->has_handler && key->handler != f->handler)) {
		return false;
	}
	switch (f->tab) {
	case TAB_ME:
		return waits_for_reader(reader, key);
	case TAB_NOBODY:
		return key->handler == 0;
	case TAB_APPLICANT:
		return key->lane == LANE_APPLICANT;
	case TAB_OTHERS:
		return key->handler != 0 && key->lane != LANE_APPLICANT && !waits_for_reader(reader, key);
	default:
		return true;
	}
}
