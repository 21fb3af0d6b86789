#pragma once

#include <cstddef>
#include <vector>

namespace models {

/// Eigenvalues of a real symmetric matrix, the largest first, and the eigenvector of each, of length 1.
struct SymmetricEigen {
    std::vector<double> values;
    std::vector<std::vector<double>> vectors;
};

/// By Jacobi's cyclic rotations (Golub and Van Loan, Matrix computations, 4th edition, 8.5): for matrices of
/// some dozen rows. `matrix` has n rows of n.
SymmetricEigen symmetric_eigen(std::vector<std::vector<double>> matrix);

}  // namespace models
