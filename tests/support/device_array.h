#pragma once

#include <cstddef>
#include <stdexcept>
#include <vector>

#include "kernels/common/cuda.h"

namespace test {

/// Device memory in tests of .cu files; freed with its owner. Without values it is not initialised.
template <typename T>
class DeviceArray {
  public:
    explicit DeviceArray(std::size_t size) : size_(size) {
        if (cudaMalloc(&data_, size * sizeof(T)) != cudaSuccess) throw std::runtime_error("no device memory");
    }
    explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
        if (cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice) != cudaSuccess)
            throw std::runtime_error("copy to the device failed");
    }
    ~DeviceArray() { cudaFree(data_); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;

    T* data() const { return data_; }
    std::vector<T> values() const {
        std::vector<T> result(size_);
        if (cudaMemcpy(result.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost) != cudaSuccess)
            throw std::runtime_error("copy from the device failed");
        return result;
    }

  private:
    std::size_t size_;
    T* data_ = nullptr;
};

}  // namespace test
