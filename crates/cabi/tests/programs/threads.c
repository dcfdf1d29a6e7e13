/* A thread that ends with a lock, called as its program calls it; and one that holds nothing. */
#define _GNU_SOURCE
#include "heldby.h"

#include <pthread.h>
#include <stdio.h>

static heldby_lock_t session;

static heldby_class_t shared = HELDBY_CLASS("shared");
static heldby_lock_t first = HELDBY_LOCK_OF(shared), zeroed;
static pthread_barrier_t start;

/* All threads are the first to take these locks. */
static void *race(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&start);
    heldby_acquire(&first, HELDBY_RECURSIVE);
    heldby_acquire(&zeroed, HELDBY_RECURSIVE);
    heldby_assert_held_read(&first);
    heldby_assert_held_read(&zeroed);
    heldby_release(&zeroed);
    heldby_release(&first);
    return NULL;
}

static void *keep(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "net-3");
    heldby_acquire(&session, HELDBY_WRITE);
    return NULL;
}

static void *give_back(void *unused)
{
    (void)unused;
    heldby_acquire(&session, HELDBY_READ);
    heldby_release(&session);
    pthread_exit(NULL);
}

static void run(void *(*body)(void *))
{
    pthread_t thread;

    pthread_create(&thread, NULL, body, NULL);
    pthread_join(thread, NULL);
}

int main(void)
{
    pthread_t racers[4];
    int i;

    setvbuf(stdout, NULL, _IOLBF, 0);
    heldby_lock_init(&session, "session");
    puts("threads that come first at once");
    pthread_barrier_init(&start, NULL, 4);
    for (i = 0; i < 4; i++)
        pthread_create(&racers[i], NULL, race, NULL);
    for (i = 0; i < 4; i++)
        pthread_join(racers[i], NULL);

    puts("a thread that gives back what it took");
    run(give_back);
    puts("and one that does not");
    run(keep);
    puts("it is gone");
    return heldby_lock_held(&session);
}
