#pragma once

#include <string>
#include <string_view>

/// The small parts that pages are written of. Every element is closed and every attribute quoted, so that a
/// page is well-formed XML, too.
namespace apps {

/// Text for between tags and for within quoted attributes: nothing in it is taken for markup. What is no
/// UTF-8, or no character that XML knows, becomes U+FFFD.
std::string escape(std::string_view text);

/// <name attributes>content</name>; attributes and content are markup, escaped before.
std::string element(std::string_view name, std::string_view attributes, std::string_view content);

/// A cell of a table, or of its head, of text that is escaped here.
std::string cell(std::string_view text, std::string_view attributes = "");
std::string head_cell(std::string_view text, std::string_view attributes = "");

/// The attribute of a cell that holds a number.
inline constexpr const char* number_class = R"(class="number")";

/// An en dash, in place of what is not a number.
inline constexpr const char* no_value = "\xE2\x80\x93";

/// How figures are written, everywhere the same.
std::string percent_text(double share);
std::string loss_text(double loss);

}  // namespace apps
