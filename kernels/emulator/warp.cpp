#include <algorithm>
#include <bit>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/language.h"
#include "kernels/emulator/source_location.h"
#include "kernels/emulator/warp_results.h"

namespace kernels::emulator {

std::uint64_t Execution::warp_operation(const Request& request, const void* pc) {
    Thread& thread = threads_[current_];
    const std::uint32_t site = site_of(pc);
    const unsigned lane = current_ % lanes, first = current_ - lane;
    if (!(request.mask >> lane & 1U)) {
        report(Kind::warp_mask, site, "is not in the mask it gives");
        return 0;
    }
    thread.request = request;
    thread.site = site;
    thread.state = Thread::State::at_warp_operation;
    const auto arrived = [&](unsigned other) {
        const Thread& there = threads_[first + other];
        return first + other < thread_count_ && there.state == Thread::State::at_warp_operation &&
               there.request.mask == request.mask && there.request.operation == request.operation;
    };
    for (unsigned other = 0; other < lanes; ++other) {
        if (!(request.mask >> other & 1U) || arrived(other)) continue;
        suspend();
        return thread.request.result;
    }
    // The last lane to come does the work of all.
    complete_warp_operation(first / lanes, request);
    return thread.request.result;
}

void Execution::complete_warp_operation(unsigned warp, const Request& request) {
    if (request.operation == WarpOperation::sync) ordering_.sync_warp(warp, request.mask);
    if (counters_.on() && request.mask == 0xffffffffU) counters_.flush(warp);
    Thread* first = &threads_[warp * lanes];
    compute_results(first, request.mask);
    for (unsigned lane = 0; lane < lanes; ++lane)
        if (request.mask >> lane & 1U) first[lane].state = Thread::State::ready;
}

}  // namespace kernels::emulator
