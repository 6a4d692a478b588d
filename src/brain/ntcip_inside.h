/* For ntcip_server.c and ntcip_master.c alone: the library, and the numbers of objects. */
#ifndef CITYHALL_BRAIN_NTCIP_INSIDE_H
#define CITYHALL_BRAIN_NTCIP_INSIDE_H

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/large_fd_set.h>

#include "brain/ntcip.h"

enum { NTCIP_ASC_N = 10, NTCIP_OBJECT_N = NTCIP_ASC_N + 5 };
extern const oid NTCIP_ASC[NTCIP_ASC_N];

enum { NTCIP_PHASE = 1, NTCIP_UNIT = 3, NTCIP_CHANNEL = 8 };
enum { NTCIP_STATUS_TABLE = 4, NTCIP_CONTROL_TABLE = 5 };
enum { NTCIP_BACKUP_TIME = 3, NTCIP_CONTROL_STATUS = 5 };

/* A column of eight bits in each of its rows. */
struct ntcip_column {
	uint8_t node, table, column;
	bool is_order;
	size_t field; /* of struct agent_status, or a number of enum agent_order */
	bool is_polled;
};
extern const struct ntcip_column NTCIP_COLUMNS[];
enum { NTCIP_COLUMNS_N = 12 };

/* Once in a process. */
void ntcip_library(void);
bool ntcip_secret_ok(const struct ntcip_secret *s, struct err *e) MUST_USE;

/* What a controller answers to how it stands; for the master, and for fuzzing. */
void ntcip_take_status(struct ntcip_peer *p, const netsnmp_variable_list *list);

static inline struct groups *ntcip_field(struct agent_status *s, const struct ntcip_column *c)
{
	return (struct groups *)(void *)((char *)s + c->field);
}
static inline uint32_t ntcip_groups(uint32_t n)
{
	return (n + 7) / 8;
}

#endif
