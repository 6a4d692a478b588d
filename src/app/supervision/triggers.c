#include "app/supervision/triggers.h"

#include "base/buf.h"
#include "base/err.h"

/* --- Pace
 * ---------------------------------------------------------------------------------------------------------------- */

enum { PACE_FIRST_MINUTES = 15 };

int pace_class(int64_t minutes)
{
	/* Borders at 15 * sqrt(2)^k, without floating point: every second one is a power of two. */
	int64_t border = PACE_FIRST_MINUTES * 1000;
	int k = 0;
	while (k < PACE_CLASSES - 1 && minutes * 1000 >= (k % 2 == 0 ? border : border * 1414 / 1000)) {
		k++;
		border *= k % 2 == 0 ? 2 : 1;
	}
	return k;
}

int32_t pace_total(const struct pace *p)
{
	int32_t n = 0;
	for (int i = 0; i < PACE_CLASSES; i++) {
		n += p->n[i];
	}
	return n;
}

int pace_at(const struct pace *p, int hundredths)
{
	int64_t before = (int64_t)pace_total(p) * hundredths, seen = 0;
	for (int i = 0; i < PACE_CLASSES; i++) {
		seen += p->n[i];
		if (seen * 100 > before) {
			return i;
		}
	}
	return PACE_CLASSES - 1;
}

int pace_spread(const struct pace *p)
{
	/* The case at the ninetieth hundredth itself still belongs to the nine tenths. */
	return pace_at(p, 89) - pace_at(p, 10);
}

bool pace_read(struct str s, struct pace *out)
{
	struct str piece;
	int64_t n;
	int at = 0;
	*out = (struct pace){0};
	while (s.n > 0 && str_next(&s, ' ', &piece)) {
		if (at == PACE_CLASSES || !str_to_i64(piece, &n) || n < 0 || n > INT32_MAX) {
			return false;
		}
		out->n[at++] = (int32_t)n;
	}
	return true;
}

void pace_write(struct buf *to, const struct pace *p)
{
	int last = PACE_CLASSES - 1;
	while (last > 0 && p->n[last] == 0) {
		last--;
	}
	for (int i = 0; i <= last; i++) {
		buf_printf(to, "%s%d", i ? " " : "", p->n[i]);
	}
}

/* --- The rules
 * ---------------------------------------------------------------------------------------------------------- */

enum { LEVEL_PAST = 3 };

static bool step_late(const struct trigger_look *l, int64_t *figure)
{
	*figure = l->left;
	return str_is(l->kind, "step-past") && l->level < LEVEL_PAST;
}

static bool no_reason(const struct trigger_look *l, int64_t *figure)
{
	*figure = 0;
	return str_is(l->kind, "not-accepted") && !l->has_reason;
}

static bool corrected_again(const struct trigger_look *l, int64_t *figure)
{
	*figure = l->corrections;
	return str_is(l->kind, "correction-asked") && l->corrections > 1;
}

static bool forwarded_late(const struct trigger_look *l, int64_t *figure)
{
	*figure = l->days_here;
	return str_is(l->kind, "forwarded") && l->days_here > TRIGGER_FORWARD_DAYS;
}

/* By whatever makes it stand: a stop of the service's list, a correction that is asked for. Where a limit is a day or
 * two, who asks on the first day asks on the last one too, and did nothing wrong. */
static bool stopped_late(const struct trigger_look *l, int64_t *figure)
{
	*figure = l->left;
	return l->stands && !l->stood && l->level_before < LEVEL_PAST && l->left >= 0 && l->left <= TRIGGER_STOP_LEFT &&
	       l->days_here > 1;
}

/* An objection that is won opens a case again by right. */
static bool reopened(const struct trigger_look *l, int64_t *figure)
{
	*figure = 0;
	return str_is(l->kind, "reopened") && !l->has_reason;
}

static bool is_decision(struct str kind)
{
	return str_is(kind, "decided") || str_is(kind, "decision-proposed");
}

static bool overtaking(const struct trigger_look *l, int64_t *figure)
{
	*figure = (int64_t)l->older;
	return is_decision(l->kind) && !l->has_reason && l->older >= (l->may_say_why ? 1 : TRIGGER_OLDER_LEAST);
}

/* Two of half an octave each are twice. */
static bool spread(const struct trigger_look *l, int64_t *figure)
{
	int own = pace_spread(&l->own), unit = pace_spread(&l->unit), more = own - unit;
	*figure = INT64_C(1) << (more > 0 ? more / 2 : 0);
	return l->is_counted && pace_total(&l->own) >= TRIGGER_PACE_LEAST && pace_total(&l->unit) >= TRIGGER_PACE_LEAST &&
	       more >= TRIGGER_SPREAD_MORE;
}

const struct trigger TRIGGERS[TRIGGER_COUNT] = {
	[TRIGGER_STEP_LATE] = {"step-late", N_("A step took too long"),
                           N_("A step has passed its own limit though the whole case is still in time."),
                           N_("One step is over its time; the case itself is in time."), step_late, false},
	[TRIGGER_NO_REASON] = {"no-reason", N_("Not accepted without a reason"),
                           N_("An application was not accepted, and no reason of the service's list was given."),
                           N_("No reason of the service's list was given."), no_reason, false},
	[TRIGGER_CORRECTED_AGAIN] = {"corrected-again", N_("Corrections asked for more than once"),
                                 N_("What is missing is to be said at once: an applicant is asked to correct one "
                                    "time."),
                                 N_("The applicant was asked to correct it {n} times."), corrected_again, false},
	[TRIGGER_FORWARDED_LATE] = {"forwarded-late", N_("Forwarded late"),
                                N_("A case for another office goes on within 3 working days."),
                                N_("It was forwarded after {n} working days."), forwarded_late, false},
	[TRIGGER_STOPPED_LATE] = {"stopped-late", N_("Stopped just before the limit"),
                              N_("The clock was stopped on the last working day before a limit, and not on the first "
                                 "one after the case had come."),
                              N_("Working days that were left when the clock was stopped, today counted: {n}."),
                              stopped_late, false},
	[TRIGGER_REOPENED] = {"reopened", N_("Closed and opened again"),
                          N_("A closed case was opened again, and not because an objection was won."),
                          N_("It was closed, and then opened again."), reopened, false},
	[TRIGGER_OVERTAKING] = {"overtaking", N_("Decided before older cases"),
                            N_("Who came first is decided first. A later case was decided before older ones of the "
                               "same service and official, without a reason of the service's list; where the "
                               "service has no such list, before three or more."),
                            N_("Older cases of the same service and official that could have been decided: {n}."),
                            overtaking, false},
	[TRIGGER_SPREAD] = {"spread", N_("Very fast and very slow"),
                        N_("Between an official's fastest and slowest tenth of decisions lies at least four times "
                           "what lies between the colleagues', for the same service in this quarter and the one "
                           "before, from ten decisions on."),
                        N_("The spread of working times is {n} times that of the colleagues."), spread, true},
};

const struct trigger *trigger_named(struct str word)
{
	for (size_t i = 0; i < TRIGGER_COUNT; i++) {
		if (str_is(word, TRIGGERS[i].word)) {
			return &TRIGGERS[i];
		}
	}
	return NULL;
}
