#include "kernels/emulator/async_copy.h"

#include <algorithm>
#include <cstring>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/report_log.h"
#include "kernels/emulator/source_location.h"

namespace kernels::emulator {

void AsyncCopies::start_block() {
    if (any_) std::fill(threads_.begin(), threads_.end(), OfThread{});
    any_ = false;
}

void AsyncCopies::start(unsigned thread, AsyncCopy copy) {
    any_ = true;
    copy.group = threads_[thread].open_group;
    threads_[thread].under_way.push_back(copy);
}

std::vector<AsyncCopy> AsyncCopies::land(unsigned thread, unsigned pending) {
    OfThread& of = threads_[thread];
    const auto stays = [&](const AsyncCopy& copy) { return copy.group + pending >= of.open_group; };
    const auto first = std::stable_partition(of.under_way.begin(), of.under_way.end(), stays);
    std::vector<AsyncCopy> landed(first, of.under_way.end());
    of.under_way.erase(first, of.under_way.end());
    return landed;
}

bool AsyncCopies::writes_to(std::uintptr_t address) const {
    if (!any_) return false;
    for (const OfThread& of : threads_)
        for (const AsyncCopy& copy : of.under_way)
            if (address - copy.to < copy.bytes) return true;
    return false;
}

// The write may race twice: when it starts, since whoever still reads the old content loses it, and when it
// lands. Traffic it is once.
void Execution::start_async_copy(const AsyncCopy& copy) {
    const Segment* target = shared_.segment_of(copy.to);
    if (target == nullptr)
        return report(Kind::out_of_bounds, copy.site, "cp.async to what is not shared memory");
    if (copy.source_bytes > copy.bytes)
        return report(Kind::out_of_bounds, copy.site, "cp.async of more bytes than it writes");
    if (copy.source_bytes != 0 && !memory_.segment().contains(copy.from))
        return report(Kind::host_memory, copy.site, "cp.async from what is not global memory");
    if (copy.source_bytes != 0 && copy.from % copy.bytes != 0)
        return report(Kind::misaligned, copy.site, "cp.async from an address that its width does not divide",
                      describe_memory(memory_.segment(), copy.from));
    if (copy.source_bytes != 0)
        access_at(copy.from, copy.source_bytes, false, Access::read, copy.site);
    else if (counters_.on())
        counters_.skip(current_, copy.site, false);
    if (given_up_) return;
    access_at(copy.to, copy.bytes, true, Access::write, copy.site);
    if (given_up_) return;
    target->set_state(copy.to, copy.to + copy.bytes, true, false);
    std::memset(reinterpret_cast<void*>(copy.to), 0xff, copy.bytes);
    async_copies_.start(current_, copy);
}

void Execution::wait_async_copies(unsigned pending) {
    for (const AsyncCopy& copy : async_copies_.land(current_, pending)) {
        land(copy);
        if (given_up_) return;
    }
}

void Execution::land(const AsyncCopy& copy) {
    const Segment& target = *shared_.segment_of(copy.to);
    if (!memory_.segment().all_alive(copy.from, copy.from + copy.source_bytes))
        return report_bad_memory(memory_.segment(), copy.from, copy.source_bytes, Access::read, copy.site);
    for (std::uintptr_t at = copy.to; at < copy.to + copy.bytes; at += granule) {
        if ((target.state[(at - target.base) / granule] & 0xf0) == 0) continue;
        report(Kind::shared_race, copy.site, "cp.async writes what was written while it was under way",
               describe_memory(target, copy.to));
        break;
    }
    check_race(target, copy.to, copy.bytes, Access::write, copy.site);
    target.set_state(copy.to, copy.to + copy.bytes, true, true);
    // A copy of nothing, which only fills with zeros, may come from nowhere.
    if (copy.source_bytes != 0)
        std::memcpy(reinterpret_cast<void*>(copy.to), reinterpret_cast<const void*>(copy.from),
                    copy.source_bytes);
    std::memset(reinterpret_cast<void*>(copy.to + copy.source_bytes), 0, copy.bytes - copy.source_bytes);
}

}  // namespace kernels::emulator
