#include "fault/disk.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"

enum { SECTOR = 512, NAME = 200, ROOT_INODE = 0 };

enum op_kind { OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_SET, OP_UNSET, OP_ACK };

struct op {
	enum op_kind kind;
	int inode;     /* SET, UNSET: of the folder; ACK: the number */
	int target;    /* SET: the inode that the name gets */
	int64_t at;    /* WRITE: offset; TRUNCATE: the size */
	size_t n;      /* WRITE */
	uint8_t *data; /* WRITE */
	char *name;    /* SET, UNSET */
	int sync;      /* SYNC: its number */
};

struct entry {
	int folder;
	int inode;
	char name[NAME];
};

struct names {
	struct entry *p;
	size_t n, room;
};

struct inode {
	bool is_folder;
	int64_t size; /* as written */
	/* Replay: the durable bytes, and the ops that are not durable yet. */
	uint8_t *bytes;
	size_t bytes_n, bytes_room;
	size_t *pending;
	size_t pending_n, pending_room;
};

struct disk {
	char root[256];
	enum disk_lie lie;
	pthread_mutex_t lock;
	struct op *ops;
	size_t ops_n, ops_room;
	struct inode *inodes;
	size_t inodes_n, inodes_room;
	struct names live; /* as the running program sees them */
	size_t syncs;
	/* Replay. */
	struct names durable;
	size_t next_op;
	size_t next_sync;
	struct file_layer layer;
};

static void *grow(void *p, size_t n, size_t *room, size_t size)
{
	if (n < *room) {
		return p;
	}
	*room = *room ? *room * 2 : 64;
	p = realloc(p, *room * size);
	must(p != NULL);
	return p;
}

/* --- Names ------------------------------------------------------------------------------------------------------- */

static void names_set(struct names *s, int folder, const char *name, int inode)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i].folder == folder && strcmp(s->p[i].name, name) == 0) {
			s->p[i].inode = inode;
			return;
		}
	}
	s->p = grow(s->p, s->n, &s->room, sizeof *s->p);
	struct entry *e = &s->p[s->n++];
	e->folder = folder;
	e->inode = inode;
	snprintf(e->name, sizeof e->name, "%s", name);
}

static void names_unset(struct names *s, int folder, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i].folder == folder && strcmp(s->p[i].name, name) == 0) {
			s->p[i] = s->p[--s->n];
			return;
		}
	}
}

static int names_find(const struct names *s, int folder, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i].folder == folder && strcmp(s->p[i].name, name) == 0) {
			return s->p[i].inode;
		}
	}
	return -1;
}

/* Walks to the folder that holds the path's last part. False: outside of the root. The root itself gives the empty
 * name. */
static bool resolve(const struct disk *d, const char *path, int *folder, char name[NAME])
{
	size_t n = strlen(d->root);
	if (strncmp(path, d->root, n) != 0 || (path[n] != '/' && path[n] != '\0')) {
		return false;
	}
	struct str rest = str_of(path + n), part;
	struct str parts[16];
	size_t depth = 0;
	while (str_next(&rest, '/', &part)) {
		if (part.n == 0 || str_is(part, ".")) {
			continue;
		}
		if (str_is(part, "..")) {
			must(depth > 0);
			depth--;
			continue;
		}
		must(depth < 16);
		parts[depth++] = part;
	}
	*folder = ROOT_INODE;
	name[0] = '\0';
	for (size_t i = 0; i < depth; i++) {
		if (i > 0) {
			*folder = names_find(&d->live, *folder, name);
			if (*folder < 0) {
				return false;
			}
		}
		must(parts[i].n < NAME);
		snprintf(name, NAME, "%.*s", STR_ARG(parts[i]));
	}
	return true;
}

/* --- Recording --------------------------------------------------------------------------------------------------- */

static int new_inode(struct disk *d, bool is_folder)
{
	d->inodes = grow(d->inodes, d->inodes_n, &d->inodes_room, sizeof *d->inodes);
	d->inodes[d->inodes_n] = (struct inode){.is_folder = is_folder};
	return (int)d->inodes_n++;
}

