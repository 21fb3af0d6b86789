#include "kernels/conv2d/conv2d.h"

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

/// Every kernel size, stride and padding over images of awkward sizes; then layers like those of the network.
std::vector<Conv2dShape> make_table() {
    std::vector<Conv2dShape> table;
    for (const std::int64_t kernel : {1, 3, 5}) {
        for (const std::int64_t stride : {1, 2}) {
            for (const std::int64_t padding : {0, 1, 2}) {
                table.push_back({1, 5, 5, 1, 1, kernel, stride, padding});
                table.push_back({2, 7, 6, 3, 5, kernel, stride, padding});
                table.push_back({1, 9, 8, 17, 33, kernel, stride, padding});
                table.push_back({3, 6, 5, 30, 17, kernel, stride, padding});
                table.push_back({1, 5, 7, 100, 3, kernel, stride, padding});
            }
        }
    }
    table.push_back({2, 32, 32, 3, 32});
    table.push_back({1, 16, 16, 32, 64});
    table.push_back({5, 2, 2, 64, 48});
    table.push_back({3, 1, 1, 16, 16});
    table.push_back({2, 1, 9, 5, 7});
    return table;
}

std::int64_t x_size(const Conv2dShape& s) { return s.images * s.height * s.width * s.in_channels; }
std::int64_t weight_size(const Conv2dShape& s) { return s.out_channels * s.taps(); }
std::int64_t out_size(const Conv2dShape& s) { return s.rows() * s.out_channels; }

/// x, weight, bias, d_out.
std::vector<std::vector<float>> random_inputs(const Conv2dShape& s) {
    return {test::random_values<float>(x_size(s), 1), test::random_values<float>(weight_size(s), 2),
            test::random_values<float>(s.out_channels, 3), test::random_values<float>(out_size(s), 4)};
}

/// Output and gradients, in this order: out, d_x, d_weight, d_bias.
template <typename T, typename Forward, typename Backward>
std::vector<std::vector<T>> run(const Forward& forward, const Backward& backward, const Conv2dShape& s,
                                const std::vector<std::vector<float>>& in) {
    // The same numbers in float and in double.
    const std::vector<T> x_t(in[0].begin(), in[0].end()), weight_t(in[1].begin(), in[1].end()),
        bias_t(in[2].begin(), in[2].end()), d_out_t(in[3].begin(), in[3].end());
    std::vector<std::vector<T>> r = {test::poisoned<T>(out_size(s)), test::prefilled<T>(x_size(s)),
                                     test::prefilled<T>(weight_size(s)), test::prefilled<T>(s.out_channels)};
    forward(Conv2dForward<T>{r[0].data(), x_t.data(), weight_t.data(), bias_t.data(), s});
    backward(Conv2dBackward<T>{r[1].data(), r[2].data(), r[3].data(), d_out_t.data(), x_t.data(),
                               weight_t.data(), s});
    return r;
}
template <typename T, typename Forward, typename Backward>
std::vector<std::vector<T>> run(const Forward& forward, const Backward& backward, const Conv2dShape& s) {
    return run<T>(forward, backward, s, random_inputs(s));
}

void check_all(const std::string& device, const std::vector<std::vector<float>>& actual,
               const std::vector<std::vector<double>>& expected) {
    const char* names[] = {"out", "d_x", "d_weight", "d_bias"};
    for (std::size_t k = 0; k < 4; ++k)
        test::check_close(device + " " + names[k], actual[k], expected[k], {2e-5, 1e-5});
}

/// What run() computes, by the kernels of GPUs; inputs are given in the order x, weight, bias,
/// d_out.
std::vector<test::Results> run_on_gpus(const Conv2dShape& s, const std::vector<std::vector<float>>& in,
                                       Precision precision) {
    return test::on_gpus([&](auto& device) {
        const auto x = device.array(in[0]), weight = device.array(in[1]), bias = device.array(in[2]),
                   d_out = device.array(in[3]);
        const auto out = device.template output<float>(out_size(s));
        const auto d_x = device.array(test::prefilled<float>(x_size(s))),
                   d_weight = device.array(test::prefilled<float>(weight_size(s))),
                   d_bias = device.array(test::prefilled<float>(s.out_channels));
        conv2d_forward(device.id(), {out.data(), x.data(), weight.data(), bias.data(), s, precision});
        conv2d_backward(device.id(), {d_x.data(), d_weight.data(), d_bias.data(), d_out.data(), x.data(),
                                      weight.data(), s, precision});
        return test::Results{out.values(), d_x.values(), d_weight.values(), d_bias.values()};
    });
}

}  // namespace

