// Two readers in opposite orders do not wait for each other, whatever they hold.
// expect: clean
#include "turn.h"

static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t s = PTHREAD_RWLOCK_INITIALIZER;

static void *forth(void *unused)
{
    pthread_rwlock_rdlock(&r);
    pthread_rwlock_rdlock(&s);
    pthread_rwlock_unlock(&s);
    pthread_rwlock_unlock(&r);
    return unused;
}

static void *back(void *unused)
{
    pthread_rwlock_rdlock(&s);
    pthread_rwlock_rdlock(&r);
    pthread_rwlock_unlock(&r);
    pthread_rwlock_unlock(&s);
    return unused;
}

int main(void)
{
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
