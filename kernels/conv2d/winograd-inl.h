// Included once per SIMD target, hence a guard that toggles instead of #pragma once.
#if defined(CIFAR_ENGINE_WINOGRAD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CIFAR_ENGINE_WINOGRAD_INL_H
#undef CIFAR_ENGINE_WINOGRAD_INL_H
#else
#define CIFAR_ENGINE_WINOGRAD_INL_H
#endif

#include <hwy/highway.h>

/// The transforms of kernels/conv2d/winograd.h along one side of a tile, on vectors of channels. Each is a
/// matrix and stands beside its transpose, which the backward needs; sums that a matrix repeats are shared.
HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {

using WinogradTag = hwy::HWY_NAMESPACE::ScalableTag<float>;
using WinogradVector = hwy::HWY_NAMESPACE::Vec<WinogradTag>;

/// c * v.
HWY_INLINE WinogradVector times(float c, WinogradVector v) {
    return hwy::HWY_NAMESPACE::Mul(hwy::HWY_NAMESPACE::Set(WinogradTag(), c), v);
}
/// c * v + w.
HWY_INLINE WinogradVector times_plus(float c, WinogradVector v, WinogradVector w) {
    return hwy::HWY_NAMESPACE::MulAdd(hwy::HWY_NAMESPACE::Set(WinogradTag(), c), v, w);
}

/// F(4, 3) with the interpolation points 0, 1, -1, 1/2, -2 and infinity:
///
///        1 -3/2  -2   3/2   1   0            1     0      0
///        0  -1   1/2  5/2   1   0           1/3   1/3    1/3            1  1  1   1    1  0
/// B^T =  0   1  -5/2  1/2   1   0     G =  -1/3   1/3   -1/3     A^T =  0  1 -1  1/2  -2  0
///        0  -2   -1    2    1   0        -16/15 -8/15  -4/15            0  1  1  1/4   4  0
///        0  1/2  -1  -1/2   1   0          1/15 -2/15   4/15            0  1 -1  1/8  -8  1
///        0   1  -3/2  -2   3/2  1            0     0      1
struct WinogradTile4 {
    using V = WinogradVector;
    static constexpr int points = 6, out = 4, in = 6;

    /// B^T d.
    static HWY_INLINE void input(const V (&d)[6], V (&v)[6]) {
        const V p = d[4] - d[2], q = d[3] - d[1];
        v[0] = times_plus(1.5F, q, (d[0] - d[2]) + p);
        v[1] = times_plus(1.5F, d[2] + d[3], p + q);
        v[2] = times_plus(1.5F, d[3] - d[2], p - q);
        v[3] = times_plus(2.0F, q, p);
        v[4] = times_plus(-0.5F, q, p);
        v[5] = times_plus(1.5F, p, (d[5] - d[3]) - q);
    }
    /// B v.
    static HWY_INLINE void input_adjoint(const V (&v)[6], V (&d)[6]) {
        const V sum = v[1] + v[2], difference = v[1] - v[2];
        const V p = times_plus(1.5F, v[5], (v[0] + sum) + (v[3] + v[4]));
        const V q =
            times_plus(1.5F, v[0], times_plus(2.0F, v[3], times_plus(-0.5F, v[4], difference - v[5])));
        d[0] = v[0];
        d[1] = hwy::HWY_NAMESPACE::Neg(q);
        d[2] = times_plus(1.5F, difference, hwy::HWY_NAMESPACE::Neg(v[0] + p));
        d[3] = times_plus(1.5F, sum, q - v[5]);
        d[4] = p;
        d[5] = v[5];
    }
    /// G g.
    static HWY_INLINE void filter(const V (&g)[3], V (&u)[6]) {
        const V even = times(1.0F / 3, g[0] + g[2]), odd = times(1.0F / 3, g[1]);
        u[0] = g[0];
        u[1] = even + odd;
        u[2] = odd - even;
        u[3] = times(-4.0F / 15, times_plus(4.0F, g[0], times_plus(2.0F, g[1], g[2])));
        u[4] = times(1.0F / 15, times_plus(4.0F, g[2], times_plus(-2.0F, g[1], g[0])));
        u[5] = g[2];
    }
    /// G^T u.
    static HWY_INLINE void filter_adjoint(const V (&u)[6], V (&g)[3]) {
        const V even = times(1.0F / 3, u[1] - u[2]), odd = times(1.0F / 3, u[1] + u[2]);
        const V half = times(-4.0F / 15, u[3]), two = times(1.0F / 15, u[4]);
        g[0] = times_plus(4.0F, half, (u[0] + even) + two);
        g[1] = times_plus(2.0F, half, times_plus(-2.0F, two, odd));
        g[2] = (u[5] + even) + times_plus(4.0F, two, half);
    }
    /// A^T m.
    static HWY_INLINE void output(const V (&m)[6], V (&y)[4]) {
        const V sum = m[1] + m[2], difference = m[1] - m[2];
        y[0] = (m[0] + sum) + (m[3] + m[4]);
        y[1] = times_plus(0.5F, m[3], times_plus(-2.0F, m[4], difference));
        y[2] = times_plus(0.25F, m[3], times_plus(4.0F, m[4], sum));
        y[3] = times_plus(0.125F, m[3], times_plus(-8.0F, m[4], difference + m[5]));
    }
    /// A y.
    static HWY_INLINE void output_adjoint(const V (&y)[4], V (&m)[6]) {
        const V even = y[0] + y[2], odd = y[1] + y[3];
        m[0] = y[0];
        m[1] = even + odd;
        m[2] = even - odd;
        m[3] = times_plus(0.125F, y[3], times_plus(0.25F, y[2], times_plus(0.5F, y[1], y[0])));
        m[4] = times_plus(-8.0F, y[3], times_plus(4.0F, y[2], times_plus(-2.0F, y[1], y[0])));
        m[5] = y[3];
    }
};

/// Along a side of two pixels, what a 3-tap filter does inside the image is a 2x2 Toeplitz matrix,
///   y0 = g1 x0 + g2 x1 = g1 (x0 + x1) + (g2 - g1) x1,
///   y1 = g0 x0 + g1 x1 = g1 (x0 + x1) + (g0 - g1) x0:
/// three products for four (Karatsuba's idea), and all other factors are 1 or -1.
struct WinogradImage2 {
    using V = WinogradVector;
    static constexpr int points = 3, out = 2, in = 2;

    static HWY_INLINE void input(const V (&d)[2], V (&v)[3]) {
        v[0] = d[0] + d[1];
        v[1] = d[1];
        v[2] = d[0];
    }
    static HWY_INLINE void input_adjoint(const V (&v)[3], V (&d)[2]) {
        d[0] = v[0] + v[2];
        d[1] = v[0] + v[1];
    }
    static HWY_INLINE void filter(const V (&g)[3], V (&u)[3]) {
        u[0] = g[1];
        u[1] = g[2] - g[1];
        u[2] = g[0] - g[1];
    }
    static HWY_INLINE void filter_adjoint(const V (&u)[3], V (&g)[3]) {
        g[0] = u[2];
        g[1] = u[0] - (u[1] + u[2]);
        g[2] = u[1];
    }
    static HWY_INLINE void output(const V (&m)[3], V (&y)[2]) {
        y[0] = m[0] + m[1];
        y[1] = m[0] + m[2];
    }
    static HWY_INLINE void output_adjoint(const V (&y)[2], V (&m)[3]) {
        m[0] = y[0] + y[1];
        m[1] = y[0];
        m[2] = y[1];
    }
};

/// The transform along both sides: out = T in T^T, where `along` applies T to one column or row.
template <int In, int Out, typename Along>
HWY_INLINE void transform_tile(const Along& along, const WinogradVector (&in)[In][In],
                               WinogradVector (&out)[Out][Out]) {
    WinogradVector half[Out][In];
#pragma GCC unroll 6
    for (int j = 0; j < In; ++j) {
        WinogradVector column[In], transformed[Out];
#pragma GCC unroll 6
        for (int i = 0; i < In; ++i) column[i] = in[i][j];
        along(column, transformed);
#pragma GCC unroll 6
        for (int p = 0; p < Out; ++p) half[p][j] = transformed[p];
    }
#pragma GCC unroll 6
    for (int p = 0; p < Out; ++p) along(half[p], out[p]);
}

}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
