/* The demo city: 20 signals with turn lanes and crossings, made by netgenerate, and an hour of cars, buses and people,
 * written here. Everything of our own: no data of others. */
#ifndef CITYHALL_TESTS_DEMO_NET_H
#define CITYHALL_TESTS_DEMO_NET_H

#include <stdint.h>

#include "base/err.h"

/* demo.net.xml and demo.rou.xml in the folder. */
bool demo_net_make(const char *dir, struct err *e) MUST_USE;
/* A net of columns x rows signals, the same demand for each way in. */
bool demo_net_of(const char *dir, int columns, int rows, double end_s, struct err *e) MUST_USE;
/* A random net under the same names, in which cars go from anywhere to anywhere. */
bool random_net_make(const char *dir, uint64_t seed, double end_s, struct err *e) MUST_USE;
void demo_net_remove(const char *dir); /* the folder with all files in it */

#endif
