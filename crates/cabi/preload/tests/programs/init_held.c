// A mutex is initialised again while it is held.
// expect: HB0102 held-lock-freed m
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    pthread_mutex_lock(&m);
    CHECK(pthread_mutex_init(&m, NULL) == 0);
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    return 0;
}
