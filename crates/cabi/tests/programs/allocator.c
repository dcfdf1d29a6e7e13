/* An allocator that takes a lock of its own, which the validator meets whenever it allocates. */
#define _GNU_SOURCE
#include "heldby.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t bytes);
void __libc_free(void *memory);

static heldby_class_t heap = HELDBY_CLASS("heap");
static heldby_lock_t heap_map = HELDBY_LOCK_OF(heap);
static pthread_mutex_t heap_mutex = PTHREAD_MUTEX_INITIALIZER;

static void lock_heap(void)
{
    heldby_acquire(&heap_map, HELDBY_WRITE);
    pthread_mutex_lock(&heap_mutex);
}

static void unlock_heap(void)
{
    heldby_release(&heap_map);
    pthread_mutex_unlock(&heap_mutex);
}

void *malloc(size_t bytes)
{
    void *memory;

    lock_heap();
    memory = __libc_malloc(bytes);
    unlock_heap();
    return memory;
}

void free(void *memory)
{
    lock_heap();
    __libc_free(memory);
    unlock_heap();
}

static heldby_lock_t a, b;

static void *work(void *unused)
{
    int i;

    for (i = 0; i < 1000; i++) {
        heldby_acquire(&a, HELDBY_WRITE);
        free(malloc(64));
        heldby_release(&a);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[2];
    int i;

    heldby_lock_init(&a, "a");
    heldby_lock_init(&b, "b");
    for (i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    heldby_acquire(&a, HELDBY_WRITE);
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_release(&b);
    heldby_release(&a);
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_acquire(&a, HELDBY_WRITE);
    heldby_release(&a);
    heldby_release(&b);
    puts("done");
    return 0;
}
