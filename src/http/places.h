/* A counting semaphore for handlers at work. One who gave its place back for a commit takes it again before any
 * newcomer, and waits as long as it takes; a newcomer waits at most so long. Any thread. */
#ifndef CITYHALL_HTTP_PLACES_H
#define CITYHALL_HTTP_PLACES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct places {
	pthread_mutex_t lock;
	pthread_cond_t newcomer, returner;
	int total, free;
	int waiting, returning;
};

void places_init(struct places *p, int total);
void places_release(struct places *p);
bool places_take(struct places *p, int64_t wait_ms);
void places_retake(struct places *p);
void places_give(struct places *p);
int places_busy(struct places *p);

#endif
