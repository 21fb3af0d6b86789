#include <vector>

#include "kernels/augment/augment.h"

// Forwards, step by step: each step makes a new image. The kernels for GPUs go backwards, from a pixel of the
// result to where it comes from.
namespace kernels {
namespace {

struct Image {
    std::int64_t height, width, channels;
    std::vector<float> values;

    Image(std::int64_t rows, std::int64_t columns, std::int64_t depth)
        : height(rows),
          width(columns),
          channels(depth),
          values(static_cast<std::size_t>(height * width * channels)) {}
    float& at(std::int64_t y, std::int64_t x, std::int64_t c) {
        return values[static_cast<std::size_t>((y * width + x) * channels + c)];
    }
    float at(std::int64_t y, std::int64_t x, std::int64_t c) const {
        return values[static_cast<std::size_t>((y * width + x) * channels + c)];
    }
    bool holds(std::int64_t y, std::int64_t x) const { return y >= 0 && y < height && x >= 0 && x < width; }
};

/// ... 2 1 [0 1 2 3] 2 1 ...
std::int64_t reflected(std::int64_t place, std::int64_t size) {
    if (place < 0) return -place;
    return place < size ? place : 2 * (size - 1) - place;
}

float changed_pixel(const Image& image, const AugmentStep& step, const float* mean, std::int64_t y,
                    std::int64_t x, std::int64_t c) {
    const std::int64_t moved_y = y + step.top, moved_x = x + step.left;
    switch (step.kind) {
        case AugmentKind::keep:
            break;
        case AugmentKind::crop:
            return image.holds(moved_y, moved_x) ? image.at(moved_y, moved_x, c) : 0;
        case AugmentKind::translate:
            return image.at(reflected(moved_y, image.height), reflected(moved_x, image.width), c);
        case AugmentKind::mirror:
            return image.at(y, image.width - 1 - x, c);
        case AugmentKind::paint:
            if (y >= step.top && y < step.top + step.size && x >= step.left && x < step.left + step.size)
                return mean[c];
            break;
    }
    return image.at(y, x, c);
}

Image changed(const Image& image, const AugmentStep& step, const float* mean) {
    const bool crops = step.kind == AugmentKind::crop;
    Image result(crops ? step.size : image.height, crops ? step.size : image.width, image.channels);
    for (std::int64_t y = 0; y < result.height; ++y)
        for (std::int64_t x = 0; x < result.width; ++x)
            for (std::int64_t c = 0; c < result.channels; ++c)
                result.at(y, x, c) = changed_pixel(image, step, mean, y, x, c);
    return result;
}

}  // namespace

void reference::augment(const Augment& args) {
    const std::uint8_t* x = args.x;
    float* out = args.out;
    for (std::int64_t n = 0; n < args.images; ++n) {
        Image image(args.height, args.width, args.channels);
        for (float& value : image.values) value = static_cast<float>(*x++) / 255.0F;
        for (std::int64_t k = 0; k < args.steps_of_image; ++k)
            image = changed(image, args.steps[n * args.steps_of_image + k], args.mean);
        for (std::int64_t pixel = 0; pixel < image.height * image.width; ++pixel)
            for (std::int64_t c = 0; c < args.channels; ++c)
                *out++ = (image.at(0, pixel, c) - args.mean[c]) / args.deviation[c];
    }
}

// On the CPU whoever loads images changes them at once, as floats, while they are in its cache: there is no
// use for a faster one.
void cpu::augment(const Augment& args) { reference::augment(args); }

}  // namespace kernels
