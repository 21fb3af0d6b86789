#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "apps/terminal.h"
#include "engine/timer.h"

namespace apps {

/// Lines at the end of what a terminal shows that are drawn again and again in their place. Between two
/// drawings the cursor rests, visible, at the beginning of the first line: so whatever becomes of the rest
/// when the window is resized, it lies below the cursor and can be erased, and a process that is killed
/// leaves nothing to put right. Whoever prints something else calls clear() before.
class LiveBlock {
  public:
    /// What erases a block, wherever it is drawn: for a signal's handler.
    static constexpr const char* erase = "\r\x1b[J";

    explicit LiveBlock(std::FILE* terminal) : terminal_(terminal) {}
    ~LiveBlock() { clear(); }
    LiveBlock(const LiveBlock&) = delete;
    LiveBlock& operator=(const LiveBlock&) = delete;

    /// Shows these lines in place of those before: no more than the window has rows, none as wide as it.
    void draw(std::vector<std::string> lines, WindowSize window);
    void clear();
    /// The lines stay where they are; what is printed next goes below them.
    void leave();

  private:
    std::string all_lines(bool resized) const;
    std::string changed_lines(const std::vector<std::string>& before) const;
    void write(const std::string& text);

    std::FILE* terminal_;
    std::vector<std::string> lines_;  ///< that are shown
    WindowSize window_{};
    engine::Timer since_whole_;  ///< since all of it was drawn
};

}  // namespace apps
