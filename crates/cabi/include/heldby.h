/* Heldby: a lockdep-style runtime lock validator for userspace.
 *
 * Put a heldby_lock_t beside a lock of your own, initialise it with the lock, and tell each acquire
 * before it blocks (a try only after it took the lock) and each release before it happens.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef HELDBY_H
#define HELDBY_H

#ifdef __cplusplus
extern "C" {
#endif

/* What Heldby keeps for one lock. */
typedef struct heldby_lock {
    void *word;
} heldby_lock_t;

/* How a lock is taken. */
enum heldby_mode {
    HELDBY_WRITE = 0,     /* exclusive */
    HELDBY_READ = 1,      /* shared, queues behind a waiting writer */
    HELDBY_RECURSIVE = 2  /* shared, never queues */
};

/* Locks of one name are of one class. */
void heldby_lock_init(heldby_lock_t *lock, const char *name);
void heldby_lock_destroy(heldby_lock_t *lock);
void heldby_lock_acquire(const heldby_lock_t *lock, int mode, unsigned subclass, int trylock,
                         const char *file, unsigned line);
void heldby_lock_release(const heldby_lock_t *lock, const char *file, unsigned line);
/* 0 not held by this thread, 1 shared, 2 exclusive, -1 unknown. */
int heldby_lock_held(const heldby_lock_t *lock);

/* The same with the caller's place. */
#define heldby_acquire(lock, mode) heldby_lock_acquire((lock), (mode), 0, 0, __FILE__, __LINE__)
#define heldby_tried(lock, mode) heldby_lock_acquire((lock), (mode), 0, 1, __FILE__, __LINE__)
#define heldby_release(lock) heldby_lock_release((lock), __FILE__, __LINE__)

#ifdef __cplusplus
}
#endif

#endif
