/* For net.c and the readers of formats alone. */
#ifndef CITYHALL_BRAIN_NET_BUILD_H
#define CITYHALL_BRAIN_NET_BUILD_H

#include "brain/net.h"

uint32_t net_hash(struct str s);
/* A decimal number as SUMO writes them ("-12.5", "1e3"); `otherwise` when it is none or not finite. */
double net_number(struct str s, double otherwise);

#endif
