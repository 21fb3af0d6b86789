#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Strict readers of what people type: all of the text must be the value, and the value within its bounds.
namespace apps {

std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most);
/// A finite decimal number; what is too large or too small for a double is none.
std::optional<double> parse_number(std::string_view text);
std::optional<bool> parse_boolean(std::string_view text);
/// The parts between commas; "" has one, which is empty.
std::vector<std::string> split_list(std::string_view text);
/// The parts with commas between.
std::string join_list(const std::vector<std::string>& parts);

}  // namespace apps
