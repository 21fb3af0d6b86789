#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include "kernels/common/memory.h"
#include "kernels/common/observe.h"
#include "kernels/common/parallel.h"
#include "kernels/common/runtime.h"
#include "kernels/common/simd_name.h"

namespace kernels::cpu {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
    if (bytes > std::numeric_limits<std::size_t>::max() - unit) throw std::bad_alloc();
    return (bytes + unit - 1) / unit * unit;
}

/// Kernels and copies are done when the call returns, so there is nothing to bring ahead.
class HostMemory final : public Upload {
  public:
    explicit HostMemory(std::size_t bytes) : memory_(runtime().allocate_pinned(bytes)) {}
    ~HostMemory() override { runtime().release_pinned(memory_); }
    HostMemory(const HostMemory&) = delete;
    HostMemory& operator=(const HostMemory&) = delete;

    std::byte* host() override { return memory_; }
    void start(void* out, std::size_t offset, std::size_t bytes) override {
        std::memcpy(out, memory_ + offset, bytes);
    }
    void finish() override {}
    void release() override {}

  private:
    std::byte* memory_;
};

class CpuRuntime final : public Runtime {
  public:
    void require_usable() override {}
    std::string description() override {
        const int count = threads();
        return std::string(simd_name()) + ", " + std::to_string(count) +
               (count == 1 ? " thread" : " threads");
    }

    // Large blocks ask the system for huge pages: kernels walk through tens of megabytes in strides, and
    // address translation would cost them more than the memory itself.
    void* allocate(std::size_t bytes) override {
        const std::size_t unit = bytes < 2 * huge_page ? alignment : huge_page;
        const std::size_t size = round_up(std::max<std::size_t>(bytes, 1), unit);
        void* memory = std::aligned_alloc(unit, size);
        if (!memory) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
        if (unit == huge_page) madvise(memory, size, MADV_HUGEPAGE);  // advice: all is well if not taken
#endif
        return memory;
    }
    void release(void* memory) noexcept override { std::free(memory); }
    std::byte* allocate_pinned(std::size_t bytes) override {
        return static_cast<std::byte*>(allocate(bytes));
    }
    void release_pinned(std::byte* memory) noexcept override { release(memory); }

    void fill_zero(void* memory, std::size_t bytes) override {
        const auto clear = [&](std::int64_t begin, std::int64_t end) {
            std::memset(static_cast<std::byte*>(memory) + begin, 0, static_cast<std::size_t>(end - begin));
        };
        constexpr std::int64_t grain = 256 << 10;  // below that, waking other threads takes longer
        parallel_chunks(static_cast<std::int64_t>(bytes), grain, clear);
    }
    void copy(void* out, const void* in, std::size_t bytes) override { std::memcpy(out, in, bytes); }
    void copy_from_host(void* out, const void* in, std::size_t bytes) override { copy(out, in, bytes); }
    void copy_to_host(void* out, const void* in, std::size_t bytes) override { copy(out, in, bytes); }
    void copy_to_pinned(std::byte* out, const void* in, std::size_t bytes) override { copy(out, in, bytes); }
    void synchronize() override {}

    double seconds_of(const std::function<void()>& work) override {
        const Clock::time_point begin = Clock::now();
        work();
        return std::chrono::duration<double>(Clock::now() - begin).count();
    }
    std::unique_ptr<Upload> make_upload(std::size_t bytes) override {
        return std::make_unique<HostMemory>(bytes);
    }
    std::unique_ptr<Graph> record(const std::function<void()>&) override {
        throw DeviceError("a graph of kernels, on device 'cpu', which has none: call them one by one");
    }
};

constinit CpuRuntime instance;

}  // namespace

Runtime& runtime() { return instance; }

}  // namespace kernels::cpu
