// A mutex in memory that two processes share, with a holder of it in each.
// expect: clean
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "turn.h"

int main(void)
{
    pthread_mutexattr_t shared;
    pthread_mutex_t *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(m != MAP_FAILED);
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    CHECK(pthread_mutex_init(m, &shared) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    for (int round = 0; round < 10000; round++) {
        CHECK(pthread_mutex_lock(m) == 0);
        CHECK(pthread_mutex_unlock(m) == 0);
    }
    if (child == 0)
        _exit(0);
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    return 0;
}
