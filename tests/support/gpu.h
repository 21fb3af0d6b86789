#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/common/memory.h"
#include "kernels/common/runtime.h"
#include "tests/support/compare.h"
#include "tests/support/devices.h"

#if CIFAR_ENGINE_HAS_EMULATOR
#include "kernels/emulator/emulator.h"
#endif

/// How tests of ops run a .cu file: on the emulated device and, where there is one, on a GPU. This is the one
/// place that knows which of them a build and a machine have; a test is the same for both.
namespace test {

using Results = std::vector<std::vector<float>>;

/// What a test needs of a device: its id, for the op's call, and arrays, freed with their owner.
class Gpu {
  public:
    explicit Gpu(kernels::Device id) : id_(id) {}
    kernels::Device id() const { return id_; }

    template <typename T>
    class Array {
      public:
        Array(kernels::Device device, std::int64_t size)
            : device_(device), size_(static_cast<std::size_t>(size)) {
            if (size_ != 0) data_ = static_cast<T*>(kernels::allocate(device_, size_ * sizeof(T)));
        }
        Array(kernels::Device device, const std::vector<T>& values)
            : Array(device, static_cast<std::int64_t>(values.size())) {
            if (size_ != 0) kernels::copy_from_host(device_, data_, values.data(), size_ * sizeof(T));
        }
        ~Array() {
            if (size_ != 0) kernels::release(device_, data_);
        }
        Array(const Array&) = delete;
        Array& operator=(const Array&) = delete;

        T* data() const { return data_; }
        /// Waits for the kernels before, and throws DeviceError if one of them failed.
        std::vector<T> values() const {
            std::vector<T> result(size_);
            if (size_ != 0) kernels::copy_to_host(device_, result.data(), data_, size_ * sizeof(T));
            return result;
        }

      private:
        kernels::Device device_;
        std::size_t size_;
        T* data_ = nullptr;
    };

    /// An input, or a gradient target.
    template <typename T>
    Array<T> array(const std::vector<T>& values) {
        return Array<T>(id_, values);
    }
    /// An output. What a kernel forgets to write is NaN. The emulated device is not told so: a kernel that
    /// reads it is accused.
    template <typename T>
    Array<T> output(std::int64_t size) {
        if (id_ == kernels::Device::emulated) return Array<T>(id_, size);
        std::vector<T> unwritten(static_cast<std::size_t>(size));
        if (size != 0) std::memset(unwritten.data(), 0xff, unwritten.size() * sizeof(T));
        return Array<T>(id_, unwritten);
    }

  private:
    kernels::Device id_;
};

/// Checks that two runs gave the same, bit for bit.
inline void check_repeated(const Results& now, const Results& before, const std::string& how) {
    REQUIRE(now.size() == before.size());
    for (std::size_t k = 0; k < now.size(); ++k)
        check_same_bits("array " + std::to_string(k) + how, now[k], before[k]);
}

/// Three runs with the device's threads and blocks in forward, reverse and shuffled order. Checks that the
/// kernels were accused of nothing, that the results are the same and that no device memory is left.
template <typename Compute>
Results in_three_orders([[maybe_unused]] const Compute& compute) {
    Results results;
#if CIFAR_ENGINE_HAS_EMULATOR
    using kernels::emulator::Order;
    for (const Order order : {Order::forward, Order::reverse, Order::shuffled}) {
        kernels::emulator::set_order(order);
        const std::size_t before = kernels::emulator::find_leaks().size();
        Gpu device(kernels::Device::emulated);
        const Results now = compute(device);
        // An op keeps the working memory that it takes at its first call.
        if (!results.empty()) CHECK(kernels::emulator::find_leaks().size() == before);
        if (order == Order::forward) results = now;
        check_repeated(now, results, " in another order of threads");
    }
    kernels::emulator::set_order(Order::forward);
#endif
    return results;
}

/// Two runs on a GPU, whose threads come in an order of their own: checks that the results are the same.
template <typename Compute>
Results repeated(const Compute& compute) {
    Gpu device(kernels::Device::cuda);
    const Results results = compute(device);
    check_repeated(compute(device), results, " the second time");
    kernels::runtime(kernels::Device::cuda).synchronize();
    return results;
}

/// Runs compute(device), which returns arrays of floats, on each device of other_devices(): its results. None
/// where there is neither an emulator nor a GPU.
template <typename Compute>
std::vector<Results> on_gpus(const Compute& compute) {
    std::vector<Results> results;
    for (const kernels::Device device : other_devices()) {
        CAPTURE(kernels::name(device));
        results.push_back(device == kernels::Device::cuda ? repeated(compute) : in_three_orders(compute));
    }
    return results;
}

}  // namespace test
