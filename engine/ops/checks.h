#pragma once

#include <initializer_list>
#include <string_view>

#include "engine/tensor.h"

/// The checks that several ops make of their inputs. Each throws UsageError naming the op and the shapes.
namespace engine {

/// x is defined and float32; `what` names it in the message.
void check_float(std::string_view op, std::string_view what, const Tensor& x);

/// x is defined, float32 and of `rank` dimensions; `layout` says which, e.g. "(N, H, W, C)".
void check_rank(std::string_view op, const Tensor& x, int rank, std::string_view layout);

/// `parameter` is defined, float32 and has exactly this shape.
void check_shape(std::string_view op, std::string_view parameter_name, const Tensor& parameter,
                 const Shape& shape);

/// All that are defined are on the device of x.
void check_device(std::string_view op, const Tensor& x, std::initializer_list<Tensor> others);

}  // namespace engine