static struct op *note(struct disk *d, enum op_kind kind, int inode)
{
	d->ops = grow(d->ops, d->ops_n, &d->ops_room, sizeof *d->ops);
	d->ops[d->ops_n] = (struct op){.kind = kind, .inode = inode};
	return &d->ops[d->ops_n++];
}

static char *copy(const char *s)
{
	char *p = strdup(s);
	must(p != NULL);
	return p;
}

struct disk *disk_new(const char *root, enum disk_lie lie)
{
	struct disk *d = calloc(1, sizeof *d);
	must(d != NULL);
	snprintf(d->root, sizeof d->root, "%s", root);
	d->lie = lie;
	pthread_mutex_init(&d->lock, NULL);
	must(new_inode(d, true) == ROOT_INODE);
	return d;
}

void disk_free(struct disk *d)
{
	for (size_t i = 0; i < d->ops_n; i++) {
		free(d->ops[i].data);
		free(d->ops[i].name);
	}
	for (size_t i = 0; i < d->inodes_n; i++) {
		free(d->inodes[i].bytes);
		free(d->inodes[i].pending);
	}
	free(d->ops);
	free(d->inodes);
	free(d->live.p);
	free(d->durable.p);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

void disk_lock(struct disk *d)
{
	pthread_mutex_lock(&d->lock);
}

void disk_unlock(struct disk *d)
{
	pthread_mutex_unlock(&d->lock);
}

enum disk_lie disk_lie_of(const struct disk *d)
{
	return d->lie;
}

int disk_note_open(struct disk *d, const char *path, bool is_new, bool is_folder)
{
	int folder;
	char name[NAME];
	if (!resolve(d, path, &folder, name)) {
		return -1;
	}
	if (name[0] == '\0') {
		return ROOT_INODE;
	}
	if (!is_new) {
		return names_find(&d->live, folder, name);
	}
	int inode = new_inode(d, is_folder);
	names_set(&d->live, folder, name, inode);
	struct op *op = note(d, OP_SET, folder);
	op->target = inode;
	op->name = copy(name);
	return inode;
}

void disk_note_write(struct disk *d, int inode, int64_t at, const void *p, size_t n)
{
	if (inode < 0) {
		return;
	}
	struct op *op = note(d, OP_WRITE, inode);
	op->at = at;
	op->n = n;
	op->data = malloc(n ? n : 1);
	must(op->data != NULL);
	memcpy(op->data, p, n);
	if (at + (int64_t)n > d->inodes[inode].size) {
		d->inodes[inode].size = at + (int64_t)n;
	}
}

void disk_note_truncate(struct disk *d, int inode, int64_t size)
{
	if (inode >= 0) {
		note(d, OP_TRUNCATE, inode)->at = size;
		d->inodes[inode].size = size;
	}
}

int64_t disk_size_of(struct disk *d, int inode)
{
	return inode < 0 ? 0 : d->inodes[inode].size;
}

void disk_note_sync(struct disk *d, int inode)
{
	if (inode >= 0) {
		note(d, OP_SYNC, inode)->sync = (int)d->syncs++;
	}
}

void disk_note_own_sync(struct disk *d, int inode)
{
	if (inode < 0) {
		return;
	}
	bool is_folder = d->inodes[inode].is_folder;
	bool is_parent = names_find(&d->live, ROOT_INODE, "blobs") == inode;
	if ((d->lie == DISK_NO_SYNC_OF_FILES && !is_folder) || (d->lie == DISK_NO_SYNC_OF_FOLDERS && is_folder) ||
	    (d->lie == DISK_NO_SYNC_OF_PARENT && is_parent)) {
		return;
	}
	disk_note_sync(d, inode);
}

void disk_note_sync_folder_of(struct disk *d, const char *path)
{
	int folder;
	char name[NAME];
	if (resolve(d, path, &folder, name)) {
		disk_note_sync(d, folder);
	}
}

static void note_unset(struct disk *d, int folder, const char *name)
{
	names_unset(&d->live, folder, name);
	note(d, OP_UNSET, folder)->name = copy(name);
}

void disk_note_rename(struct disk *d, const char *from, const char *to)
{
	int from_folder, to_folder;
	char from_name[NAME], to_name[NAME];
	must(resolve(d, from, &from_folder, from_name) && resolve(d, to, &to_folder, to_name));
	int inode = names_find(&d->live, from_folder, from_name);
	must(inode >= 0);
	names_set(&d->live, to_folder, to_name, inode);
	struct op *op = note(d, OP_SET, to_folder);
	op->target = inode;
	op->name = copy(to_name);
	note_unset(d, from_folder, from_name);
}

void disk_note_unlink(struct disk *d, const char *path)
{
	int folder;
	char name[NAME];
	if (resolve(d, path, &folder, name) && names_find(&d->live, folder, name) >= 0) {
		note_unset(d, folder, name);
	}
}

void disk_note_ack(struct disk *d, uint32_t n)
{
	disk_lock(d);
	note(d, OP_ACK, (int)n);
	disk_unlock(d);
}

struct file_layer *disk_layer_room(struct disk *d)
{
	return &d->layer;
}

size_t disk_syncs(const struct disk *d)
{
	return d->syncs;
}

/* --- Replay ------------------------------------------------------------------------------------------------------ */

/* A file's bytes while an image is made. */
struct image {
	uint8_t *p;
	size_t n, room;
};

static void image_resize(struct image *m, size_t n, struct prng *rubbish)
{
	if (n > m->room) {
		m->room = n + n / 2 + 4096;
		m->p = realloc(m->p, m->room);
		must(m->p != NULL);
	}
	for (size_t i = m->n; i < n; i++) {
		m->p[i] = rubbish ? (uint8_t)prng_next(rubbish) : 0;
	}
	m->n = n;
}

static void image_write(struct image *m, size_t at, const uint8_t *p, size_t n, struct prng *rubbish)
{
	if (at + n > m->n) {
		image_resize(m, at + n, rubbish);
	}
	memcpy(m->p + at, p, n);
}

static void make_durable(struct disk *d, int inode)
{
	struct inode *f = &d->inodes[inode];
	struct image m = {f->bytes, f->bytes_n, f->bytes_room};
	for (size_t i = 0; i < f->pending_n; i++) {
		const struct op *op = &d->ops[f->pending[i]];
		switch (op->kind) {
		case OP_WRITE:
			image_write(&m, (size_t)op->at, op->data, op->n, NULL);
			break;
		case OP_TRUNCATE:
			image_resize(&m, (size_t)op->at, NULL);
			break;
		case OP_SET:
			names_set(&d->durable, inode, op->name, op->target);
			break;
		default:
			names_unset(&d->durable, inode, op->name);
			break;
		}
	}
	f->bytes = m.p;
	f->bytes_n = m.n;
	f->bytes_room = m.room;
	f->pending_n = 0;
}

/* How much of what was not durable stays: nothing, little, half, most, all. */
static unsigned draw_share(struct prng *r)
{
	static const unsigned percent[] = {0, 3, 50, 95, 100};
	return percent[prng_below(r, sizeof percent / sizeof *percent)];
}

struct cut {
	struct disk *d;
	struct prng r;
	struct prng rubbish;
	bool has_rubbish;
	unsigned keep_bytes, keep_names;
	uint64_t lost;
	struct names names;
};

static bool is_kept(struct cut *c, unsigned percent)
{
	bool kept = prng_below(&c->r, 100) < percent;
	c->lost += !kept;
	return kept;
}

static void write_image(struct cut *c, const struct inode *f, const char *path)
{
	struct image m = {0};
	struct prng *rubbish = c->has_rubbish ? &c->rubbish : NULL;
	image_resize(&m, f->bytes_n, NULL);
	if (f->bytes_n > 0) {
		memcpy(m.p, f->bytes, f->bytes_n);
	}
	for (size_t i = 0; i < f->pending_n; i++) {
		const struct op *op = &c->d->ops[f->pending[i]];
		if (op->kind == OP_TRUNCATE) {
			if (is_kept(c, c->keep_bytes)) {
				image_resize(&m, (size_t)op->at, NULL);
			}
			continue;
		}
		for (size_t at = 0; at < op->n;) {
			size_t offset = (size_t)op->at + at;
			size_t n = SECTOR - offset % SECTOR;
			n = n < op->n - at ? n : op->n - at;
			if (is_kept(c, c->keep_bytes)) {
				image_write(&m, offset, op->data + at, n, rubbish);
			}
			at += n;
		}
	}
	struct err e;
	int fd;
	must(file_open(&file_layer_real, path, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &e));
	must(file_write_all(&file_layer_real, fd, str_from(m.p ? (char *)m.p : "", m.n), &e));
	file_close(&file_layer_real, fd);
	free(m.p);
}

static void write_folder(struct cut *c, int folder, const char *path)
{
	for (size_t i = 0; i < c->names.n; i++) {
		const struct entry *e = &c->names.p[i];
		if (e->folder != folder) {
			continue;
		}
		char *below = file_path(str_of(path), str_of(e->name));
		const struct inode *f = &c->d->inodes[e->inode];
		if (f->is_folder) {
			must(mkdir(below, 0700) == 0);
			write_folder(c, e->inode, below);
		} else {
			write_image(c, f, below);
		}
		mem_free(below);
	}
}

static void replay_to(struct disk *d, size_t at_sync)
{
	while (d->next_op < d->ops_n) {
		const struct op *op = &d->ops[d->next_op];
		if (op->kind == OP_SYNC) {
			if ((size_t)op->sync >= at_sync) {
				return;
			}
			make_durable(d, op->inode);
		} else if (op->kind != OP_ACK) {
			struct inode *f = &d->inodes[op->inode];
			f->pending = grow(f->pending, f->pending_n, &f->pending_room, sizeof *f->pending);
			f->pending[f->pending_n++] = d->next_op;
		}
		d->next_op++;
	}
}

uint64_t disk_cut(struct disk *d, size_t at_sync, uint64_t seed, const char *into, bool *is_acked, size_t acks_n)
{
	must(at_sync >= d->next_sync);
	d->next_sync = at_sync;
	replay_to(d, at_sync);
	memset(is_acked, 0, acks_n * sizeof *is_acked);
	for (size_t i = 0; i < d->next_op; i++) {
		if (d->ops[i].kind == OP_ACK) {
			must((size_t)d->ops[i].inode < acks_n);
			is_acked[d->ops[i].inode] = true;
		}
	}
	struct cut c = {.d = d};
	prng_seed(&c.r, seed);
	prng_seed(&c.rubbish, seed + 1);
	c.has_rubbish = prng_below(&c.r, 2) == 1;
	c.keep_bytes = draw_share(&c.r);
	c.keep_names = draw_share(&c.r);
	for (size_t i = 0; i < d->durable.n; i++) {
		const struct entry *e = &d->durable.p[i];
		c.names.p = grow(c.names.p, c.names.n, &c.names.room, sizeof *c.names.p);
		c.names.p[c.names.n++] = *e;
	}
	for (size_t i = 0; i < d->inodes_n; i++) {
		const struct inode *f = &d->inodes[i];
		for (size_t k = 0; f->is_folder && k < f->pending_n; k++) {
			const struct op *op = &d->ops[f->pending[k]];
			if (!is_kept(&c, c.keep_names)) {
				continue;
			}
			if (op->kind == OP_SET) {
				names_set(&c.names, (int)i, op->name, op->target);
			} else {
				names_unset(&c.names, (int)i, op->name);
			}
		}
	}
	write_folder(&c, ROOT_INODE, into);
	free(c.names.p);
	return c.lost;
}
