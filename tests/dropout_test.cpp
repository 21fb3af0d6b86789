#include "kernels/dropout/dropout.h"

#include <algorithm>
#include <limits>

#include "kernels/common/philox.h"
#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

TEST_CASE("dropout: fast equals reference bit for bit") {
    for (const std::int64_t size : {1, 2, 3, 4, 5, 17, 33, 100, 4096, 10001}) {
        for (const double p : {0.0, 0.1, 0.5, 0.9, 1.0}) {
            CAPTURE(size);
            CAPTURE(p);
            const auto x = test::random_values<float>(size, 1), d_out = test::random_values<float>(size, 2);
            auto out = test::poisoned<float>(size);
            auto d_x = test::prefilled<float>(size);
            reference::dropout_forward(DropoutForward<float>{out.data(), x.data(), p, 11, 22, size});
            reference::dropout_backward(DropoutBackward<float>{d_x.data(), d_out.data(), p, 11, 22, size});

            const auto fast = test::same_for_any_threads([&] {
                std::vector<std::vector<float>> r = {test::poisoned<float>(size),
                                                     test::prefilled<float>(size)};
                cpu::dropout_forward({r[0].data(), x.data(), p, 11, 22, size});
                cpu::dropout_backward({r[1].data(), d_out.data(), p, 11, 22, size});
                return r;
            });
            test::check_same_bits("out", fast[0], out);
            test::check_same_bits("d_x", fast[1], d_x);

            for (const auto& gpu : test::on_gpus([&](auto& device) {
                     const auto device_x = device.array(x), device_d_out = device.array(d_out);
                     const auto device_out = device.template output<float>(size);
                     const auto device_d_x = device.array(test::prefilled<float>(size));
                     dropout_forward(device.id(), {device_out.data(), device_x.data(), p, 11, 22, size});
                     dropout_backward(device.id(), {device_d_x.data(), device_d_out.data(), p, 11, 22, size});
                     return test::Results{device_out.values(), device_d_x.values()};
                 })) {
                test::check_same_bits("out, on a GPU", gpu[0], out);
                test::check_same_bits("d_x, on a GPU", gpu[1], d_x);
            }
        }
    }
}

TEST_CASE("dropout: an element is dropped where its word is below the threshold, else scaled") {
    const std::vector<float> x(1000, 3.0F);
    auto out = test::poisoned<float>(1000);
    cpu::dropout_forward({out.data(), x.data(), 0.25, 5, 6, 1000});
    for (std::uint64_t i = 0; i < 1000; ++i) {
        CHECK(out[i] == (philox_word(5, 6, i) < (std::uint64_t{1} << 30) ? 0.0F : 3.0F * (1 / 0.75F)));
    }
}

TEST_CASE("dropout: probability 0 keeps everything, probability 1 nothing, not even NaN") {
    auto x = test::random_values<float>(100, 1);
    auto out = test::poisoned<float>(100);
    cpu::dropout_forward({out.data(), x.data(), 0.0, 1, 2, 100});
    CHECK(out == x);
    x[7] = std::numeric_limits<float>::quiet_NaN();
    x[8] = std::numeric_limits<float>::infinity();
    for (const auto forward : {&cpu::dropout_forward, &reference::dropout_forward<float>}) {
        out = test::poisoned<float>(100);
        forward({out.data(), x.data(), 1.0, 1, 2, 100});
        CHECK(out == std::vector<float>(100, 0.0F));
    }
}

TEST_CASE("dropout: the share of zeros is the probability, and every stream has its own mask") {
    const std::vector<float> ones(100000, 1.0F);
    std::vector<std::vector<float>> out(3, test::poisoned<float>(100000));
    cpu::dropout_forward({out[0].data(), ones.data(), 0.3, 1, 1, 100000});
    cpu::dropout_forward({out[1].data(), ones.data(), 0.3, 1, 2, 100000});
    cpu::dropout_forward({out[2].data(), ones.data(), 0.3, 2, 1, 100000});
    for (const auto& o : out) {
        const auto zeros = std::count(o.begin(), o.end(), 0.0F);
        CHECK(zeros > 29500);  // 30000 +- 3.4 standard deviations of 145
        CHECK(zeros < 30500);
    }
    CHECK(out[0] != out[1]);
    CHECK(out[0] != out[2]);
    CHECK(out[1] != out[2]);
}

TEST_CASE("dropout: gradcheck") {
    test::gradcheck(
        {test::random_values<double>(30, 1)},
        [](const test::Arrays& in) {
            auto out = test::poisoned<double>(30);
            reference::dropout_forward(DropoutForward<double>{out.data(), in[0].data(), 0.4, 3, 4, 30});
            return out;
        },
        [](const test::Arrays&, const std::vector<double>& d_out, test::Arrays& g) {
            reference::dropout_backward(DropoutBackward<double>{g[0].data(), d_out.data(), 0.4, 3, 4, 30});
        });
}
