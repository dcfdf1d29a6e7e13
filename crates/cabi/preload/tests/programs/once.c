// An initialiser takes a lock under which another thread asks for the initialisation.
// expect: HB0005 circular-dependency m once
#include <string.h>
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_once_t other = PTHREAD_ONCE_INIT;
static int times;

static void initialise(void)
{
    pthread_mutex_lock(&m);
    times++;
    pthread_mutex_unlock(&m);
}

static void nothing(void)
{
}

static void *under_lock(void *unused)
{
    pthread_mutex_lock(&m);
    pthread_once(&once, nothing);
    pthread_mutex_unlock(&m);
    return unused;
}

int main(void)
{
    // What is over is not waited for.
    pthread_once(&other, initialise);
    pthread_once(&other, initialise);
    CHECK(times == 1);
    // Its initialiser is made to be run again.
    pthread_once(&once, initialise);
    const pthread_once_t again = PTHREAD_ONCE_INIT;
    memcpy(&once, &again, sizeof once);
    under_lock(NULL);
    return 0;
}
