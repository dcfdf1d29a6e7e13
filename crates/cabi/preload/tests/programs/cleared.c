// A program clears its environment and closes every descriptor before its first lock.
// expect: HB0001 circular-dependency a b
#define _GNU_SOURCE
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

static void *forth(void *unused)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    return unused;
}

static void *back(void *unused)
{
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    return unused;
}

int main(void)
{
    clearenv();
    CHECK(close_range(0, ~0U, 0) == 0);
    CHECK(chdir("/") == 0);
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
