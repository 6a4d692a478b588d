#include "demo_net.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/rand.h"
#include "os/file.h"

enum { COLUMNS = 5, ROWS = 4, RANDOM_EDGES = 4000, RANDOM_AN_HOUR = 1200 };
#define HOUR_S 3600.0

/* netgenerate names no streets. "left1A1" and "A1B1" lie along row 1, "A0A1" and "bottom0A0" along column A; what is
 * cut for turn lanes is named alike. */
static struct str street_of(struct str edge)
{
	static const char *const rows[] = {"Quay Street", "High Street", "Mill Street", "Lamplighter Street"};
	static const char *const columns[] = {"Ropewalk", "Hill Road", "Chandlers Row", "Watchtower Gate", "Causeway"};
	char letters[2] = {0}, digits[2] = {0};
	int n = 0;
	for (size_t i = 0; i + 1 < edge.n && n < 2 && edge.p[i] != '.'; i++) {
		if (edge.p[i] >= 'A' && edge.p[i] <= 'Z' && edge.p[i + 1] >= '0' && edge.p[i + 1] <= '9') {
			letters[n] = edge.p[i];
			digits[n++] = edge.p[i + 1];
		}
	}
	bool is_row = n == 2 ? digits[0] == digits[1]
	                     : str_find(edge, STR("left")) != SIZE_MAX || str_find(edge, STR("right")) != SIZE_MAX;
	int at = n == 0 ? -1 : is_row ? digits[0] - '0' : letters[0] - 'A';
	int most = (int)(is_row ? sizeof rows / sizeof rows[0] : sizeof columns / sizeof columns[0]);
	return at < 0 || at >= most ? STR_EMPTY : str_of(is_row ? rows[at] : columns[at]);
}

static bool name_streets(const char *path, struct err *e)
{
	struct buf in, out;
	buf_init(&in, 64 << 20);
	buf_init(&out, 80 << 20);
	bool ok = file_read_whole(path, &in, e);
	struct str rest = buf_str(&in), line;
	while (ok && str_next(&rest, '\n', &line)) {
		size_t at = str_find(line, STR("<edge id=\""));
		struct str id = at != SIZE_MAX ? str_sub(line, at + 10, SIZE_MAX) : STR_EMPTY;
		id = str_sub(id, 0, str_find_byte(id, '"'));
		struct str name = id.n > 0 && id.p[0] != ':' ? street_of(id) : STR_EMPTY;
		if (name.n > 0) {
			buf_put(&out, str_sub(line, 0, at + 5));
			buf_printf(&out, " name=\"%.*s\"", STR_ARG(name));
			line = str_sub(line, at + 5, SIZE_MAX);
		}
		buf_put(&out, line);
		buf_put_c(&out, "\n");
	}
	ok = ok && buf_ok(&out, e) && file_replace(&file_layer_real, path, buf_str(&out), 0600, e);
	buf_release(&in);
	buf_release(&out);
	return ok;
}

static bool run(const char *const *argv, struct err *e)
{
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open("/dev/null", O_WRONLY);
		dup2(fd, 1);
		dup2(fd, 2);
		setenv("SUMO_HOME", "/usr/share/sumo", 0);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	int status = 1;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		return err_set(e, ERR_CONFIG, "netgenerate is needed (Debian's package sumo)");
	}
	return true;
}

static bool netgenerate(const char *dir, int columns, int rows, struct err *e)
{
	char out[700], x[16], y[16];
	snprintf(out, sizeof out, "%s/demo.net.xml", dir);
	snprintf(x, sizeof x, "%d", columns);
	snprintf(y, sizeof y, "%d", rows);
	const char *const argv[] = {"netgenerate",
	                            "--grid",
	                            "--grid.x-number",
	                            x,
	                            "--grid.y-number",
	                            y,
	                            "--grid.length",
	                            "180",
	                            "--grid.attach-length",
	                            "150",
	                            "--default.lanenumber",
	                            "2",
	                            "--turn-lanes",
	                            "1",
	                            "--turn-lanes.length",
	                            "50",
	                            "--sidewalks.guess",
	                            "--crossings.guess",
	                            "--walkingareas",
	                            "--tls.guess",
	                            "--default-junction-type",
	                            "traffic_light",
	                            "--no-turnarounds",
	                            "--seed",
	                            "7",
	                            "-o",
	                            out,
	                            NULL};
	return run(argv, e) && name_streets(out, e);
}

