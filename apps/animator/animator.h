#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/animator/curve_plot.h"
#include "apps/animator/live_block.h"
#include "apps/animator/progress_bar.h"
#include "apps/terminal.h"

namespace apps {

/// A training as a terminal shows it while it runs: a progress bar, and under it a plot of training loss,
/// training accuracy and the accuracy measured at each epoch's end. What the window has no room for is left
/// out: first the plot, then parts of the bar.
class Animator {
  public:
    /// A training of `last_epoch` epochs, maybe a fraction, whose epochs are measured on `split`.
    Animator(std::FILE* terminal, double last_epoch, const std::string& split);

    /// Adds what a run so far has written down; `batches` of them are an epoch. What cannot be read is left
    /// out.
    void load(const std::filesystem::path& metrics, std::int64_t batches);
    /// A point of the training's curves; `epoch` counts the completed ones, with a fraction.
    void add_step(double epoch, double loss, double accuracy);
    /// A point of the measured curve.
    void add_epoch(double epoch, double accuracy);

    void draw(const ProgressStatus& status);
    /// Takes it all away, before something else is printed.
    void clear() { block_.clear(); }
    /// Draws the plot alone, if it has room, and leaves it there for good.
    void leave_plot();

    /// What draw() draws in a window of that size.
    std::vector<std::string> lines(const ProgressStatus& status, WindowSize window) const;

  private:
    std::vector<std::string> plot_lines(WindowSize window) const;

    std::FILE* terminal_;
    CurvePlot plot_;
    std::string measured_key_;  ///< in metrics.jsonl
    LiveBlock block_;
};

}  // namespace apps
