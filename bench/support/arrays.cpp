#include "bench/support/arrays.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace bench {

void require_close(const std::string& what, const Array<double>& actual, const Array<double>& expected) {
    double largest = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < std::max(actual.size(), expected.size()); ++i) {
        if (i < std::min(actual.size(), expected.size()) &&
            std::abs(actual[i] - expected[i]) <= tolerance * largest)
            continue;
        std::fprintf(stderr,
                     "error: wrong result, in %s, element %zu is %g and should be %g (largest of %zu: %g)\n",
                     what.c_str(), i, i < actual.size() ? actual[i] : NAN,
                     i < expected.size() ? expected[i] : NAN, expected.size(), largest);
        std::exit(1);
    }
}

}  // namespace bench
