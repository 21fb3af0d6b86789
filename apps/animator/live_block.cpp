#include "apps/animator/live_block.h"

#include <utility>

#include <fmt/format.h>

namespace apps {
namespace {

constexpr const char* erase_rest_of_line = "\x1b[K";

/// To the beginning of a line above.
std::string up(std::size_t lines) { return lines == 0 ? "\r" : fmt::format("\r\x1b[{}A", lines); }
/// To a line below, which is there.
std::string down(std::size_t lines) { return lines == 0 ? "" : fmt::format("\x1b[{}B", lines); }

}  // namespace

void LiveBlock::draw(std::vector<std::string> lines, WindowSize window) {
    const std::vector<std::string> before = std::exchange(lines_, std::move(lines));
    const bool resized = window != std::exchange(window_, window);
    // Once a second all is drawn, which mends what the keyboard's echo or another program did to it.
    constexpr double whole_seconds = 1;
    if (resized || before.size() != lines_.size() || since_whole_.seconds() > whole_seconds) {
        since_whole_.start();
        write(all_lines(resized && !before.empty()));
    } else {
        write(changed_lines(before));
    }
}

std::string LiveBlock::all_lines(bool resized) const {
    // To erase all at once flickers; but where lines were wrapped anew, nobody knows what is where.
    std::string text = resized ? erase : "\r";
    for (std::size_t i = 0; i < lines_.size(); ++i)
        text += (i > 0 ? "\r\n" : "") + lines_[i] + erase_rest_of_line;
    text += "\x1b[J";
    return text + up(lines_.empty() ? 0 : lines_.size() - 1);
}

std::string LiveBlock::changed_lines(const std::vector<std::string>& before) const {
    std::string text;
    std::size_t at = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (lines_[i] == before[i]) continue;
        text += down(i - at) + "\r" + lines_[i] + erase_rest_of_line;
        at = i;
    }
    return text.empty() ? text : text + up(at);
}

void LiveBlock::clear() {
    if (lines_.empty()) return;
    lines_.clear();
    write(erase);
}

void LiveBlock::leave() {
    if (lines_.empty()) return;
    write(all_lines(false) + down(lines_.size() - 1) + "\r\n");
    lines_.clear();
}

void LiveBlock::write(const std::string& text) {
    if (text.empty()) return;
    std::fwrite(text.data(), 1, text.size(), terminal_);
    std::fflush(terminal_);
}

}  // namespace apps
