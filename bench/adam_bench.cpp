#include <memory>

#include "bench/support/arrays.h"
#include "bench/support/network_shapes.h"
#include "bench/support/suite.h"
#include "kernels/adam/adam.h"

using namespace kernels;

namespace bench {
namespace {

/// One array; 2 steps were taken before each.
template <typename T>
struct Problem {
    Array<T> parameter, m, v, gradient;
    AdamArray<T> table;
    AdamSettings settings{1e-3, 0.9, 0.999, 1e-8, 1e-4};
    std::int64_t steps = 0;

    explicit Problem(std::int64_t size)
        : parameter(random_array<T>(size, 1)),
          m(random_array<T>(size, 2)),
          v(random_array<T>(size, 3, 0, 1)),
          gradient(random_array<T>(size, 4)),
          table{parameter.data(), m.data(), v.data(), gradient.data(), size, 0} {}
    Adam<T> step() {
        steps = 2;
        return {{&table, 1, table.size}, &settings, &steps};
    }
};

struct Kernel {
    const char* who;
    void (*step)(const Adam<float>&);
};
constexpr Kernel all_kernels[] = {{"ours", cpu::adam}, {"reference", reference::adam<float>}};

void check(const std::string& name, std::int64_t size, const Kernel& kernel) {
    Problem<float> actual(size);
    kernel.step(actual.step());
    Problem<double> expected(size);
    reference::adam(expected.step());
    require_close(name + ", parameter", actual.parameter, expected.parameter);
    require_close(name + ", m", actual.m, expected.m);
    require_close(name + ", v", actual.v, expected.v);
}

/// The filters of one convolution in each block; smaller parameters cost little more than the call.
void add_benchmarks(int threads) {
    for (const Conv2dShape& block : network_convolutions()) {
        const std::int64_t size = weight_size(block);
        for (const Kernel& kernel : all_kernels)
            add(
                {"adam/step", std::to_string(size), kernel.who, threads}, {float_bytes(7 * size)},
                [=](const std::string& name) { check(name, size, kernel); },
                [=]() -> Body {
                    const auto problem = std::make_shared<Problem<float>>(size);
                    return [=] { kernel.step(problem->step()); };
                });
    }
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
