// A mutex that lends its waiters' priority.
// expect: HB0003 recursive-locking m
// ends: killed
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t m;

int main(void)
{
    pthread_mutexattr_t lends;
    pthread_mutexattr_init(&lends);
    pthread_mutexattr_setprotocol(&lends, PTHREAD_PRIO_INHERIT);
    CHECK(pthread_mutex_init(&m, &lends) == 0);
    CHECK(pthread_mutex_lock(&m) == 0);
    CHECK(pthread_mutex_unlock(&m) == 0);
    alarm(2);
    CHECK(pthread_mutex_lock(&m) == 0);
    pthread_mutex_lock(&m);
    return 0;
}
