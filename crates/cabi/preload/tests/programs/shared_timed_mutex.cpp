// The locks of C++, and an initialiser that throws.
// expect: HB0001 circular-dependency m s
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include "turn.h"

static std::mutex m;
static std::shared_timed_mutex s;
static std::once_flag flag;

int main()
{
    std::thread([] {
        std::shared_lock<std::shared_timed_mutex> shared(s);
        std::lock_guard<std::mutex> guard(m);
    }).join();
    for (int round = 0; round < 2; round++) {
        try {
            std::call_once(flag, [&] { if (round == 0) throw std::runtime_error("not yet"); });
        } catch (const std::runtime_error &) {
            CHECK(round == 0);
        }
    }
    bool ready = false;
    std::condition_variable condition;
    std::thread waker([&] {
        std::lock_guard<std::mutex> guard(m);
        ready = true;
        condition.notify_one();
    });
    {
        std::unique_lock<std::mutex> lock(m);
        condition.wait(lock, [&] { return ready; });
        condition.wait_for(lock, std::chrono::milliseconds(1), [] { return false; });
    }
    waker.join();
    std::thread([] {
        std::unique_lock<std::shared_timed_mutex> shared(s, std::chrono::seconds(5));
        CHECK(shared.owns_lock());
    }).join();
    std::thread([] {
        std::lock_guard<std::mutex> guard(m);
        std::unique_lock<std::shared_timed_mutex> exclusive(s);
    }).join();
    return 0;
}
