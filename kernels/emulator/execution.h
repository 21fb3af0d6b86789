#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/context/detail/fcontext.hpp>

#include "kernels/emulator/async_copy.h"
#include "kernels/emulator/counters.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/fiber.h"
#include "kernels/emulator/memory.h"
#include "kernels/emulator/ordering.h"
#include "kernels/emulator/races.h"
#include "kernels/emulator/report.h"
#include "kernels/emulator/shared_memory.h"
#include "kernels/emulator/vector_types.h"

namespace kernels::emulator {

enum class WarpOperation;

/// What a launch runs: enter(parameters) calls the kernel once, as the current thread.
struct Launch {
    const void* kernel;
    dim3 grid, block;
    std::size_t dynamic_bytes;
    std::size_t shared_limit;  ///< for static and dynamic together
    void (*enter)(const void* parameters);
    const void* parameters;
    std::size_t parameter_bytes;
};

/// One lane's part in a warp operation, or in a barrier with a vote.
struct Request {
    WarpOperation operation{};
    unsigned mask = 0;
    std::uint64_t value = 0;
    int argument = 0, width = 0;
    std::uint64_t result = 0;
};

struct Thread {
    enum class State : std::uint8_t { ready, at_barrier, at_warp_operation, exited };

    boost::context::detail::fcontext_t context = nullptr;
    State state = State::exited;
    uint3 index{};
    std::uint32_t site = 0;  ///< of the barrier or warp operation it waits at
    Request request;
};

/// Runs launches, one at a time: blocks one after the other, the threads of a block in turns, each from one
/// barrier or warp operation to the next.
class Execution {
  public:
    static Execution& instance();

    void run(const Launch& launch);

    // Called by the kernel that runs, on the fiber of the current thread.
    void access(std::uintptr_t address, std::size_t bytes, bool aligned, Access access, const void* site);
    /// How many voted for it, and above 32 bits, how many voted.
    std::uint64_t block_barrier(int predicate, const void* site);
    std::uint64_t warp_operation(const Request& request, const void* site);
    /// A read of 16 bytes that must be shared memory.
    void shared_row_access(std::uintptr_t address, std::size_t bytes, const void* site);
    void start_async_copy(const AsyncCopy& copy);
    void commit_async_copies() { async_copies_.commit(current_); }
    void wait_async_copies(unsigned pending);
    void fence(bool device_wide) { ordering_.fence(current_, device_wide); }

    bool given_up() const { return given_up_; }
    [[noreturn]] void leave();
    bool on_own_stack(std::uintptr_t address) const { return address - stack_low_ < Stacks::bytes; }
    unsigned current() const { return current_; }
    Thread& thread(unsigned rank) { return threads_[rank]; }
    const Launch& launch() const { return *launch_; }
    SharedMemory& shared_memory() { return shared_; }
    DeviceMemory& device_memory() { return memory_; }
    Counters& counters() { return counters_; }

    /// A report about the current thread. Unless the launch may go on, given_up() holds from then on, and the
    /// thread must leave() as soon as nothing is left on its stack that owns memory.
    void report(Kind kind, std::uint32_t site, const std::string& what, const std::string& memory = "");

    void set_order(Order order, std::uint64_t seed);
    std::recursive_mutex& mutex() { return mutex_; }

  private:
    using Transfer = boost::context::detail::transfer_t;

    Execution() = default;
    static void thread_main(Transfer transfer);
    void run_block(unsigned block);
    void start_threads();
    bool resume(unsigned rank);
    void suspend();
    void check_shared_limit();
    bool release_barrier();
    void explain_deadlock();
    void explain_endless_wait();
    void complete_warp_operation(unsigned warp, const Request& request);
    std::vector<unsigned> ordered(unsigned count, unsigned salt) const;
    Report describe(Kind kind, std::uint32_t site, unsigned rank) const;
    void finish(Report report);

    void land(const AsyncCopy& copy);
    void access_at(std::uintptr_t address, std::size_t bytes, bool aligned, Access access,
                   std::uint32_t site);
    void check_state(const Segment& segment, std::uintptr_t address, std::size_t bytes, Access access,
                     std::uint32_t site);
    void check_race(const Segment& segment, std::uintptr_t address, std::size_t bytes, Access access,
                    std::uint32_t site);
    void access_elsewhere(std::uintptr_t address, std::size_t bytes, Access access, std::uint32_t site);
    void report_bad_memory(const Segment& segment, std::uintptr_t address, std::size_t bytes, Access access,
                           std::uint32_t site);
    void report_race(const Segment& segment, std::uintptr_t address, const Conflict& conflict, Access access,
                     std::uint32_t site);
    std::string describe_memory(const Segment& segment, std::uintptr_t address) const;

    std::recursive_mutex mutex_;
    Stacks stacks_;
    DeviceMemory memory_;
    SharedMemory shared_;
    Ordering ordering_;
    Races races_{ordering_};
    AsyncCopies async_copies_;
    Counters counters_;

    const Launch* launch_ = nullptr;
    std::vector<Thread> threads_ = std::vector<Thread>(max_threads);
    unsigned thread_count_ = 0, current_ = 0, exited_ = 0, at_barrier_ = 0;
    std::uintptr_t stack_low_ = 0;
    std::int64_t patience_ = 0;  ///< accesses that the current thread may still make before it has to wait
    boost::context::detail::fcontext_t scheduler_ = nullptr;
    StackBounds scheduler_stack_;
    bool given_up_ = false;
    std::exception_ptr thrown_;  ///< by the kernel itself

    Order order_ = Order::forward;
    std::uint64_t seed_ = 1;
};

}  // namespace kernels::emulator
