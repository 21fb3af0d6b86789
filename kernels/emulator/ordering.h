#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace kernels::emulator {

inline constexpr unsigned max_threads = 1024, lanes = 32, max_warps = max_threads / lanes;

/// Which accesses of a launch come before which, by the barriers, warp barriers, fences and atomics that the
/// kernel executes, and never by the order in which the emulator happens to run threads.
///
/// One clock counts the synchronisations of all launches. Each thread stamps its accesses with the time of
/// the last one that it took part in. An access by u is known to t, and so in order, if its stamp is older
/// than what t last heard of u: at a block barrier all hear of all, at a __syncwarp the lanes of its mask
/// hear what any of them knows, and whoever does an atomic access hears what those published that did one to
/// the same address after a __threadfence.
class Ordering {
  public:
    void start_launch();
    void start_block(unsigned block);

    void barrier();
    void sync_warp(unsigned warp, unsigned mask);
    void fence(unsigned thread, bool device_wide);
    void atomic_access(unsigned thread, std::uintptr_t address);

    std::uint32_t time_of(unsigned thread) const { return time_[thread]; }
    std::uint32_t launch_start() const { return launch_start_; }
    std::uint32_t block_start() const { return block_start_; }
    std::uint32_t barrier_time() const { return barrier_time_; }
    /// The block, by its number, whose time this is. Only for times of this launch.
    unsigned block_at(std::uint32_t time) const;

    /// Is an access by thread `other` at that time, in shared memory, before whatever `thread` does now?
    bool is_before_shared(std::uint32_t time, unsigned other, unsigned thread) const {
        return time < barrier_time_ || other == thread || knows(time, other, thread);
    }
    /// The same in global memory, where the access may be of another block of the launch.
    bool is_before_global(std::uint32_t time, unsigned other, unsigned thread) const {
        if (time < launch_start_) return true;
        if (time < block_start_) return has_heard(time, other, thread);
        return is_before_shared(time, other, thread);
    }

  private:
    using Heard = std::vector<std::pair<std::uintptr_t, std::size_t>>;  // of an address: its first n releases

    /// What a thread publishes by a fence and an atomic access after it.
    struct Release {
        std::uint32_t block_start = 0;
        unsigned thread = 0;
        std::uint32_t own_time = 0, barrier_time = 0, warp_time = 0;
        std::array<std::uint32_t, lanes> warp_knowledge{};
        Heard heard;
        bool device_wide = false, valid = false;
    };

    bool knows(std::uint32_t time, unsigned other, unsigned thread) const;
    bool has_heard(std::uint32_t time, unsigned other, unsigned thread) const;
    bool covers(const Heard& heard, std::uint32_t time, unsigned other, int depth) const;
    bool covers(const Release& release, std::uint32_t time, unsigned other) const;
    static void merge(Heard& target, const Heard& more);

    std::uint32_t clock_ = 1, launch_start_ = 1, block_start_ = 1, barrier_time_ = 1;
    std::array<std::uint32_t, max_threads> time_{};
    std::array<std::uint32_t, max_warps> warp_time_{};  ///< last barrier of a whole warp
    std::array<std::array<std::uint32_t, lanes>, max_threads> knowledge_{};
    std::vector<std::pair<std::uint32_t, unsigned>> blocks_;
    std::array<Release, max_threads> fences_;
    std::unordered_map<std::uintptr_t, std::vector<Release>> published_;
    std::vector<Heard> heard_ = std::vector<Heard>(max_threads);
    bool any_heard_ = false, any_fence_ = false;
};

}  // namespace kernels::emulator
