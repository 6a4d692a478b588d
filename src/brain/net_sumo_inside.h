/* Between the two halves of the reader of SUMO's nets: net_sumo.c reads what stands in the file, net_join.c joins what
 * refers to one another. */
#ifndef CITYHALL_BRAIN_NET_SUMO_INSIDE_H
#define CITYHALL_BRAIN_NET_SUMO_INSIDE_H

#include "base/xml.h"
#include "brain/net_build.h"

/* A junction's table: which of its ways meet, who gives way. Rows as SUMO writes them: the last character is way 0. */
struct net_junction {
	struct str id;
	struct str *foes, *response;
	uint32_t n;
	float x, y;
};

struct net_way {
	struct str from, to, via, signal;
	uint32_t from_lane, to_lane, group;
	char turn;
	bool is_from_inner;
};

struct net_edge {
	struct str from, to, shape;
};

struct net_reader {
	struct net *net;
	struct arena *scratch; /* what only the reading needs */
	struct xml xml;
	struct net_junction *junctions;
	struct net_way *ways;
	uint32_t junction_n, way_n, request_n;
	struct str *foes, *response;
	uint32_t foes_n;
	uint32_t *link_names, *junction_names; /* open addressing */
	uint32_t link_name_n, junction_name_n;
	bool *is_crossing;      /* by lane */
	struct net_edge *edges; /* by link */
};

uint32_t net_reader_link(const struct net_reader *r, struct str id);
uint32_t net_reader_junction(const struct net_reader *r, struct str id);
/* Numbers that are all NET_NONE; NULL: the arena is full. */
uint32_t *net_table(struct arena *a, uint32_t size);

/* Movements, lists, conflicts and shapes, of what was read. */
bool net_join(struct net_reader *r, struct err *e) MUST_USE;

#endif
