#include "app/cases/acts.h"
#include "app/cases/applicant.h"
#include "app/cases/bundle.h"
#include "app/cases/cases.h"
#include "app/cases/desk.h"
#include "app/cases/document_pages.h"
#include "app/cases/receipt.h"

enum { CORRECTION_BODY_MAX = 64 * 1024 * 1024, FORM_BODY_MAX = 64 * 1024 };

#define GET(path_, who_, handle_)                                                 \
	{                                                                             \
		.method = METHOD_GET, .path = (path_), .who = (who_), .handle = (handle_) \
	}
#define POST(path_, who_, handle_)                                                                            \
	{                                                                                                         \
		.method = METHOD_POST, .path = (path_), .who = (who_), .handle = (handle_), .body_max = FORM_BODY_MAX \
	}

const struct route cases_routes[] = {
	POST("/draft/:id/submit", MAY_SIGNED_IN, case_submit_post),
	GET("/cases", MAY_SIGNED_IN, cases_get),
	GET("/cases/:id", MAY_SIGNED_IN, case_get),
	GET("/cases/:id/steps", MAY_SIGNED_IN, bundle_steps_get),
	GET("/cases/:id/receipt", MAY_SIGNED_IN, case_receipt_get),
	GET("/cases/:id/receipt.pdf", MAY_SIGNED_IN, case_receipt_pdf_get),
	GET("/cases/:id/new-code", MAY_SIGNED_IN, case_new_code_get),
	POST("/cases/:id/new-code", MAY_SIGNED_IN, case_new_code_post),
	GET("/cases/:id/letter", MAY_SIGNED_IN, case_letter_get),
	GET("/cases/:id/letter.pdf", MAY_SIGNED_IN, case_letter_pdf_get),
	GET("/cases/:id/document.pdf", MAY_SIGNED_IN, case_document_get),
	POST("/cases/:id/document", MAY_SIGNED_IN, case_document_post),
	GET("/cases/:id/correct", MAY_SIGNED_IN, case_correct_get),
	{.method = METHOD_POST,
     .path = "/cases/:id/correct",
     .who = MAY_SIGNED_IN,
     .handle = case_correct_post,
     .body_max = CORRECTION_BODY_MAX,
     .has_files = true},
	GET("/cases/:id/file/:file", MAY_SIGNED_IN, case_file_get),
	GET("/cases/:id/file/:file/:page", MAY_SIGNED_IN, case_file_get),
	GET("/cases/:id/:act", MAY_SIGNED_IN, case_act_get),
	{.method = METHOD_POST,
     .path = "/cases/:id/:act",
     .who = MAY_SIGNED_IN,
     .handle = case_act_post,
     .body_max = CORRECTION_BODY_MAX,
     .has_files = true},
	GET("/case-number", MAY_SIGNED_IN, case_number_get),
	GET("/r/:code", MAY_ANYONE, case_public_get),
	GET("/track", MAY_ANYONE, case_track_get),
	POST("/track", MAY_ANYONE, case_track_post),
	GET("/queue/:id/receipt", MAY_OFFICIAL, desk_receipt_get),
	GET("/queue/:id/receipt.pdf", MAY_OFFICIAL, desk_receipt_pdf_get),
	GET("/queue/:id/new-code", MAY_OFFICIAL, desk_new_code_get),
	POST("/queue/:id/new-code", MAY_OFFICIAL, desk_new_code_post),
	GET("/queue/:id/document.pdf", MAY_OFFICIAL, desk_document_get),
	GET("/queue/:id/label.pdf", MAY_OFFICIAL, desk_label_get),
	GET("/hand-over", MAY_OFFICIAL, hand_over_get),
	GET("/queue/:id/:act", MAY_OFFICIAL, desk_act_get),
	POST("/queue/:id/:act", MAY_OFFICIAL, desk_act_post),
	GET("/queue/:id/letter", MAY_OFFICIAL, desk_letter_get),
	GET("/queue/:id/letter.pdf", MAY_OFFICIAL, desk_letter_pdf_get),
	GET("/queue/:id/file/:file", MAY_OFFICIAL, desk_file_get),
	GET("/queue/:id/file/:file/:page", MAY_OFFICIAL, desk_file_get),
	{0},
};
