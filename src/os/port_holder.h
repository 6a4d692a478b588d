/* Who holds a port, for the sentence of an error: looks through /proc, which shows processes of other users only to
 * root. Any thread. */
#ifndef CITYHALL_OS_PORT_HOLDER_H
#define CITYHALL_OS_PORT_HOLDER_H

#include <stdint.h>

/* "nginx (process 812)", or "" when it cannot be seen. */
void port_holder(uint16_t port, char out[80]);

#endif
