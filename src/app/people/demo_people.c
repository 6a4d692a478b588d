#include "app/people/demo_people.h"

#include "app/people/viewer.h"
#include "html/translate.h"

const struct demo_person demo_people[DEMO_PEOPLE] = {
	{N_("resident"), "Amara Quill", "resident@demo.example", "linden-tree-by-the-door", NULL, 0, NULL, NULL, NULL},
	{N_("firm"), "Lin Xiaohe", "firm@demo.example", "kestrel-over-the-quay", NULL, 0, "Kestrel Staffing Ltd", "cn-uscc",
     "91310115MA1K3YJ12X"},
	{N_("official"), "Jonas Adeyemi", "official@demo.example", "nine-stones-make-a-gate", "work-and-social-security",
     ROLE_OFFICIAL, NULL, NULL, NULL},
	{N_("second official"), "Rosa Marchetti", "second@demo.example", "ropewalk-in-the-rain", "work-and-social-security",
     ROLE_OFFICIAL, NULL, NULL, NULL},
	{N_("head"), "Mei Castellan", "head@demo.example", "slate-roof-over-the-hall", "work-and-social-security",
     ROLE_HEAD, NULL, NULL, NULL},
	{N_("administrator"), "Ilse Varga", "admin@demo.example", "keeper-of-the-lantern", "work-and-social-security",
     ROLE_ADMINISTRATOR, NULL, NULL, NULL},
	{N_("supervisor"), "Ines Calloway", "supervisor@demo.example", "lamp-in-the-watchtower", "supervision-port-linden",
     ROLE_SUPERVISOR, NULL, NULL, NULL},
	{N_("supervisor of the province"), "Viktor Oduya", "higher@demo.example", "far-light-on-the-estuary",
     "supervision-estuary", ROLE_SUPERVISOR, NULL, NULL, NULL},
	{N_("traffic engineer"), "Sami Oyelund", "engineer@demo.example", "green-wave-to-the-harbour", "transport-office",
     ROLE_TRAFFIC_ENGINEER, NULL, NULL, NULL},
	{N_("author"), "Tomasz Okafor", "author@demo.example", "seven-pens-in-a-drawer", "citizens-office", ROLE_AUTHOR,
     NULL, NULL, NULL},
	{N_("second author"), "Hedda Nyström", "second-author@demo.example", "four-eyes-on-the-page", "citizens-office",
     ROLE_AUTHOR, NULL, NULL, NULL},
};
