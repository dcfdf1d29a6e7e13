// Functions of C++ are called by their names.
// expect: HB0001 circular-dependency Cache::index Cache::pages
// env: HELDBY_REPORTS=stderr
// says: functions.cpp:31:42, in Cache::drop(int), thread `thread-2`
#include <mutex>
#include <thread>

class Cache {
public:
    void fill(int page);
    void drop(int page);

private:
    static std::mutex index;
    static std::mutex pages;
};

std::mutex Cache::index;
std::mutex Cache::pages;

__attribute__((noinline)) void Cache::fill(int page)
{
    std::lock_guard<std::mutex> one(index);
    std::lock_guard<std::mutex> two(pages);
    asm volatile("" : : "r"(page));
}

__attribute__((noinline)) void Cache::drop(int page)
{
    std::lock_guard<std::mutex> one(pages);
    std::lock_guard<std::mutex> two(index);
    asm volatile("" : : "r"(page));
}

int main()
{
    Cache cache;
    std::thread([&] { cache.fill(1); }).join();
    std::thread([&] { cache.drop(1); }).join();
}
