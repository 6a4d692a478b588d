#include "app/desk/case_op.h"

void case_op(const struct store_op *form, const struct case_facts *f, struct store_op *out)
{
	uint8_t bytes[OPID_BYTES + sizeof f->c.id], digest[SHA256_BYTES];
	memcpy(bytes, form->id, OPID_BYTES);
	memcpy(bytes + OPID_BYTES, &f->c.id, sizeof f->c.id);
	sha256_of(str_from(bytes, sizeof bytes), digest);
	*out = *form;
	out->route = f->c.party;
	memcpy(out->id, digest, sizeof out->id);
}
