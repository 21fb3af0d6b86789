#pragma once

#include <cstdint>

#include "kernels/common/philox.h"

namespace engine {

/// One sequence of random numbers: element i is a pure function of (seed, stream, i).
struct RandomStream {
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;
    /// Null, or where kernels find what they have to add to `stream`, in the memory of their device: see
    /// RelativeStreams. The functions below are for streams without it.
    const std::int64_t* origin = nullptr;

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

    RandomStream next() { return {seed_, next_stream_++ - origin_stream_, origin_}; }
    /// Leaves out streams that others have drawn from.
    void skip(std::uint64_t count) { next_stream_ += count; }
    std::uint64_t seed() const { return seed_; }
    std::uint64_t next_stream() const { return next_stream_; }
    void restore(std::uint64_t seed, std::uint64_t next_stream) {
        seed_ = seed;
        next_stream_ = next_stream;
    }

  private:
    friend class RelativeStreams;

    std::uint64_t seed_;
    std::uint64_t next_stream_ = 0;
    const std::int64_t* origin_ = nullptr;
    std::uint64_t origin_stream_ = 0;  ///< the stream that is 0 to those who count from origin_
};

/// While one lives, a generator hands out streams whose numbers count from *origin, in the memory of a
/// device, which has to hold the generator's next_stream() whenever kernels use them. So kernels that were
/// recorded draw new numbers when they are replayed.
class RelativeStreams {
  public:
    RelativeStreams(Generator& generator, const std::int64_t* origin);
    /// The generator is then as if it had handed out nothing.
    ~RelativeStreams();
    RelativeStreams(const RelativeStreams&) = delete;
    RelativeStreams& operator=(const RelativeStreams&) = delete;

    /// How many were handed out.
    std::uint64_t count() const { return generator_.next_stream_ - first_; }

  private:
    Generator& generator_;
    std::uint64_t first_;
};

/// What layers draw from unless told otherwise.
Generator& default_generator();

/// Starts the default generator afresh.
void manual_seed(std::uint64_t seed);

}  // namespace engine
