#pragma once

#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/linear/linear.h"
#include "kernels/max_pool/max_pool.h"

/// NVIDIA's own kernels, cuBLAS and cuDNN, behind our contracts: a ceiling for the benchmarks and a second
/// opinion for the tests. The program never uses them. All pointers are of Device::cuda, and all is queued on
/// its stream of work. Each throws DeviceError if the library refuses, and says with which of its words.
namespace kernels::vendor {

/// Products of fp32, or of tf32 on tensor cores. Throws DeviceError for bf16: the libraries want tensors that
/// are bfloat16 in memory, ours are float32.
void linear_forward(const LinearForward<float>& args);
void linear_backward(const LinearBackward<float>& args);

/// The first call with a shape tries out the library's algorithms: it waits, and writes to memory of its own.
void conv2d_forward(const Conv2dForward<float>& args);
void conv2d_backward(const Conv2dBackward<float>& args);

/// Writes no winner: cuDNN's backward finds it again, from x and out, which our contract does not pass. So
/// there is no backward.
void max_pool_forward(const MaxPoolForward<float>& args);
/// One bin, the whole image.
void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args);
void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args);

void batch_norm_train_forward(const BatchNormTrainForward<float>& args);
void batch_norm_eval_forward(const BatchNormEvalForward<float>& args);
/// With the statistics of the batch, and a d_x.
void batch_norm_backward(const BatchNormBackward<float>& args);

}  // namespace kernels::vendor
