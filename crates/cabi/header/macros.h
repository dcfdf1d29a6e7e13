/* The same with the caller's place. */

/* Before an acquire blocks; after a try or a timed attempt took the lock. */
#define heldby_acquire(lock, mode) \
    heldby_lock_acquire((lock), (mode), 0, HELDBY_BLOCK, __FILE__, __LINE__)
#define heldby_tried(lock, mode) \
    heldby_lock_acquire((lock), (mode), 0, HELDBY_TRY, __FILE__, __LINE__)
#define heldby_timed(lock, mode) \
    heldby_lock_acquire((lock), (mode), 0, HELDBY_TIMED, __FILE__, __LINE__)
/* On the way out of a wait that gave the lock up. */
#define heldby_reacquire(lock, mode) \
    heldby_lock_acquire((lock), (mode), 0, HELDBY_AGAIN, __FILE__, __LINE__)
/* Two locks of one class that are nested by design: in a subclass, or under a lock that orders them. */
#define heldby_acquire_nested(lock, mode, subclass) \
    heldby_lock_acquire((lock), (mode), (subclass), HELDBY_BLOCK, __FILE__, __LINE__)
#define heldby_acquire_nest_lock(lock, mode, nest) \
    heldby_lock_acquire_as((lock), HELDBY_TYPE_LOCK, (mode), 0, HELDBY_BLOCK, 1, (nest), \
                           __FILE__, __LINE__)
/* Before a release. */
#define heldby_release(lock) heldby_lock_release((lock), __FILE__, __LINE__)
#define heldby_downgrade(lock) heldby_lock_downgrade((lock), __FILE__, __LINE__)
#define heldby_might_lock(lock, mode) heldby_lock_might((lock), (mode), __FILE__, __LINE__)
#define heldby_sync(lock, mode) heldby_lock_sync((lock), (mode), __FILE__, __LINE__)
#define heldby_set_order(lock, order) \
    heldby_lock_set_order((lock), (order), __FILE__, __LINE__)

/* What the calling thread must hold. */
#define heldby_assert_held(lock) \
    heldby_lock_assert((lock), HELDBY_EXPECT_HELD, __FILE__, __LINE__)
#define heldby_assert_held_read(lock) \
    heldby_lock_assert((lock), HELDBY_EXPECT_READ, __FILE__, __LINE__)
#define heldby_assert_held_write(lock) \
    heldby_lock_assert((lock), HELDBY_EXPECT_WRITE, __FILE__, __LINE__)
#define heldby_assert_not_held(lock) \
    heldby_lock_assert((lock), HELDBY_EXPECT_NOT_HELD, __FILE__, __LINE__)
#define heldby_assert_none_held() heldby_none_held_assert(__FILE__, __LINE__)
/* This lock, of a container, or that one, of an item in it. */
#define heldby_assert_stabilised(container, item) \
    heldby_stabilised_assert((container), (item), NULL, 0, __FILE__, __LINE__)

/* Static locks:
 *
 *     static heldby_class_t routes = HELDBY_CLASS("routes");
 *     static heldby_lock_t routes_map = HELDBY_LOCK_OF(routes); */
#define HELDBY_CLASS(name) HELDBY_CLASS_AS((name), HELDBY_TYPE_LOCK, HELDBY_POLICY_DEFAULT)
#define HELDBY_CLASS_AS(name, type, policy) { (name), (type), (policy), 0 }
#define HELDBY_LOCK_OF(class_) { (void *)((char *)&(class_) + 6) }
