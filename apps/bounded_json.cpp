#include "apps/bounded_json.h"

#include <cmath>
#include <limits>

namespace apps {

using nlohmann::json;

json parse_bounded(const std::string& text) {
    constexpr int deepest = 8;
    bool is_too_deep = false;
    const auto watch = [&](int depth, json::parse_event_t, const json&) {
        is_too_deep = is_too_deep || depth > deepest;
        return !is_too_deep;  // dropped at once: what is nested deeply is also destroyed by recursion
    };
    json value = json::parse(text, watch, false);
    return is_too_deep ? json(json::value_t::discarded) : value;
}

double number_in(const json& object, const char* key) {
    constexpr double beyond_any_chart = 1e15;
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::numeric_limits<double>::quiet_NaN();
    const auto value = found->get<double>();
    return std::abs(value) < beyond_any_chart ? value : std::numeric_limits<double>::quiet_NaN();
}

std::int64_t count_in(const json& object, const char* key) {
    constexpr std::int64_t most = std::int64_t{1} << 53;  // whole in a double, too
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_integer()) return -1;
    const auto value = found->get<std::int64_t>();  // one beyond its range becomes negative
    return value >= 0 && value <= most ? value : -1;
}

}  // namespace apps
