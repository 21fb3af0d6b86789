#pragma once

#include <cstdint>

#include "kernels/common/philox.h"

namespace engine {

/// One sequence of random numbers: element i is a pure function of (seed, stream, i).
struct RandomStream {
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;

    std::uint32_t word(std::uint64_t index) const { return kernels::philox_word(seed, stream, index); }
    /// In [0, 1).
    float uniform(std::uint64_t index) const { return kernels::uniform_from_bits(word(index)); }
    /// In [0, bound), bound >= 1, by the multiply-shift of Lemire (2019); its bias of bound / 2^32 is
    /// accepted.
    std::uint32_t below(std::uint64_t index, std::uint32_t bound) const {
        return static_cast<std::uint32_t>((std::uint64_t{word(index)} * bound) >> 32);
    }
};

/// Hands out streams in order, one per random decision: each parameter to initialise, each call of dropout.
/// Saving seed and next_stream is enough to resume.
class Generator {
  public:
    explicit Generator(std::uint64_t seed = 0) : seed_(seed) {}

    RandomStream next() { return {seed_, next_stream_++}; }
    std::uint64_t seed() const { return seed_; }
    std::uint64_t next_stream() const { return next_stream_; }
    void restore(std::uint64_t seed, std::uint64_t next_stream) {
        seed_ = seed;
        next_stream_ = next_stream;
    }

  private:
    std::uint64_t seed_;
    std::uint64_t next_stream_ = 0;
};

/// What layers draw from unless told otherwise.
Generator& default_generator();

/// Starts the default generator afresh.
void manual_seed(std::uint64_t seed);

}  // namespace engine
