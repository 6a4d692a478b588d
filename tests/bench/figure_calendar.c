/* Working-day arithmetic: the calendar's tables against a loop that walks the days. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/legal_clock.h"
#include "base/time_source.h"
#include "figures.h"

enum { YEARS = 20, WEEKEND = 1 << 5 | 1 << 6, ADDITIONS = 20000000, WALKS = 1000000, CLOCKS = 1000000 };

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Monday to Friday with a break at noon, and twelve holidays a year. */
static struct calendar *made(const struct zone *zone, day_number first, day_number last, bool *is_off)
{
	static struct calendar_day days[YEARS * 12];
	struct calendar_spec spec = {
		.id = STR("bench"),
		.version = 1,
		.zone = zone,
		.weekend = WEEKEND,
		.hours = {.spans = {{510, 720}, {780, 1080}}, .n = 2},
		.days = days,
		.first = first,
		.last = last,
	};
	for (day_number day = first; day <= last; day++) {
		struct date d = date_of_day(day);
		bool is_holiday = d.day == 1 + d.month && spec.day_n < sizeof days / sizeof *days;
		if (is_holiday) {
			days[spec.day_n++] = (struct calendar_day){.day = day};
		}
		is_off[day - first] = is_holiday || (WEEKEND >> date_weekday(day) & 1);
	}
	struct calendar *c;
	struct err e;
	if (!calendar_new(&spec, &c, &e)) {
		fprintf(stderr, "bench: %s\n", e.text);
		exit(1);
	}
	return c;
}

/* Day after day, what one would write first. */
static day_number walk(const bool *is_off, day_number first, day_number day, int n)
{
	while (n > 0) {
		day++;
		n -= !is_off[day - first];
	}
	return day;
}

/* Days that follow no pattern that a processor could foresee. */
static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

void measure_calendar(struct bench *b)
{
	static double added[ROUNDS_MAX], walked[ROUNDS_MAX], read[ROUNDS_MAX];
	day_number first = date_to_day((struct date){2020, 1, 1}), last = date_to_day((struct date){2039, 12, 31});
	uint32_t span = (uint32_t)(last - first - 400);
	bool *is_off = calloc((size_t)(last - first + 1), sizeof *is_off);
	struct zone *zone;
	struct err e;
	if (is_off == NULL || !zone_load(STR("Europe/Amsterdam"), &zone, &e)) {
		fprintf(stderr, "bench: %s\n", is_off ? e.text : "no memory");
		exit(1);
	}
	struct calendar *c = made(zone, first, last, is_off);
	for (int round = 0; round < b->rounds; round++) {
		uint32_t x = 1;
		int64_t sum = 0, sum_walked = 0;
		double begin = cpu_s();
		for (int i = 0; i < ADDITIONS; i++) {
			uint32_t r = next(&x);
			sum += calendar_add(c, first + (day_number)(r % span), 1 + (int32_t)(r & 63));
			sum_walked += i == WALKS - 1 ? sum : 0;
		}
		added[round] = ADDITIONS / (cpu_s() - begin) / 1e6;
		x = 1;
		sum = 0;
		begin = cpu_s();
		for (int i = 0; i < WALKS; i++) {
			uint32_t r = next(&x);
			sum += walk(is_off, first, first + (day_number)(r % span), 1 + (int32_t)(r & 63));
		}
		walked[round] = WALKS / (cpu_s() - begin) / 1e6;
		if (sum != sum_walked) {
			fprintf(stderr, "bench: the tables and the loop disagree\n");
			exit(1);
		}
		/* Whole clocks, each with a stop, as a new version of a calendar reads them. */
		struct clock_face f;
		int64_t level = 0;
		begin = cpu_s();
		for (int i = 0; i < CLOCKS; i++) {
			day_number day = first + (day_number)(next(&x) % span);
			struct clock_stop stop = {.since = {day + 3, (day + 3) * US_PER_DAY + US_PER_DAY / 2},
			                          .until = {day + 8, (day + 8) * US_PER_DAY + US_PER_DAY / 2},
			                          .has_ended = true};
			struct legal_clock clock = {
				.rule = {.committed = {CLOCK_WORKING_DAYS, 15},
			             .statutory = {CLOCK_WORKING_DAYS, 20},
			             .orange = clock_lead_orange,
			             .red = clock_lead_red},
				.submitted = {day, day * US_PER_DAY + US_PER_DAY / 2},
				.stops = &stop,
				.stop_n = 1,
			};
			legal_clock_read(c, &clock, (day + 15 + i % 30) * US_PER_DAY, &f);
			level += f.level;
		}
		read[round] = CLOCKS / (cpu_s() - begin) / 1e6;
		if (level == 0) {
			fprintf(stderr, "bench: no clock turned\n");
			exit(1);
		}
	}
	double rate = host_median(added, b->rounds), loop = host_median(walked, b->rounds);
	bench_say(b, "### Working days: a calendar of %d years, one core\n\n", YEARS);
	bench_say(b, "| | million/s |\n|---|---|\n");
	bench_say(b, "| add 1 to 64 working days | %.0f |\n", rate);
	bench_say(b, "| the same by a loop over the days | %.1f |\n", loop);
	bench_say(b, "| a whole clock with a stop: dates, alerts, days left | %.2f |\n\n", host_median(read, b->rounds));
	bench_say(b, "| what | to reach | measured | |\n|---|---|---|---|\n");
	bench_say(b, "| million additions per second | 20 | %.0f | %s |\n\n", rate, bench_verdict(b, rate >= 20));
	calendar_free(c);
	zone_free(zone);
	free(is_off);
}
