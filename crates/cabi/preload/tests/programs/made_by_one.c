// Locks that one function makes are of one class, where nobody says that it makes them for others.
// expect: HB0001 circular-dependency mutex@made_by_one.c s
#include "turn.h"

static pthread_mutex_t s = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static pthread_mutex_t *lock_new(void)
{
    pthread_mutex_t *lock = malloc(sizeof *lock);
    if (lock == NULL)
        return NULL;
    // Its place.
    pthread_mutex_init(lock, NULL);
    return lock;
}

int main(void)
{
    pthread_mutex_t *a = lock_new();
    pthread_mutex_t *b = lock_new();
    pthread_mutex_lock(a);
    pthread_mutex_lock(&s);
    pthread_mutex_lock(b);
    pthread_mutex_unlock(b);
    pthread_mutex_unlock(&s);
    pthread_mutex_unlock(a);
    return 0;
}
