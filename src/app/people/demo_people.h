/* The people of a demonstration: invented, with published passwords that only a demo data folder takes. */
#ifndef CITYHALL_APP_PEOPLE_DEMO_PEOPLE_H
#define CITYHALL_APP_PEOPLE_DEMO_PEOPLE_H

enum { DEMO_PEOPLE = 11 };

struct demo_person {
	const char *who; /* msgid */
	const char *name, *email, *password;
	const char *institution;                        /* pack id; NULL: none */
	int role;                                       /* enum role_kind */
	const char *organisation, *scheme, *identifier; /* a mandate; NULL: none */
};
extern const struct demo_person demo_people[DEMO_PEOPLE];

#endif
