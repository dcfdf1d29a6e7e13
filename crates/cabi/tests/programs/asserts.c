/* What must be held: by this thread, and not by just anybody. */
#define _POSIX_C_SOURCE 200809L
#include "heldby.h"

#include <pthread.h>
#include <stdio.h>

static heldby_lock_t mm, vma, other;

static void *look(void *unused)
{
    (void)unused;
    puts("the main thread holds both, this one does not");
    heldby_assert_held(&mm);
    heldby_assert_stabilised(&mm, &vma);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    setvbuf(stdout, NULL, _IOLBF, 0);
    heldby_lock_init(&mm, "mmap_lock");
    heldby_lock_init(&vma, "vma");
    heldby_lock_init(&other, "other");

    puts("held as they should be");
    heldby_assert_none_held();
    heldby_assert_not_held(&mm);
    heldby_acquire(&mm, HELDBY_READ);
    heldby_assert_held(&mm);
    heldby_assert_held_read(&mm);
    heldby_assert_stabilised(&mm, &vma);
    heldby_release(&mm);
    heldby_acquire(&vma, HELDBY_WRITE);
    heldby_assert_held_write(&vma);
    heldby_assert_stabilised(&mm, &vma);
    heldby_release(&vma);

    puts("none of them");
    heldby_assert_held(&mm);
    heldby_acquire(&other, HELDBY_WRITE);
    heldby_assert_stabilised(&mm, &vma);
    heldby_stabilised_assert(&mm, &vma, "heap", 1, __FILE__, __LINE__);
    heldby_assert_none_held();
    heldby_assert_held_read(&other);
    heldby_assert_not_held(&other);
    heldby_release(&other);

    heldby_acquire(&mm, HELDBY_WRITE);
    heldby_acquire(&vma, HELDBY_WRITE);
    pthread_create(&thread, NULL, look, NULL);
    pthread_join(thread, NULL);
    heldby_release(&vma);
    heldby_release(&mm);

    puts("not while this thread is not checked");
    heldby_off();
    heldby_assert_held(&mm);
    heldby_assert_stabilised(&mm, &vma);
    heldby_on();

    puts("released twice");
    heldby_release(&mm);
    return 0;
}
