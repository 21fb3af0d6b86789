#include "apps/report/html.h"

#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace apps {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Bytes of the character that begins there; 0 if there is none (The Unicode Standard, table 3-7).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || text.size() < length) return 0;
    std::uint32_t code = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3FU);
    }
    const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool is_surrogate = code >= 0xD800 && code < 0xE000;
    const bool is_no_character = code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF;
    return is_overlong || is_surrogate || is_no_character ? 0 : length;
}

/// A character of one byte.
std::string_view escaped_ascii(std::string_view character) {
    switch (character.front()) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        case '\n':
        case '\t':
            return character;
        default:
            return static_cast<unsigned char>(character.front()) < 0x20 ? replacement : character;
    }
}

}  // namespace

std::string escape(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0)
            result += replacement;
        else
            result += length == 1 ? escaped_ascii(text.substr(0, 1)) : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return result;
}

std::string element(std::string_view name, std::string_view attributes, std::string_view content) {
    return fmt::format("<{}{}{}>{}</{}>", name, attributes.empty() ? "" : " ", attributes, content, name);
}

std::string cell(std::string_view text, std::string_view attributes) {
    return element("td", attributes, escape(text));
}

std::string head_cell(std::string_view text, std::string_view attributes) {
    return element("th", attributes, escape(text));
}

std::string percent_text(double share) {
    return std::isfinite(share) ? fmt::format("{:.2f}%", 100 * share) : no_value;
}

std::string loss_text(double loss) { return std::isfinite(loss) ? fmt::format("{:.4f}", loss) : no_value; }

}  // namespace apps
