#include "kernels/linear/linear.h"

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

struct Shape {
    std::int64_t rows, in_features, out_features;
};

const std::vector<Shape> table = {{1, 1, 1},    {1, 3, 5},      {3, 17, 1},   {5, 33, 17},    {7, 100, 30},
                                  {2, 5, 33},   {128, 256, 10}, {128, 3, 3},  {130, 65, 129}, {17, 30, 100},
                                  {300, 70, 3}, {1, 700, 40},   {64, 512, 48}};

/// x, weight, bias, d_out.
using Inputs = std::vector<std::vector<float>>;
Inputs random_inputs(const Shape& s) {
    return {test::random_values<float>(s.rows * s.in_features, 1),
            test::random_values<float>(s.out_features * s.in_features, 2),
            test::random_values<float>(s.out_features, 3),
            test::random_values<float>(s.rows * s.out_features, 4)};
}

/// Output and gradients, in this order: out, d_x, d_weight, d_bias.
template <typename T, typename Forward, typename Backward>
std::vector<std::vector<T>> run(const Forward& forward, const Backward& backward, const Shape& s,
                                const Inputs& in) {
    // The same numbers in float and in double.
    const std::vector<T> x(in[0].begin(), in[0].end()), weight(in[1].begin(), in[1].end()),
        bias(in[2].begin(), in[2].end()), d_out(in[3].begin(), in[3].end());
    std::vector<std::vector<T>> r = {
        test::poisoned<T>(s.rows * s.out_features), test::prefilled<T>(s.rows * s.in_features),
        test::prefilled<T>(s.out_features * s.in_features), test::prefilled<T>(s.out_features)};
    forward(LinearForward<T>{r[0].data(), x.data(), weight.data(), bias.data(), s.rows, s.in_features,
                             s.out_features});
    backward(LinearBackward<T>{r[1].data(), r[2].data(), r[3].data(), d_out.data(), x.data(), weight.data(),
                               s.rows, s.in_features, s.out_features});
    return r;
}
template <typename T, typename Forward, typename Backward>
std::vector<std::vector<T>> run(const Forward& forward, const Backward& backward, const Shape& s) {
    return run<T>(forward, backward, s, random_inputs(s));
}

/// What run() computes, by the kernels of GPUs.
template <typename Forward, typename Backward>
std::vector<test::Results> run_on_gpus(const Forward& forward, const Backward& backward, const Shape& s,
                                       const Inputs& in) {
    return test::on_gpus([&](auto& device) {
        const auto x = device.array(in[0]), weight = device.array(in[1]), bias = device.array(in[2]),
                   d_out = device.array(in[3]);
        const auto out = device.template output<float>(s.rows * s.out_features);
        const auto d_x = device.array(test::prefilled<float>(s.rows * s.in_features)),
                   d_weight = device.array(test::prefilled<float>(s.out_features * s.in_features)),
                   d_bias = device.array(test::prefilled<float>(s.out_features));
        forward(device.id(), LinearForward<float>{out.data(), x.data(), weight.data(), bias.data(), s.rows,
                                                  s.in_features, s.out_features});
        backward(device.id(),
                 LinearBackward<float>{d_x.data(), d_weight.data(), d_bias.data(), d_out.data(), x.data(),
                                       weight.data(), s.rows, s.in_features, s.out_features});
        return test::Results{out.values(), d_x.values(), d_weight.values(), d_bias.values()};
    });
}
/// In one of the precisions.
std::vector<test::Results> run_on_gpus(const Shape& s, const Inputs& in, Precision precision) {
    return run_on_gpus(
        [&](Device device, LinearForward<float> args) {
            args.precision = precision;
            linear_forward(device, args);
        },
        [&](Device device, LinearBackward<float> args) {
            args.precision = precision;
            linear_backward(device, args);
        },
        s, in);
}

void check_all(const std::string& device, const std::vector<std::vector<float>>& actual,
               const std::vector<std::vector<double>>& expected) {
    const char* names[] = {" out", " d_x", " d_weight", " d_bias"};
    for (std::size_t k = 0; k < 4; ++k)
        test::check_close(device + names[k], actual[k], expected[k], {1e-5, 1e-5});
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
        check_all("cpu", fast, expected);
        for (const auto& gpu : run_on_gpus(s, random_inputs(s), Precision::fp32))
            check_all("on a GPU", gpu, expected);
    }
}

TEST_CASE("linear: tensor cores equal reference") {
    for (const Shape& s : table) {
        CAPTURE(s.rows);
        CAPTURE(s.in_features);
        CAPTURE(s.out_features);
        // The reference gets what the others must round to; bias and its gradient are not rounded.
        const Inputs in = {test::grid_values<float>(s.rows * s.in_features, 1),
                           test::grid_values<float>(s.out_features * s.in_features, 2),
                           test::grid_values<float>(s.out_features, 3),
                           test::grid_values<float>(s.rows * s.out_features, 4)};
        Inputs moved = in;
        for (const std::size_t k : {0U, 1U, 3U}) test::move_off_grid(moved[k]);
        auto expected =
            run<double>(&reference::linear_forward<double>, &reference::linear_backward<double>, s, in);
        expected[3] =
            run<double>(&reference::linear_forward<double>, &reference::linear_backward<double>, s, moved)[3];
        for (const Precision precision : {Precision::tf32, Precision::bf16})
            for (const auto& gpu : run_on_gpus(s, moved, precision))
                check_all(name(precision), gpu, expected);
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

TEST_CASE("linear: GPUs without a bias, and without rows") {
    const Shape s{5, 33, 17};
    const auto nothing = [](auto&&...) {};
    const auto expected = run<double>(
        [](LinearForward<double> args) {
            args.bias = nullptr;
            reference::linear_forward(args);
        },
        nothing, s);
    for (const auto& gpu : run_on_gpus(
             [](Device device, LinearForward<float> args) {
                 args.bias = nullptr;
                 linear_forward(device, args);
             },
             nothing, s, random_inputs(s)))
        test::check_close("out", gpu[0], expected[0], {1e-5, 1e-5});
    const Shape empty{0, 33, 17};
    for (const Precision precision : {Precision::fp32, Precision::bf16})
        for (const auto& gpu : run_on_gpus(empty, random_inputs(empty), precision))
            test::check_same_bits("d_weight", gpu[2], test::prefilled<float>(33 * 17));
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
        for (const auto& part :
             run_on_gpus([](Device device, const LinearForward<float>&args) { linear_forward(device, args); },
                         [&](Device device, LinearBackward<float> args) {
                             if (absent == 1) args.d_x = nullptr;
                             if (absent == 2) args.d_weight = nullptr;
                             if (absent == 3) args.d_bias = nullptr;
                             linear_backward(device, args);
                         },
                         s, random_inputs(s)))
            for (const std::size_t k : {1U, 2U, 3U})
                test::check_close("target on a GPU " + std::to_string(k), part[k],
                                  k == absent
                                      ? test::prefilled<float>(static_cast<std::int64_t>(whole[k].size()))
                                      : whole[k],
                                  {1e-5, 1e-5});
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
