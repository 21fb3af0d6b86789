#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

/// The only door to threads for the CPU kernels. Behind it stands OpenMP, or std::thread where OpenMP is
/// absent (and in the thread-sanitizer build, since that tool cannot see into the OpenMP runtime).
namespace kernels {

/// Number of threads that parallel_for uses from now on; at least 1.
void set_threads(int count);
int threads();

namespace detail {
inline constinit thread_local bool in_series = false;
void parallel_for(std::int64_t count, void (*body)(void* context, std::int64_t index), void* context);
}  // namespace detail

/// Calls body(i) once for each i in [0, count), in any order, on several threads.
/// What an item computes must depend on i alone, never on the thread or on the number of threads: that is how
/// results stay the same, bit for bit, on any machine. Calls do not nest; body must not throw.
template <typename Body>
void parallel_for(std::int64_t count, Body&& body) {
    if (detail::in_series) {
        for (std::int64_t i = 0; i < count; ++i) body(i);
        return;
    }
    using Plain = std::remove_reference_t<Body>;
    detail::parallel_for(
        count, [](void* context, std::int64_t index) { (*static_cast<Plain*>(context))(index); },
        const_cast<void*>(static_cast<const void*>(&body)));
}

/// While one with a true condition lives, parallel_for on this thread keeps the work to itself: for what
/// takes less time than to wake the other threads.
class InSeries {
  public:
    explicit InSeries(bool condition) : before_(detail::in_series) { detail::in_series |= condition; }
    ~InSeries() { detail::in_series = before_; }
    InSeries(const InSeries&) = delete;
    InSeries& operator=(const InSeries&) = delete;

  private:
    bool before_;
};

/// Like parallel_for over chunks: calls body(begin, end) for [0, count) cut into pieces of `grain` items.
template <typename Body>
void parallel_chunks(std::int64_t count, std::int64_t grain, Body&& body) {
    parallel_for((count + grain - 1) / grain,
                 [&](std::int64_t chunk) { body(chunk * grain, std::min(count, (chunk + 1) * grain)); });
}

}  // namespace kernels
