/* Takes two locks in both orders, on one thread, and asks who holds them. */
#include "heldby.h"

#include <pthread.h>

struct lock {
    pthread_mutex_t mutex;
    heldby_lock_t map;
};

static void lock_init(struct lock *lock, const char *name)
{
    pthread_mutex_init(&lock->mutex, 0);
    heldby_lock_init(&lock->map, name);
}

#define lock(l) (heldby_acquire(&(l)->map, HELDBY_WRITE), pthread_mutex_lock(&(l)->mutex))
#define unlock(l) (heldby_release(&(l)->map), pthread_mutex_unlock(&(l)->mutex))

int main(void)
{
    struct lock a, b;
    lock_init(&a, "a");
    lock_init(&b, "b");

    lock(&a);
    lock(&b);
    int both = heldby_lock_held(&a.map) == 2 && heldby_lock_held(&b.map) == 2;
    unlock(&b);
    unlock(&a);

    lock(&b);
    lock(&a); /* the inversion */
    unlock(&a);
    unlock(&b);

    int none = heldby_lock_held(&a.map) == 0 && heldby_lock_held(&b.map) == 0;
    heldby_lock_destroy(&a.map);
    heldby_lock_destroy(&b.map);
    return both && none ? 0 : 1;
}
