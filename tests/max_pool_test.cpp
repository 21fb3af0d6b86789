#include "kernels/max_pool/max_pool.h"

#include <cmath>
#include <limits>

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

std::int64_t in_size(const MaxPoolShape& s) { return s.images * s.height * s.width * s.channels; }
std::int64_t out_size(const MaxPoolShape& s) {
    return s.images * s.out_height() * s.out_width() * s.channels;
}

using Bytes = std::vector<std::uint8_t>;

struct Pooled {
    std::vector<float> out;
    Bytes winner;
};

Pooled pool(void (*forward)(const MaxPoolForward<float>&), const std::vector<float>& x,
            const MaxPoolShape& s) {
    Pooled result{test::poisoned<float>(out_size(s)), Bytes(static_cast<std::size_t>(out_size(s)), 255)};
    forward({result.out.data(), result.winner.data(), x.data(), s});
    return result;
}

const std::vector<MaxPoolShape> table = {{1, 2, 2, 1, 2, 2},  {2, 8, 8, 32, 2, 2},   {3, 7, 5, 3, 2, 2},
                                         {1, 5, 9, 17, 3, 2}, {2, 6, 7, 5, 3, 1},    {2, 4, 4, 30, 1, 1},
                                         {1, 9, 9, 33, 2, 3}, {2, 11, 6, 100, 4, 3}, {1, 3, 3, 16, 3, 3},
                                         {3, 5, 5, 1, 2, 1},  {1, 16, 17, 2, 16, 1}};

enum class Values { distinct, ties, nans };

std::vector<float> make_x(const MaxPoolShape& s, Values values) {
    auto x = test::random_values<float>(in_size(s), 1);
    if (values == Values::ties) {
        for (float& value : x) value = std::floor(value * 2) / 2;  // four different values
    }
    if (values == Values::nans) {
        for (std::size_t i = 0; i < x.size(); i += 5) x[i] = std::numeric_limits<float>::quiet_NaN();
    }
    return x;
}

}  // namespace

TEST_CASE("max_pool: fast equals reference bit for bit") {
    for (const MaxPoolShape& s : table) {
        for (const Values values : {Values::distinct, Values::ties, Values::nans}) {
            CAPTURE(s.height);
            CAPTURE(s.channels);
            CAPTURE(s.window);
            CAPTURE(s.stride);
            const auto x = make_x(s, values);
            const auto d_out = test::random_values<float>(out_size(s), 2);
            const Pooled expected = pool(&reference::max_pool_forward<float>, x, s);
            auto d_x = test::prefilled<float>(in_size(s));
            reference::max_pool_backward(
                MaxPoolBackward<float>{d_x.data(), d_out.data(), expected.winner.data(), s});

            const auto fast = test::same_for_any_threads([&] {
                const Pooled pooled = pool(&cpu::max_pool_forward, x, s);
                test::check_same_bits("winner", pooled.winner, expected.winner);
                std::vector<std::vector<float>> r = {pooled.out, test::prefilled<float>(in_size(s))};
                cpu::max_pool_backward({r[1].data(), d_out.data(), pooled.winner.data(), s});
                return r;
            });
            test::check_same_bits("out", fast[0], expected.out);
            test::check_same_bits("d_x", fast[1], d_x);

            for (const auto& gpu : test::on_gpus([&](auto& device) {
                     const auto device_x = device.array(x), device_d_out = device.array(d_out);
                     const auto device_out = device.template output<float>(out_size(s));
                     const auto device_winner = device.template output<std::uint8_t>(out_size(s));
                     const auto device_d_x = device.array(test::prefilled<float>(in_size(s)));
                     max_pool_forward(device.id(),
                                      {device_out.data(), device_winner.data(), device_x.data(), s});
                     max_pool_backward(device.id(),
                                       {device_d_x.data(), device_d_out.data(), device_winner.data(), s});
                     test::check_same_bits("winner, on a GPU", device_winner.values(), expected.winner);
                     return test::Results{device_out.values(), device_d_x.values()};
                 })) {
                test::check_same_bits("out, on a GPU", gpu[0], expected.out);
                test::check_same_bits("d_x, on a GPU", gpu[1], d_x);
            }
        }
    }
}

TEST_CASE("max_pool: the first of equals wins, in row-major order") {
    constexpr float inf = std::numeric_limits<float>::infinity();
    // Channels of one 2x2 window, each a different tie; every pixel holds the channels side by side.
    const std::vector<float> x = {0, 1, 1, -inf, 0, 2, 5, 3, -inf, 0, 2, 5, 5, -inf, -0.0F, 1, 0, 5, -inf, 1};
    const MaxPoolShape s{1, 2, 2, 5, 2, 2};
    for (const auto forward : {&cpu::max_pool_forward, &reference::max_pool_forward<float>}) {
        const Pooled pooled = pool(forward, x, s);
        CHECK(pooled.out == std::vector<float>{2, 5, 5, -inf, 1});
        CHECK(pooled.winner == Bytes{1, 1, 2, 0, 3});
    }
}

TEST_CASE("max_pool: NaN wins over every number, the last NaN over those before") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                    inf = std::numeric_limits<float>::infinity();
    for (const std::int64_t channels : {1, 16, 19}) {
        CAPTURE(channels);
        const MaxPoolShape s{1, 2, 6, channels, 2, 2};
        const std::vector<float> pixels = {nan, inf, 1, 2, 3, nan, 3, 4, nan, 3, nan, 4};
        std::vector<float> x;
        for (const float pixel : pixels) x.insert(x.end(), static_cast<std::size_t>(channels), pixel);
        for (const auto forward : {&cpu::max_pool_forward, &reference::max_pool_forward<float>}) {
            const Pooled pooled = pool(forward, x, s);
            for (std::size_t i = 0; i < pooled.out.size(); ++i) {
                CHECK(std::isnan(pooled.out[i]));
                const std::size_t window = i / static_cast<std::size_t>(channels);
                CHECK(pooled.winner[i] == Bytes{0, 2, 2}[window]);
            }
        }
    }
}

TEST_CASE("max_pool: rows and columns that fill no window are left out") {
    const std::vector<float> x = {1, 2, 99, 3, 4, 99, 99, 99, 99};
    const MaxPoolShape s{1, 3, 3, 1, 2, 2};
    const Pooled pooled = pool(&cpu::max_pool_forward, x, s);
    CHECK(pooled.out == std::vector<float>{4});
    std::vector<float> d_x(9, 1.0F);
    const float d_out = 10;
    cpu::max_pool_backward({d_x.data(), &d_out, pooled.winner.data(), s});
    CHECK(d_x == std::vector<float>{1, 1, 1, 1, 11, 1, 1, 1, 1});
}

TEST_CASE("max_pool: gradcheck") {
    for (const MaxPoolShape& s : {MaxPoolShape{2, 5, 4, 2, 2, 2}, MaxPoolShape{1, 5, 6, 2, 3, 1}}) {
        test::gradcheck(
            {test::random_values<double>(in_size(s), 1)},
            [&](const test::Arrays& in) {
                auto out = test::poisoned<double>(out_size(s));
                Bytes winner(out.size());
                reference::max_pool_forward(
                    MaxPoolForward<double>{out.data(), winner.data(), in[0].data(), s});
                return out;
            },
            [&](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& g) {
                auto out = test::poisoned<double>(out_size(s));
                Bytes winner(out.size());
                reference::max_pool_forward(
                    MaxPoolForward<double>{out.data(), winner.data(), in[0].data(), s});
                reference::max_pool_backward(
                    MaxPoolBackward<double>{g[0].data(), d_out.data(), winner.data(), s});
            });
    }
}
