#pragma once

#include "engine/ops/add.h"
#include "engine/ops/mul.h"
#include "engine/ops/sum.h"

namespace engine {

/// x + y, x - y and x * y, broadcast as NumPy does: extents of 1 stretch, missing leading ones are added.
inline Tensor operator+(const Tensor& x, const Tensor& y) { return add(x, y); }
inline Tensor operator-(const Tensor& x, const Tensor& y) { return add(x, y, -1.0F); }
inline Tensor operator*(const Tensor& x, const Tensor& y) { return mul(x, y); }
inline Tensor operator*(const Tensor& x, float factor) { return mul(x, full({}, factor)); }

}  // namespace engine
