// Locks that one function makes for others, one of libuv's name and one that the environment tells, are of the
// class of who called it: a before s before b is no cycle.
// expect: clean
// env: HELDBY_LOCK_MAKERS=other_new, lock_new
#include "turn.h"

static pthread_mutex_t s = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static pthread_mutex_t *lock_new(void)
{
    pthread_mutex_t *lock = malloc(sizeof *lock);
    pthread_mutex_init(lock, NULL);
    return lock;
}

__attribute__((noinline)) int uv_mutex_init(pthread_mutex_t *lock)
{
    int result = pthread_mutex_init(lock, NULL);
    CHECK(result == 0);
    return result;
}

static void nested(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_lock(a);
    pthread_mutex_lock(&s);
    pthread_mutex_lock(b);
    pthread_mutex_unlock(b);
    pthread_mutex_unlock(&s);
    pthread_mutex_unlock(a);
}

int main(void)
{
    pthread_mutex_t *a = lock_new();
    pthread_mutex_t *b = lock_new();
    nested(a, b);
    a = malloc(sizeof *a);
    b = malloc(sizeof *b);
    uv_mutex_init(a);
    uv_mutex_init(b);
    nested(a, b);
    return 0;
}
