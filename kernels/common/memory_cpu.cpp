#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include "kernels/common/dispatch.h"
#include "kernels/common/memory.h"
#include "kernels/common/observe.h"
#include "kernels/common/parallel.h"

namespace kernels {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
    if (bytes > std::numeric_limits<std::size_t>::max() - unit) throw std::bad_alloc();
    return (bytes + unit - 1) / unit * unit;
}

}  // namespace

// Large blocks ask the system for huge pages: kernels walk through tens of megabytes in strides, and address
// translation would cost them more than the memory itself.
void* allocate(Device device, std::size_t bytes) {
    require_cpu(device);
    const std::size_t unit = bytes < 2 * huge_page ? alignment : huge_page;
    const std::size_t size = round_up(std::max<std::size_t>(bytes, 1), unit);
    void* memory = std::aligned_alloc(unit, size);
    if (!memory) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    if (unit == huge_page) madvise(memory, size, MADV_HUGEPAGE);  // advice: all is well if it is not taken
#endif
    return memory;
}

void release(Device, void* memory) noexcept { std::free(memory); }

void fill_zero(Device device, void* memory, std::size_t bytes) {
    require_cpu(device);
    const auto clear = [&](std::int64_t begin, std::int64_t end) {
        std::memset(static_cast<std::byte*>(memory) + begin, 0, static_cast<std::size_t>(end - begin));
    };
    constexpr std::int64_t grain = 256 << 10;  // below that, waking other threads takes longer
    run_observed([&] { parallel_chunks(static_cast<std::int64_t>(bytes), grain, clear); },
                 [&] {
                     return Work{"fill_zero", 0, static_cast<double>(bytes), ""};
                 });
}

void copy(Device device, void* out, const void* in, std::size_t bytes) {
    require_cpu(device);
    run_observed([&] { std::memcpy(out, in, bytes); },
                 [&] {
                     return Work{"copy", 0, 2 * static_cast<double>(bytes), ""};
                 });
}

}  // namespace kernels
