#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace engine {

/// What holds from a share of all steps of a training on.
struct SharePoint {
    double share, value;
};

/// Reads "0:0.2,0.25:1,1:0": pairs of share and value. Empty unless the shares rise from 0 to at most 1, and
/// the values are finite numbers of at least 0.
std::vector<SharePoint> parse_share_points(std::string_view text);

/// The value that holds in the step with that number, from 0, of `steps` in all: that of the last of these
/// points, of which there is one at 0, that is not after it.
double value_at(const std::vector<SharePoint>& points, std::int64_t step, std::int64_t steps);

}  // namespace engine
