#include "kernels/relu/relu.h"

#include <cmath>
#include <limits>

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

TEST_CASE("relu: fast equals reference") {
    for (const std::int64_t size : {1, 3, 5, 17, 33, 100, 16384, 40003}) {
        CAPTURE(size);
        auto x = test::random_values<float>(size, 1);
        x[static_cast<std::size_t>(size) / 2] = -0.0F;
        const auto d_out = test::random_values<float>(size, 2);
        auto out = test::poisoned<float>(size);
        auto d_x = test::prefilled<float>(size);
        reference::relu_forward(ReluForward<float>{out.data(), x.data(), size});
        reference::relu_backward(ReluBackward<float>{d_x.data(), d_out.data(), out.data(), size});

        const auto fast = test::same_for_any_threads([&] {
            std::vector<std::vector<float>> r = {test::poisoned<float>(size), test::prefilled<float>(size)};
            cpu::relu_forward({r[0].data(), x.data(), size});
            cpu::relu_backward({r[1].data(), d_out.data(), r[0].data(), size});
            return r;
        });
        test::check_same_bits("out", fast[0], out);
        test::check_same_bits("d_x", fast[1], d_x);

        for (
            const auto& gpu : test::on_gpus([&](auto& device) {
                const auto device_x = device.array(x), device_d_out = device.array(d_out);
                const auto device_out = device.template output<float>(size);
                const auto device_d_x = device.array(test::prefilled<float>(size));
                relu_forward(device.id(), {device_out.data(), device_x.data(), size});
                relu_backward(device.id(), {device_d_x.data(), device_d_out.data(), device_out.data(), size});
                return test::Results{device_out.values(), device_d_x.values()};
            })) {
            test::check_same_bits("out, on a GPU", gpu[0], out);
            test::check_same_bits("d_x, on a GPU", gpu[1], d_x);
        }
    }
}

TEST_CASE("relu: NaN stays, infinities and zeros do what max(x, 0) says") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                    inf = std::numeric_limits<float>::infinity();
    std::vector<float> x;
    for (int i = 0; i < 20; ++i) x.insert(x.end(), {nan, inf, -inf, 0.0F, -0.0F, 2.0F, -2.0F});
    const auto size = static_cast<std::int64_t>(x.size());
    for (const auto forward : {&cpu::relu_forward, &reference::relu_forward<float>}) {
        auto out = test::poisoned<float>(size);
        forward({out.data(), x.data(), size});
        for (std::size_t i = 0; i < x.size(); i += 7) {
            CHECK(std::isnan(out[i]));
            CHECK(out[i + 1] == inf);
            CHECK(out[i + 2] == 0);
            CHECK(out[i + 3] == 0);
            CHECK(out[i + 4] == 0);
            CHECK(out[i + 5] == 2);
            CHECK(out[i + 6] == 0);
        }
    }
}

TEST_CASE("relu: gradcheck") {
    test::gradcheck(
        {test::random_values<double>(20, 1)},
        [](const test::Arrays& in) {
            auto out = test::poisoned<double>(20);
            reference::relu_forward(ReluForward<double>{out.data(), in[0].data(), 20});
            return out;
        },
        [](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& gradients) {
            // x serves as out: both are positive in the same places
            reference::relu_backward(
                ReluBackward<double>{gradients[0].data(), d_out.data(), in[0].data(), 20});
        });
}
