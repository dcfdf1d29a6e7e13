/* Heldby: a lockdep-style runtime lock validator for userspace.
 *
 * Put a heldby_lock_t beside a lock of your own, initialise it with the lock, and tell each acquire
 * before it blocks (a try only after it took the lock) and each release before it happens. The macros
 * at the end add the caller's place.
 *
 * Made by cbindgen from the sources of heldby-cabi: do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef HELDBY_H
#define HELDBY_H

#include <stddef.h>
#include <stdint.h>

/**
 * After a report do what the variable HELDBY says.
 */
#define HELDBY_ON_REPORT_DEFAULT 0

/**
 * After a report go on.
 */
#define HELDBY_ON_REPORT_WARN 1

/**
 * After a report abort.
 */
#define HELDBY_ON_REPORT_ABORT 2

/**
 * Check nothing.
 */
#define HELDBY_ON_REPORT_OFF 3

/**
 * A sleeping lock of no kind in particular.
 */
#define HELDBY_TYPE_LOCK 0

/**
 * A mutex, which sleeps.
 */
#define HELDBY_TYPE_MUTEX 1

/**
 * A lock that spins: under one no sleeping lock may be waited for.
 */
#define HELDBY_TYPE_SPIN 2

/**
 * A reader-writer lock that spins.
 */
#define HELDBY_TYPE_RWLOCK 3

/**
 * A reader-writer lock that sleeps.
 */
#define HELDBY_TYPE_RWSEM 4

/**
 * A sequence count.
 */
#define HELDBY_TYPE_SEQCOUNT 5

/**
 * A section that stands for no lock, and that others wait for.
 */
#define HELDBY_TYPE_MAP 6

/**
 * Leaves it to the profile, or to a `heldby.toml`, what nested locks of a class mean.
 */
#define HELDBY_POLICY_DEFAULT 0

/**
 * Judge by instance: any order that stays the same is fine.
 */
#define HELDBY_POLICY_BY_INSTANCE 1

/**
 * Report any nesting, as lockdep does.
 */
#define HELDBY_POLICY_FORBID 2

/**
 * Judge by the number that heldby_lock_set_order() gives: lower before higher.
 */
#define HELDBY_POLICY_BY_ORDER 3

/**
 * Any order is fine.
 */
#define HELDBY_POLICY_NESTABLE 4

/**
 * Keep the locks on the held stack and check nothing.
 */
#define HELDBY_POLICY_NOVALIDATE 5

/**
 * Do not even keep them on the held stack.
 */
#define HELDBY_POLICY_NOTRACK 6

/**
 * Exclusive.
 */
#define HELDBY_WRITE 0

/**
 * Shared and fair: queues behind a waiting writer.
 */
#define HELDBY_READ 1

/**
 * Shared and recursive: never queues.
 */
#define HELDBY_RECURSIVE 2

/**
 * Waits until it has the lock; told before it waits.
 */
#define HELDBY_BLOCK 0

/**
 * Never waits; told after it took the lock.
 */
#define HELDBY_TRY 1

/**
 * Waits for a bounded time; told after it took the lock.
 */
#define HELDBY_TIMED 2

/**
 * Takes a lock back that was given up for a wait, as that of a condition variable; told before it
 * waits.
 */
#define HELDBY_AGAIN 3

/**
 * The lock is held, in any mode.
 */
#define HELDBY_EXPECT_HELD 0

/**
 * The lock is held shared.
 */
#define HELDBY_EXPECT_READ 1

/**
 * The lock is held exclusively.
 */
#define HELDBY_EXPECT_WRITE 2

/**
 * The lock is not held.
 */
#define HELDBY_EXPECT_NOT_HELD 3

/**
 * What Heldby keeps for one lock.
 *
 * It is initialised by heldby_lock_init(), by HELDBY_LOCK_OF() where it is static, or by zeros: a lock
 * without a name is called by the place where it is first acquired. It must not be copied.
 */
typedef struct heldby_lock_t {
    /**
     * Heldby's own.
     */
    void *word;
} heldby_lock_t;

/**
 * A lock class, which lives as long as the process: make it with HELDBY_CLASS() in a static.
 */
