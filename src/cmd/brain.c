#include "cmd/brain.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "os/file.h"

enum { PROGRAMMES_MAX_BYTES = 256 * 1024 * 1024 };
#define DAY_S 86400.0

/* --- The network -----------------------------------------------------------------------------------------------------
 */

bool brain_load(const struct brain_asked *a, struct net *n, struct err *e)
{
	struct buf text;
	if (!net_load(n, a->net, e)) {
		return false;
	}
	buf_init(&text, PROGRAMMES_MAX_BYTES);
	bool ok = a->programmes == NULL ||
	          (file_read_whole(a->programmes, &text, e) && net_read_programmes(n, buf_str(&text), e));
	buf_release(&text);
	if (!ok) {
		net_release(n);
	}
	return ok;
}

bool brain_digest_net(const struct brain_asked *a, uint8_t digest[SHA256_BYTES], struct err *e)
{
	const char *files[] = {a->net, a->programmes};
	struct buf text;
	buf_init(&text, PROGRAMMES_MAX_BYTES);
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof files / sizeof files[0]; i++) {
		ok = files[i] == NULL || file_read_whole(files[i], &text, e);
	}
	sha256_of(buf_str(&text), digest);
	buf_release(&text);
	return ok;
}

/* --- Words -----------------------------------------------------------------------------------------------------------
 */

static bool take_text(const char *text, double most, void *to)
{
	(void)most;
	*(const char **)to = text;
	return true;
}

static bool take_real(const char *text, double most, void *to)
{
	char *end;
	double v = strtod(text, &end);
	*(double *)to = v;
	return *text != '\0' && *end == '\0' && v >= 0 && v <= most;
}

static bool take_whole(const char *text, double most, void *to)
{
	uint64_t v = 0;
	bool ok = str_to_u64(str_of(text), &v) && (most <= 0 || (double)v <= most);
	*(uint64_t *)to = v;
	return ok;
}

static bool take_controller(const char *text, double most, void *to)
{
	const struct controller *found = controller_find(str_of(text));
	(void)most;
	*(const struct controller **)to = found;
	return found != NULL;
}

static bool take_times(const char *text, double most, void *to)
{
	bool is_bench = strcmp(text, "bench") == 0;
	(void)most;
	*(const struct safety_times **)to = is_bench ? &SAFETY_BENCH : &SAFETY_LEGAL;
	return is_bench || strcmp(text, "legal") == 0;
}

#define FIELD(name) offsetof(struct brain_asked, name)
static const struct {
	const char *name;
	size_t field;
	bool (*take)(const char *text, double most, void *to);
	double most; /* of numbers; whole ones: 0 is any */
	const char *is;
} options[] = {
	{"--programmes", FIELD(programmes), take_text, 0, "a file of programmes"},
	{"--routes", FIELD(routes), take_text, 0, "a file of routes"},
	{"--more", FIELD(more), take_text, 0, "a file for SUMO"},
	{"--trips", FIELD(trips), take_text, 0, "the file for SUMO's tripinfo"},
	{"--journal", FIELD(journal), take_text, 0, "a journal"},
	{"--explain", FIELD(explain), take_text, 0, "a signal"},
	{"--before", FIELD(before), take_text, 0, "a journal or rows, FILE or FILE@FROM-TO"},
	{"--after", FIELD(after), take_text, 0, "a journal or rows, FILE or FILE@FROM-TO"},
	{"--rows", FIELD(rows), take_text, 0, "a file to write"},
	{"--counts", FIELD(counts), take_text, 0, "a journal, FILE or FILE@FROM-TO"},
	{"--orders", FIELD(orders), take_text, 0, "the file of orders beside a journal"},
	{"--a", FIELD(a), take_text, 0, "a setting"},
	{"--b", FIELD(b), take_text, 0, "a setting"},
	{"--seeds", FIELD(seeds), take_whole, 50, "a number up to 50"},
	{"--jobs", FIELD(jobs), take_whole, 16, "a number up to 16"},
	{"--within", FIELD(within_s), take_whole, DAY_S, "a number of seconds"},
	{"--at", FIELD(at_s), take_real, 2 * DAY_S, "a second of the day"},
	{"--begin", FIELD(begin_s), take_real, DAY_S, "a second of the day"},
	{"--end", FIELD(end_s), take_real, 2 * DAY_S, "a second of the day"},
	{"--controller", FIELD(controller), take_controller, 0, "the name of a controller"},
	{"--times", FIELD(times), take_times, 0, "legal or bench"},
	{"--portal", FIELD(portal), take_text, 0, "the data folder of a portal"},
	{"--stands", FIELD(stands), take_text, 0, "a link of the network"},
	{"--pace", FIELD(pace), take_real, 1000, "seconds of the street in a second"},
	{"--watch", FIELD(watch_s), take_real, DAY_S, "seconds that a demonstration watches before it acts"},
	{"--port", FIELD(port), take_whole, UINT16_MAX, "the port of a running simulation"},
	{"--field", FIELD(field), take_text, 0, "the file of a field"},
	{"--broker", FIELD(broker), take_text, 0, "HOST:PORT of the broker"},
	{"--secrets", FIELD(secrets), take_text, 0, "the file of the field's secrets"},
	{"--gps", FIELD(gps_percent), take_real, 100, "percent of the vehicles"},
	{"--lost", FIELD(lost_percent), take_real, 100, "percent of the messages"},
	{"--late", FIELD(late_percent), take_real, 100, "percent of the messages"},
	{"--doubled", FIELD(doubled_percent), take_real, 100, "percent of the messages"},
	{"--noise", FIELD(noise_m), take_real, 1000, "metres"},
	{"--seed", FIELD(seed), take_whole, 0, "a number"},
};

