#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/context/detail/fcontext.hpp>

namespace kernels::emulator {

/// Where a stack lies; null: unknown, and of no interest but to the address sanitizer.
struct StackBounds {
    const void* low = nullptr;
    std::size_t bytes = 0;
};

/// Stands around a jump to another stack, and tells the address sanitizer, if there is one.
class StackSwitch {
  public:
    explicit StackSwitch(const StackBounds& target);
    ~StackSwitch();
    StackSwitch(const StackSwitch&) = delete;
    StackSwitch& operator=(const StackSwitch&) = delete;

    /// On a stack that nothing ran on before: where the jump came from.
    static StackBounds arrived();

  private:
    void* left_ = nullptr;
};

/// The stacks of a block's threads, mapped once, each below a page that nothing may touch.
///
/// Boost's plain contexts are used, not its fiber class: that one unwinds a fiber that is given up, through
/// frames that may be noexcept. A GPU thread owns nothing, so a launch that is given up is simply forgotten.
class Stacks {
  public:
    static constexpr std::size_t bytes = std::size_t{256} << 10, count = 1024;

    Stacks();
    Stacks(const Stacks&) = delete;
    Stacks& operator=(const Stacks&) = delete;

    std::uintptr_t low(unsigned rank) const { return base_ + rank * bytes; }
    /// A context that will run `entry` on this stack, whatever was there before.
    boost::context::detail::fcontext_t fresh(unsigned rank,
                                             void (*entry)(boost::context::detail::transfer_t)) const;
    /// Does the address belong to any of the stacks?
    bool contains(std::uintptr_t address) const { return address - base_ < count * bytes; }

  private:
    std::uintptr_t base_;
};

}  // namespace kernels::emulator
