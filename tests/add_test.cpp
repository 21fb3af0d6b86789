#include "kernels/add/add.h"

#include "tests/support/broadcast_shapes.h"
#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

TEST_CASE("add: fast equals reference for every kind of broadcast") {
    for (const auto& [x_extent, y_extent] : test::broadcast_table) {
        for (const float alpha : {1.0F, -0.3F}) {
            const Broadcast shape = test::broadcast(x_extent, y_extent);
            CAPTURE(shape.extent[3]);
            CAPTURE(alpha);
            const std::int64_t x_size = test::size(x_extent), y_size = test::size(y_extent);
            const auto x = test::random_values<float>(x_size, 1), y = test::random_values<float>(y_size, 2);
            const auto d_out = test::random_values<float>(shape.size(), 3);
            auto out = test::poisoned<float>(shape.size());
            reference::add_forward(AddForward<float>{out.data(), x.data(), y.data(), alpha, shape});

            // In double: a float sum in plain order would be the less exact of the two.
            const std::vector<double> exact_d_out(d_out.begin(), d_out.end());
            auto d_x = test::prefilled<double>(x_size), d_y = test::prefilled<double>(y_size);
            reference::add_backward(
                AddBackward<double>{d_x.data(), d_y.data(), exact_d_out.data(), alpha, shape});

            const auto fast = test::same_for_any_threads([&] {
                std::vector<std::vector<float>> r = {test::poisoned<float>(shape.size()),
                                                     test::prefilled<float>(x_size),
                                                     test::prefilled<float>(y_size)};
                cpu::add_forward({r[0].data(), x.data(), y.data(), alpha, shape});
                cpu::add_backward({r[1].data(), r[2].data(), d_out.data(), alpha, shape});
                return r;
            });
            test::check_same_bits("out", fast[0], out);
            test::check_close("d_x", fast[1], d_x, {1e-6, 1e-6});
            test::check_close("d_y", fast[2], d_y, {1e-6, 1e-6});

            for (const auto& gpu : test::on_gpus([&](auto& device) {
                     const auto device_x = device.array(x), device_y = device.array(y),
                                device_d_out = device.array(d_out);
                     const auto device_out = device.template output<float>(shape.size());
                     const auto device_d_x = device.array(test::prefilled<float>(x_size));
                     const auto device_d_y = device.array(test::prefilled<float>(y_size));
                     add_forward(device.id(),
                                 {device_out.data(), device_x.data(), device_y.data(), alpha, shape});
                     add_backward(device.id(),
                                  {device_d_x.data(), device_d_y.data(), device_d_out.data(), alpha, shape});
                     return test::Results{device_out.values(), device_d_x.values(), device_d_y.values()};
                 })) {
                test::check_same_bits("out, on a GPU", gpu[0], out);
                test::check_close("d_x, on a GPU", gpu[1], d_x, {1e-6, 1e-6});
                test::check_close("d_y, on a GPU", gpu[2], d_y, {1e-6, 1e-6});
            }
        }
    }
}

TEST_CASE("add: a row is added to each row") {
    const std::vector<float> x = {1, 2, 3, 4, 5, 6}, y = {10, 20, 30};
    auto out = test::poisoned<float>(6);
    cpu::add_forward({out.data(), x.data(), y.data(), 2.0F, test::broadcast({1, 1, 2, 3}, {1, 1, 1, 3})});
    CHECK(out == std::vector<float>{21, 42, 63, 24, 45, 66});

    std::vector<float> d_x(6, 1.0F), d_y(3, 1.0F);
    cpu::add_backward({d_x.data(), d_y.data(), x.data(), 2.0F, test::broadcast({1, 1, 2, 3}, {1, 1, 1, 3})});
    CHECK(d_x == std::vector<float>{2, 3, 4, 5, 6, 7});
    CHECK(d_y == std::vector<float>{11, 15, 19});
}

TEST_CASE("add: a null target is left out") {
    const std::vector<float> d_out = {1, 2};
    const Broadcast shape = test::broadcast({1, 1, 1, 2}, {1, 1, 1, 2});
    for (const auto backward : {&cpu::add_backward, &reference::add_backward<float>}) {
        std::vector<float> d_x = {5, 5}, d_y = {5, 5};
        backward({d_x.data(), nullptr, d_out.data(), 3.0F, shape});
        CHECK(d_x == std::vector<float>{6, 7});
        backward({nullptr, d_y.data(), d_out.data(), 3.0F, shape});
        CHECK(d_y == std::vector<float>{8, 11});
    }
}

TEST_CASE("add: one target for both operands gets both gradients") {
    const std::vector<float> d_out = {1, 2};
    std::vector<float> d_x = {5, 5};
    cpu::add_backward(
        {d_x.data(), d_x.data(), d_out.data(), 1.0F, test::broadcast({1, 1, 1, 2}, {1, 1, 1, 2})});
    CHECK(d_x == std::vector<float>{7, 9});
}

TEST_CASE("add: gradcheck") {
    const Broadcast shape = test::broadcast({2, 1, 3, 2}, {1, 4, 1, 2});
    test::gradcheck(
        {test::random_values<double>(12, 1), test::random_values<double>(8, 2)},
        [&](const test::Arrays& in) {
            auto out = test::poisoned<double>(shape.size());
            reference::add_forward(AddForward<double>{out.data(), in[0].data(), in[1].data(), -1.5, shape});
            return out;
        },
        [&](const test::Arrays&, const std::vector<double>& d_out, test::Arrays& g) {
            reference::add_backward(AddBackward<double>{g[0].data(), g[1].data(), d_out.data(), -1.5, shape});
        });
}
