// A helper that is started inherits the library: it says nothing, and leaves no record.
// expect: clean
// records: 1
// prints: done
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

static void *both(void *unused)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    return unused;
}

int main(void)
{
    turn(both, NULL);
    CHECK(system("echo done 2>&1") == 0);
    return 0;
}
