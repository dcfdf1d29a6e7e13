/* The VMA lock protocol by the kernel's names: with an instruction pointer, as there, and without. */
#define HELDBY_KERNEL_NAMES
#include "heldby.h"

#include <stdio.h>

#define _RET_IP_ __builtin_return_address(0)

static heldby_lock_t mmap_lock, vma_lock, ptl;

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    heldby_lock_init(&mmap_lock, "mmap_lock");
    heldby_lock_init(&vma_lock, "vm_lock");
    heldby_lock_init(&ptl, "ptl");

    puts("a write, and a fault");
    rwsem_acquire(&mmap_lock, 0, 0, _RET_IP_);
    rwsem_acquire(&vma_lock, 0, 0);
    lockdep_assert_held_write(&mmap_lock);
    rwsem_release(&vma_lock);
    rwsem_release(&mmap_lock, _RET_IP_);
    rwsem_acquire_read(&vma_lock, 0, 1, _RET_IP_);
    lockdep_assert_held(&vma_lock);
    lockdep_assert_not_held(&mmap_lock);
    spin_acquire(&ptl, 0, 0);
    spin_release(&ptl);

    puts("that waits for the mmap lock");
    rwsem_acquire_read(&mmap_lock, 0, 0);
    rwsem_release(&mmap_lock);
    rwsem_release(&vma_lock);

    puts("and one that sleeps under a page table lock");
    spin_acquire(&ptl, 0, 0, _RET_IP_);
    mutex_acquire_nest(&vma_lock, 1, 0, &ptl, _RET_IP_);
    mutex_release(&vma_lock, _RET_IP_);
    spin_release(&ptl, _RET_IP_);

    puts("asserts");
    printf("held %d\n", lockdep_is_held(&ptl));
    lockdep_assert_held(&ptl);
    lockdep_assert_none_held_once();
    lock_acquire_shared_recursive(&vma_lock, 0, 0, NULL, _RET_IP_);
    lockdep_assert_held_write(&vma_lock);
    lock_release(&vma_lock, _RET_IP_);
    return 0;
}
