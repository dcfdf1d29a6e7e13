/* Two threads that really wait for each other, told by the watchdog; the sink ends the process. */
#define _POSIX_C_SOURCE 200809L
#include "heldby.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct lock {
    pthread_mutex_t mutex;
    heldby_lock_t map;
};

static struct lock a = {PTHREAD_MUTEX_INITIALIZER, {NULL}}, b = {PTHREAD_MUTEX_INITIALIZER, {NULL}};
static pthread_barrier_t both_hold_one;

#define lock(l) (heldby_acquire(&(l)->map, HELDBY_WRITE), wait_for(l))

static void wait_for(struct lock *lock)
{
    if (pthread_mutex_trylock(&lock->mutex) == 0)
        return;
    heldby_lock_contended(&lock->map);
    pthread_mutex_lock(&lock->mutex);
    heldby_lock_acquired(&lock->map);
}

static void *a_then_b(void *unused)
{
    lock(&a);
    pthread_barrier_wait(&both_hold_one);
    lock(&b);
    return unused;
}

static void end(const heldby_report_t *report, void *unused)
{
    (void)unused;
    if (strcmp(report->code, "HB0502") == 0) {
        printf("reported: %s, %s\n", report->code, report->certainty);
        fflush(stdout);
        _exit(0);
    }
}

int main(void)
{
    pthread_t thread;

    heldby_install(HELDBY_ON_REPORT_WARN, 0);
    heldby_add_sink(end, NULL);
    heldby_lock_init(&a.map, "a");
    heldby_lock_init(&b.map, "b");
    pthread_barrier_init(&both_hold_one, NULL, 2);
    pthread_create(&thread, NULL, a_then_b, NULL);
    lock(&b);
    pthread_barrier_wait(&both_hold_one);
    lock(&a);
    return 1;
}
