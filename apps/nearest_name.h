#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apps {

/// The known name that takes the fewest single-character edits to reach, empty if none is near: what a
/// mistyped name probably meant.
std::string nearest_name(std::string_view typed, const std::vector<std::string>& known);

}  // namespace apps
