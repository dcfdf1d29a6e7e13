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
