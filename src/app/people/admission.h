/* Who asks: the hooks of the HTTP server, and what sign-in shares with them. The session's row is read by its key: the
 * cookie `who` names the account, the cookie `sid` (32 random bytes, made by the server) proves it. Both are needed;
 * neither says anything by itself. On the request's thread. */
#ifndef CITYHALL_APP_PEOPLE_ADMISSION_H
#define CITYHALL_APP_PEOPLE_ADMISSION_H

#include "app/app.h"
#include "app/people/viewer.h"

#define COOKIE_WHO "who"
#define COOKIE_DEVICE "device"

/* A session ends after so long without a request (app->session_idle_us says otherwise), and in any case. */
#define SESSION_IDLE_US (2 * 3600 * US_PER_S)
int64_t people_idle_us(const struct app *app);
#define SESSION_MAX_US (12 * 3600 * US_PER_S)
/* How exact last-seen is. */
#define SESSION_SEEN_US (5 * US_PER_MIN)

/* http_hooks.admit: sets r->viewer and r->lang. */
bool people_admit(struct req *r, struct err *e);
/* The same for who came with a token of an account instead of a cookie; 0: a visitor. The api room has checked it. */
bool people_admit_account(struct req *r, int64_t account, struct err *e) MUST_USE;
/* An account's rights now, for work that nobody waits for; a nobody when it is not there or disabled. Any thread. */
bool people_read_viewer(struct store *s, struct arena *a, int64_t account, struct viewer *out, struct err *e) MUST_USE;
/* http_hooks.allow: the route's permission. A visitor's GET is sent to sign in and comes back afterwards. */
bool people_allow(struct req *r, struct err *e);

/* Opens a session for the account under a fresh `sid`, remembers the device, forgets sessions that ran out.
 * ERR_CONFLICT when the account is disabled, or its password is no longer the one of password_us: a check waits its
 * turn for seconds, and whoever changed the password meanwhile wants the old one to open nothing. */
bool people_open_session(struct req *r, int64_t account, int64_t password_us, struct err *e) MUST_USE;
/* Ends the session of this request, if there is one, and its cookies. */
bool people_close_session(struct req *r, struct err *e) MUST_USE;
/* SHA-256 of the cookie's secret: the row's key. Lives in the arena; empty without a cookie. */
struct str people_token(struct req *r, struct str sid);

struct password_verdict {
	bool is_right;
	int64_t password_us; /* since when it is the password: what it opens or changes holds only while this stands */
};
/* Checks on the pool's threads, the handler's place given back meanwhile. account 0: there is none; costs the same. */
bool people_check_password(struct req *r, int64_t account, struct str password, bool is_known_device,
                           struct password_verdict *out, struct err *e) MUST_USE;
/* Did this account sign in on this device before? *device names it (for its own bucket of tries). */
bool people_is_known_device(struct req *r, int64_t account, struct str *device);
/* Time for sessions: the wall clock without demo time travel (running time would not outlive a restart of the
 * machine). */
int64_t people_now_us(const struct app *app);
/* Where to go after signing in: a path of ours (fields `back`), else `otherwise`. */
struct str people_back(struct req *r, struct str asked, const char *otherwise);

#endif
