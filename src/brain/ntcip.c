#include <stdlib.h>

#include "brain/ntcip_inside.h"

const oid NTCIP_ASC[NTCIP_ASC_N] = {1, 3, 6, 1, 4, 1, 1206, 4, 2, 1};

#define STATUS(table, column, name, is_polled)                                                   \
	{                                                                                            \
		table, NTCIP_STATUS_TABLE, column, false, offsetof(struct agent_status, name), is_polled \
	}
const struct ntcip_column NTCIP_COLUMNS[NTCIP_COLUMNS_N] = {
	STATUS(NTCIP_PHASE, 2, reds, false),
	STATUS(NTCIP_PHASE, 3, yellows, true),
	STATUS(NTCIP_PHASE, 4, greens, true),
	STATUS(NTCIP_PHASE, 10, ons, true),
	STATUS(NTCIP_PHASE, 11, nexts, true),
	{NTCIP_PHASE, NTCIP_CONTROL_TABLE, 2, true, AGENT_OMIT, false},
	{NTCIP_PHASE, NTCIP_CONTROL_TABLE, 4, true, AGENT_HOLD, false},
	{NTCIP_PHASE, NTCIP_CONTROL_TABLE, 5, true, AGENT_FORCE_OFF, false},
	{NTCIP_PHASE, NTCIP_CONTROL_TABLE, 6, true, AGENT_CALL, false},
	STATUS(NTCIP_CHANNEL, 2, channel_reds, false),
	STATUS(NTCIP_CHANNEL, 3, channel_yellows, true),
	STATUS(NTCIP_CHANNEL, 4, channel_greens, true),
};

void ntcip_library(void)
{
	static bool is_begun;
	if (is_begun) {
		return;
	}
	is_begun = true;
	/* No file of this machine has a say: neither users nor names of objects. */
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_LOAD_HOST_FILES, 1);
	snmp_disable_log();
	init_usm_conf("cityhall");
	init_snmp("cityhall");
}

static bool is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\' || s.p[i] == '\'') {
			return false;
		}
	}
	return s.n >= NTCIP_WORD_LEAST && s.n <= NTCIP_WORD_MAX;
}

bool ntcip_secret_ok(const struct ntcip_secret *s, struct err *e)
{
	return (s->user.n > 0 && s->user.n <= NTCIP_CONTEXT_MAX && !str_has_control(s->user, "") &&
	        str_find_byte(s->user, ' ') == SIZE_MAX && is_word(s->authentication) && is_word(s->privacy)) ||
	       err_set(e, ERR_CONFIG, "SNMP wants a user, and two words of 8 to 100 characters without blanks and quotes");
}
