// A thread waits for a mutex that it has: for ever.
// expect: HB0003 recursive-locking m
// ends: killed
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    alarm(2);
    pthread_mutex_lock(&m);
    pthread_mutex_lock(&m);
    return 0;
}
