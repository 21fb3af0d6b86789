#include "engine/serialize/layout.h"

namespace engine {
namespace {

/// out[m][column][row] = x[m][row][column] for each of `matrices` matrices.
template <typename T>
void transpose_each(T* out, const T* x, std::int64_t matrices, std::int64_t rows, std::int64_t columns) {
    for (std::int64_t m = 0; m < matrices; ++m)
        for (std::int64_t row = 0; row < rows; ++row)
            for (std::int64_t column = 0; column < columns; ++column)
                out[(m * columns + column) * rows + row] = x[(m * rows + row) * columns + column];
}

/// Height and width move together, so that swapping them with the channels transposes one matrix per image.
Tensor swap_pixels_and_channels(const Tensor& x, const Shape& out_shape, std::int64_t rows,
                                std::int64_t columns) {
    const Tensor out = empty(out_shape, x.dtype());
    const Tensor in = x.to(Device::cpu);
    const auto transpose = [&]<typename T>(T* to) {
        transpose_each(to, in.data<T>(), in.size(0), rows, columns);
    };
    switch (x.dtype()) {
        case DType::float32:
            transpose(out.data<float>());
            break;
        case DType::int64:
            transpose(out.data<std::int64_t>());
            break;
        case DType::uint8:
            transpose(out.data<std::uint8_t>());
            break;
    }
    return out;
}

}  // namespace

Shape channels_first_shape(const Shape& shape) {
    if (shape.rank() != 4) return shape;
    return {shape[0], shape[3], shape[1], shape[2]};
}

Tensor to_channels_first(const Tensor& x) {
    if (x.shape().rank() != 4) return x.to(Device::cpu);
    return swap_pixels_and_channels(x, channels_first_shape(x.shape()), x.size(1) * x.size(2), x.size(3));
}

Tensor to_channels_last(const Tensor& x) {
    if (x.shape().rank() != 4) return x.to(Device::cpu);
    const std::int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
    return swap_pixels_and_channels(x, {x.size(0), height, width, channels}, channels, height * width);
}

}  // namespace engine
