#include "kernels/sum/sum.h"

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

TEST_CASE("sum: fast equals reference") {
    for (const std::int64_t size : {0, 1, 3, 5, 17, 33, 100, 16384, 16385, 100003}) {
        CAPTURE(size);
        const auto x = test::random_values<float>(size, 1);
        const std::vector<float> d_out = {-1.25F};
        auto out = test::poisoned<float>(1);
        auto d_x = test::prefilled<float>(size);
        reference::sum_forward(SumForward<float>{out.data(), x.data(), size});
        reference::sum_backward(SumBackward<float>{d_x.data(), d_out.data(), size});

        const auto fast = test::same_for_any_threads([&] {
            std::vector<std::vector<float>> r = {test::poisoned<float>(1), test::prefilled<float>(size)};
            cpu::sum_forward({r[0].data(), x.data(), size});
            cpu::sum_backward({r[1].data(), d_out.data(), size});
            return r;
        });
        test::check_close("out", fast[0], out, {1e-6, 1e-6});
        test::check_same_bits("d_x", fast[1], d_x);

        for (const auto& gpu : test::on_gpus([&](auto& device) {
                 const auto device_x = device.array(x), device_d_out = device.array(d_out);
                 const auto device_out = device.template output<float>(1);
                 const auto device_d_x = device.array(test::prefilled<float>(size));
                 sum_forward(device.id(), {device_out.data(), device_x.data(), size});
                 sum_backward(device.id(), {device_d_x.data(), device_d_out.data(), size});
                 return test::Results{device_out.values(), device_d_x.values()};
             })) {
            test::check_close("out, on a GPU", gpu[0], out, {1e-6, 1e-6});
            test::check_same_bits("d_x, on a GPU", gpu[1], d_x);
        }
    }
}

TEST_CASE("sum: a million small numbers are all counted") {
    const std::vector<float> x(1000000, 0.1F);
    auto out = test::poisoned<float>(1);
    cpu::sum_forward({out.data(), x.data(), 1000000});
    const auto expected = static_cast<float>(1e6 * static_cast<double>(0.1F));
    CHECK(out[0] == expected);
    for (const auto& gpu : test::on_gpus([&](auto& device) {
             const auto device_x = device.array(x);
             const auto device_out = device.template output<float>(1);
             sum_forward(device.id(), {device_out.data(), device_x.data(), 1000000});
             return test::Results{device_out.values()};
         })) {
        CHECK(gpu[0][0] == expected);
    }
}

TEST_CASE("sum: a device's vectors are left where memory does not begin on their boundary") {
    const std::vector<float> x = {100, 1, 2, 3, 4}, d_out = {10};
    for (const auto& gpu : test::on_gpus([&](auto& device) {
             const auto device_x = device.array(x), device_d_out = device.array(d_out);
             const auto device_out = device.template output<float>(1);
             sum_forward(device.id(), {device_out.data(), device_x.data() + 1, 4});
             sum_backward(device.id(), {device_x.data() + 1, device_d_out.data(), 4});
             return test::Results{device_out.values(), device_x.values()};
         })) {
        CHECK(gpu[0][0] == 10);
        CHECK(gpu[1] == std::vector<float>{100, 11, 12, 13, 14});
    }
}

TEST_CASE("sum: a second, shorter sum is not mixed up with the first") {
    const std::vector<float> x(50000, 1.0F);
    auto out = test::poisoned<float>(1);
    cpu::sum_forward({out.data(), x.data(), 50000});
    CHECK(out[0] == 50000);
    cpu::sum_forward({out.data(), x.data(), 10});
    CHECK(out[0] == 10);
}

TEST_CASE("sum: gradcheck") {
    test::gradcheck(
        {test::random_values<double>(9, 1)},
        [](const test::Arrays& in) {
            auto out = test::poisoned<double>(1);
            reference::sum_forward(SumForward<double>{out.data(), in[0].data(), 9});
            return out;
        },
        [](const test::Arrays&, const std::vector<double>& d_out, test::Arrays& g) {
            reference::sum_backward(SumBackward<double>{g[0].data(), d_out.data(), 9});
        });
}
