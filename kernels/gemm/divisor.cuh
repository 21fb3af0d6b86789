#pragma once

#include "kernels/common/cuda.h"

namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// Division by a number that is known when the kernel is launched: a multiplication and a shift, where a GPU
/// takes some twenty instructions for a division. With s = ceil(log2 d) and m = floor(2^32 (2^s - d) / d) + 1
///   n / d = (floor(n m / 2^32) + n) >> s    for 0 <= n < 2^31
/// (T. Granlund and P. Montgomery, Division by Invariant Integers using Multiplication, 1994, figure 4.1).
class Divisor {
  public:
    /// 0, of something empty, is taken for 1.
    explicit Divisor(std::int64_t divisor) : divisor_(divisor == 0 ? 1 : static_cast<unsigned>(divisor)) {
        while ((std::uint64_t{1} << shift_) < divisor_) ++shift_;
        multiplier_ = static_cast<unsigned>(
            (std::uint64_t{1} << 32) * ((std::uint64_t{1} << shift_) - divisor_) / divisor_ + 1);
    }

    struct Result {
        int quotient, remainder;
    };
    __device__ __forceinline__ Result divide(int n) const {
        const auto dividend = static_cast<unsigned>(n);
        const unsigned quotient = (__umulhi(dividend, multiplier_) + dividend) >> shift_;
        return {static_cast<int>(quotient), static_cast<int>(dividend - quotient * divisor_)};
    }

  private:
    unsigned divisor_, multiplier_ = 0, shift_ = 0;
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
