// A program sends its stderr elsewhere: reports go to where it was at first.
// env: HELDBY_REPORTS=stderr
// expect: HB0001 circular-dependency a b
// says: error[HB0001]: possible deadlock: `a` and `b` are locked in opposite orders
#include <fcntl.h>
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
    int null = open("/dev/null", O_WRONLY);
    CHECK(null >= 0 && dup2(null, STDERR_FILENO) == STDERR_FILENO);
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
