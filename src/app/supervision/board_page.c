/* The live board of a jurisdiction. */
#include "app/page.h"
#include "app/supervision/office.h"
#include "app/supervision/pages.h"
#include "app/supervision/supervision.html.h"

bool board_get(struct req *r, struct err *e)
{
	struct supervision at;
	if (!supervision_of_viewer(r, &at, e)) {
		return false;
	}
	struct str name = text_in(&at.jurisdiction->name, r->lang);
	struct html_out o;
	page_begin(r, &o, &(struct page){.title = name, .current = NAV_BOARD, .is_desk = true});
	board_page(&o, text_in(&at.office->name, r->lang), name);
	page_end(r, &o);
	return true;
}
