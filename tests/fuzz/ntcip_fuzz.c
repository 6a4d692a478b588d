/* What a controller answers: a PDU as it stands behind SNMPv3's seal. Never crashes; what is taken stays within a
 * signal, and what an answer does not say is not known. Needs brain. */
#include "brain/ntcip_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct agent_status nothing;
	struct ntcip_peer p = {.phase_n = 9, .channel_n = 12};
	netsnmp_pdu *pdu;
	ntcip_library();
	uint8_t *copy = netsnmp_memdup(n > 0 ? (const void *)data : "", n > 0 ? n : 1);
	pdu = snmp_pdu_create(SNMP_MSG_RESPONSE);
	must(pdu != NULL && copy != NULL);
	if (n > 0 && snmp_pdu_parse(pdu, copy, &n) == 0) {
		ntcip_take_status(&p, pdu->variables);
	}
	ntcip_take_status(&p, NULL);
	must(memcmp(&p.status, &nothing, sizeof nothing) == 0);
	snmp_free_pdu(pdu);
	free(copy);
	return 0;
}