TEST_CASE("conv2d: fast equals reference") {
    for (const Conv2dShape& s : make_table()) {
        CAPTURE(s.images);
        CAPTURE(s.height);
        CAPTURE(s.in_channels);
        CAPTURE(s.out_channels);
        CAPTURE(s.kernel);
        CAPTURE(s.stride);
        CAPTURE(s.padding);
        const auto expected =
            run<double>(&reference::conv2d_forward<double>, &reference::conv2d_backward<double>, s);
        const auto fast = test::same_for_any_threads(
            [&] { return run<float>(&cpu::conv2d_forward, &cpu::conv2d_backward, s); });
        check_all("cpu", fast, expected);
        for (const auto& gpu : run_on_gpus(s, random_inputs(s), Precision::fp32))
            check_all("on a GPU", gpu, expected);
    }
}

TEST_CASE("conv2d: tensor cores equal reference") {
    std::size_t shape = 0;
    for (const Conv2dShape& s : make_table()) {
        const Precision precision = shape++ % 2 == 0 ? Precision::tf32 : Precision::bf16;
        CAPTURE(s.images);
        CAPTURE(s.height);
        CAPTURE(s.in_channels);
        CAPTURE(s.out_channels);
        CAPTURE(s.kernel);
        CAPTURE(s.stride);
        CAPTURE(s.padding);
        // The reference gets what the others must round to; bias and its gradient are not rounded.
        std::vector<std::vector<float>> in = {
            test::grid_values<float>(x_size(s), 1), test::grid_values<float>(weight_size(s), 2),
            test::grid_values<float>(s.out_channels, 3), test::grid_values<float>(out_size(s), 4)};
        auto expected =
            run<double>(&reference::conv2d_forward<double>, &reference::conv2d_backward<double>, s, in);
        for (const std::size_t k : {0U, 1U, 3U}) test::move_off_grid(in[k]);
        expected[3] =
            run<double>(&reference::conv2d_forward<double>, &reference::conv2d_backward<double>, s, in)[3];
        for (const auto& gpu : run_on_gpus(s, in, precision)) check_all(name(precision), gpu, expected);
    }
}

TEST_CASE("conv2d: worked out by hand: the filter is not flipped, the padding is zero") {
    const std::vector<float> x = {1, 2, 3, 4}, weight = {1, 2, 3, 4, 5, 6, 7, 8, 9}, bias = {100};
    const Conv2dShape s{1, 2, 2, 1, 1};
    for (const auto forward : {&cpu::conv2d_forward, &reference::conv2d_forward<float>}) {
        auto out = test::poisoned<float>(4);
        forward({out.data(), x.data(), weight.data(), bias.data(), s});
        CHECK(out == std::vector<float>{177, 167, 147, 137});
        out = test::poisoned<float>(4);
        forward({out.data(), x.data(), weight.data(), nullptr, s});
        CHECK(out == std::vector<float>{77, 67, 47, 37});
    }
}

TEST_CASE("conv2d: each null target is left out, the others are as before") {
    const Conv2dShape s{2, 7, 6, 3, 5};
    const auto whole = run<float>(&cpu::conv2d_forward, &cpu::conv2d_backward, s);
    for (const std::size_t absent : {1U, 2U, 3U}) {
        for (const auto backward : {&cpu::conv2d_backward, &reference::conv2d_backward<float>}) {
            const auto part = run<float>(
                &cpu::conv2d_forward,
                [&](Conv2dBackward<float> args) {
                    if (absent == 1) args.d_x = nullptr;
                    if (absent == 2) args.d_weight = nullptr;
                    if (absent == 3) args.d_bias = nullptr;
                    backward(args);
                },
                s);
            for (const std::size_t k : {1U, 2U, 3U}) {
                const auto untouched = test::prefilled<float>(static_cast<std::int64_t>(whole[k].size()));
                test::check_close("target " + std::to_string(k), part[k], k == absent ? untouched : whole[k],
                                  {2e-5, 1e-5});
            }
        }
    }
}

TEST_CASE("conv2d: gradcheck") {
    for (const Conv2dShape& s : {Conv2dShape{2, 4, 3, 2, 3, 3, 1, 1}, Conv2dShape{1, 5, 6, 2, 2, 3, 2, 0},
                                 Conv2dShape{1, 3, 4, 2, 2, 5, 1, 2}, Conv2dShape{2, 3, 3, 3, 2, 1, 2, 1}}) {
        test::gradcheck(
            {test::random_values<double>(x_size(s), 1), test::random_values<double>(weight_size(s), 2),
             test::random_values<double>(s.out_channels, 3)},
            [&](const test::Arrays& in) {
                auto out = test::poisoned<double>(out_size(s));
                reference::conv2d_forward(
                    Conv2dForward<double>{out.data(), in[0].data(), in[1].data(), in[2].data(), s});
                return out;
            },
            [&](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& g) {
                reference::conv2d_backward(Conv2dBackward<double>{
                    g[0].data(), g[1].data(), g[2].data(), d_out.data(), in[0].data(), in[1].data(), s});
            });
    }
}
