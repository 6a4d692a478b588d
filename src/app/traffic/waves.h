/* Who goes before others now, in words. Within the room. */
#ifndef CITYHALL_APP_TRAFFIC_WAVES_H
#define CITYHALL_APP_TRAFFIC_WAVES_H

#include "app/traffic/views.h"

size_t traffic_waves(struct req *r, const struct live_seen *seen, struct traffic_wave out[PRIORITIES_MOST]);
const char *traffic_priority_word(uint8_t kind);

#endif
