/* What people are told: the kinds of message, once. A move's row names the kind that it tells. Title and text are
 * msgids, rendered in the reader's language when it is read; in them stand {service}, {office} (the institution) and
 * {date} (the message's argument "date", a day number). What else a message brings stands beside them: see mail.h. */
#ifndef CITYHALL_APP_MAIL_KINDS_H
#define CITYHALL_APP_MAIL_KINDS_H

/* kind, word in the store, must its opening be proved, title, text */
#define MAIL_KINDS(X)                                                                                                  \
	X(MAIL_RECEIVED, "received", false, N_("We have your application"),                                                \
	  N_("Your application for {service} has arrived at {office}. The receipt with its number and dates is kept with " \
	     "your case."))                                                                                                \
	X(MAIL_ACCEPTED, "accepted", false, N_("Your application was accepted"),                                           \
	  N_("{office} has looked at your application for {service}: everything that is needed is there."))                \
	X(MAIL_ACCEPTED_GAP, "accepted-gap", false, N_("Your application was accepted; one paper is still missing"),       \
	  N_("{office} works on your application for {service} already. Send the missing paper by {date}."))               \
	X(MAIL_ACCEPTED_COMMITMENT, "accepted-commitment", false, N_("Your application was accepted on your word"),        \
	  N_("{office} decides on {service} by what you declared, and checks it later."))                                  \
	X(MAIL_NOT_ACCEPTED, "not-accepted", true, N_("Your application was not accepted"),                                \
	  N_("{office} cannot work on your application for {service}. The reason is given below."))                        \
	X(MAIL_CORRECTION_ASKED, "correction-asked", true, N_("Please put something right"),                               \
	  N_("{office} needs you to correct or complete your application for {service}. Until you answer, the time does "  \
	     "not run."))                                                                                                  \
	X(MAIL_QUESTION, "question", false, N_("We have a question"),                                                      \
	  N_("{office} asks you something about your application for {service}."))                                         \
	X(MAIL_ANSWERED, "answered", false, N_("Your question was answered"),                                              \
	  N_("{office} has answered what you asked about {service}."))                                                     \
	X(MAIL_TAKES_LONGER, "takes-longer", false, N_("It takes longer than we promised"),                                \
	  N_("We could not decide on {service} in the time that we promised. We now expect to decide by {date}."))         \
	X(MAIL_EXTENDED, "extended", false, N_("We need longer, as the law allows"),                                       \
	  N_("{office} has extended the time for {service}, once. The reason is given below. We now expect to decide by "  \
	     "{date}."))                                                                                                   \
	X(MAIL_CLOCK_STOPPED, "clock-stopped", false, N_("The time stands"),                                               \
	  N_("{office} waits for something that is needed for {service}. From the next working day the time does not run " \
	     "until it is there."))                                                                                        \
	X(MAIL_CLOCK_RUNS, "clock-runs", false, N_("The time runs again"),                                                 \
	  N_("{office} works on {service} again. We now promise a decision by {date}."))                                   \
	X(MAIL_CLOCK_MOVED, "clock-moved", false, N_("The promised day has moved"),                                        \
	  N_("Working days have changed. We now promise a decision on {service} by {date}."))                              \
	X(MAIL_MORE_TIME, "more-time", false, N_("You have more time"),                                                    \
	  N_("Our city hall could not be reached for a while. For {service} you have time until {date} now."))             \
	X(MAIL_FORWARDED, "forwarded", false, N_("Your application went to another office"),                               \
	  N_("Your application for {service} is with {office} now. You need not do anything; the time runs on."))          \
	X(MAIL_GAP_MISSED, "gap-missed", false, N_("The missing paper has not arrived"),                                   \
	  N_("You promised a paper for {service} by {date}. It is not here yet. Send it now, or tell us what hinders "     \
	     "you."))                                                                                                      \
	X(MAIL_DECIDED, "decided", true, N_("We have decided"),                                                            \
	  N_("{office} has decided on your application for {service}. The letter says what and why."))                     \
	X(MAIL_DECISION_CHANGED, "decision-changed", true, N_("A decision was corrected"),                                 \
	  N_("{office} has corrected its decision on {service}. The new letter replaces the one before."))                 \
	X(MAIL_READY_TO_DOWNLOAD, "ready-to-download", false, N_("Your document is ready"),                                \
	  N_("What was granted to you for {service} can be downloaded from your case."))                                   \
	X(MAIL_READY_TO_COLLECT, "ready-to-collect", false, N_("Your document is ready to be collected"),                  \
	  N_("Bring your receipt and your identity card to {office}. Somebody else may collect it with a letter from "     \
	     "you."))                                                                                                      \
	X(MAIL_POSTED, "posted", false, N_("Your document is on its way by post"),                                         \
	  N_("{office} has posted what was granted to you for {service}."))                                                \
	X(MAIL_HANDED_OVER, "handed-over", false, N_("Your document was handed over"),                                     \
	  N_("{office} has handed over what was granted for {service}. If that was not you or somebody you sent, tell us " \
	     "at once."))                                                                                                  \
	X(MAIL_WITHDRAWN, "withdrawn", false, N_("Your application was withdrawn"),                                        \
	  N_("You have withdrawn your application for {service}. Nothing more happens with it."))                          \
	X(MAIL_LAPSES_SOON, "lapses-soon", false, N_("We still wait for your answer"),                                     \
	  N_("{office} asked you something about {service}. Without an answer by {date} your application lapses."))        \
	X(MAIL_LAPSED, "lapsed", true, N_("Your application has lapsed"),                                                  \
	  N_("We had no answer from you about {service}, so the application has ended. You can apply again at any time.")) \
	X(MAIL_REOPENED, "reopened", false, N_("Your case was opened again"),                                              \
	  N_("{office} works on your application for {service} again."))                                                   \
	X(MAIL_OBJECTION_RECEIVED, "objection-received", false, N_("We have your objection"),                              \
	  N_("Your objection to the decision on {service} is a case of its own. Somebody else decides on it."))            \
	X(MAIL_PERMIT_SUSPENDED, "permit-suspended", true, N_("Your permit is suspended"),                                 \
	  N_("{office} has suspended what was granted to you for {service}. It is not valid until further notice."))       \
	X(MAIL_PERMIT_RESTORED, "permit-restored", false, N_("Your permit is valid again"),                                \
	  N_("{office} has ended the suspension of what was granted to you for {service}."))                               \
	X(MAIL_PERMIT_WITHDRAWN, "permit-withdrawn", true, N_("Your permit was withdrawn"),                                \
	  N_("{office} has withdrawn what was granted to you for {service}. It is not valid any more."))                   \
	X(MAIL_PERMIT_RENEWED, "permit-renewed", false, N_("Your permit was renewed"),                                     \
	  N_("{office} has renewed what was granted to you for {service}. It is now valid until {date}."))                 \
	X(MAIL_PERMIT_EXPIRES, "permit-expires", false, N_("Your permit ends soon"),                                       \
	  N_("What was granted to you for {service} is valid until {date}. Renew it in time if you need it longer."))      \
	X(MAIL_PERMIT_EXPIRED, "permit-expired", false, N_("Your permit has ended"),                                       \
	  N_("What was granted to you for {service} was valid until {date}."))                                             \
	X(MAIL_DRAFT_LAPSES_SOON, "draft-lapses-soon", false, N_("An application that you began is not sent yet"),         \
	  N_("You began to apply for {service}. What you have filled in is kept until {date}, then it is removed."))       \
	X(MAIL_DRAFT_LAPSES_TOMORROW, "draft-lapses-tomorrow", false, N_("Last day for an application that you began"),    \
	  N_("You began to apply for {service}. What you have filled in is removed at the end of {date}."))                \
	X(MAIL_ADDRESS_FAILED, "address-failed", false, N_("We cannot reach you any more"),                                \
	  N_("A notice to the address that you gave us came back. Until you confirm another one we send letters on "       \
	     "paper."))                                                                                                    \
	X(MAIL_RATING_WRITTEN, "rating-written", false, N_("About what you told us"),                                      \
	  N_("{office} writes to you about how {service} was for you."))                                                   \
	X(MAIL_RATING_REMEDIED, "rating-remedied", false, N_("What we did about what you told us"),                        \
	  N_("You told us how {service} was for you. {office} says what it has done."))                                    \
	X(MAIL_RATING_STRUCK, "rating-struck", false, N_("Your rating does not count"),                                    \
	  N_("{office} said that your rating of {service} rests on a mistake, and somebody outside of that office judged " \
	     "that this is so. Below stands why."))                                                                        \
	X(MAIL_NOTE, "note", false, N_("A message from the office"), N_("{office} writes to you about {service}."))

enum mail_kind {
	MAIL_NONE = 0,
#define X(kind, word, proof, title, text) kind,
	MAIL_KINDS(X)
#undef X
		MAIL_KIND_END
};

#endif
