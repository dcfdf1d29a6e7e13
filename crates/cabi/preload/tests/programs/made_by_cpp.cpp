// Mutexes of C++ are made by no call. They are called by who locks them first, not by `std::mutex::lock`, which is a
// function of the program without optimisation: else all would be of one class.
// expect: HB0001 circular-dependency mutex@made_by_cpp.cpp mutex@made_by_cpp.cpp
#pragma GCC optimize("O0")
#include <memory>
#include <mutex>
#include <thread>

static __attribute__((noinline)) void lock_index(std::mutex &index)
{
    index.lock();
    asm volatile("");
}

static __attribute__((noinline)) void lock_page(std::mutex &page)
{
    page.lock();
    asm volatile("");
}

int main()
{
    auto index = std::make_unique<std::mutex>();
    auto page = std::make_unique<std::mutex>();
    std::thread([&] {
        lock_index(*index);
        lock_page(*page);
        page->unlock();
        index->unlock();
    }).join();
    std::thread([&] {
        lock_page(*page);
        lock_index(*index);
        index->unlock();
        page->unlock();
    }).join();
}
