#include "apps/parse_value.h"

#include <charconv>
#include <cmath>

namespace apps {
namespace {

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most) {
    const auto value = parse_whole<std::int64_t>(text);
    return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::optional<double> parse_number(std::string_view text) {
    const auto value = parse_whole<double>(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<bool> parse_boolean(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

std::string join_list(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (&part == &parts.front() ? "" : ",") + part;
    return text;
}

}  // namespace apps
