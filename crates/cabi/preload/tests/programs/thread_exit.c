// A thread ends with a lock.
// expect: HB0103 exit-with-held-lock m
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *leave(void *unused)
{
    pthread_mutex_lock(&m);
    pthread_exit(unused);
}

int main(void)
{
    turn(leave, NULL);
    return 0;
}
