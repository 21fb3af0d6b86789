#include "kernels/vendor/handles.h"
#include "kernels/vendor/vendor.h"

namespace kernels::vendor {
namespace {

/// Its backward wants to know the epsilon, too, but does not use it where the forward's inv_std is passed.
constexpr double unused_epsilon = 1e-5;

struct Descriptors {
    Descriptors(std::int64_t rows, std::int64_t channels) : x(rows, channels), statistics(1, channels) {}
    RowsDescriptor x, statistics;
};

}  // namespace

void batch_norm_train_forward(const BatchNormTrainForward<float>& args) {
    const Descriptors d(args.rows, args.channels);
    check(cudnnBatchNormalizationForwardTraining(cudnn(), CUDNN_BATCHNORM_SPATIAL, &one, &zero, d.x.get(),
                                                 args.x, d.x.get(), args.out, d.statistics.get(), args.weight,
                                                 args.bias, static_cast<double>(args.momentum),
                                                 args.running_mean, args.running_var,
                                                 static_cast<double>(args.epsilon), args.mean, args.inv_std),
          "cudnnBatchNormalizationForwardTraining");
}

void batch_norm_eval_forward(const BatchNormEvalForward<float>& args) {
    const Descriptors d(args.rows, args.channels);
    check(cudnnBatchNormalizationForwardInference(cudnn(), CUDNN_BATCHNORM_SPATIAL, &one, &zero, d.x.get(),
                                                  args.x, d.x.get(), args.out, d.statistics.get(),
                                                  args.weight, args.bias, args.running_mean, args.running_var,
                                                  static_cast<double>(args.epsilon)),
          "cudnnBatchNormalizationForwardInference");
}

void batch_norm_backward(const BatchNormBackward<float>& args) {
    if (!args.batch_statistics || args.d_x == nullptr)
        throw DeviceError(
            "a backward of batch normalisation without the batch's statistics or without d_x, in cuDNN, "
            "it has none");
    const Descriptors d(args.rows, args.channels);
    check(cudnnBatchNormalizationBackward(cudnn(), CUDNN_BATCHNORM_SPATIAL, &one, &one, &one, &one, d.x.get(),
                                          args.x, d.x.get(), args.d_out, d.x.get(), args.d_x,
                                          d.statistics.get(), args.weight, args.d_weight, args.d_bias,
                                          unused_epsilon, args.mean, args.inv_std),
          "cudnnBatchNormalizationBackward");
}

}  // namespace kernels::vendor
