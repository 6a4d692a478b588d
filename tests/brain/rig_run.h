/* A brain of its own processes that leads a simulation through the rig: broker, MQTT, SNMP; for the bench. CITYHALL
 * names the program. */
#ifndef CITYHALL_TESTS_RIG_RUN_H
#define CITYHALL_TESTS_RIG_RUN_H

#include "brain/rig.h"
#include "broker.h"

struct rig_run {
	char dir[200]; /* its own, removed at the end */
	struct broker broker;
	struct rig rig;
	pid_t brain;
};

/* The files as the brain gets them; programmes may be NULL. 10% of vehicles with GPS, 5% of messages lost. */
bool rig_run_begin(struct rig_run *r, struct city *c, const char *dir, const char *net, const char *programmes,
                   const char *times, double begin_s, uint64_t seed, struct err *e) MUST_USE;
void rig_run_end(struct rig_run *r);

#endif
