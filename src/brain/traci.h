/* TraCI, SUMO's own protocol over TCP, as far as the street needs it: step, what was subscribed to, states of signals.
 *
 * One connection to loopback; big-endian; each answer is length-checked before it is believed, and whoever answers
 * otherwise than the protocol says is hung up on (ERR_CORRUPT). A server that is gone is ERR_GONE, one that does not
 * answer within the limit ERR_BUSY. Nothing is polled: subscriptions come with each step. Commands that set something
 * are collected and sent with the next step. One owner. */
#ifndef CITYHALL_BRAIN_TRACI_H
#define CITYHALL_BRAIN_TRACI_H

#include "base/buf.h"
#include "base/err.h"

enum traci_domain { TRACI_VEHICLES = 0xd4, TRACI_SIMULATION = 0xdb, TRACI_PEOPLE = 0xde };
enum {
	TRACI_SPEED = 0x40,
	TRACI_LANE = 0x51,
	TRACI_ROAD = 0x50,
	TRACI_POSITION = 0x56,
	TRACI_TIME = 0x66,
	TRACI_DEPARTED = 0x74,
	TRACI_WAITING = 0x7a, /* of a vehicle or person; of the simulation: who arrived */
	TRACI_EXPECTED = 0x7d,
	TRACI_NEXT_EDGE = 0xc1,
	TRACI_PEOPLE_DEPARTED = 0x25,
	TRACI_STATE = 0x20,
	TRACI_CLASS = 0x49,
	TRACI_LOST = 0x8c, /* seconds that a vehicle was slower than it could be */
};

struct traci {
	int fd;
	int64_t limit_us; /* for one answer */
	struct buf out;   /* commands that wait */
	uint32_t waiting; /* how many */
	struct buf in;
};

/* Port on 127.0.0.1. Tries until the deadline: the server may be starting. */
bool traci_open(struct traci *t, uint16_t port, int64_t limit_us, int64_t deadline, struct err *e) MUST_USE;
void traci_close(struct traci *t); /* says goodbye when it still can */

/* Collected: sent with the next step. */
void traci_subscribe(struct traci *t, enum traci_domain domain, struct str id, const uint8_t *variables, size_t n);
void traci_show(struct traci *t, struct str signal, struct str letters);
void traci_drive(struct traci *t, struct str vehicle, double mps); /* from now on; below 0: as it likes */

/* What a step brought: an iterator over subscribed values. */
struct traci_value {
	enum traci_domain domain;
	struct str id;
	uint8_t variable;
	double number; /* of numbers */
	struct str text;
	struct str list; /* of names: take them with traci_name() */
	uint32_t list_n;
};
struct traci_answer {
	struct str rest;
	uint32_t left; /* subscriptions still to come */
	/* Within one: */
	enum traci_domain domain;
	struct str id;
	uint32_t variables;
};
/* One step of the simulation (to the next one when until_s is 0). What was collected is sent before. */
bool traci_step(struct traci *t, double until_s, struct traci_answer *a, struct err *e) MUST_USE;
/* The next value; *has false at the end. Also for fuzzing: any bytes. */
bool traci_next(struct traci_answer *a, struct traci_value *v, bool *has, struct err *e) MUST_USE;
/* The next name of a list of names. */
bool traci_name(struct traci_value *v, struct str *name);
/* Reads the whole answer to `waiting` commands and a step; for tests and fuzzing. */
bool traci_read(struct str message, uint32_t waiting, struct traci_answer *a, struct err *e) MUST_USE;

#endif
