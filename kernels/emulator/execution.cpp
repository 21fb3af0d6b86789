#include "kernels/emulator/execution.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "kernels/emulator/in_kernel.h"
#include "kernels/emulator/report_log.h"
#include "kernels/emulator/source_location.h"

namespace kernels::emulator {

// language.h declares these as constants, which they are for the code of any one thread; here they change.
extern uint3 current_thread_index __asm__("_ZN7kernels8emulator9threadIdxE");
extern uint3 current_block_index __asm__("_ZN7kernels8emulator8blockIdxE");
extern uint3 current_block_dim __asm__("_ZN7kernels8emulator8blockDimE");
extern uint3 current_grid_dim __asm__("_ZN7kernels8emulator7gridDimE");
uint3 current_thread_index, current_block_index, current_block_dim, current_grid_dim;

namespace {

// More accesses than any sensible kernel makes between two barriers, and more turns than its blocks take.
constexpr std::int64_t patience = 50'000'000, most_turns = 2'000'000;

uint3 position(unsigned rank, const dim3& extent) {
    return {rank % extent.x, rank / extent.x % extent.y, rank / extent.x / extent.y};
}

}  // namespace

Execution& Execution::instance() {
    static Execution& execution = *new Execution;
    return execution;
}

void Execution::set_order(Order order, std::uint64_t seed) {
    order_ = order;
    seed_ = seed;
}

std::vector<unsigned> Execution::ordered(unsigned count, unsigned salt) const {
    std::vector<unsigned> result(count);
    std::iota(result.begin(), result.end(), 0U);
    if (order_ == Order::reverse) std::reverse(result.begin(), result.end());
    if (order_ == Order::shuffled) {
        std::mt19937_64 random(seed_ * 0x9e3779b97f4a7c15ULL + salt);
        for (unsigned i = count; i > 1; --i) std::swap(result[i - 1], result[random() % i]);
    }
    return result;
}

void Execution::run(const Launch& launch) {
    const std::lock_guard lock(mutex_);
    launch_ = &launch;
    given_up_ = false;
    ordering_.start_launch();
    races_.start_launch();
    shared_.start_launch(launch.dynamic_bytes);
    current_block_dim = {launch.block.x, launch.block.y, launch.block.z};
    current_grid_dim = {launch.grid.x, launch.grid.y, launch.grid.z};
    const auto blocks = std::uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
    for (const unsigned block : ordered(static_cast<unsigned>(blocks), 0)) {
        run_block(block);
        // One block to its end: a missing barrier shows first as a read of what is not yet written.
        if (given_up_ || ReportLog::instance().pending()) break;
    }
    launch_ = nullptr;
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    ReportLog::instance().throw_pending();
}

void Execution::start_threads() {
    thread_count_ = launch_->block.x * launch_->block.y * launch_->block.z;
    exited_ = at_barrier_ = 0;
    for (unsigned rank = 0; rank < thread_count_; ++rank) {
        Thread& thread = threads_[rank];
        thread.context = stacks_.fresh(rank, &thread_main);
        thread.state = Thread::State::ready;
        thread.index = position(rank, launch_->block);
    }
}

void Execution::run_block(unsigned block) {
    current_block_index = position(block, launch_->grid);
    ordering_.start_block(block);
    shared_.start_block(ordering_.block_start());
    async_copies_.start_block();
    start_threads();
    const std::vector<unsigned> order = ordered(thread_count_, block + 1);
    for (std::int64_t turn = 0; exited_ < thread_count_; ++turn) {
        if (turn == most_turns) return explain_endless_wait();
        bool any = false;
        for (const unsigned rank : order) {
            if (threads_[rank].state != Thread::State::ready) continue;
            any = true;
            if (!resume(rank)) return;
        }
        if (!any && !release_barrier()) return;
    }
    if (counters_.on()) counters_.flush();
    check_shared_limit();
}

// What a kernel has of static shared memory shows only while it runs.
void Execution::check_shared_limit() {
    if (shared_.launch_bytes() <= launch_->shared_limit) return;
    Report report;
    report.kind = Kind::launch_limits;
    report.kernel = function_name(launch_->kernel);
    given_up_ = true;
    ReportLog::instance().add(report, std::to_string(shared_.launch_bytes()) +
                                          " bytes of static and dynamic shared memory are more than " +
                                          std::to_string(launch_->shared_limit));
}

bool Execution::resume(unsigned rank) {
    current_ = rank;
    current_thread_index = threads_[rank].index;
    stack_low_ = stacks_.low(rank);
    patience_ = patience;
    const StackSwitch to_thread({reinterpret_cast<const void*>(stack_low_), Stacks::bytes});
    threads_[rank].context = boost::context::detail::jump_fcontext(threads_[rank].context, nullptr).fctx;
    return !given_up_;
}

void Execution::thread_main(Transfer transfer) {
    Execution& self = instance();
    self.scheduler_ = transfer.fctx;
    self.scheduler_stack_ = StackSwitch::arrived();
    in_kernel = true;
    try {
        self.launch_->enter(self.launch_->parameters);
        in_kernel = false;
    } catch (...) {
        in_kernel = false;
        self.thrown_ = std::current_exception();
        self.given_up_ = true;
    }
    self.threads_[self.current_].state = Thread::State::exited;
    ++self.exited_;
    self.suspend();
}

void Execution::suspend() {
    const StackSwitch to_scheduler(scheduler_stack_);
    scheduler_ = boost::context::detail::jump_fcontext(scheduler_, nullptr).fctx;
}

void Execution::leave() {
    suspend();
    std::terminate();  // nobody resumes it
}

std::uint64_t Execution::block_barrier(int predicate, const void* site) {
    Thread& thread = threads_[current_];
    thread.state = Thread::State::at_barrier;
    thread.site = site_of(site);
    thread.request.value = predicate != 0;
    ++at_barrier_;
    suspend();
    return thread.request.result;
}

bool Execution::release_barrier() {
    if (at_barrier_ + exited_ < thread_count_) {
        explain_deadlock();
        return false;
    }
    unsigned first = 0;
    while (threads_[first].state == Thread::State::exited) ++first;
    std::uint64_t votes = 0;
    for (unsigned rank = first; rank < thread_count_; ++rank) {
        const Thread& thread = threads_[rank];
        if (thread.state == Thread::State::exited) continue;
        votes += thread.request.value;
        if (thread.site == threads_[first].site) continue;
        // The compiler may have made two of one call: what counts is the line.
        const SourcePlace one = place_of(threads_[first].site), other = place_of(thread.site);
        if (one.line == other.line && one.file == other.file) continue;
        Report report = describe(Kind::barrier_divergence, threads_[first].site, first);
        report.threads.push_back({thread.index.x, thread.index.y, thread.index.z});
        report.other = other;
        ReportLog::instance().add(report, "threads of the block wait at different barriers");
        given_up_ = true;
        return false;
    }
    for (unsigned rank = first; rank < thread_count_; ++rank) {
        Thread& thread = threads_[rank];
        if (thread.state == Thread::State::exited) continue;
        thread.state = Thread::State::ready;
        thread.request.result = std::uint64_t{thread_count_ - exited_} << 32 | votes;
    }
    at_barrier_ = 0;
    ordering_.barrier();
    if (counters_.on()) counters_.flush();
    return true;
}

// No thread can run: some lane waits in a warp operation for one that exited or waits elsewhere.
void Execution::explain_deadlock() {
    given_up_ = true;
    for (unsigned rank = 0; rank < thread_count_; ++rank) {
        const Thread& thread = threads_[rank];
        if (thread.state != Thread::State::at_warp_operation) continue;
        for (unsigned lane = 0; lane < lanes; ++lane) {
            const unsigned other_rank = rank / lanes * lanes + lane;
            if (!(thread.request.mask >> lane & 1U)) continue;
            const bool exists = other_rank < thread_count_;
            const Thread& other = threads_[other_rank];
            if (exists && other.state == Thread::State::at_warp_operation &&
                other.request.mask == thread.request.mask &&
                other.request.operation == thread.request.operation)
                continue;
            Report report = describe(Kind::warp_mask, thread.site, rank);
            std::string why = "waits for lane " + std::to_string(lane) + ", which its mask names and which ";
            if (!exists) {
                why += "this block does not have";
            } else {
                report.threads.push_back({other.index.x, other.index.y, other.index.z});
                if (other.state == Thread::State::exited) {
                    why += "has exited";
                } else {
                    report.other = place_of(other.site);
                    why += "waits elsewhere";
                }
            }
            ReportLog::instance().add(report, why);
            return;
        }
    }
}

// All threads come to barriers and warp operations, again and again.
void Execution::explain_endless_wait() {
    current_ = 0;
    while (threads_[current_].state == Thread::State::exited) ++current_;
    report(Kind::no_progress, threads_[current_].site, "its block waits, as it seems, for ever");
}

Report Execution::describe(Kind kind, std::uint32_t site, unsigned rank) const {
    Report report;
    report.kind = kind;
    report.kernel = function_name(launch_->kernel);
    report.where = place_of(site);
    report.block = {current_block_index.x, current_block_index.y, current_block_index.z};
    const uint3& index = threads_[rank].index;
    report.threads = {{index.x, index.y, index.z}};
    return report;
}

}  // namespace kernels::emulator
