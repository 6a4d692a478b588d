/* What lies in the store, asked from outside of the program: SQLite's file, or PostgreSQL. Ends the process with a word
 * when the store does not answer. One thread. */
#ifndef CITYHALL_TESTS_BENCH_INSIDE_H
#define CITYHALL_TESTS_BENCH_INSIDE_H

#include <stdint.h>

struct inside;
struct inside *inside_open(const char *data, const char *url); /* url NULL: the file in the data folder */
void inside_close(struct inside *i);
void inside_do(struct inside *i, const char *sql);
int64_t inside_number(struct inside *i, const char *sql);

#endif
