// What is told at the end of a process is told at every end: at `_exit`, `_Exit` and `quick_exit` too; not in the
// child of a `vfork`, which is not an end of the process that is told of.
// expect: clean
// env: HELDBY_STAT=1
// env: HELDBY_DUMP={folder}/dump.json
// statistics: 3
// leaves: dump.json
#define _DEFAULT_SOURCE
#include <sys/wait.h>
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static const char *dump;

static void in_child(void (*end)(int))
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        pthread_mutex_lock(&a);
        pthread_mutex_unlock(&a);
        end(0);
    }
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(unlink(dump) == 0);
}

int main(void)
{
    dump = getenv("HELDBY_DUMP");
    in_child(_exit);
    in_child(_Exit);
    in_child(quick_exit);
    pid_t child = vfork();
    if (child == 0)
        _exit(0);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(access(dump, F_OK) != 0);
    _exit(0);
}
