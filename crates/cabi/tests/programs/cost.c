/* What an event costs, in nanoseconds: the least of rounds that take turns. */
#define _POSIX_C_SOURCE 200809L
#include "heldby.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { TIMES = 200000, ROUNDS = 20, RUNGS = 4 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static heldby_lock_t map, outer;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void raw(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void validated(void)
{
    heldby_acquire(&map, HELDBY_WRITE);
    pthread_mutex_lock(&mutex);
    heldby_release(&map);
    pthread_mutex_unlock(&mutex);
}

static void asserted(void)
{
    heldby_assert_held(&outer);
}

static void measure(void (*body)(void), double *least)
{
    double begin = now(), each;
    int i;

    for (i = 0; i < TIMES; i++)
        body();
    each = (now() - begin) / TIMES;
    if (*least == 0 || each < *least)
        *least = each;
}

static void *nothing(void *unused)
{
    return unused;
}

int main(void)
{
    double least[RUNGS] = {0};
    pthread_t thread;
    int i;

    /* While there was only one thread ever, the C library's mutexes cost less. */
    pthread_create(&thread, NULL, nothing, NULL);
    pthread_join(thread, NULL);
    heldby_lock_init(&map, "map");
    heldby_lock_init(&outer, "outer");
    for (i = 0; i < ROUNDS; i++) {
        measure(raw, &least[0]);
        measure(validated, &least[1]);
        heldby_acquire(&outer, HELDBY_WRITE);
        measure(validated, &least[2]);
        measure(asserted, &least[3]);
        heldby_release(&outer);
    }
    printf("| pthread mutex, lock and unlock | %.1f |\n", least[0]);
    printf("| validated | %.1f |\n", least[1]);
    printf("| validated, under another lock | %.1f |\n", least[2]);
    printf("| assert | %.1f |\n", least[3]);
    return heldby_report_count() == 0 ? 0 : 1;
}