/* The name of the link that comes in from outside, or goes out, at a place of the rim: sides W, E, S, N. */
static void rim(struct buf *to, char side, int at, int columns, int rows, bool is_in)
{
	char outer[24], inner[24];
	int column = side == 'W' ? 0 : side == 'E' ? columns - 1 : at, row = side == 'S' ? 0 : side == 'N' ? rows - 1 : at;
	static const char *const names[] = {"left", "right", "bottom", "top"};
	const char *name = names[side == 'W' ? 0 : side == 'E' ? 1 : side == 'S' ? 2 : 3];
	snprintf(outer, sizeof outer, "%s%d", name, at);
	snprintf(inner, sizeof inner, "%c%d", 'A' + column, row);
	buf_printf(to, "%s%s", is_in ? outer : inner, is_in ? inner : outer);
}

enum { PARTS = 6 };
/* The hour swells to its middle and ebbs. */
static const double swell[PARTS] = {0.7, 1.0, 1.2, 1.0, 0.8, 0.5};

struct demand {
	struct buf text;
	int columns, rows, part, number;
	double end_s;
};

/* Who goes from a place of the rim to another one in this part of the hour: cars, buses, or people on foot. */
static void flow(struct demand *d, char from, int a, char to, int b, double an_hour, const char *type)
{
	bool is_walk = type == NULL;
	struct buf *t = &d->text;
	buf_printf(t, "<%s id=\"%s%d.%d\" begin=\"%.0f\" end=\"%.0f\" probability=\"%.5f\"",
	           is_walk ? "personFlow" : "flow", is_walk ? "walk" : type, d->number++, d->part,
	           d->end_s / PARTS * d->part, d->end_s / PARTS * (d->part + 1), an_hour * swell[d->part] / HOUR_S);
	if (is_walk) {
		buf_put_c(t, "><walk");
	} else {
		buf_printf(t, " type=\"%s\" departLane=\"best\" departSpeed=\"max\"", type);
	}
	buf_put_c(t, " from=\"");
	rim(t, from, a, d->columns, d->rows, true);
	buf_put_c(t, "\" to=\"");
	rim(t, to, b, d->columns, d->rows, false);
	buf_put_c(t, is_walk ? "\"/></personFlow>\n" : "\"/>\n");
}

/* Main streets go east and west, the second row the most; a part turns off. */
static void part_of_the_hour(struct demand *d)
{
	for (int r = 0; r < d->rows; r++) {
		double main_street = r == 1 ? 620 : 330;
		flow(d, 'W', r, 'E', r, main_street, "car");
		flow(d, 'E', r, 'W', r, main_street * 0.8, "car");
		flow(d, 'W', r, 'N', (r + 1) % d->columns, 90, "car");
		flow(d, 'E', r, 'S', (r + 2) % d->columns, 90, "car");
		flow(d, 'W', r, 'E', r, 12, "bus");
		flow(d, 'W', r, 'E', r, 40, NULL);
	}
	for (int c = 0; c < d->columns; c++) {
		flow(d, 'S', c, 'N', c, 230, "car");
		flow(d, 'N', c, 'S', c, 230, "car");
		flow(d, 'S', c, 'W', c % d->rows, 50, "car");
		flow(d, 'N', c, 'E', c % d->rows, 50, "car");
		flow(d, 'S', c, 'N', c, 40, NULL);
		flow(d, 'N', c, 'S', (c + 1) % d->columns, 30, NULL);
	}
}