typedef struct heldby_class_t {
    /**
     * What reports call its locks; not null.
     */
    const char *name;
    /**
     * HELDBY_TYPE_LOCK and its kin.
     */
    int type;
    /**
     * HELDBY_POLICY_DEFAULT and its kin.
     */
    int policy;
    /**
     * Heldby's own; 0 at first.
     */
    unsigned int known;
} heldby_class_t;

/**
 * One finding, for as long as the function runs that gets it.
 */
typedef struct heldby_report_t {
    /**
     * The code, such as `HB0001`; `heldby explain` tells what it means.
     */
    const char *code;
    /**
     * What was found, such as `circular-dependency`.
     */
    const char *kind;
    /**
     * `possible`, or `now` for what is so at this moment.
     */
    const char *certainty;
    /**
     * One sentence: which locks, and what is wrong.
     */
    const char *title;
    /**
     * The thread that made it known.
     */
    const char *thread;
    /**
     * Where.
     */
    const char *file;
    /**
     * Its line.
     */
    unsigned int line;
    /**
     * The report as it stands on stderr, without source lines and colours.
     */
    const char *text;
    /**
     * All of it, as `heldby report --format json` prints it.
     */
    const char *json;
} heldby_report_t;

/**
 * Gets each report, and what was given with it.
 */
