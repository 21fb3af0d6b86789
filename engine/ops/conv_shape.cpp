#include "engine/ops/conv_shape.h"

#include "engine/error.h"
#include "engine/ops/checks.h"

namespace engine {

kernels::Conv2dShape conv_shape(std::string_view op, const Tensor& x, const Tensor& weight,
                                std::int64_t stride, std::int64_t padding) {
    check_rank(op, x, 4, "(N, H, W, C)");
    check_rank(op, weight, 4, "(out_channels, kernel, kernel, in_channels)");
    check_shape(op, "weight", weight, {weight.size(0), weight.size(1), weight.size(1), x.size(3)});
    check_device(op, x, {weight});
    const std::string where = "in " + std::string(op);
    if (stride < 1 || padding < 0)
        throw UsageError("stride " + std::to_string(stride) + ", padding " + std::to_string(padding), where,
                         "stride is at least 1, padding at least 0");
    const kernels::Conv2dShape shape{x.size(0),      x.size(1),      x.size(2), x.size(3),
                                     weight.size(0), weight.size(1), stride,    padding};
    if (shape.height + 2 * padding < shape.kernel || shape.width + 2 * padding < shape.kernel)
        throw UsageError("filters of " + std::to_string(shape.kernel) + "x" + std::to_string(shape.kernel) +
                             " on images of shape " + to_string(x.shape()),
                         where, "use a smaller kernel or more padding");
    return shape;
}

}  // namespace engine
