#include "engine/progressive_resizing.h"

#include <algorithm>
#include <cmath>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"

namespace engine {
namespace {

/// No side that memory has room for is longer.
constexpr double largest_side = 1 << 20;

bool is_side(const SharePoint& point) {
    return point.value >= 1 && point.value <= largest_side && point.value == std::floor(point.value);
}

}  // namespace

std::string progressive_resizing_forms() { return "none, or points like 0:16,0.4:32"; }

ProgressiveResizing::ProgressiveResizing(std::string_view text) {
    if (text == "none") return;
    sides_ = parse_share_points(text);
    if (sides_.empty() || !std::ranges::all_of(sides_, is_side))
        throw UsageError("'" + std::string(text) + "' is no progressive resizing", "in ProgressiveResizing",
                         "give " + progressive_resizing_forms());
}

Tensor ProgressiveResizing::resize(const Tensor& images, std::int64_t step, std::int64_t steps) const {
    if (sides_.empty()) return images;
    const auto side = static_cast<std::int64_t>(value_at(sides_, step, steps));
    const std::int64_t rows = std::min(images.size(1), side), columns = std::min(images.size(2), side);
    if (rows == images.size(1) && columns == images.size(2)) return images;
    const NoGradGuard no_grad;
    return adaptive_avg_pool(images, rows, columns);
}

std::int64_t ProgressiveResizing::smallest_side() const {
    const auto smallest = std::ranges::min_element(sides_, {}, &SharePoint::value);
    return smallest == sides_.end() ? 0 : static_cast<std::int64_t>(smallest->value);
}

}  // namespace engine
