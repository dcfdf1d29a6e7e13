// A mutex is destroyed while it is held.
// expect: HB0102 held-lock-freed m
#include <errno.h>
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    pthread_mutex_lock(&m);
    CHECK(pthread_mutex_destroy(&m) == EBUSY);
    pthread_mutex_unlock(&m);
    CHECK(pthread_mutex_destroy(&m) == 0);
    return 0;
}
