/* The recorder in the place of SQLite's own files: a VFS over the default one. It also asks fault_here(), so that the
 * n-th write and fsync of the database fail in turn like our own. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "fault/disk.h"

struct noted_file {
	sqlite3_file base;
	struct disk *d; /* NULL: not recorded, only faults */
	int inode;
	bool syncs_folder; /* its first sync makes its name durable, as unixSync does for journals */
	char path[512];
	sqlite3_file *real; /* right behind this struct */
};

static struct noted_file *noted(sqlite3_file *f)
{
	return (struct noted_file *)(void *)f;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
	return noted(f)->real;
}

static sqlite3_vfs *under(sqlite3_vfs *v)
{
	return ((sqlite3_vfs **)v->pAppData)[0];
}

static struct disk *disk_of(sqlite3_vfs *v)
{
	return ((struct disk **)v->pAppData)[1];
}

static int v_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int v_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int v_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct noted_file *nf = noted(f);
	if (fault_here(FAULT_WRITE)) {
		return SQLITE_FULL;
	}
	if (!nf->d) {
		return nf->real->pMethods->xWrite(nf->real, p, n, at);
	}
	disk_lock(nf->d);
	int rc = nf->real->pMethods->xWrite(nf->real, p, n, at);
	if (rc == SQLITE_OK) {
		disk_note_write(nf->d, nf->inode, at, p, (size_t)n);
	}
	disk_unlock(nf->d);
	return rc;
}

static int v_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct noted_file *nf = noted(f);
	if (fault_here(FAULT_WRITE)) {
		return SQLITE_IOERR_TRUNCATE;
	}
	if (!nf->d) {
		return nf->real->pMethods->xTruncate(nf->real, size);
	}
	disk_lock(nf->d);
	int rc = nf->real->pMethods->xTruncate(nf->real, size);
	if (rc == SQLITE_OK) {
		disk_note_truncate(nf->d, nf->inode, size);
	}
	disk_unlock(nf->d);
	return rc;
}

static int v_sync(sqlite3_file *f, int flags)
{
	struct noted_file *nf = noted(f);
	if (fault_here(FAULT_FSYNC)) {
		return SQLITE_IOERR_FSYNC;
	}
	if (!nf->d) {
		return nf->real->pMethods->xSync(nf->real, flags);
	}
	/* Noted at its beginning: what is written while it runs need not be part of it. */
	disk_lock(nf->d);
	disk_note_sync(nf->d, nf->inode);
	if (nf->syncs_folder) {
		nf->syncs_folder = false;
		disk_note_sync_folder_of(nf->d, nf->path);
	}
	disk_unlock(nf->d);
	return SQLITE_OK;
}

static int v_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int v_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int v_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int v_check_lock(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int v_control(sqlite3_file *f, int op, void *arg)
{
	struct noted_file *nf = noted(f);
	if (op == SQLITE_FCNTL_PRAGMA && nf->d && disk_lie_of(nf->d) == DISK_NO_SYNC_OF_SQLITE) {
		char **pragma = arg;
		/* Already OFF by turn_sync_off(); the store's own setting is swallowed. */
		if (sqlite3_stricmp(pragma[1], "synchronous") == 0 && pragma[2] && sqlite3_stricmp(pragma[2], "off") != 0) {
			return SQLITE_OK;
		}
	}
	/* These change the file's size behind the recorder's back. */
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE) {
		return SQLITE_OK;
	}
	return nf->real->pMethods->xFileControl(nf->real, op, arg);
}

