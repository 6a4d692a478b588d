#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "brain/compare.h"
#include "cmd/brain.h"
#include "cmd/commands.h"
#include "os/file.h"

enum { SHOWN_LINKS = 10, ROWS_MAX_BYTES = 1 << 30, TEXT_BYTES = 160 };

static void say_how(const struct difference *d)
{
	switch (d->how) {
	case DIFFERENCE_BY_DAYS:
		printf("%zu days before, %zu after, each quarter of an hour against the same one of other days.\n"
		       "95%% intervals: Student's t over days (Welch).\n\n",
		       d->days_before, d->days_after);
		break;
	case DIFFERENCE_BY_BLOCKS:
		printf("%zu quarters of an hour that both have, each against itself.\n"
		       "95%% intervals: Student's t over quarters, variance from moving blocks of up to three hours. How much "
		       "one\n"
		       "day differs from another is not in it: that takes %d days before and after.\n\n",
		       d->pairs, DIFFERENCE_DAYS_LEAST);
		break;
	default:
		printf("Before and after have %zu quarters of the day in common; it takes %d (six hours) to say more.\n\n",
		       d->quarters, DIFFERENCE_QUARTERS_LEAST);
	}
}

static const char *verdict(const struct compare_measure *m, const struct difference *d)
{
	if (d->how == DIFFERENCE_TOO_LITTLE) {
		return "too little was seen";
	}
	if (!difference_is_shown(d)) {
		return "no difference shown";
	}
	return m->better == 0 ? "differs" : (d->by < 0) == (m->better < 0) ? "better" : "worse";
}

static void say_line(const struct compare_measure *m, const char *name, const struct difference *d)
{
	char interval[TEXT_BYTES] = "";
	if (d->how != DIFFERENCE_TOO_LITTLE) {
		snprintf(interval, sizeof interval, "%+.2f to %+.2f", d->least, d->most);
	}
	printf("%-34s %9.2f %9.2f %+9.2f  %-20s %s\n", name, d->before, d->after, d->by, interval, verdict(m, d));
}

struct of_link {
	uint32_t link;
	struct difference d;
};

static int by_size(const void *a, const void *b)
{
	double x = fabs(((const struct of_link *)a)->d.by), y = fabs(((const struct of_link *)b)->d.by);
	return (x < y) - (x > y);
}

/* Those links that differ in delay, the largest difference first. */
static bool say_links(const struct net *n, const struct history *before, const struct history *after, struct err *e)
{
	struct of_link *links = mem_alloc((size_t)n->link_n + 1, sizeof *links);
	uint32_t shown = 0, compared = 0;
	bool ok = links != NULL || err_set(e, ERR_MEMORY, "no memory to compare links");
	for (uint32_t i = 0; ok && i < n->link_n; i++) {
		ok = compare_histories(before, after, i, &COMPARE_MEASURES[0], &links[shown].d, e);
		links[shown].link = i;
		compared += ok && links[shown].d.how != DIFFERENCE_TOO_LITTLE;
		shown += ok && difference_is_shown(&links[shown].d);
	}
	if (ok && compared > 0) {
		qsort(links, shown, sizeof *links, by_size);
		printf("\n%u of %u links show a difference in delay; by chance alone it would be about %.0f.\n", shown,
		       compared, 0.05 * compared);
		for (uint32_t i = 0; i < shown && i < SHOWN_LINKS; i++) {
			char name[TEXT_BYTES];
			snprintf(name, sizeof name, "link %.*s", STR_ARG(n->links[links[i].link].id));
			say_line(&COMPARE_MEASURES[0], name, &links[i].d);
		}
	}
	mem_free(links);
	return ok;
}

static bool say(const struct net *n, const struct history *before, const struct history *after, struct err *e)
{
	bool ok = true;
	for (const struct compare_measure *m = COMPARE_MEASURES; ok && m->key != NULL; m++) {
		struct difference d;
		char name[TEXT_BYTES];
		ok = compare_histories(before, after, n->link_n, m, &d, e);
		if (ok && m == COMPARE_MEASURES) {
			say_how(&d);
			printf("%-34s %9s %9s %9s  %s\n", "", "before", "after", "by", "from .. to");
		}
		snprintf(name, sizeof name, "%s%s%s", m->name, m->unit[0] != '\0' ? ", " : "", m->unit);
		if (ok) {
			say_line(m, name, &d);
		}
	}
	return ok && say_links(n, before, after, e);
}

/* Both, to be kept or drawn. */
static bool write_rows(const char *path, const struct history *before, const struct history *after, struct err *e)
{
	struct buf text;
	buf_init(&text, ROWS_MAX_BYTES);
	history_put_csv(&text, before);
	history_put_csv(&text, after);
	bool ok = buf_ok(&text, e) && file_replace(&file_layer_real, path, buf_str(&text), 0600, e);
	buf_release(&text);
	return ok;
}

int brain_compare(struct brain_asked *a)
{
	struct net n;
	struct history before, after;
	struct err e = {0};
	if (a->before == NULL || a->after == NULL) {
		err_set(&e, ERR_USAGE, "brain compare takes --before FILE and --after FILE");
		return command_failed(&e);
	}
	if (!brain_load(a, &n, &e)) {
		return command_failed(&e);
	}
	history_init(&before, &n, false);
	history_init(&after, &n, false);
	bool ok = history_read(&before, str_of(a->before), &e) && history_read(&after, str_of(a->after), &e) &&
	          say(&n, &before, &after, &e) && (a->rows == NULL || write_rows(a->rows, &before, &after, &e));
	history_release(&before);
	history_release(&after);
	net_release(&n);
	return ok ? EXIT_STOPPED : command_failed(&e);
}
