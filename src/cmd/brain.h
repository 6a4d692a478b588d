/* The sub-commands of `cityhall brain`: a row of BRAIN_PARTS and a file brain_<name>.c each. Their options are one
 * table (brain.c), a row and a field of struct brain_asked each. */
#ifndef CITYHALL_CMD_BRAIN_H
#define CITYHALL_CMD_BRAIN_H

#include "base/digest.h"
#include "brain/city.h"

/* name (written with - for _), what it takes behind the network, what it does */
#define BRAIN_PARTS(X)                                                                                          \
	X(check, "", "what is in a network, and what an engineer should look at")                                   \
	X(run, "[--routes FILE] [--port N] [--journal FILE] ...", "lead the signals of a simulation")               \
	X(field, "--field FILE [--journal FILE] ...", "lead the signals of a city, over MQTT and SNMP")             \
	X(rig, "--routes FILE --field FILE [--broker HOST:PORT] [--pace N] [--gps N] [--lost N] ...",               \
	  "be a city for it: a simulation behind MQTT and SNMP")                                                    \
	X(tell, "--portal DATAFOLDER [--end SECONDS] [--stands LINK]",                                              \
	  "tell a portal of a street on which nobody drives, and take its orders")                                  \
	X(replay, "--journal FILE [--explain SIGNAL] [--at SECOND]", "decide a journal again, and say why")         \
	X(compare, "--before FILE[@FROM-TO] --after FILE[@FROM-TO] [--rows FILE]",                                  \
	  "before and after, of journals or of rows by quarter hour, with what is sure of it")                      \
	X(what_if, "--routes FILE | --counts JOURNAL [--a fixed] [--b horizon] [--seeds N] [--within SECONDS] ...", \
	  "the same demand in the simulator by two settings, and the difference; with --portal: what it asks")

enum { BRAIN_PATH_BYTES = 128 };

/* What the command line says. */
struct brain_asked {
	const char *net, *programmes, *routes, *more, *trips, *journal, *explain, *before, *after, *rows, *counts, *orders,
		*a, *b;
	const char *portal; /* the data folder of a portal; NULL: none */
	double pace;        /* street seconds in a second, at most; 0: as fast as can be */
	double watch_s;  /* with a portal: signals act by themselves after so many seconds of watching; 0: when told to */
	int64_t base_us; /* UTC of the street's clock at 0 s */
	const char *stands; /* of brain tell: a link on which somebody stands half way; NULL: nobody */
	const char *field;  /* the street is a city's, or the rig's */
	const char *broker, *secrets;
	double gps_percent, lost_percent, late_percent, doubled_percent, noise_m;
	const struct controller *controller;
	const struct safety_times *times;
	double begin_s, end_s, at_s; /* seconds of the day; at_s below 0: not asked */
	uint64_t port, seed, seeds, jobs, within_s;
	/* Of brain run: */
	char dir[BRAIN_PATH_BYTES], path[BRAIN_PATH_BYTES]; /* where driver and brain meet */
	struct brain_watch *watch;
};

#define X(name, arguments, what) int brain_##name(struct brain_asked *a);
BRAIN_PARTS(X)
#undef X

/* As the driver of brain run, when there is a field. */
int brain_drive_field(struct brain_asked *a, const int *fds);
/* What was ordered is kept beside the journal. */
struct driver;
void brain_keep_orders(const struct brain_asked *a, struct driver *d, char *path, size_t n);

/* The network and its programmes. */
bool brain_load(const struct brain_asked *a, struct net *n, struct err *e) MUST_USE;
/* Of what brain_load() reads. */
bool brain_digest_net(const struct brain_asked *a, uint8_t digest[SHA256_BYTES], struct err *e) MUST_USE;

#endif
