#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// A terminal as far as the program uses one: what would be seen on its screen, and what has left it at the
/// top. A character is one column wide.
class TerminalScreen {
  public:
    TerminalScreen(int columns, int rows) : columns_(columns), rows_(rows), screen_(count(rows)) {}

    /// What a program writes, cut anywhere.
    void feed(std::string_view bytes) {
        pending_ += bytes;
        std::size_t at = 0;
        while (const std::size_t length = complete(std::string_view(pending_).substr(at))) {
            take(pending_.substr(at, length));
            at += length;
        }
        pending_.erase(0, at);
    }

    /// The window gets another size. Lines that get too long are cut, as in xterm, or `rewrapped`, as in most
    /// others. In both the line of the cursor stays on the screen.
    void resize(int columns, int rows, bool rewrapped) {
        columns_ = columns;
        rows_ = rows;
        if (rewrapped) rewrap();
        for (Row& row : screen_) row.cells.resize(std::min(row.cells.size(), count(columns)));
        while (screen_.size() > count(rows) && cursor_row_ + 1 < std::ssize(screen_)) screen_.pop_back();
        while (screen_.size() > count(rows)) scroll();
        screen_.resize(count(rows));
        column_ = std::min(column_, columns - 1);
    }

    /// All that was written and can still be read, wrapped lines joined, without empty lines at the end.
    std::vector<std::string> text() const {
        std::vector<Row> rows = history_;
        rows.insert(rows.end(), screen_.begin(), screen_.end());
        std::vector<std::string> lines;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (i > 0 && rows[i - 1].is_wrapped)
                lines.back() += text_of(rows[i]);
            else
                lines.push_back(text_of(rows[i]));
        while (!lines.empty() && lines.back().empty()) lines.pop_back();
        return lines;
    }

    /// The rows of the window, less spaces at their ends.
    std::vector<std::string> window() const {
        std::vector<std::string> rows;
        for (const Row& row : screen_) rows.push_back(text_of(row));
        return rows;
    }

    int columns() const { return columns_; }
    int rows() const { return rows_; }
    int cursor_row() const { return static_cast<int>(cursor_row_); }
    int cursor_column() const { return column_; }
    bool cursor_is_visible() const { return cursor_is_visible_; }
    /// Escape sequences that no terminal was taught here.
    const std::string& unknown() const { return unknown_; }

  private:
    struct Row {
        std::vector<std::string> cells;  ///< characters, in UTF-8
        bool is_wrapped = false;         ///< goes on in the next row
    };

    static std::size_t count(std::ptrdiff_t value) { return static_cast<std::size_t>(value); }

    static std::string text_of(const Row& row) {
        std::string text;
        for (const std::string& cell : row.cells) text += cell.empty() ? " " : cell;
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    }

    /// Length of the character or the sequence that text begins with; 0 if it is not all there.
    static std::size_t complete(std::string_view text) {
        if (text.empty()) return 0;
        const auto first = static_cast<unsigned char>(text[0]);
        if (first == '\x1b') {
            std::size_t end = 1;
            if (text.size() > end && text[end] == '[') ++end;
            while (end < text.size() && (std::isalpha(static_cast<unsigned char>(text[end])) == 0)) ++end;
            return end < text.size() ? end + 1 : 0;
        }
        const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        return text.size() < length ? 0 : length;
    }

    void take(const std::string& item) {
        if (item[0] == '\x1b')
            obey(item);
        else if (item == "\r")
            column_ = 0;
        else if (item == "\n")
            line_feed();
        else
            put(item);
    }

    void put(const std::string& character) {
        if (column_ == columns_) {
            screen_[count(cursor_row_)].is_wrapped = true;
            line_feed();
            column_ = 0;
        }
        std::vector<std::string>& cells = screen_[count(cursor_row_)].cells;
        cells.resize(std::max(cells.size(), count(column_) + 1));
        cells[count(column_++)] = character;
    }

    void line_feed() {
        if (cursor_row_ + 1 == std::ssize(screen_)) {
            scroll();
            screen_.emplace_back();
        }
        ++cursor_row_;
    }

    void scroll() {
        history_.push_back(screen_.front());
        screen_.erase(screen_.begin());
        --cursor_row_;
    }

    void obey(const std::string& sequence) {
        const char command = sequence.back();
        const std::string parameters = sequence.substr(2, sequence.size() - 3);
        const std::ptrdiff_t number = parameters.empty() || parameters[0] == '?' ? 1 : std::stoi(parameters);
        if (sequence == "\x1b[?25h" || sequence == "\x1b[?25l")
            cursor_is_visible_ = command == 'h';
        else if (command == 'K' && parameters.empty())
            erase_rest_of_line();
        else if (command == 'J' && parameters.empty())
            erase_rest();
        else if (command == 'A')
            cursor_row_ = std::max<std::ptrdiff_t>(cursor_row_ - number, 0);
        else if (command == 'B')
            cursor_row_ = std::min(cursor_row_ + number, std::ssize(screen_) - 1);
        else if (command != 'm')
            unknown_ += sequence;
    }

    void erase_rest_of_line() {
        Row& row = screen_[count(cursor_row_)];
        row.cells.resize(std::min(row.cells.size(), count(column_)));
        row.is_wrapped = false;
    }

    void erase_rest() {
        erase_rest_of_line();
        for (std::ptrdiff_t row = cursor_row_ + 1; row < std::ssize(screen_); ++row) screen_[count(row)] = {};
    }

    /// Breaks the lines on the screen anew, at the present width.
    void rewrap() {
        std::vector<Row> rows;
        std::ptrdiff_t cursor = 0;
        for (std::ptrdiff_t i = 0; i < std::ssize(screen_); ++i) {
            if (i == cursor_row_) cursor = std::ssize(rows);
            std::vector<std::string> rest = screen_[count(i)].cells;
            for (; rest.size() > count(columns_); rest.erase(rest.begin(), rest.begin() + columns_))
                rows.push_back({{rest.begin(), rest.begin() + columns_}, true});
            rows.push_back({rest, screen_[count(i)].is_wrapped});
        }
        screen_ = std::move(rows);
        cursor_row_ = cursor;
    }

    int columns_, rows_;
    std::vector<Row> history_, screen_;
    std::ptrdiff_t cursor_row_ = 0;
    int column_ = 0;
    bool cursor_is_visible_ = true;
    std::string pending_, unknown_;
};

/// How many characters of a text are braille.
inline std::ptrdiff_t braille_characters(std::string_view text) {
    std::ptrdiff_t found = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i)
        found += text[i] == '\xe2' && (static_cast<unsigned char>(text[i + 1]) & 0xfc) == 0xa0 ? 1 : 0;
    return found;
}

inline std::ptrdiff_t braille_characters(const std::vector<std::string>& lines) {
    std::ptrdiff_t found = 0;
    for (const std::string& line : lines) found += braille_characters(line);
    return found;
}

}  // namespace test
