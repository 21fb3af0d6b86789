#include "apps/toml.h"

#include <algorithm>
#include <cctype>

#include "engine/error.h"

namespace apps {
namespace {

bool is_bare(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '+' || c == '.';
}

class TomlReader {
  public:
    TomlReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

    std::vector<TomlEntry> read() {
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
        return value;
    }

    /// "basic", with escapes, or 'literal', without.
    std::string read_string() {
        const char quote = take();
        std::string value;
        while (peek() != quote) {
            if (peek() == '\n') fail("a string that is not closed", "end it with the quote it began with");
            const char c = take();
            value += c == '\\' && quote == '"' ? read_escape() : c;
        }
        take();
        return value;
    }

    char read_escape() {
        switch (take()) {
            case '\\':
                return '\\';
            case '"':
                return '"';
            case 't':
                return '\t';
            case 'n':
                return '\n';
            default:
                fail("an unknown escape in a string", R"(known are \\ \" \t \n; 'single quotes' need none)");
        }
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
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace apps
