#include "engine/ops/augment.h"

#include <algorithm>
#include <string>

#include "engine/error.h"
#include "engine/ops/checks.h"

namespace engine {
namespace {

constexpr auto step_bytes = static_cast<std::int64_t>(sizeof(kernels::AugmentStep));

[[noreturn]] void refuse(const std::string& what, const std::string& remedy) {
    throw UsageError(what, "in augment", remedy);
}

void check_images(const Tensor& images) {
    if (!images.defined() || images.dtype() != DType::uint8 || images.shape().rank() != 4)
        refuse(images.defined() ? std::string("a ") + name(images.dtype()) + " tensor of shape " +
                                      to_string(images.shape())
                                : "no images",
               "give uint8 images (N, H, W, C)");
    if (images.size(3) > kernels::augment_most_channels)
        refuse("images of shape " + to_string(images.shape()),
               "they have at most " + std::to_string(kernels::augment_most_channels) + " channels");
}

void check_plan(const AugmentPlan& plan, const Tensor& images) {
    const auto channels = static_cast<std::size_t>(images.size(3));
    if (plan.mean.size() != channels || plan.deviation.size() != channels)
        refuse(std::to_string(plan.mean.size()) + " means and " + std::to_string(plan.deviation.size()) +
                   " deviations for images of shape " + to_string(images.shape()),
               "give one of each per channel");
    const Tensor& steps = plan.steps;
    if (!steps.defined() || steps.dtype() != DType::uint8 || steps.shape().rank() != 3 ||
        steps.size(0) != images.size(0) || steps.size(2) != step_bytes)
        refuse("steps of shape " + (steps.defined() ? to_string(steps.shape()) : "none") +
                   " for images of shape " + to_string(images.shape()),
               "make them by augment_steps(), for as many images");
    check_device("augment", images, {steps});
}

}  // namespace

Tensor augment_steps(std::int64_t images, std::int64_t steps) {
    return empty({images, steps, step_bytes}, DType::uint8);
}

kernels::AugmentStep* steps_in(const Tensor& steps) {
    return reinterpret_cast<kernels::AugmentStep*>(steps.data<std::uint8_t>());
}

Tensor augment(const Tensor& images, const AugmentPlan& plan) {
    check_images(images);
    check_plan(plan, images);
    const Tensor out =
        empty({images.size(0), plan.height, plan.width, images.size(3)}, DType::float32, images.device());
    kernels::Augment args{out.data(),
                          images.data<std::uint8_t>(),
                          steps_in(plan.steps),
                          {},
                          {},
                          images.size(0),
                          plan.steps.size(1),
                          images.size(1),
                          images.size(2),
                          plan.height,
                          plan.width,
                          images.size(3)};
    std::copy(plan.mean.begin(), plan.mean.end(), args.mean);
    std::copy(plan.deviation.begin(), plan.deviation.end(), args.deviation);
    kernels::augment(images.device(), args);
    return out;
}

}  // namespace engine
