#include "kernels/emulator/ordering.h"

#include <algorithm>

namespace kernels::emulator {

void Ordering::start_launch() {
    launch_start_ = ++clock_;
    blocks_.clear();
    published_.clear();
}

void Ordering::start_block(unsigned block) {
    block_start_ = barrier_time_ = ++clock_;
    time_.fill(clock_);
    blocks_.emplace_back(clock_, block);
    if (any_heard_) std::fill(heard_.begin(), heard_.end(), Heard{});
    if (any_fence_) {
        for (Release& release : fences_) release.valid = false;
    }
    any_heard_ = any_fence_ = false;
}

unsigned Ordering::block_at(std::uint32_t time) const {
    auto next = std::upper_bound(blocks_.begin(), blocks_.end(), time,
                                 [](std::uint32_t t, const auto& block) { return t < block.first; });
    return std::prev(next)->second;
}

void Ordering::barrier() {
    barrier_time_ = ++clock_;
    time_.fill(clock_);
    if (!any_heard_) return;
    Heard all;
    for (const Heard& one : heard_) merge(all, one);
    std::fill(heard_.begin(), heard_.end(), all);
}

void Ordering::sync_warp(unsigned warp, unsigned mask) {
    ++clock_;
    const unsigned first = warp * lanes;
    if (mask == 0xffffffffU) {
        warp_time_[warp] = clock_;
        for (unsigned lane = 0; lane < lanes; ++lane) time_[first + lane] = clock_;
    } else {
        std::array<std::uint32_t, lanes> joint{};
        for (unsigned lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1U)) continue;
            for (unsigned other = 0; other < lanes; ++other)
                joint[other] = std::max(joint[other], knowledge_[first + lane][other]);
        }
        for (unsigned lane = 0; lane < lanes; ++lane) {
            if (mask >> lane & 1U) joint[lane] = time_[first + lane] = clock_;
        }
        for (unsigned lane = 0; lane < lanes; ++lane) {
            if (mask >> lane & 1U) knowledge_[first + lane] = joint;
        }
    }
    if (!any_heard_) return;
    Heard all;
    for (unsigned lane = 0; lane < lanes; ++lane) {
        if (mask >> lane & 1U) merge(all, heard_[first + lane]);
    }
    for (unsigned lane = 0; lane < lanes; ++lane) {
        if (mask >> lane & 1U) heard_[first + lane] = all;
    }
}

void Ordering::fence(unsigned thread, bool device_wide) {
    time_[thread] = ++clock_;
    fences_[thread] = {
        block_start_,       thread,         clock_,      barrier_time_, warp_time_[thread / lanes],
        knowledge_[thread], heard_[thread], device_wide, true};
    any_fence_ = true;
}

void Ordering::atomic_access(unsigned thread, std::uintptr_t address) {
    // Nothing is published before a first fence, so there is nothing to hear.
    if (published_.empty() && !any_fence_) return;
    auto& releases = published_[address];
    if (!releases.empty()) {
        merge(heard_[thread], {{address, releases.size()}});
        any_heard_ = true;
    }
    const Release& mine = fences_[thread];
    if (mine.valid && (releases.empty() || releases.back().own_time != mine.own_time))
        releases.push_back(mine);
}

bool Ordering::knows(std::uint32_t time, unsigned other, unsigned thread) const {
    if (other / lanes == thread / lanes &&
        (time < warp_time_[thread / lanes] || time < knowledge_[thread][other % lanes]))
        return true;
    return has_heard(time, other, thread);
}

bool Ordering::has_heard(std::uint32_t time, unsigned other, unsigned thread) const {
    return any_heard_ && covers(heard_[thread], time, other, 0);
}

bool Ordering::covers(const Heard& heard, std::uint32_t time, unsigned other, int depth) const {
    constexpr int max_depth = 4;  // chains of releases that go through as many different addresses
    for (const auto& [address, count] : heard) {
        const auto found = published_.find(address);
        if (found == published_.end()) continue;
        for (std::size_t i = 0; i < count; ++i) {
            const Release& release = found->second[i];
            if (covers(release, time, other)) return true;
            if (depth < max_depth && covers(release.heard, time, other, depth + 1)) return true;
        }
    }
    return false;
}

bool Ordering::covers(const Release& release, std::uint32_t time, unsigned other) const {
    if (!release.device_wide && release.block_start != block_start_) return false;
    if (time < release.block_start || block_at(time) != block_at(release.block_start)) return false;
    if (time < release.barrier_time || (other == release.thread && time < release.own_time)) return true;
    return other / lanes == release.thread / lanes &&
           (time < release.warp_time || time < release.warp_knowledge[other % lanes]);
}

void Ordering::merge(Heard& target, const Heard& more) {
    for (const auto& [address, count] : more) {
        const auto found = std::find_if(target.begin(), target.end(),
                                        [&](const auto& entry) { return entry.first == address; });
        if (found == target.end())
            target.emplace_back(address, count);
        else
            found->second = std::max(found->second, count);
    }
}

}  // namespace kernels::emulator
