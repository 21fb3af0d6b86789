#include "kernels/lerp/lerp.h"

#include "engine/error.h"
#include "engine/ops/checks.h"
#include "engine/ops/lerp.h"

namespace engine {

void lerp_in_place(const Tensor& x, const Tensor& towards, float weight) {
    check_shape("lerp_in_place", "the other tensor", towards, x.shape());
    check_device("lerp_in_place", x, {towards});
    if (!(weight >= 0 && weight <= 1))
        throw UsageError("a weight of " + std::to_string(weight), "in lerp_in_place",
                         "give a number from 0 to 1");
    kernels::lerp(x.device(), {x.data(), towards.data(), weight, x.numel()});
}

}  // namespace engine
