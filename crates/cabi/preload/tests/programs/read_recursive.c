// glibc lets a reader pass a writer that waits, so a read within a read is fine, even with a writer in between.
// expect: clean
#include "turn.h"

static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;

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
