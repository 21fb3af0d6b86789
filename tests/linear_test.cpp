#include "kernels/linear/linear.h"

#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

struct Shape {
    std::int64_t rows, in_features, out_features;
};

const std::vector<Shape> table = {{1, 1, 1},    {1, 3, 5},      {3, 17, 1},   {5, 33, 17},    {7, 100, 30},
                                  {2, 5, 33},   {128, 256, 10}, {128, 3, 3},  {130, 65, 129}, {17, 30, 100},
                                  {300, 70, 3}, {1, 700, 40},   {64, 512, 48}};

/// Output and gradients, in this order: out, d_x, d_weight, d_bias.
template <typename T, typename Forward, typename Backward>
std::vector<std::vector<T>> run(const Forward& forward, const Backward& backward, const Shape& s) {
    // The same numbers in float and in double: random floats are exact in both.
    const auto x = test::random_values<float>(s.rows * s.in_features, 1);
    const auto weight = test::random_values<float>(s.out_features * s.in_features, 2);
    const auto bias = test::random_values<float>(s.out_features, 3);
    const auto d_out = test::random_values<float>(s.rows * s.out_features, 4);
    const std::vector<T> x_t(x.begin(), x.end()), weight_t(weight.begin(), weight.end()),
        bias_t(bias.begin(), bias.end()), d_out_t(d_out.begin(), d_out.end());
    std::vector<std::vector<T>> r = {
        test::poisoned<T>(s.rows * s.out_features), test::prefilled<T>(s.rows * s.in_features),
        test::prefilled<T>(s.out_features * s.in_features), test::prefilled<T>(s.out_features)};
    forward(LinearForward<T>{r[0].data(), x_t.data(), weight_t.data(), bias_t.data(), s.rows, s.in_features,
                             s.out_features});
    backward(LinearBackward<T>{r[1].data(), r[2].data(), r[3].data(), d_out_t.data(), x_t.data(),
                               weight_t.data(), s.rows, s.in_features, s.out_features});
    return r;
}

}  // namespace

TEST_CASE("linear: fast equals reference") {
    for (const Shape& s : table) {
        CAPTURE(s.rows);
        CAPTURE(s.in_features);
        CAPTURE(s.out_features);
        const auto expected =
            run<double>(&reference::linear_forward<double>, &reference::linear_backward<double>, s);
        const auto fast = test::same_for_any_threads(
            [&] { return run<float>(&cpu::linear_forward, &cpu::linear_backward, s); });
        test::check_close("out", fast[0], expected[0], {1e-5, 1e-5});
        test::check_close("d_x", fast[1], expected[1], {1e-5, 1e-5});
        test::check_close("d_weight", fast[2], expected[2], {1e-5, 1e-5});
        test::check_close("d_bias", fast[3], expected[3], {1e-5, 1e-5});
    }
}

TEST_CASE("linear: worked out by hand, with and without bias") {
    const std::vector<float> x = {1, 2, 3, 4, 5, 6}, weight = {1, 0, -1, 2, 1, 0}, bias = {10, 20};
    for (const auto forward : {&cpu::linear_forward, &reference::linear_forward<float>}) {
        auto out = test::poisoned<float>(4);
        forward({out.data(), x.data(), weight.data(), bias.data(), 2, 3, 2});
        CHECK(out == std::vector<float>{8, 24, 8, 33});
        out = test::poisoned<float>(4);
        forward({out.data(), x.data(), weight.data(), nullptr, 2, 3, 2});
        CHECK(out == std::vector<float>{-2, 4, -2, 13});
    }
}

TEST_CASE("linear: each null target is left out, the others are as before") {
    const Shape s{5, 33, 17};
    const auto whole = run<float>(&cpu::linear_forward, &cpu::linear_backward, s);
    for (const std::size_t absent : {1U, 2U, 3U}) {
        for (const auto backward : {&cpu::linear_backward, &reference::linear_backward<float>}) {
            const auto part = run<float>(
                &cpu::linear_forward,
                [&](LinearBackward<float> args) {
                    if (absent == 1) args.d_x = nullptr;
                    if (absent == 2) args.d_weight = nullptr;
                    if (absent == 3) args.d_bias = nullptr;
                    backward(args);
                },
                s);
            for (const std::size_t k : {1U, 2U, 3U}) {
                const auto untouched = test::prefilled<float>(static_cast<std::int64_t>(whole[k].size()));
                test::check_close("target " + std::to_string(k), part[k], k == absent ? untouched : whole[k],
                                  {1e-5, 1e-5});
            }
        }
    }
}

TEST_CASE("linear: gradcheck") {
    test::gradcheck(
        {test::random_values<double>(4 * 3, 1), test::random_values<double>(5 * 3, 2),
         test::random_values<double>(5, 3)},
        [](const test::Arrays& in) {
            auto out = test::poisoned<double>(4 * 5);
            reference::linear_forward(
                LinearForward<double>{out.data(), in[0].data(), in[1].data(), in[2].data(), 4, 3, 5});
            return out;
        },
        [](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& g) {
            reference::linear_backward(LinearBackward<double>{
                g[0].data(), g[1].data(), g[2].data(), d_out.data(), in[0].data(), in[1].data(), 4, 3, 5});
        });
}
