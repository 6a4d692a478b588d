/* What machines ask: /healthz (is it well, what locks it) and /metrics (Prometheus text format 0.0.4). Figures are for
 * the operator: through nginx they are not to be had (deploy/nginx), and a forwarded request is answered 404. */
#ifndef CITYHALL_APP_HEALTH_HEALTH_H
#define CITYHALL_APP_HEALTH_HEALTH_H

#include "http/req.h"

extern const struct route health_routes[];

#endif
