#include "html/form.h"

#include "html/parts.h"

const char *field_width_class(enum field_width w)
{
	static const char *const classes[] = {
		[FIELD_FULL] = "", [FIELD_W2] = "w2", [FIELD_W4] = "w4", [FIELD_W8] = "w8", [FIELD_W16] = "w16"};
	return classes[w];
}

/* Text takes the direction of what is typed; addresses, figures and passwords keep the page's or their own. */
bool field_has_auto_direction(const struct form_field *f)
{
	return (f->type == NULL || strcmp(f->type, "search") == 0) && f->inputmode == NULL;
}

bool field_parts_open(const struct form_part *parts, int more, int n)
{
	for (int i = more; i < n; i++) {
		if (parts[i].value.n > 0 || parts[i].is_wrong) {
			return true;
		}
	}
	return false;
}
