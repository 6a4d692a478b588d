/* What the room asks of the program: its pages. */
#include "app/traffic/traffic.h"

const struct route traffic_routes[] = {
	{0},
};
