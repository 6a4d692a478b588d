/* What the two halves of the sense share: sense.c hears and doubts, sense_ghosts.c moves the imagined cars. Not for
 * others. */
#ifndef CITYHALL_BRAIN_SENSE_INSIDE_H
#define CITYHALL_BRAIN_SENSE_INSIDE_H

#include "brain/sense.h"

#define AT_LINE_M 15.0F
#define UNKNOWN_MOST 3.0F
#define GUESS_ERRS 0.5F /* of each that is supposed to have gone or come */

struct sense_ghost *sense_ghosts(const struct sense *s, uint32_t lane);
struct sense_ghost *sense_put(struct sense *s, uint32_t lane, float to_go_m, float speed_mps);
void sense_take(struct sense *s, uint32_t lane, uint32_t k);
bool sense_believes(const struct sense_watch *w);
bool sense_has_green(const struct sense *s, uint32_t lane);
uint32_t sense_go(struct sense *s, uint32_t lane, float over_m);
void sense_come_back(struct sense *s, const struct sense_detector *d, uint32_t move);
void sense_learn(struct sense *s, uint32_t move);
uint32_t sense_gate_row(const struct sense *s, uint32_t gate);
void sense_roll(struct sense *s, uint32_t lane);

#endif
