#include "engine/share_points.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace engine {
namespace {

/// Takes a number and the character that ends it, if it is not the end, off the front of `rest`.
std::optional<double> take_number(std::string_view& rest, char end) {
    double value = 0;
    const auto [next, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(next - rest.data()));
    if (!rest.empty() && rest.front() != end) return std::nullopt;
    if (!rest.empty()) rest.remove_prefix(1);
    return value;
}

}  // namespace

std::vector<SharePoint> parse_share_points(std::string_view text) {
    std::vector<SharePoint> points;
    if (text.ends_with(',')) return {};
    while (!text.empty()) {
        const std::optional<double> share = take_number(text, ':'), value = take_number(text, ',');
        const bool rises = share && (points.empty() ? *share == 0 : *share > points.back().share);
        if (!rises || *share > 1 || !value) return {};
        points.push_back({*share, *value});
    }
    return points;
}

double value_at(const std::vector<SharePoint>& points, std::int64_t step, std::int64_t steps) {
    const double share = static_cast<double>(step) / static_cast<double>(steps);
    const auto after = std::find_if(points.begin() + 1, points.end(),
                                    [&](const SharePoint& point) { return share < point.share; });
    return (after - 1)->value;
}

}  // namespace engine
