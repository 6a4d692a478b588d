/* What every move does, for the files that make them (moves*.c): guard, row, what the table asks, in move_begin(); the
 * row as it is now, its event and what follows from it, in move_end(). Between the two a move changes `c`. */
#ifndef CITYHALL_APP_CASES_MOVE_STEPS_H
#define CITYHALL_APP_CASES_MOVE_STEPS_H

#include "app/cases/moves.h"

struct move_step {
	enum case_move move;
	const struct case_change *change;
	struct casefile_get_out c; /* as it will be */
	/* Of the event. */
	int64_t subject;               /* id of the child row that it is about; 0: none */
	struct str name, text;         /* personal: who did it, in whose words */
	struct str holder;             /* personal: who has it now, where that changes */
	struct str reason;             /* public: a ground's id, a sentence of a repair */
	bool has_other_steps;          /* public: a repair gave its steps other limits */
	struct str overtook;           /* public: of a decision before older cases, the reason's id */
	day_number until;              /* public: by when; 0: not said */
	int64_t others[OPINIONS_MOST]; /* institutions beside its own that this concerns */
	size_t other_n;
	/* Of the event's clock. */
	int64_t effective_us; /* when it counts; 0: now */
	struct str turned;    /* of a level: which limit; of a moved clock: why */
	struct str ground;    /* of a decision */
	bool is_decision;
	day_number was_due, was_legal; /* of a moved clock */
	const struct case_anew *anew;  /* and what moved it */
	int64_t step;                  /* id of the one that has run out; 0: the event is not about one */
	struct case_clock clock;       /* as it will be: filled by move_end() */
	struct clock_face face;

	bool was_quiet; /* it had ended, and waited for nobody */
	bool is_whole;  /* it carries what a queue needs to show a case that it does not know */
	const struct case_submit *submission;
	enum mail_kind tells; /* as the table says, unless the move says otherwise */
};

bool move_begin(struct tx *tx, enum case_move move, const struct case_change *change, struct move_step *m,
                struct err *e) MUST_USE;
bool move_end(struct tx *tx, struct move_step *m, struct err *e) MUST_USE;

/* The row was moved with others: the event of that, as of then, and what follows from it. */
bool move_say_moved(struct tx *tx, struct move_step *m, struct err *e) MUST_USE;
/* The row's event, and the message to the applicant. */
bool move_append(struct tx *tx, const struct move_step *m, struct err *e) MUST_USE;

/* The clock stands from now on. */
bool move_stand(struct tx *tx, struct move_step *m, struct str reason, enum stop_end ends, int32_t most_days,
                struct err *e) MUST_USE;
/* The clock as it is before the move, into m->clock and m->face. */
bool move_look_at_clock(struct tx *tx, struct move_step *m, struct err *e) MUST_USE;
/* What the clock says of the row as it is now, put into the row; its stops that have ended are closed. */
bool move_read_clock(struct tx *tx, struct move_step *m, struct err *e) MUST_USE;
/* The clock stops for good at this moment; and what follows in a bundle when a case ends without a letter. */
void move_stop_clock(struct tx *tx, struct move_step *m);
/* It was accepted, by whichever move: the first time is kept. */
void move_is_accepted(struct tx *tx, struct move_step *m);
/* What was opened for the applicant's correction is closed with the case (moves_asked.c). */
bool move_close_draft(struct tx *tx, struct move_step *m, struct err *e) MUST_USE;
/* The decision in force is one no more; it is kept, and why (moves_decide.c). */
bool move_take_back(struct tx *tx, struct move_step *m, struct str why, struct err *e) MUST_USE;
bool move_set_letter(struct tx *tx, struct move_step *m, int64_t delay_us, struct err *e) MUST_USE;
bool move_ends(struct tx *tx, struct move_step *m, struct err *e) MUST_USE;
/* Who decided or signed what this objects to has nothing to do with it: ERR_CONFLICT. */
bool move_not_the_same(struct tx *tx, const struct casefile_get_out *c, int64_t account, struct err *e) MUST_USE;
/* The moment after a day, for timers. */
int64_t move_day_end_us(const struct calendar *c, day_number day);

/* Matters: rows of what is asked, promised, added. */
bool matter_open(struct tx *tx, struct move_step *m, const struct matter_insert_in *row, struct err *e) MUST_USE;
/* Those of a kind that are open, at most `most`, in order. */
bool matters_open_of(struct tx *tx, const struct case_change *change, enum matter_kind kind,
                     struct matter_open_list_out *out, size_t most, size_t *n, struct err *e) MUST_USE;
/* What is open ends with the case: opinions are no longer needed, and their institutions are told. */
bool matters_end(struct tx *tx, struct move_step *m, struct err *e) MUST_USE;

bool move_reopen(struct tx *tx, const struct case_change *change, struct str reason, struct err *e) MUST_USE;

#endif
