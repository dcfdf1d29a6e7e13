/* A gate that turns out to be one of two is none: the second one is taken in an order that is known. */
#include "heldby.h"

#include <stdio.h>

static heldby_class_t gates = HELDBY_CLASS("gate");
static heldby_class_t firsts = HELDBY_CLASS("first"), seconds = HELDBY_CLASS("second");

static void nested(heldby_lock_t *gate, heldby_lock_t *outer, heldby_lock_t *inner)
{
    heldby_acquire(gate, HELDBY_WRITE);
    heldby_acquire(outer, HELDBY_WRITE);
    heldby_acquire(inner, HELDBY_WRITE);
    heldby_release(inner);
    heldby_release(outer);
    heldby_release(gate);
}

static void step(const char *what)
{
    puts(what);
    fflush(stdout);
}

int main(void)
{
    heldby_lock_t gate, other, first, second;
    heldby_lock_init_class(&gate, &gates);
    heldby_lock_init_class(&other, &gates);
    heldby_lock_init_class(&first, &firsts);
    heldby_lock_init_class(&second, &seconds);

    step("under one gate");
    nested(&gate, &first, &second);
    nested(&gate, &second, &first);
    step("under another one");
    nested(&other, &first, &second);
    return 0;
}
