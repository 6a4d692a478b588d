/* A town of millions of cases in minutes: cases that the rooms' own jobs made are copied within the database, table by
 * table in the order of keys (multiply.sql), each with ids, number, receipt, applicant and sealed columns of its own.
 * SQLite only, while nobody has the folder open. Ends the process with a word when something fails. */
#ifndef CITYHALL_TESTS_BENCH_MULTIPLY_H
#define CITYHALL_TESTS_BENCH_MULTIPLY_H

#include <stddef.h>

#include "store/column_keys.h"

/* The town has some cases; afterwards `copies` times as many more. */
void multiply_town(const char *data_dir, const struct column_keys *keys, size_t copies);
/* The word by which the applicants of one in 64 firms are found. */
#define MULTIPLY_FIRM "Halyard"

#endif