static int v_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int v_characteristics(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int v_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int v_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void v_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int v_shm_unmap(sqlite3_file *f, int remove)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

/* Version 2: no memory-mapped reading, which is nothing to us, and no way round the calls above. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = v_close,
	.xRead = v_read,
	.xWrite = v_write,
	.xTruncate = v_truncate,
	.xSync = v_sync,
	.xFileSize = v_file_size,
	.xLock = v_lock,
	.xUnlock = v_unlock,
	.xCheckReservedLock = v_check_lock,
	.xFileControl = v_control,
	.xSectorSize = v_sector_size,
	.xDeviceCharacteristics = v_characteristics,
	.xShmMap = v_shm_map,
	.xShmLock = v_shm_lock,
	.xShmBarrier = v_shm_barrier,
	.xShmUnmap = v_shm_unmap,
};

static int v_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *out_flags)
{
	struct noted_file *nf = noted(f);
	memset(nf, 0, sizeof *nf);
	nf->real = (sqlite3_file *)(void *)(nf + 1);
	nf->d = name && !(flags & SQLITE_OPEN_DELETEONCLOSE) ? disk_of(v) : NULL;
	nf->inode = -1;
	if (nf->d) {
		disk_lock(nf->d);
	}
	bool is_new = name && access(name, F_OK) != 0;
	int rc = under(v)->xOpen(under(v), name, nf->real, flags, out_flags);
	if (rc == SQLITE_OK) {
		nf->base.pMethods = &methods;
		if (nf->d) {
			snprintf(nf->path, sizeof nf->path, "%s", name);
			nf->inode = disk_note_open(nf->d, name, is_new, false);
			nf->syncs_folder = is_new && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL));
		}
	}
	if (nf->d) {
		disk_unlock(nf->d);
	}
	return rc;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_folder)
{
	struct disk *d = disk_of(v);
	if (!d) {
		return under(v)->xDelete(under(v), name, sync_folder);
	}
	disk_lock(d);
	int rc = under(v)->xDelete(under(v), name, 0);
	if (rc == SQLITE_OK) {
		disk_note_unlink(d, name);
		if (sync_folder) {
			disk_note_sync_folder_of(d, name);
		}
	}
	disk_unlock(d);
	return rc;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	return under(v)->xAccess(under(v), name, flags, out);
}

static int v_full_pathname(sqlite3_vfs *v, const char *name, int n, char *out)
{
	return under(v)->xFullPathname(under(v), name, n, out);
}

static int v_randomness(sqlite3_vfs *v, int n, char *out)
{
	return under(v)->xRandomness(under(v), n, out);
}

static int v_sleep(sqlite3_vfs *v, int us)
{
	return under(v)->xSleep(under(v), us);
}

static int v_now(sqlite3_vfs *v, double *out)
{
	return under(v)->xCurrentTime(under(v), out);
}

static int v_last_error(sqlite3_vfs *v, int n, char *out)
{
	return under(v)->xGetLastError(under(v), n, out);
}

static int v_now_int(sqlite3_vfs *v, sqlite3_int64 *out)
{
	return under(v)->xCurrentTimeInt64(under(v), out);
}

/* SQLite's list of VFS is one a process: so are these. */
static sqlite3_vfs vfs;
static void *vfs_data[2];

static int turn_sync_off(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	return sqlite3_exec(db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
}

void disk_vfs_register(struct disk *d, const char *name)
{
	vfs_data[0] = sqlite3_vfs_find(NULL);
	vfs_data[1] = d;
	sqlite3_vfs *real = vfs_data[0];
	vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = (int)sizeof(struct noted_file) + real->szOsFile,
		.mxPathname = real->mxPathname,
		.zName = name,
		.pAppData = vfs_data,
		.xOpen = v_open,
		.xDelete = v_delete,
		.xAccess = v_access,
		.xFullPathname = v_full_pathname,
		.xRandomness = v_randomness,
		.xSleep = v_sleep,
		.xCurrentTime = v_now,
		.xGetLastError = v_last_error,
		.xCurrentTimeInt64 = v_now_int,
	};
	must(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
	if (d && disk_lie_of(d) == DISK_NO_SYNC_OF_SQLITE) {
		must(sqlite3_auto_extension((void (*)(void))turn_sync_off) == SQLITE_OK);
	}
}

void disk_vfs_unregister(struct disk *d)
{
	(void)d;
	sqlite3_cancel_auto_extension((void (*)(void))turn_sync_off);
	must(sqlite3_vfs_unregister(&vfs) == SQLITE_OK);
}
