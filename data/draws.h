#pragma once

#include <cstdint>

#include "engine/random.h"

namespace data {

/// What a loader draws random numbers for.
enum class Purpose : std::uint64_t { shuffle = 0, alternation = 1, augmentation = 2 };

/// The Philox stream of a purpose in one epoch. The layers' Generator counts its streams up from 0, so under
/// the same seed the upper half of all streams is the loader's: bit 63 is set, the two below are the purpose,
/// the rest is the epoch.
constexpr engine::RandomStream loader_stream(std::uint64_t seed, Purpose purpose, std::int64_t epoch) {
    return {seed, std::uint64_t{1} << 63 | static_cast<std::uint64_t>(purpose) << 61 |
                      static_cast<std::uint64_t>(epoch)};
}

/// The random decisions about one example in one epoch, one after the other. Each is a pure function of seed,
/// epoch, example and its place in the row of decisions, so no thread or order of examples changes it.
class Draws {
  public:
    Draws(std::uint64_t seed, std::int64_t epoch, std::int64_t example)
        : stream_(loader_stream(seed, Purpose::augmentation, epoch)),
          in_all_epochs_(loader_stream(seed, Purpose::alternation, 0)),
          is_odd_epoch_(epoch % 2 != 0),
          next_(static_cast<std::uint64_t>(example) << 32) {}

    /// In [0, 1).
    float uniform() { return stream_.uniform(next_++); }
    /// In [0, bound), bound >= 1.
    std::int64_t below(std::int64_t bound) {
        return stream_.below(next_++, static_cast<std::uint32_t>(bound));
    }

    /// Drawn once for an example, even chances; the opposite in every other epoch.
    bool alternating() { return (in_all_epochs_.uniform(next_++) < 0.5F) != is_odd_epoch_; }

  private:
    engine::RandomStream stream_;
    engine::RandomStream in_all_epochs_;
    bool is_odd_epoch_;
    std::uint64_t next_;  // upper half: the example; lower half: the decision
};

}  // namespace data
