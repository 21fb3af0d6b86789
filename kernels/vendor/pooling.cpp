#include "kernels/vendor/handles.h"
#include "kernels/vendor/vendor.h"

namespace kernels::vendor {
namespace {

class PoolingDescriptor : public Descriptor<cudnnPoolingDescriptor_t, cudnnCreatePoolingDescriptor,
                                            cudnnDestroyPoolingDescriptor> {
  public:
    PoolingDescriptor(cudnnPoolingMode_t mode, std::int64_t height, std::int64_t width,
                      std::int64_t row_stride, std::int64_t column_stride) {
        check(cudnnSetPooling2dDescriptor(get(), mode, CUDNN_PROPAGATE_NAN, as_int(height), as_int(width), 0,
                                          0, as_int(row_stride), as_int(column_stride)),
              "cudnnSetPooling2dDescriptor");
    }
};

/// One window, the whole image.
struct WholeImage {
    explicit WholeImage(const AdaptiveAvgPoolShape& s)
        : pooling(CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING, s.height, s.width, s.height, s.width),
          x(s.images, s.height, s.width, s.channels),
          out(s.images, 1, 1, s.channels) {
        if (s.out_height != 1 || s.out_width != 1)
            throw DeviceError(
                "adaptive pooling to more than one bin, in cuDNN, it pools to windows of one size only");
    }
    PoolingDescriptor pooling;
    TensorDescriptor x, out;
};

}  // namespace

void max_pool_forward(const MaxPoolForward<float>& args) {
    const MaxPoolShape& s = args.shape;
    const PoolingDescriptor pooling(CUDNN_POOLING_MAX, s.window, s.window, s.stride, s.stride);
    const TensorDescriptor x(s.images, s.height, s.width, s.channels),
        out(s.images, s.out_height(), s.out_width(), s.channels);
    check(cudnnPoolingForward(cudnn(), pooling.get(), &one, x.get(), args.x, &zero, out.get(), args.out),
          "cudnnPoolingForward");
}

void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args) {
    const WholeImage image(args.shape);
    check(cudnnPoolingForward(cudnn(), image.pooling.get(), &one, image.x.get(), args.x, &zero,
                              image.out.get(), args.out),
          "cudnnPoolingForward");
}

// It is handed x and out as well, but an average needs neither: any memory of the right size will do.
void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args) {
    const WholeImage image(args.shape);
    check(
        cudnnPoolingBackward(cudnn(), image.pooling.get(), &one, image.out.get(), args.d_out, image.out.get(),
                             args.d_out, image.x.get(), args.d_x, &one, image.x.get(), args.d_x),
        "cudnnPoolingBackward");
}

}  // namespace kernels::vendor
