#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The flat part of TOML (https://toml.io/en/v1.0.0): `key = value` with strings, numbers, booleans and lists
/// of these. Read by hand because CLI11's reader joins the values of equal keys, drops short lines and sees
/// comments inside of strings.
namespace apps {

enum class TomlType { text, number, boolean };

struct TomlEntry {
    std::string key;
    int line;
    bool is_list;
    TomlType type;                    ///< of every value
    std::vector<std::string> values;  ///< unquoted; numbers as they are written, unchecked
};

/// The entries in their order; keys may repeat. Throws InputError, naming `file` and the line, for what is no
/// TOML or beyond its flat part.
std::vector<TomlEntry> read_toml(std::string_view text, const std::string& file);

/// The text as a TOML string.
std::string toml_string(std::string_view text);

}  // namespace apps
