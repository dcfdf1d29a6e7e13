// A lock that prefers writers keeps a second reader out while a writer waits.
// expect: HB0003 recursive-locking r
#define _GNU_SOURCE
#include "turn.h"

static pthread_rwlock_t r = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void *read_twice(void *unused)
{
    pthread_rwlock_rdlock(&r);
    pthread_rwlock_rdlock(&r);
    pthread_rwlock_unlock(&r);
    pthread_rwlock_unlock(&r);
    return unused;
}

static void *write_once(void *unused)
{
    pthread_rwlock_wrlock(&r);
    pthread_rwlock_unlock(&r);
    return unused;
}

int main(void)
{
    turn(write_once, NULL);
    turn(read_twice, NULL);
    return 0;
}
