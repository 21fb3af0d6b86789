#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

std::int64_t in_size(const AdaptiveAvgPoolShape& s) { return s.images * s.height * s.width * s.channels; }
std::int64_t out_size(const AdaptiveAvgPoolShape& s) {
    return s.images * s.out_height * s.out_width * s.channels;
}

}  // namespace

TEST_CASE("adaptive_avg_pool: fast equals reference") {
    const std::vector<AdaptiveAvgPoolShape> table = {
        {1, 1, 1, 1, 1, 1},   {3, 32, 32, 3, 1, 1}, {2, 8, 8, 33, 1, 1},
        {1, 5, 7, 5, 3, 2},   {4, 7, 5, 17, 7, 5},  {2, 3, 2, 30, 5, 7},
        {1, 9, 9, 100, 4, 3}, {2, 6, 4, 8, 3, 2},   {3, 16, 16, 32, 1, 1}};
    for (const AdaptiveAvgPoolShape& s : table) {
        CAPTURE(s.height);
        CAPTURE(s.out_height);
        CAPTURE(s.channels);
        const auto x = test::random_values<float>(in_size(s), 1),
                   d_out = test::random_values<float>(out_size(s), 2);
        auto out = test::poisoned<float>(out_size(s));
        auto d_x = test::prefilled<float>(in_size(s));
        reference::adaptive_avg_pool_forward(AdaptiveAvgPoolForward<float>{out.data(), x.data(), s});
        reference::adaptive_avg_pool_backward(AdaptiveAvgPoolBackward<float>{d_x.data(), d_out.data(), s});

        const auto fast = test::same_for_any_threads([&] {
            std::vector<std::vector<float>> r = {test::poisoned<float>(out_size(s)),
                                                 test::prefilled<float>(in_size(s))};
            cpu::adaptive_avg_pool_forward({r[0].data(), x.data(), s});
            cpu::adaptive_avg_pool_backward({r[1].data(), d_out.data(), s});
            return r;
        });
        test::check_close("out", fast[0], out, {1e-6, 1e-6});
        test::check_close("d_x", fast[1], d_x, {1e-6, 1e-6});

        for (const auto& gpu : test::on_gpus([&](auto& device) {
                 const auto device_x = device.array(x), device_d_out = device.array(d_out);
                 const auto device_out = device.template output<float>(out_size(s));
                 const auto device_d_x = device.array(test::prefilled<float>(in_size(s)));
                 adaptive_avg_pool_forward(device.id(), {device_out.data(), device_x.data(), s});
                 adaptive_avg_pool_backward(device.id(), {device_d_x.data(), device_d_out.data(), s});
                 return test::Results{device_out.values(), device_d_x.values()};
             })) {
            test::check_close("out, on a GPU", gpu[0], out, {1e-6, 1e-6});
            test::check_close("d_x, on a GPU", gpu[1], d_x, {1e-6, 1e-6});
        }
    }
}

TEST_CASE("adaptive_avg_pool: bins overlap where the size is no multiple") {
    // Five columns in three bins: [0, 2), [1, 4), [3, 5).
    const std::vector<float> x = {1, 2, 4, 8, 16};
    auto out = test::poisoned<float>(3);
    cpu::adaptive_avg_pool_forward({out.data(), x.data(), {1, 1, 5, 1, 1, 3}});
    test::check_close("out", out, std::vector<double>{1.5, 14.0 / 3, 12}, {0, 1e-6});

    const std::vector<float> d_out = {2, 3, 4};
    std::vector<float> d_x(5, 1.0F);
    cpu::adaptive_avg_pool_backward({d_x.data(), d_out.data(), {1, 1, 5, 1, 1, 3}});
    test::check_close("d_x", d_x, std::vector<double>{2, 3, 2, 4, 3}, {0, 1e-6});
}

TEST_CASE("adaptive_avg_pool: more bins than pixels repeat pixels") {
    const std::vector<float> x = {1, 3};
    auto out = test::poisoned<float>(3);
    cpu::adaptive_avg_pool_forward({out.data(), x.data(), {1, 2, 1, 1, 3, 1}});
    CHECK(out == std::vector<float>{1, 2, 3});
}

TEST_CASE("adaptive_avg_pool: gradcheck") {
    for (const AdaptiveAvgPoolShape& s :
         {AdaptiveAvgPoolShape{2, 3, 4, 2, 1, 1}, AdaptiveAvgPoolShape{1, 5, 4, 2, 3, 6}}) {
        test::gradcheck(
            {test::random_values<double>(in_size(s), 1)},
            [&](const test::Arrays& in) {
                auto out = test::poisoned<double>(out_size(s));
                reference::adaptive_avg_pool_forward(
                    AdaptiveAvgPoolForward<double>{out.data(), in[0].data(), s});
                return out;
            },
            [&](const test::Arrays&, const std::vector<double>& d_out, test::Arrays& g) {
                reference::adaptive_avg_pool_backward(
                    AdaptiveAvgPoolBackward<double>{g[0].data(), d_out.data(), s});
            });
    }
}
