#include "kernels/clip_norm/clip_norm.h"

#include <iterator>
#include <numeric>

#include "engine/error.h"
#include "engine/optim/clipped.h"
#include "engine/optim/sgd.h"
#include "tests/support/compare.h"
#include "tests/support/gpu.h"
#include "tests/support/message_of.h"
#include "tests/support/random_values.h"
#include "tests/support/tensors.h"

using namespace kernels;

namespace {

using Sizes = std::vector<std::int64_t>;

std::vector<ClipNormArray<float>> table_of(const Sizes& sizes, float* gradient) {
    std::vector<ClipNormArray<float>> table;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes) {
        table.push_back({gradient + begin, size, begin});
        begin += size;
    }
    return table;
}

test::Floats clipped(void (*clip)(const ClipNorm<float>&), const Sizes& sizes, test::Floats gradient,
                     double limit) {
    const auto table = table_of(sizes, gradient.data());
    clip({{table.data(), std::ssize(table), std::ssize(gradient)}, &limit});
    return gradient;
}

test::Results clipped_on(auto& device, const Sizes& sizes, const test::Floats& gradient, double limit) {
    const auto there = device.array(gradient);
    const auto table = device.array(table_of(sizes, there.data()));
    const auto limit_there = device.array(std::vector<double>{limit});
    clip_norm(device.id(), {{table.data(), std::ssize(sizes), std::ssize(gradient)}, limit_there.data()});
    return {there.values()};
}

}  // namespace

TEST_CASE("clip_norm: fast equals reference") {
    for (const Sizes& sizes : {Sizes{1}, Sizes{17}, Sizes{1, 1, 1}, Sizes{1023, 1, 1, 2000},
                               Sizes{5, 40003, 33, 1024}, Sizes{0, 7, 0, 1025, 0}, Sizes{}})
        for (const double limit : {1e-3, 1.0, 1e6}) {
            CAPTURE(sizes);
            CAPTURE(limit);
            const auto gradient =
                test::random_values<float>(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}), 1);
            const auto expected = clipped(&reference::clip_norm<float>, sizes, gradient, limit);
            if (limit == 1e6) test::check_same_bits("within the limit", expected, gradient);
            auto results =
                test::on_gpus([&](auto& device) { return clipped_on(device, sizes, gradient, limit); });
            results.push_back(test::same_for_any_threads(
                [&] { return test::Results{clipped(&cpu::clip_norm, sizes, gradient, limit)}; }));
            for (const auto& result : results)
                test::check_close("gradient", result[0], expected, {.absolute = 0, .relative = 2e-7});
        }
}

TEST_CASE("clip_norm: worked out by hand, over two arrays") {
    double first[] = {3, 0}, second[] = {-4};
    const ClipNormArray<double> arrays[] = {{first, 2, 0}, {second, 1, 2}};
    double limit = 10;
    reference::clip_norm(ClipNorm<double>{{arrays, 2, 3}, &limit});
    CHECK(first[0] == 3);
    limit = 1;
    reference::clip_norm(ClipNorm<double>{{arrays, 2, 3}, &limit});
    CHECK(first[0] == doctest::Approx(0.6).epsilon(1e-6));
    CHECK(first[1] == 0);
    CHECK(second[0] == doctest::Approx(-0.8).epsilon(1e-6));
}

TEST_CASE("Clipped refuses a limit that is no norm, and leaves out what has no gradient") {
    using namespace engine::optim;
    const engine::nn::NamedTensors both{{"x", test::leaf({1}, {1})}, {"y", test::leaf({1}, {1})}};
    const auto sgd = [&] { return std::make_unique<engine::optim::Sgd>(both, SgdOptions{1, 0, 0}); };
    for (const double limit : {0.0, -1.0, double{NAN}})
        CHECK(
            test::holds(test::message_of<engine::UsageError>([&] { Clipped(sgd(), limit); }), "in Clipped"));
    Clipped optimizer(sgd(), 0.5);
    both[0].second.grad_target().values()[0] = 4;
    optimizer.step();
    CHECK(both[0].second.item() == doctest::Approx(0.5).epsilon(1e-6));
    CHECK(both[1].second.item() == 1);
}
