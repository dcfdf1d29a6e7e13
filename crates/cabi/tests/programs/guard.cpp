// A mutex of std with a map beside it: std::lock_guard and its kin work as they do.
#include "heldby.h"

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>

/// std::mutex, validated.
class Mutex {
public:
    explicit Mutex(const char *name) { heldby_lock_init(&map_, name); }
    ~Mutex() { heldby_lock_destroy(&map_); }
    Mutex(const Mutex &) = delete;
    Mutex &operator=(const Mutex &) = delete;

    void lock()
    {
        heldby_acquire(&map_, HELDBY_WRITE);
        mutex_.lock();
    }

    bool try_lock()
    {
        bool got = mutex_.try_lock();
        if (got)
            heldby_tried(&map_, HELDBY_WRITE);
        return got;
    }

    void unlock()
    {
        heldby_release(&map_);
        mutex_.unlock();
    }

    void assert_held() const { heldby_assert_held(&map_); }

private:
    std::mutex mutex_;
    heldby_lock_t map_;
};

static Mutex routes("routes");
static Mutex session("session");

static void reply()
{
    std::lock_guard<Mutex> route(routes);
    std::lock_guard<Mutex> open(session);
    routes.assert_held();
}

static void reload()
{
    std::unique_lock<Mutex> open(session);
    std::lock_guard<Mutex> route(routes);
    throw std::runtime_error("no file");
}

int main()
{
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::puts("a reply");
    std::thread(reply).join();
    std::puts("one in two steps");
    {
        std::unique_lock<Mutex> open(session, std::defer_lock);
        std::unique_lock<Mutex> route(routes, std::defer_lock);
        std::lock(open, route);
    }
    std::puts("a reload, which fails");
    try {
        reload();
    } catch (const std::runtime_error &error) {
        std::printf("caught: %s\n", error.what());
    }
    heldby_assert_none_held();
    std::puts("released, so not held");
    session.assert_held();
}
