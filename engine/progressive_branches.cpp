#include "engine/progressive_branches.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/error.h"
#include "engine/nn/attention_conv.h"

namespace engine {
namespace {

bool is_count(const SharePoint& point) {
    return point.value >= 1 && point.value <= kernels::branches && point.value == std::floor(point.value);
}

void keep_branches(const nn::Module& model, std::int64_t count) {
    for (const auto& [name, child] : model.named_children()) {
        if (const auto conv = std::dynamic_pointer_cast<nn::AttentionConv>(child)) conv->keep_branches(count);
        keep_branches(*child, count);
    }
}

}  // namespace

std::string progressive_branches_forms() { return "none, or points like 0:1,0.8:3"; }

ProgressiveBranches::ProgressiveBranches(std::string_view text) {
    if (text == "none") return;
    counts_ = parse_share_points(text);
    if (counts_.empty() || !std::ranges::all_of(counts_, is_count) ||
        !std::ranges::is_sorted(counts_, {}, &SharePoint::value))
        throw UsageError("'" + std::string(text) + "' is no progressive branches", "in ProgressiveBranches",
                         "give " + progressive_branches_forms());
}

void ProgressiveBranches::prepare(const nn::Module& model, std::int64_t step, std::int64_t steps) const {
    if (counts_.empty()) return;
    const auto count_at = [&](std::int64_t s) {
        return static_cast<std::int64_t>(value_at(counts_, s, steps));
    };
    const std::int64_t count = count_at(step), before = step == 0 ? kernels::branches : count_at(step - 1);
    if (count != before) keep_branches(model, count);
}

}  // namespace engine
