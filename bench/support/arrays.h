#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "kernels/common/memory.h"
#include "kernels/common/philox.h"

/// Arrays that benchmarks work on, and how results are judged.
namespace bench {

/// Memory as tensors have it.
template <typename T>
struct CacheLineAllocator {
    using value_type = T;  // NOLINT(readability-identifier-naming): std::vector asks for it

    CacheLineAllocator() = default;
    template <typename U>
    explicit CacheLineAllocator(const CacheLineAllocator<U>&) {}

    T* allocate(std::size_t count) {
        return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kernels::alignment}));
    }
    void deallocate(T* memory, std::size_t) {
        ::operator delete (memory, std::align_val_t{kernels::alignment});
    }
    bool operator==(const CacheLineAllocator&) const { return true; }
};

template <typename T>
using Array = std::vector<T, CacheLineAllocator<T>>;

/// An output before it is written: NaN, which no check lets pass.
template <typename T>
Array<T> unwritten(std::int64_t size) {
    return Array<T>(static_cast<std::size_t>(size), std::numeric_limits<T>::quiet_NaN());
}

/// A gradient target before it is added to.
template <typename T>
Array<T> target(std::int64_t size) {
    return Array<T>(static_cast<std::size_t>(size), T{0.5});
}

/// Uniform in [low, high): the same floats in every run, and for every T. Each array takes another stream.
template <typename T>
Array<T> random_array(std::int64_t size, std::uint64_t stream, float low = -1, float high = 1) {
    constexpr std::uint64_t seed = 20240229;
    Array<T> values(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < values.size(); i += 4) {
        const kernels::PhiloxBlock words = kernels::philox(seed, stream, i / 4);
        for (std::size_t j = 0; j < 4 && i + j < values.size(); ++j)
            values[i + j] = low + (high - low) * kernels::uniform_from_bits(words[j]);
    }
    return values;
}

template <typename T>
Array<double> widened(const Array<T>& values) {
    return Array<double>(values.begin(), values.end());
}

/// The first and the last image of a batch of at least two.
template <typename To, typename From>
Array<To> first_and_last(const Array<From>& batch, std::int64_t images) {
    const auto image = static_cast<std::ptrdiff_t>(batch.size()) / images;
    Array<To> two(batch.begin(), batch.begin() + image);
    two.insert(two.end(), batch.end() - image, batch.end());
    return two;
}

/// Sets all images of a batch but the first and the last to zero.
template <typename T>
void keep_first_and_last(Array<T>& batch, std::int64_t images) {
    const auto image = static_cast<std::ptrdiff_t>(batch.size()) / images;
    std::fill(batch.begin() + image, batch.end() - image, T{0});
}

/// What is allowed between a fast float kernel and the definition in double, as a part of the largest
/// expected value of the array: room for sums in any order and for Winograd's transforms, not for a mistake.
inline constexpr double tolerance = 1e-4;

/// Prints the first element that is wrong and ends the program, if there is one. NaN is wrong.
void require_close(const std::string& what, const Array<double>& actual, const Array<double>& expected);

template <typename T, typename U>
void require_close(const std::string& what, const Array<T>& actual, const Array<U>& expected) {
    require_close(what, widened(actual), widened(expected));
}

}  // namespace bench
