#include "engine/serialize/layout.h"

#include <numeric>

#include <doctest/doctest.h>

using engine::Shape;
using engine::Tensor;

namespace {

/// 0, 1, 2, ... row-major.
template <typename T>
Tensor counting(const Shape& shape) {
    const Tensor x = engine::empty(shape, engine::dtype_of<T>());
    std::iota(x.values<T>().begin(), x.values<T>().end(), T{0});
    return x;
}

template <typename T>
void check_every_element(const Shape& channels_last) {
    const std::int64_t images = channels_last[0], height = channels_last[1], width = channels_last[2],
                       channels = channels_last[3];
    const Tensor x = counting<T>(channels_last);
    const Tensor out = engine::to_channels_first(x);
    REQUIRE(out.shape() == Shape{images, channels, height, width});
    REQUIRE(out.dtype() == x.dtype());
    bool same = true;
    for (std::int64_t n = 0; n < images; ++n)
        for (std::int64_t h = 0; h < height; ++h)
            for (std::int64_t w = 0; w < width; ++w)
                for (std::int64_t c = 0; c < channels; ++c)
                    same = same && out.data<T>()[((n * channels + c) * height + h) * width + w] ==
                                       x.data<T>()[((n * height + h) * width + w) * channels + c];
    CHECK(same);

    const Tensor back = engine::to_channels_last(out);
    REQUIRE(back.shape() == x.shape());
    CHECK(std::equal(back.values<T>().begin(), back.values<T>().end(), x.values<T>().begin()));
}

}  // namespace

TEST_CASE("every element finds its place and the way back") {
    for (const Shape& shape : {Shape{2, 3, 5, 4}, Shape{1, 1, 1, 7}, Shape{3, 2, 2, 1}, Shape{1, 6, 1, 2},
                               Shape{0, 3, 3, 3}, Shape{2, 3, 0, 4}}) {
        CAPTURE(engine::to_string(shape));
        check_every_element<float>(shape);
        check_every_element<std::int64_t>(shape);
        check_every_element<std::uint8_t>(shape);
    }
}

TEST_CASE("the result is a copy") {
    const Tensor x = counting<float>({1, 2, 2, 1});
    engine::to_channels_first(x).zero_();
    CHECK(x.data()[3] == 3.0F);
}

TEST_CASE("tensors of other ranks are returned as they are") {
    for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3}, Shape{2, 3, 4}}) {
        const Tensor x = counting<float>(shape);
        CHECK(engine::to_channels_first(x).is(x));
        CHECK(engine::to_channels_last(x).is(x));
    }
}
