// An allocator takes all its locks before a fork; the parent unlocks them behind it, and the child initialises them anew, held as they are.
// expect: clean
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>
#include "turn.h"

enum { COUNT = 289 };
static pthread_mutex_t locks[COUNT];

static void before(void)
{
    for (int at = 0; at < COUNT; at++)
        CHECK(pthread_mutex_lock(&locks[at]) == 0);
}

static void in_parent(void)
{
    for (int at = 0; at < COUNT; at++)
        CHECK(pthread_mutex_unlock(&locks[at]) == 0);
}

static void in_child(void)
{
    for (int at = 0; at < COUNT; at++)
        CHECK(pthread_mutex_init(&locks[at], NULL) == 0);
}

static void *backwards(void *unused)
{
    for (int at = COUNT - 1; at > 0; at--) {
        CHECK(pthread_mutex_lock(&locks[at]) == 0);
        CHECK(pthread_mutex_unlock(&locks[at]) == 0);
    }
    return unused;
}

int main(void)
{
    CHECK(pthread_atfork(before, in_parent, in_child) == 0);
    for (int round = 0; round < 3; round++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            // One at a time: no order, unless some hold was left behind.
            backwards(NULL);
            turn(backwards, NULL);
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        turn(backwards, NULL);
    }
    return 0;
}
