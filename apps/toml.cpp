#include "apps/toml.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include <fmt/format.h>

#include "engine/error.h"

namespace apps {
namespace {

bool is_bare(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '+' || c == '.';
}

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// What may follow a backslash, and what it then means.
constexpr std::string_view escapes = "\\\"btnfr", unescaped = "\\\"\b\t\n\f\r";

/// Appends a Unicode code point (RFC 3629).
void append_utf8(std::string& text, std::uint32_t point) {
    if (point < 0x80) {
        text += static_cast<char>(point);
        return;
    }
    const int following = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr std::uint32_t leads[] = {0xc0, 0xe0, 0xf0};
    text += static_cast<char>(leads[following - 1] | (point >> (6 * following)));
    for (int i = following - 1; i >= 0; --i) text += static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3f));
}

class TomlReader {
  public:
    TomlReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

    std::vector<TomlEntry> read() {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // as some editors begin UTF-8
        if (text_.starts_with(byte_order_mark)) position_ = byte_order_mark.size();
        if (text_.find('\0') != std::string_view::npos)
            fail("a zero byte: this is no text, or text in UTF-16", "save it as text in UTF-8");
        std::vector<TomlEntry> entries;
        for (skip_lines(); !at_end(); skip_lines()) entries.push_back(read_entry());
        return entries;
    }

  private:
    bool at_end() const { return position_ == text_.size(); }
    char peek() const { return at_end() ? '\n' : text_[position_]; }

    char take() {
        const char c = peek();
        if (!at_end()) ++position_;
        if (c == '\n') ++line_;
        return c;
    }

    [[noreturn]] void fail(const std::string& what, const std::string& remedy) const {
        throw engine::InputError(what, "in " + file_ + " line " + std::to_string(line_), remedy);
    }

    void skip_spaces() {
        while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\r')) take();
        if (peek() == '#')
            while (!at_end() && peek() != '\n') take();
    }

    void skip_lines() {
        for (skip_spaces(); !at_end() && peek() == '\n'; skip_spaces()) take();
    }

    TomlEntry read_entry() {
        if (peek() == '[') fail("a section", "write all keys without sections");
        TomlEntry entry{read_key(), line_, false, TomlType::text, {}};
        skip_spaces();
        if (take() != '=') fail("'" + entry.key + "' is not followed by '='", "write key = value");
        skip_spaces();
        if (peek() == '[')
            read_list(entry);
        else
            entry.values.push_back(read_value(entry.type));
        skip_spaces();
        if (peek() != '\n')
            fail("more after the value of '" + entry.key + "'", "write one key = value a line");
        return entry;
    }

    std::string read_key() {
        if (peek() == '"' || peek() == '\'') return read_string();
        const std::string key = read_bare();
        if (key.empty()) fail("no key at the start of a line", "write key = value");
        return key;
    }

    std::string read_bare() {
        const std::size_t begin = position_;
        while (!at_end() && is_bare(peek())) take();
        return std::string(text_.substr(begin, position_ - begin));
    }

    void read_list(TomlEntry& entry) {
        entry.is_list = true;
        take();
        for (skip_lines(); peek() != ']'; skip_lines()) {
            TomlType type{};
            entry.values.push_back(read_value(type));
            if (entry.values.size() > 1 && type != entry.type)
                fail("'" + entry.key + "' mixes types in one list", "give values of one type");
            entry.type = type;
            skip_lines();
            if (peek() == ',')
                take();
            else if (peek() != ']')
                fail("the list of '" + entry.key + "' is not closed", "end it with ]");
        }
        take();
    }

    std::string read_value(TomlType& type) {
        if (peek() == '"' || peek() == '\'') {
            type = TomlType::text;
            return read_string();
        }
        const std::string value = read_bare();
        if (value.empty()) fail("no value", "write key = value, text in quotes");
        type = value == "true" || value == "false" ? TomlType::boolean : TomlType::number;
        return type == TomlType::number ? plain_number(value) : value;
    }

    /// TOML's +1_000 as other readers of numbers know it.
    static std::string plain_number(const std::string& value) {
        std::string plain;
        for (std::size_t i = value.starts_with('+') ? 1 : 0; i < value.size(); ++i) {
            const bool between_digits =
                i > 0 && i + 1 < value.size() && is_digit(value[i - 1]) && is_digit(value[i + 1]);
            if (value[i] != '_' || !between_digits) plain += value[i];
        }
        return plain;
    }

    /// "basic", with escapes, or 'literal', without.
    std::string read_string() {
        const char quote = take();
        std::string value;
        while (peek() != quote) {
            if (peek() == '\n') fail("a string that is not closed", "end it with the quote it began with");
            const char c = take();
            if (c == '\\' && quote == '"')
                append_escaped(value);
            else
                value += c;
        }
        take();
        return value;
    }

    void append_escaped(std::string& value) {
        const char kind = take();
        const std::size_t known = escapes.find(kind);
        if (known != std::string_view::npos)
            value += unescaped[known];
        else if (kind == 'u' || kind == 'U')
            append_utf8(value, read_hexadecimal(kind == 'u' ? 4 : 8));
        else
            fail("an unknown escape in a string",
                 R"(known are \\ \" \b \t \n \f \r \uXXXX; 'single quotes' need none)");
    }

    std::uint32_t read_hexadecimal(int digits) {
        std::uint32_t number = 0;
        for (int i = 0; i < digits; ++i) {
            const std::size_t digit = std::string_view("0123456789abcdef").find(lower(peek()));
            if (digit == std::string_view::npos)
                fail("an escape in a string that is cut short",
                     R"(write \uXXXX with four hexadecimal digits)");
            number = number * 16 + static_cast<std::uint32_t>(digit);
            take();
        }
        constexpr std::uint32_t first_surrogate = 0xd800, last_surrogate = 0xdfff, last = 0x10ffff;
        if (number > last || (number >= first_surrogate && number <= last_surrogate))
            fail("an escape in a string that is no character", "give the code point of one");
        return number;
    }

    std::string_view text_;
    const std::string& file_;
    std::size_t position_ = 0;
    int line_ = 1;
};

}  // namespace

std::vector<TomlEntry> read_toml(std::string_view text, const std::string& file) {
    return TomlReader(text, file).read();
}

std::string toml_string(std::string_view text) {
    constexpr unsigned char deletion = 0x7f;
    std::string quoted = "\"";
    for (const char c : text) {
        const std::size_t known = unescaped.find(c);
        const auto byte = static_cast<unsigned char>(c);
        if (known != std::string_view::npos)
            quoted += {'\\', escapes[known]};
        else if (byte < ' ' || byte == deletion)
            quoted += fmt::format("\\u{:04x}", byte);
        else
            quoted += c;
    }
    return quoted + '"';
}

}  // namespace apps
