// The locks of a large structure were initialised by calls, which tell them apart.
// expect: HB0001 circular-dependency mutex@structure.c mutex@structure.c
// says: `mutex@structure.c:34`
// env: HELDBY_REPORTS=stderr
#include "turn.h"

static struct {
    pthread_mutex_t clients;
    char pages[1 << 17];
    pthread_mutex_t log;
} server;

static void *forth(void *unused)
{
    pthread_mutex_lock(&server.clients);
    pthread_mutex_lock(&server.log);
    pthread_mutex_unlock(&server.log);
    pthread_mutex_unlock(&server.clients);
    return unused;
}

static void *back(void *unused)
{
    pthread_mutex_lock(&server.log);
    pthread_mutex_lock(&server.clients);
    pthread_mutex_unlock(&server.clients);
    pthread_mutex_unlock(&server.log);
    return unused;
}

int main(void)
{
    CHECK(pthread_mutex_init(&server.clients, NULL) == 0);
    CHECK(pthread_mutex_init(&server.log, NULL) == 0);
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
