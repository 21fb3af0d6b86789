#include "engine/optim/orthogonalize.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "kernels/linear/linear.h"
#include "kernels/newton_schulz/newton_schulz.h"

// X <- Q X with Q = a I + b G + c G^2 and G = X X^T, round after round, needs three products with X in each.
// But X enters only by way of G: as Q is a polynomial of G, and so symmetric, the next G is Q G Q. So the
// rounds are done on G alone, whose side is the shorter one of X, and what X is to be multiplied by is
// collected in a factor: two products with X in all. The filters of a convolution have 9 times as many
// columns as its input channels, so that saves more than half of the work.
//
// A matrix with more rows than columns is multiplied from the right instead: G = X^T X.
namespace engine::optim {
namespace {

constexpr float least_norm = 1e-7F;  // torch.optim.Muon's eps

/// out = x y^T, with y of as many columns as x.
void multiply_transposed(const Tensor& out, const Tensor& x, const Tensor& y) {
    kernels::linear_forward(x.device(),
                            {out.data(), x.data(), y.data(), nullptr, x.size(0), x.size(1), y.size(0)});
}

/// out = x y.
void multiply(const Tensor& out, const Tensor& x, const Tensor& y) {
    out.zero_();
    kernels::linear_backward(x.device(), {out.data(), nullptr, nullptr, x.data(), nullptr, y.data(),
                                          x.size(0), y.size(1), y.size(0)});
}

/// out = x^T x.
void multiply_with_own_transpose(const Tensor& out, const Tensor& x) {
    out.zero_();
    kernels::linear_backward(x.device(), {nullptr, out.data(), nullptr, x.data(), x.data(), nullptr,
                                          x.size(0), x.size(1), x.size(1)});
}

/// The factor that makes a matrix of this gram matrix nearly orthogonal; the gram matrix is used up.
Tensor orthogonalizing_factor(Tensor gram, std::int64_t rounds) {
    const Device device = gram.device();
    const std::int64_t size = gram.size(0);
    Tensor factor = empty(gram.shape(), DType::float32, device);
    kernels::newton_schulz_begin(device, {factor.data(), gram.data(), least_norm, size});
    const Tensor polynomial = empty(gram.shape(), DType::float32, device);
    Tensor product = empty(gram.shape(), DType::float32, device);
    for (std::int64_t round = 0; round < rounds; ++round) {
        multiply_transposed(product, gram, gram);
        kernels::newton_schulz_polynomial(device, {polynomial.data(), gram.data(), product.data(), size});
        multiply_transposed(product, polynomial, factor);
        std::swap(product, factor);
        if (round + 1 == rounds) break;
        multiply_transposed(product, polynomial, gram);
        multiply_transposed(gram, product, polynomial);
    }
    return factor;
}

/// Such is the direction of a branch that is left out. What lies on a GPU is not looked at: a recorded step
/// could not go another way.
bool is_known_to_be_zero(const Tensor& matrix) {
    return matrix.device() == Device::cpu &&
           std::ranges::all_of(matrix.values(), [](float value) { return value == 0; });
}

}  // namespace

void orthogonalize(const Tensor& matrix, std::int64_t rounds) {
    if (matrix.shape().rank() < 2)
        throw UsageError("a tensor of fewer than two dimensions", "in orthogonalize", "give a matrix");
    const std::int64_t rows = matrix.size(0), columns = matrix.numel() / std::max<std::int64_t>(rows, 1);
    if (matrix.numel() == 0 || is_known_to_be_zero(matrix)) return;
    const Tensor x = view(matrix, {rows, columns});
    const std::int64_t size = std::min(rows, columns);
    const Tensor gram = empty({size, size}, DType::float32, x.device());
    if (rows <= columns)
        multiply_transposed(gram, x, x);
    else
        multiply_with_own_transpose(gram, x);
    const Tensor factor = orthogonalizing_factor(gram, rounds);
    const Tensor result = empty(x.shape(), DType::float32, x.device());
    if (rows <= columns)
        multiply(result, factor, x);
    else
        multiply_transposed(result, x, factor);
    x.copy_(result);
}

}  // namespace engine::optim
