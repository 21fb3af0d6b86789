#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/context/detail/fcontext.hpp>

namespace kernels::emulator {

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
