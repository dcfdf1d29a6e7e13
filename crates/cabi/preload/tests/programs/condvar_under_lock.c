// A wait under a lock that whoever wakes it needs; told once it lasts.
// expect: HB0005 circular-dependency c outer
// ends: killed
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static void *wake(void *unused)
{
    pthread_mutex_lock(&outer);
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&outer);
    return unused;
}

int main(void)
{
    pthread_t thread;
    turn(wake, NULL);
    alarm(4);
    pthread_mutex_lock(&outer);
    CHECK(pthread_create(&thread, NULL, wake, NULL) == 0);
    pthread_mutex_lock(&m);
    for (;;)
        pthread_cond_wait(&c, &m);
}
