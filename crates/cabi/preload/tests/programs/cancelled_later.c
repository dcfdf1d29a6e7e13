// A thread that is to be cancelled finds an inversion: a lock ends no thread, and nothing of ours stays taken.
// expect: HB0001 circular-dependency a b
// expect: HB0001 circular-dependency c d
// records: 1
#include "turn.h"
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t d = PTHREAD_MUTEX_INITIALIZER;
static int goes_on;

static void nested(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
}

static void *cancelled(void *unused)
{
    CHECK(pthread_cancel(pthread_self()) == 0);
    nested(&a, &b);
    nested(&b, &a);
    goes_on = 1;
    pthread_testcancel();
    return unused;
}

int main(void)
{
    pthread_t thread;
    void *result = NULL;
    CHECK(pthread_create(&thread, NULL, cancelled, NULL) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(goes_on && result == PTHREAD_CANCELED);
    nested(&c, &d);
    nested(&d, &c);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CHECK(waitpid(child, NULL, 0) == child);
    return 0;
}
