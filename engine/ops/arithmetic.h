#pragma once

#include "engine/ops/add.h"
#include "engine/ops/mul.h"
#include "engine/ops/sum.h"

namespace engine {

/// x + y, x - y and x * y, broadcast as NumPy does: extents of 1 stretch, missing leading ones are added.
inline Tensor operator+(const Tensor& x, const Tensor& y) { return add(x, y); }
inline Tensor operator-(const Tensor& x, const Tensor& y) { return add(x, y, -1.0F); }
inline Tensor operator*(const Tensor& x, const Tensor& y) { return mul(x, y); }

/// The same with a number, to be found on x's device.
inline Tensor operator+(const Tensor& x, float y) { return add(x, full({}, y, x.device())); }
inline Tensor operator-(const Tensor& x, float y) { return x + -y; }
inline Tensor operator*(const Tensor& x, float y) { return mul(x, full({}, y, x.device())); }
inline Tensor operator/(const Tensor& x, float y) { return x * (1 / y); }
inline Tensor operator+(float x, const Tensor& y) { return y + x; }
inline Tensor operator-(float x, const Tensor& y) { return add(full({}, x, y.device()), y, -1.0F); }
inline Tensor operator*(float x, const Tensor& y) { return y * x; }
inline Tensor operator-(const Tensor& x) { return x * -1.0F; }

}  // namespace engine
