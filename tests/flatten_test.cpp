#include "kernels/flatten/flatten.h"

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

struct Shape {
    std::int64_t images, pixels, channels;
};

}  // namespace

TEST_CASE("flatten: fast equals reference") {
    for (const auto& [images, pixels, channels] :
         {Shape{1, 1, 1}, Shape{4, 1, 33}, Shape{3, 9, 1}, Shape{1, 25, 3}, Shape{2, 16, 16},
          Shape{5, 35, 17}, Shape{2, 64, 100}}) {
        CAPTURE(pixels);
        CAPTURE(channels);
        const std::int64_t size = images * pixels * channels;
        const auto x = test::random_values<float>(size, 1), d_out = test::random_values<float>(size, 2);
        auto out = test::poisoned<float>(size);
        auto d_x = test::prefilled<float>(size);
        reference::flatten_forward(FlattenForward<float>{out.data(), x.data(), images, pixels, channels});
        reference::flatten_backward(
            FlattenBackward<float>{d_x.data(), d_out.data(), images, pixels, channels});

        const auto fast = test::same_for_any_threads([&] {
            std::vector<std::vector<float>> r = {test::poisoned<float>(size), test::prefilled<float>(size)};
            cpu::flatten_forward({r[0].data(), x.data(), images, pixels, channels});
            cpu::flatten_backward({r[1].data(), d_out.data(), images, pixels, channels});
            return r;
        });
        test::check_same_bits("out", fast[0], out);
        test::check_same_bits("d_x", fast[1], d_x);

        for (const auto& gpu :
             test::on_gpus([&, images = images, pixels = pixels, channels = channels](auto& device) {
                 const auto device_x = device.array(x), device_d_out = device.array(d_out);
                 const auto device_out = device.template output<float>(size);
                 const auto device_d_x = device.array(test::prefilled<float>(size));
                 flatten_forward(device.id(), {device_out.data(), device_x.data(), images, pixels, channels});
                 flatten_backward(device.id(),
                                  {device_d_x.data(), device_d_out.data(), images, pixels, channels});
                 return test::Results{device_out.values(), device_d_x.values()};
             })) {
            test::check_same_bits("out, on a GPU", gpu[0], out);
            test::check_same_bits("d_x, on a GPU", gpu[1], d_x);
        }
    }
}

TEST_CASE("flatten: channels come first") {
    const std::vector<float> x = {1, 10, 2, 20, 3, 30};  // three pixels of two channels
    auto out = test::poisoned<float>(6);
    cpu::flatten_forward({out.data(), x.data(), 1, 3, 2});
    CHECK(out == std::vector<float>{1, 2, 3, 10, 20, 30});
}

TEST_CASE("flatten: gradcheck") {
    test::gradcheck(
        {test::random_values<double>(2 * 3 * 4, 1)},
        [](const test::Arrays& in) {
            auto out = test::poisoned<double>(24);
            reference::flatten_forward(FlattenForward<double>{out.data(), in[0].data(), 2, 3, 4});
            return out;
        },
        [](const test::Arrays&, const std::vector<double>& d_out, test::Arrays& g) {
            reference::flatten_backward(FlattenBackward<double>{g[0].data(), d_out.data(), 2, 3, 4});
        });
}
