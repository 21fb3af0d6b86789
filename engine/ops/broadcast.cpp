#include "engine/ops/broadcast.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/ops/checks.h"

namespace engine {
namespace {

/// Extent of a dimension counted from the last (0 is the last); 1 where the tensor has no such dimension.
std::int64_t extent_from_last(const Shape& shape, int dimension) {
    return dimension < shape.rank() ? shape[shape.rank() - 1 - dimension] : 1;
}

}  // namespace

kernels::Broadcast broadcast(std::string_view op, const Tensor& x, const Tensor& y) {
    check_float(op, "the first operand", x);
    check_float(op, "the second operand", y);
    check_device(op, x, {y});
    kernels::Broadcast result{};
    std::int64_t x_stride = 1, y_stride = 1;
    for (int dimension = 0; dimension < Shape::max_rank; ++dimension) {
        const std::int64_t x_extent = extent_from_last(x.shape(), dimension);
        const std::int64_t y_extent = extent_from_last(y.shape(), dimension);
        if (x_extent != y_extent && x_extent != 1 && y_extent != 1)
            throw UsageError("shapes " + to_string(x.shape()) + " and " + to_string(y.shape()),
                             "in " + std::string(op), "extents must agree from the last on, or be 1");
        const auto place = static_cast<std::size_t>(Shape::max_rank - 1 - dimension);
        result.extent[place] = x_extent == 1 ? y_extent : x_extent;
        result.x_stride[place] = x_extent == 1 ? 0 : x_stride;
        result.y_stride[place] = y_extent == 1 ? 0 : y_stride;
        x_stride *= x_extent;
        y_stride *= y_extent;
    }
    return result;
}

Shape broadcast_shape(const Tensor& x, const Tensor& y) {
    const kernels::Broadcast shape = broadcast("broadcast", x, y);
    const int rank = std::max(x.shape().rank(), y.shape().rank());
    return Shape(shape.extent.data() + Shape::max_rank - rank, shape.extent.data() + Shape::max_rank);
}

}  // namespace engine