typedef void (*heldby_sink_t)(const struct heldby_report_t *report, void *data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets what happens after a report, HELDBY_ON_REPORT_DEFAULT and its kin, and whether reports are
 * written to stderr: a host with a sink may not want that. All else is as the environment says.
 *
 * To be called before the first lock. Returns 0, or -1 if it comes too late.
 */
int heldby_install(int on_report, int to_stderr);

/**
 * Sets what nested locks of the class called `name`, of that type, mean from now on. Returns 0, or -1
 * if there is no such policy or no name.
 *
 * # Safety
 * `name` is null or a C string.
 */
int heldby_set_policy(const char *name,
                      int type,
                      int policy);

/**
 * Forgets every order that the class called `name`, of that type, takes part in; it is learned anew.
 *
 * # Safety
 * `name` is null or a C string.
 */
void heldby_forget_order(const char *name,
                         int type);

/**
 * Initialises a lock map; locks of one name are of one class. Without a name the class is the place
 * where the lock is first acquired.
 *
 * # Safety
 * `lock` is null or valid for writes; `name` is null or a C string.
 */
void heldby_lock_init(struct heldby_lock_t *lock, const char *name);

/**
 * Initialises a lock map as one of `class`, which must live as long as the process.
 *
 * # Safety
 * `lock` is null or valid for writes; `class` is null or made by HELDBY_CLASS().
 */
void heldby_lock_init_class(struct heldby_lock_t *lock, struct heldby_class_t *class_);

/**
 * Ends the life of a lock map, which must not be held: HB0102 if the calling thread holds it. It may be
 * used again, as one without a name.
 *
 * # Safety
 * `lock` is null or was initialised, and no other thread uses it.
 */
void heldby_lock_destroy(struct heldby_lock_t *lock);

/**
 * Gives a lock its place in the order of a class with the policy HELDBY_POLICY_BY_ORDER: lower before
 * higher. It may change at any time.
 *
 * # Safety
 * `lock` is null or initialised; `file` is null or a C string.
 */
void heldby_lock_set_order(const struct heldby_lock_t *lock,
                           uint64_t order,
                           const char *file,
                           unsigned int line);

/**
 * Records an acquire: before it blocks, or after a try that took the lock.
 *
 * `mode` is HELDBY_WRITE and its kin, `attempt` HELDBY_BLOCK and its kin; of `subclass` 0 to 7 are told
 * apart.
 *
 * # Safety
 * `lock` is null or initialised; `file` is null or a C string.
 */
void heldby_lock_acquire(const struct heldby_lock_t *lock,
                         int mode,
                         unsigned int subclass,
                         int attempt,
                         const char *file,
                         unsigned int line);

/**
 * As heldby_lock_acquire(), with what is rarely asked for.
 *
 * `type` is that of a lock that was initialised without a class, HELDBY_TYPE_LOCK and its kin. `nest`
 * is null, or a lock that the thread holds and under which all locks of the class may be taken in any
 * order. With `check` 0 nothing is checked, and the hold is known all the same.
 *
 * # Safety
 * `lock` and `nest` are null or initialised; `file` is null or a C string.
 */
void heldby_lock_acquire_as(const struct heldby_lock_t *lock,
                            int type,
                            int mode,
                            unsigned int subclass,
                            int attempt,
                            int check,
                            const struct heldby_lock_t *nest,
                            const char *file,
                            unsigned int line);

/**
 * Says that the thread now waits for a lock that it asked for: only then can the watchdog tell who waits
 * for whom.
 *
 * # Safety
 * `lock` is null or initialised.
 */
void heldby_lock_contended(const struct heldby_lock_t *lock);

/**
 * Says that a lock which was waited for has been got; needed only after heldby_lock_contended(): until
 * then an acquire counts as a hold.
 *
 * # Safety
 * `lock` is null or initialised.
 */
void heldby_lock_acquired(const struct heldby_lock_t *lock);

/**
 * Records a release, before the lock is really released; also after heldby_lock_acquire() if the lock
 * was not got.
 *
 * # Safety
 * `lock` is null or initialised; `file` is null or a C string.
 */
void heldby_lock_release(const struct heldby_lock_t *lock,
                         const char *file,
                         unsigned int line);

/**
 * Records that a lock held exclusively is held shared from now on.
 *
 * # Safety
 * `lock` is null or initialised; `file` is null or a C string.
 */
void heldby_lock_downgrade(const struct heldby_lock_t *lock, const char *file, unsigned int line);

/**
 * Checks that a lock could be acquired here, without holding it: where a function takes a lock on some
 * of its ways, so that all of them are checked.
 *
 * # Safety
 * `lock` is null or initialised; `file` is null or a C string.
 */
void heldby_lock_might(const struct heldby_lock_t *lock,
                       int mode,
                       const char *file,
                       unsigned int line);

/**
 * Records a wait for all who hold a lock, which is not held afterwards.
 *
 * # Safety
 * `lock` is null or initialised; `file` is null or a C string.
 */
void heldby_lock_sync(const struct heldby_lock_t *lock,
                      int mode,
                      const char *file,
                      unsigned int line);

/**
 * What the calling thread holds of a lock: 0 nothing, 1 shared, 2 exclusive, -1 unknown, as where
 * validation is off. Meant for diagnostics, not for deciding what a program does.
 *
 * # Safety
 * `lock` is null or initialised.
 */
int heldby_lock_held(const struct heldby_lock_t *lock);

/**
 * Reports if the calling thread does not hold a lock as `expect` says, HELDBY_EXPECT_HELD and its kin:
 * HB0202. It passes where that cannot be told.
 *
 * # Safety
 * `lock` is null or initialised; `file` is null or a C string.
 */
void heldby_lock_assert(const struct heldby_lock_t *lock,
                        int expect,
                        const char *file,
                        unsigned int line);

/**
 * Reports if the calling thread holds anything: HB0202.
 *
 * # Safety
 * `file` is null or a C string.
 */
void heldby_none_held_assert(const char *file, unsigned int line);

/**
 * Reports if the calling thread holds neither the lock of a container nor that of an item in it, in any
 * mode: HB0201. It passes where that cannot be told.
 *
 * Reports call the item `item_name`, or as its lock if that is null. `item_write_implies_container_write`
 * is not 0 where whoever locks the item for writing holds the container for writing.
 *
 * # Safety
 * `container` and `item` are null or initialised; `item_name` and `file` are null or C strings.
 *
 * # Source
 * Linux 7.0 `vma_assert_stabilised()`.
 */
void heldby_stabilised_assert(const struct heldby_lock_t *container,
                              const struct heldby_lock_t *item,
                              const char *item_name,
                              int item_write_implies_container_write,
                              const char *file,
                              unsigned int line);

/**
 * Has `sink` called with every report from now on, and with `data`; null does nothing.
 *
 * It runs on the thread that made the report known, which still holds what it held; its own locks are
 * not checked meanwhile. heldby_install() can have nothing else tell of a report.
 *
 * # Safety
 * Any thread may call `sink` with `data` until the process ends, several at once; it must return, not
 * throw or jump.
 */
void heldby_add_sink(heldby_sink_t sink,
                     void *data);

/**
 * How many reports there were so far in this process.
 *
 * # Cost
 * A copy of all of them: meant for the end of a test.
 */
size_t heldby_report_count(void);

/**
 * Writes what is known now to `file`; its extension tells the form: `dot` for the graph, `txt` for what
 * all threads hold and wait for, `json` for both. Returns 0, or -1 if it cannot be written.
 *
 * # Safety
 * `file` is null or a C string.
 */
int heldby_write_dump(const char *file);

/**
 * Switches the validation of the calling thread off, until heldby_on() was called as often: what it
 * acquires meanwhile passes through unseen.
 */
void heldby_off(void);

/**
 * Takes one heldby_off() back; more than there were do nothing.
 */
void heldby_on(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/* With HELDBY_OFF nothing is asked, and no library is needed; a heldby_lock_t stays what it is, so that
 * sources with and without it agree about their structures. */
#ifdef HELDBY_OFF

static inline int heldby_off_answer_(int answer)
{
    return answer;
}

#define HELDBY_OFF_2_(a, b) (void)(a), (void)(b)
#define HELDBY_OFF_3_(a, b, c) HELDBY_OFF_2_(a, b), (void)(c)
#define HELDBY_OFF_4_(a, b, c, d) HELDBY_OFF_3_(a, b, c), (void)(d)
#define HELDBY_OFF_6_(a, b, c, d, e, f) HELDBY_OFF_4_(a, b, c, d), HELDBY_OFF_2_(e, f)

#define heldby_install(on_report, to_stderr) \
    (HELDBY_OFF_2_(on_report, to_stderr), heldby_off_answer_(0))
#define heldby_set_policy(name, type, policy) \
    (HELDBY_OFF_3_(name, type, policy), heldby_off_answer_(0))
#define heldby_forget_order(name, type) (HELDBY_OFF_2_(name, type))
#define heldby_lock_init(lock, name) (HELDBY_OFF_2_(lock, name))
#define heldby_lock_init_class(lock, class_) (HELDBY_OFF_2_(lock, class_))
#define heldby_lock_destroy(lock) ((void)(lock))
#define heldby_lock_set_order(lock, order, file, line) (HELDBY_OFF_4_(lock, order, file, line))
#define heldby_lock_acquire(lock, mode, subclass, attempt, file, line) \
    (HELDBY_OFF_6_(lock, mode, subclass, attempt, file, line))
#define heldby_lock_acquire_as(lock, type, mode, subclass, attempt, check, nest, file, line) \
    (HELDBY_OFF_6_(lock, type, mode, subclass, attempt, check), HELDBY_OFF_3_(nest, file, line))
#define heldby_lock_contended(lock) ((void)(lock))
#define heldby_lock_acquired(lock) ((void)(lock))
#define heldby_lock_release(lock, file, line) (HELDBY_OFF_3_(lock, file, line))
#define heldby_lock_downgrade(lock, file, line) (HELDBY_OFF_3_(lock, file, line))
#define heldby_lock_might(lock, mode, file, line) (HELDBY_OFF_4_(lock, mode, file, line))
#define heldby_lock_sync(lock, mode, file, line) (HELDBY_OFF_4_(lock, mode, file, line))
#define heldby_lock_held(lock) ((void)(lock), heldby_off_answer_(-1))
#define heldby_lock_assert(lock, expect, file, line) (HELDBY_OFF_4_(lock, expect, file, line))
#define heldby_none_held_assert(file, line) (HELDBY_OFF_2_(file, line))
#define heldby_stabilised_assert(container, item, item_name, implies, file, line) \
    (HELDBY_OFF_6_(container, item, item_name, implies, file, line))
#define heldby_add_sink(sink, data) (HELDBY_OFF_2_(sink, data))
#define heldby_report_count() ((size_t)heldby_off_answer_(0))
#define heldby_write_dump(file) ((void)(file), heldby_off_answer_(-1))
#define heldby_off() ((void)0)
#define heldby_on() ((void)0)

#endif /* HELDBY_OFF */

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

#endif /* HELDBY_H */