bool demo_net_of(const char *dir, int columns, int rows, double end_s, struct err *e)
{
	char path[700];
	struct demand d = {.columns = columns, .rows = rows, .end_s = end_s};
	if (!netgenerate(dir, columns, rows, e)) {
		return false;
	}
	buf_init(&d.text, 4 << 20);
	buf_put_c(&d.text, "<routes>\n<vType id=\"car\"/>\n<vType id=\"bus\" vClass=\"bus\"/>\n");
	for (d.part = 0; d.part < PARTS; d.part++) {
		part_of_the_hour(&d);
	}
	buf_put_c(&d.text, "</routes>\n");
	snprintf(path, sizeof path, "%s/demo.rou.xml", dir);
	bool ok = buf_ok(&d.text, e) && file_replace(&file_layer_real, path, buf_str(&d.text), 0600, e);
	buf_release(&d.text);
	return ok;
}

bool demo_net_make(const char *dir, struct err *e)
{
	return demo_net_of(dir, COLUMNS, ROWS, HOUR_S, e);
}

/* Trips from anywhere to anywhere; those between which there is no way, SUMO leaves out. */
static bool random_trips(const char *net, const char *path, struct prng *r, double end_s, struct err *e)
{
	struct buf in, out;
	struct str *edges = mem_must(RANDOM_EDGES, sizeof *edges);
	uint32_t n = 0;
	buf_init(&in, 64 << 20);
	buf_init(&out, 64 << 20);
	bool ok = file_read_whole(net, &in, e);
	struct str rest = buf_str(&in), line;
	while (ok && n < RANDOM_EDGES && str_next(&rest, '\n', &line)) {
		size_t at = str_find(line, STR("<edge id=\""));
		struct str id = at != SIZE_MAX ? str_sub(line, at + 10, SIZE_MAX) : STR_EMPTY;
		id = str_sub(id, 0, str_find_byte(id, '"'));
		if (id.n > 0 && id.p[0] != ':') {
			edges[n++] = id;
		}
	}
	buf_put_c(&out, "<routes>\n<vType id=\"car\"/>\n");
	for (int k = 0; ok && n > 1 && k < RANDOM_AN_HOUR * end_s / HOUR_S; k++) {
		struct str from = edges[prng_below(r, n)], to = edges[prng_below(r, n)];
		buf_printf(&out, "<trip id=\"%d\" type=\"car\" depart=\"%.1f\" from=\"%.*s\" to=\"%.*s\"/>\n", k,
		           k * HOUR_S / RANDOM_AN_HOUR, STR_ARG(from), STR_ARG(to));
	}
	buf_put_c(&out, "</routes>\n");
	ok = ok && buf_ok(&out, e) && file_replace(&file_layer_real, path, buf_str(&out), 0600, e);
	buf_release(&in);
	buf_release(&out);
	mem_free(edges);
	return ok;
}

bool random_net_make(const char *dir, uint64_t seed, double end_s, struct err *e)
{
	char net[700], routes[700], number[24], lanes[4];
	const char *argv[] = {"netgenerate",
	                      "--rand",
	                      "--rand.iterations",
	                      "60",
	                      "--rand.min-distance",
	                      "120",
	                      "--default-junction-type",
	                      "traffic_light",
	                      "--no-turnarounds",
	                      "--default.lanenumber",
	                      lanes,
	                      "--seed",
	                      number,
	                      "-o",
	                      net,
	                      NULL};
	struct prng r;
	prng_seed(&r, seed);
	snprintf(net, sizeof net, "%s/demo.net.xml", dir);
	snprintf(routes, sizeof routes, "%s/demo.rou.xml", dir);
	snprintf(number, sizeof number, "%llu", (unsigned long long)seed);
	snprintf(lanes, sizeof lanes, "%u", 1 + (unsigned)prng_below(&r, 3));
	return run(argv, e) && random_trips(net, routes, &r, end_s, e);
}

void demo_net_remove(const char *dir)
{
	DIR *d = opendir(dir);
	for (struct dirent *entry = d ? readdir(d) : NULL; entry; entry = readdir(d)) {
		char path[1000];
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.') {
			unlink(path);
		}
	}
	if (d) {
		closedir(d);
	}
	rmdir(dir);
}
