// A program closes every descriptor, the record's too, and uses the numbers for files of its own: nothing of ours is written there, and the record goes on.
// expect: HB0001 circular-dependency a b
#define _GNU_SOURCE
#include <sys/stat.h>
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
    char name[] = "/tmp/heldby-XXXXXX";
    struct stat status;
    turn(forth, NULL);
    CHECK(close_range(3, ~0U, 0) == 0);
    int own = mkstemp(name);
    CHECK(own >= 0 && unlink(name) == 0);
    for (int at = 0; at < 300; at++)
        CHECK(dup(own) >= 0);
    turn(back, NULL);
    CHECK(fstat(own, &status) == 0 && status.st_size == 0);
    return 0;
}
