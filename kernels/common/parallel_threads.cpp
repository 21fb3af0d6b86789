#include <atomic>
#include <thread>
#include <vector>

#include "kernels/common/parallel.h"

namespace kernels {
namespace {
int thread_count = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void set_threads(int count) { thread_count = std::max(1, count); }

int threads() { return thread_count; }

void detail::parallel_for(std::int64_t count, void (*body)(void*, std::int64_t), void* context) {
    std::atomic<std::int64_t> next{0};
    auto work = [&] {
        for (std::int64_t i = next++; i < count; i = next++) body(context, i);
    };
    std::vector<std::jthread> helpers;
    for (int t = 1; t < std::min<std::int64_t>(thread_count, count); ++t) helpers.emplace_back(work);
    work();
}

}  // namespace kernels
