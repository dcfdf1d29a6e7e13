// A fork while locks are held: the child has them, and goes on.
// expect: HB0001 circular-dependency a b
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    pthread_mutex_lock(&a);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        // Held since before the fork.
        pthread_mutex_lock(&b);
        pthread_mutex_unlock(&b);
        pthread_mutex_unlock(&a);
        pthread_mutex_lock(&b);
        pthread_mutex_lock(&a);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    pthread_mutex_unlock(&a);
    return 0;
}
