#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include "kernels/common/device.h"

namespace kernels::cuda {
/// kernels/common/stream.h, which host compilers read as the emulated device's.
cudaStream_t work_stream();
}  // namespace kernels::cuda

/// What all calls of the libraries need; for the files of this folder.
namespace kernels::vendor {

inline void check(cublasStatus_t status, const std::string& call) {
    if (status != CUBLAS_STATUS_SUCCESS)
        throw DeviceError(call + ": " + cublasGetStatusString(status) +
                          ", in cuBLAS, it is a rival only: do without");
}

inline void check(cudnnStatus_t status, const std::string& call) {
    if (status != CUDNN_STATUS_SUCCESS)
        throw DeviceError(call + ": " + cudnnGetErrorString(status) +
                          ", in cuDNN, it is a rival only: do without");
}

/// On the stream of work; made at the first use, after it is certain that there is a GPU.
cublasHandle_t cublas();
cudnnHandle_t cudnn();

/// Memory of the device that grows as needed; valid until the next call.
void* workspace(std::size_t bytes);

/// The libraries count in int. Throws DeviceError beyond it.
int as_int(std::int64_t value);

/// A descriptor of cuDNN's, made and destroyed with its owner.
template <typename T, cudnnStatus_t (*create)(T*), cudnnStatus_t (*destroy)(T)>
class Descriptor {
  public:
    Descriptor() { check(create(&value_), "the making of a descriptor"); }
    ~Descriptor() { destroy(value_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    T get() const { return value_; }

  private:
    T value_ = nullptr;
};

/// Float, (images, height, width, channels).
class TensorDescriptor
    : public Descriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor> {
  public:
    TensorDescriptor(std::int64_t images, std::int64_t height, std::int64_t width, std::int64_t channels) {
        check(cudnnSetTensor4dDescriptor(get(), CUDNN_TENSOR_NHWC, CUDNN_DATA_FLOAT, as_int(images),
                                         as_int(channels), as_int(height), as_int(width)),
              "cudnnSetTensor4dDescriptor");
    }
};

/// A matrix (rows, channels), as one image whose pixels are the rows: of images, cuDNN takes fewer.
class RowsDescriptor : public TensorDescriptor {
  public:
    RowsDescriptor(std::int64_t rows, std::int64_t channels) : TensorDescriptor(1, rows, 1, channels) {}
};

inline constexpr float one = 1, zero = 0;  ///< factors: gradients add (one), outputs are overwritten (zero)

/// out += bias, for each of `rows` rows; d_bias += the sum of rows of d_out.
void add_bias(float* out, const float* bias, std::int64_t rows, std::int64_t features);
void add_bias_gradient(float* d_bias, const float* d_out, std::int64_t rows, std::int64_t features);

}  // namespace kernels::vendor
