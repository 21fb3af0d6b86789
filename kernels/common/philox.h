#pragma once

#include <array>
#include <cstdint>

/// Philox4x32-10, the counter-based random generator of Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3" (SC 2011), table 2 and figure 4. A number is a pure function of (seed, stream, index): any thread
/// of any device can draw any number of a sequence without drawing those before it.
namespace kernels {

using PhiloxBlock = std::array<std::uint32_t, 4>;

/// The ten rounds: `counter` encrypted with `key`.
constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(product1),
                   static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(product0)};
        key[0] += 0x9E3779B9;  // Weyl sequence: golden ratio
        key[1] += 0xBB67AE85;  // and sqrt(3) - 1
    }
    return counter;
}

/// Block `index` of sequence `stream` under `seed`: four random words.
constexpr PhiloxBlock philox(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
    return philox4x32({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                       static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)},
                      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}

/// Word `index` of the sequence, the unit that dropout draws: word i%4 of block i/4.
constexpr std::uint32_t philox_word(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
    return philox(seed, stream, index / 4)[index % 4];
}

/// Uniform in [0, 1) from the upper 24 bits: every value is an exact float.
constexpr float uniform_from_bits(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24F; }

}  // namespace kernels
