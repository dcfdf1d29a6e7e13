// Forks while other threads lock and allocate: no child hangs.
// expect: clean
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static atomic_int over;

static void *busy(void *unused)
{
    while (!over) {
        pthread_mutex_t fresh;
        pthread_mutex_init(&fresh, NULL);
        pthread_mutex_lock(&m);
        pthread_mutex_lock(&fresh);
        free(malloc(100));
        pthread_mutex_unlock(&fresh);
        pthread_mutex_unlock(&m);
        pthread_mutex_destroy(&fresh);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    for (int at = 0; at < 2; at++)
        CHECK(pthread_create(&threads[at], NULL, busy, NULL) == 0);
    for (int round = 0; round < 50; round++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
            pthread_mutex_lock(&own);
            free(malloc(100));
            pthread_mutex_unlock(&own);
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    over = 1;
    for (int at = 0; at < 2; at++)
        CHECK(pthread_join(threads[at], NULL) == 0);
    return 0;
}