static bool take_option(struct brain_asked *a, const char *name, const char *value, struct err *e)
{
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (strcmp(name, options[i].name) == 0) {
			return value == NULL ? err_set(e, ERR_USAGE, "%s has no value", name)
			                     : options[i].take(value, options[i].most, (char *)a + options[i].field) ||
			                           err_set(e, ERR_USAGE, "%s is %s, not \"%s\"", name, options[i].is, value);
		}
	}
	return err_set(e, ERR_USAGE, "brain does not know %s", name);
}

static bool is_part(const char *word, const char *name)
{
	for (; *word == *name || (*word == '-' && *name == '_'); word++, name++) {
		if (*name == '\0') {
			return true;
		}
	}
	return false;
}

int cmd_brain(int argc, char **argv)
{
#define X(part, arguments, what) {#part, arguments, what, brain_##part},
	static const struct {
		const char *name, *arguments, *what;
		int (*run)(struct brain_asked *a);
	} parts[] = {BRAIN_PARTS(X)};
#undef X
	enum { PARTS = sizeof parts / sizeof parts[0] };
	struct brain_asked a = {.broker = "127.0.0.1:1883",
	                        .secrets = "secrets.json",
	                        .gps_percent = 10,
	                        .lost_percent = 5,
	                        .noise_m = 5,
	                        .times = &SAFETY_LEGAL,
	                        .end_s = 3600,
	                        .at_s = -1,
	                        .seed = 1,
	                        .controller = controller_find(STR("horizon")),
	                        .a = "fixed",
	                        .b = "horizon",
	                        .seeds = 5,
	                        .jobs = 2,
	                        .within_s = 1800};
	struct err e = {0};
	int (*part)(struct brain_asked *) = NULL;
	for (size_t i = 0; argc >= 2 && i < PARTS; i++) {
		part = is_part(argv[0], parts[i].name) ? parts[i].run : part;
	}
	if (command_help("brain", argc, argv)) {
		for (size_t i = 0; i < PARTS; i++) {
			printf("brain ");
			for (const char *c = parts[i].name; *c != '\0'; c++) {
				putchar(*c == '_' ? '-' : *c);
			}
			printf(" NET %s\n    %s\n", parts[i].arguments, parts[i].what);
		}
		return EXIT_STOPPED;
	}
	bool ok =
		part != NULL || err_set(&e, ERR_USAGE, "brain takes check NET, run NET and others; brain --help lists them");
	for (int i = 2; ok && i < argc; i += 2) {
		ok = take_option(&a, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &e);
	}
	if (!ok) {
		return command_failed(&e);
	}
	a.net = argv[1];
	return part(&a);
}
