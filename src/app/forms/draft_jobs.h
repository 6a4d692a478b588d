/* Jobs on drafts, within the room and for its tests. Each begins with the draft's row. */
#ifndef CITYHALL_APP_FORMS_DRAFT_JOBS_H
#define CITYHALL_APP_FORMS_DRAFT_JOBS_H

#include "app/forms/draft.h"

#define DRAFT_BYTES_MAX (512 * 1024)

struct draft_begin {
	int64_t party, id, begun_by;
	int64_t keep_us; /* app->draft_keep_us */
	struct str service;
	int64_t channel; /* enum channel; 0: the website */
	uint8_t definition[SHA256_BYTES];
	struct enquiry_ref asked;
	const struct intake *intake; /* an official takes it in; NULL: nobody does */
};
struct draft_save {
	int64_t party, id;
	int64_t version;     /* as it was read; 0: any */
	struct answers page; /* these alone are put into what is stored; value_n 0 takes one away */
};
struct file_renaming {
	struct str from, to;
};
struct draft_migration {
	int64_t party, id, version; /* as it was read */
	struct str service;
	uint8_t definition[SHA256_BYTES];
	uint8_t former[SHA256_BYTES];
	struct str answers, lost; /* JSON */
	const struct file_renaming *files;
	size_t file_n;
};
struct file_change {
	enum draft_state state; /* as it was read: open, or correcting */
	struct file_row file;
};

store_job draft_job_begin;       /* struct draft_begin; result 0: the draft's id. ERR_TOO_MANY over DRAFTS_MOST */
store_job draft_job_save;        /* struct draft_save; ERR_CONFLICT when it was submitted, or changed since `version` */
store_job draft_job_migrate;     /* struct draft_migration; ERR_CONFLICT when it changed meanwhile */
store_job draft_job_read_lost;   /* struct draft_save: what was lost need not be said again */
store_job draft_job_discard;     /* struct draft_save: the draft and its files are gone */
store_job draft_job_add_file;    /* struct file_change */
store_job draft_job_remove_file; /* the same: gone from a draft, marked as replaced in a case */

struct render_result;
void file_put_layout(struct buf *to, const struct render_result *r);

#endif
