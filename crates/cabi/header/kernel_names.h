/* The hooks as the kernel names them, for who asks for it, since the names are common ones.
 *
 * They take a heldby_lock_t as the map. An instruction pointer, which the kernel passes last, may stand
 * there and is not looked at: the place is the caller's. A `trylock` is told after it was taken. */
#ifdef HELDBY_KERNEL_NAMES

#define HELDBY_FIRST_(first, ...) first
#define HELDBY_SECOND_(first, second, ...) second
#define HELDBY_HOOK_(map, type, mode, subclass, trylock, nest) \
    heldby_lock_acquire_as((map), (type), (mode), (subclass), \
                           (trylock) ? HELDBY_TRY : HELDBY_BLOCK, 1, (nest), __FILE__, __LINE__)
/* (trylock) or (trylock, ip) */
#define HELDBY_PLAIN_(map, type, mode, subclass, ...) \
    HELDBY_HOOK_(map, type, mode, subclass, HELDBY_FIRST_(__VA_ARGS__, 0), NULL)
/* (trylock, nest) or (trylock, nest, ip) */
#define HELDBY_NEST_(map, type, mode, subclass, ...) \
    HELDBY_HOOK_(map, type, mode, subclass, HELDBY_FIRST_(__VA_ARGS__, 0), \
                 HELDBY_SECOND_(__VA_ARGS__, NULL, NULL))
/* (map) or (map, ip) */
#define HELDBY_RELEASE_(...) heldby_release(HELDBY_FIRST_(__VA_ARGS__, 0))

#define lock_acquire_exclusive(map, subclass, ...) \
    HELDBY_NEST_(map, HELDBY_TYPE_LOCK, HELDBY_WRITE, subclass, __VA_ARGS__)
#define lock_acquire_shared(map, subclass, ...) \
    HELDBY_NEST_(map, HELDBY_TYPE_LOCK, HELDBY_READ, subclass, __VA_ARGS__)
#define lock_acquire_shared_recursive(map, subclass, ...) \
    HELDBY_NEST_(map, HELDBY_TYPE_LOCK, HELDBY_RECURSIVE, subclass, __VA_ARGS__)
#define lock_release(...) HELDBY_RELEASE_(__VA_ARGS__)
#define lock_contended(...) heldby_lock_contended(HELDBY_FIRST_(__VA_ARGS__, 0))
#define lock_acquired(...) heldby_lock_acquired(HELDBY_FIRST_(__VA_ARGS__, 0))
#define lock_downgrade(...) heldby_downgrade(HELDBY_FIRST_(__VA_ARGS__, 0))

#define mutex_acquire(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_MUTEX, HELDBY_WRITE, subclass, __VA_ARGS__)
#define mutex_acquire_nest(map, subclass, ...) \
    HELDBY_NEST_(map, HELDBY_TYPE_MUTEX, HELDBY_WRITE, subclass, __VA_ARGS__)
#define mutex_release(...) HELDBY_RELEASE_(__VA_ARGS__)

#define spin_acquire(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_SPIN, HELDBY_WRITE, subclass, __VA_ARGS__)
#define spin_acquire_nest(map, subclass, ...) \
    HELDBY_NEST_(map, HELDBY_TYPE_SPIN, HELDBY_WRITE, subclass, __VA_ARGS__)
#define spin_release(...) HELDBY_RELEASE_(__VA_ARGS__)

#define rwlock_acquire(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_RWLOCK, HELDBY_WRITE, subclass, __VA_ARGS__)
#define rwlock_acquire_read(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_RWLOCK, HELDBY_READ, subclass, __VA_ARGS__)
#define rwlock_release(...) HELDBY_RELEASE_(__VA_ARGS__)

#define rwsem_acquire(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_RWSEM, HELDBY_WRITE, subclass, __VA_ARGS__)
#define rwsem_acquire_nest(map, subclass, ...) \
    HELDBY_NEST_(map, HELDBY_TYPE_RWSEM, HELDBY_WRITE, subclass, __VA_ARGS__)
#define rwsem_acquire_read(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_RWSEM, HELDBY_READ, subclass, __VA_ARGS__)
#define rwsem_release(...) HELDBY_RELEASE_(__VA_ARGS__)

#define seqcount_acquire(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_SEQCOUNT, HELDBY_WRITE, subclass, __VA_ARGS__)
#define seqcount_acquire_read(map, subclass, ...) \
    HELDBY_PLAIN_(map, HELDBY_TYPE_SEQCOUNT, HELDBY_RECURSIVE, subclass, __VA_ARGS__)
#define seqcount_release(...) HELDBY_RELEASE_(__VA_ARGS__)

#define lock_map_acquire(map) HELDBY_HOOK_(map, HELDBY_TYPE_MAP, HELDBY_WRITE, 0, 0, NULL)
#define lock_map_acquire_try(map) HELDBY_HOOK_(map, HELDBY_TYPE_MAP, HELDBY_WRITE, 0, 1, NULL)
#define lock_map_acquire_read(map) HELDBY_HOOK_(map, HELDBY_TYPE_MAP, HELDBY_RECURSIVE, 0, 0, NULL)
#define lock_map_acquire_tryread(map) \
    HELDBY_HOOK_(map, HELDBY_TYPE_MAP, HELDBY_RECURSIVE, 0, 1, NULL)
#define lock_map_release(map) heldby_release(map)
#define lock_map_sync(map) heldby_sync((map), HELDBY_WRITE)

#define might_lock(map) heldby_might_lock((map), HELDBY_WRITE)
#define might_lock_read(map) heldby_might_lock((map), HELDBY_READ)

#define lockdep_is_held(map) heldby_lock_held(map)
#define lockdep_assert_held(map) heldby_assert_held(map)
#define lockdep_assert_held_once(map) heldby_assert_held(map)
#define lockdep_assert_held_read(map) heldby_assert_held_read(map)
#define lockdep_assert_held_write(map) heldby_assert_held_write(map)
#define lockdep_assert_not_held(map) heldby_assert_not_held(map)
#define lockdep_assert_none_held_once() heldby_assert_none_held()
#define lockdep_off() heldby_off()
#define lockdep_on() heldby_on()

#endif /* HELDBY_KERNEL_NAMES */
