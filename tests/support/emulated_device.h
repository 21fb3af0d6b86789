#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/common/device.h"
#include "tests/support/compare.h"

#if CIFAR_ENGINE_HAS_EMULATOR
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/runtime_api.h"
#endif

/// How tests of ops run a .cu file. The build for the thread sanitizer has no emulated device; this is the
/// one place that knows: emulated() then runs nothing.
namespace test {

using Results = std::vector<std::vector<float>>;

#if CIFAR_ENGINE_HAS_EMULATOR

/// What a test needs of the emulated device: arrays, freed with their owner.
class EmulatedDevice {
  public:
    template <typename T>
    class Array {
      public:
        explicit Array(std::int64_t size) : size_(static_cast<std::size_t>(size)) {
            if (size_ != 0 &&
                kernels::emulator::cudaMalloc(&data_, size_ * sizeof(T)) != kernels::emulator::cudaSuccess)
                throw std::runtime_error("the emulated device has no room");
        }
        explicit Array(const std::vector<T>& values) : Array(static_cast<std::int64_t>(values.size())) {
            copy(data_, values.data(), kernels::emulator::cudaMemcpyHostToDevice);
        }
        ~Array() { kernels::emulator::cudaFree(data_); }
        Array(const Array&) = delete;
        Array& operator=(const Array&) = delete;

        T* data() const { return data_; }
        std::vector<T> values() const {
            std::vector<T> result(size_);
            copy(result.data(), data_, kernels::emulator::cudaMemcpyDeviceToHost);
            return result;
        }

      private:
        void copy(void* to, const void* from, kernels::emulator::cudaMemcpyKind kind) const {
            if (kernels::emulator::cudaMemcpy(to, from, size_ * sizeof(T), kind) !=
                kernels::emulator::cudaSuccess)
                throw std::runtime_error("a copy to or from the emulated device failed");
        }
        std::size_t size_;
        T* data_ = nullptr;
    };

    /// An input, or a gradient target.
    template <typename T>
    Array<T> array(const std::vector<T>& values) {
        return Array<T>(values);
    }
    /// An output: not initialised, so that a kernel which reads it is accused; what it forgets to write is
    /// NaN.
    template <typename T>
    Array<T> output(std::int64_t size) {
        return Array<T>(size);
    }
};

/// Runs compute(device), which returns arrays of floats, with the device's threads and blocks in forward,
/// reverse and shuffled order. Checks that the kernels were accused of nothing, that the results are the same
/// bit for bit and that no device memory is left. Returns the results: one element, or none without an
/// emulator.
template <typename Compute>
std::vector<Results> emulated(const Compute& compute) {
    using kernels::emulator::Order;
    std::vector<Results> results;
    for (const Order order : {Order::forward, Order::reverse, Order::shuffled}) {
        kernels::emulator::set_order(order);
        const std::size_t before = kernels::emulator::find_leaks().size();
        EmulatedDevice device;
        const Results now = compute(device);
        // An op keeps the working memory that it takes at its first call.
        if (!results.empty()) CHECK(kernels::emulator::find_leaks().size() == before);
        if (results.empty()) results.push_back(now);
        REQUIRE(now.size() == results[0].size());
        for (std::size_t k = 0; k < now.size(); ++k)
            check_same_bits("array " + std::to_string(k) + " in another order of threads", now[k],
                            results[0][k]);
    }
    kernels::emulator::set_order(Order::forward);
    return results;
}

#else

struct EmulatedDevice;

template <typename Compute>
std::vector<Results> emulated(const Compute&) {
    return {};
}

#endif

}  // namespace test
