#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace apps {

/// The JSON value that a text of whatever origin holds; a discarded one (is_discarded()) if it is none or is
/// nested deeper than any file of ours.
nlohmann::json parse_bounded(const std::string& text);

/// A finite number under that key; NaN if there is none.
double number_in(const nlohmann::json& object, const char* key);
/// A whole number from 0 on; -1 if there is none.
std::int64_t count_in(const nlohmann::json& object, const char* key);

}  // namespace apps
