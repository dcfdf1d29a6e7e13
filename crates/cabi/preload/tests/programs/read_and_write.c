// A reader and a writer in opposite orders wait for each other.
// expect: HB0001 circular-dependency m r
#include "turn.h"

static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *forth(void *unused)
{
    pthread_rwlock_rdlock(&r);
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    pthread_rwlock_unlock(&r);
    return unused;
}

static void *back(void *unused)
{
    pthread_mutex_lock(&m);
    pthread_rwlock_wrlock(&r);
    pthread_rwlock_unlock(&r);
    pthread_mutex_unlock(&m);
    return unused;
}

int main(void)
{
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
