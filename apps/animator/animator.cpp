#include "apps/animator/animator.h"

#include <algorithm>

#include "apps/bounded_json.h"
#include "apps/metrics_events.h"

namespace apps {
namespace {

// Told apart on dark and on light ground, and by those who do not see red and green as different.
constexpr Colour orange = 208, blue = 39, violet = 170;

constexpr int rows_for_output = 3;  // that stay free above: an epoch's two lines and the one that is typed in
constexpr int most_plot_rows = 19, most_plot_columns = 120;

}  // namespace

Animator::Animator(std::FILE* terminal, double last_epoch, const std::string& split)
    : terminal_(terminal),
      plot_{{"training loss", "loss", orange, {}},
            {{"training accuracy", "training", blue, {}}, {split + " accuracy", split, violet, {}}},
            last_epoch},
      measured_key_(split + "_accuracy"),
      block_(terminal) {}

void Animator::load(const std::filesystem::path& metrics, std::int64_t batches) {
    for_each_event(metrics, [&](const nlohmann::json& event) {
        if (event["event"] == "step")
            add_step(number_in(event, "step") / static_cast<double>(batches), number_in(event, "loss"),
                     number_in(event, "accuracy"));
        else if (event["event"] == "epoch")
            add_epoch(number_in(event, "epoch"), number_in(event, measured_key_.c_str()));
    });
}

void Animator::add_step(double epoch, double loss, double accuracy) {
    plot_.loss.curve.add(epoch, loss);
    plot_.shares.front().curve.add(epoch, accuracy);
}

void Animator::add_epoch(double epoch, double accuracy) {
    plot_.shares.back().curve.add(std::min(epoch, plot_.last_epoch), accuracy);
}

std::vector<std::string> Animator::plot_lines(WindowSize window) const {
    constexpr int bar_rows = 2;
    const int rows = std::min(window.rows - rows_for_output - bar_rows - 1, most_plot_rows),
              columns = std::min(window.columns - 1, most_plot_columns);
    if (rows < CurvePlot::least_rows || columns < CurvePlot::least_columns || !shows_braille()) return {};
    return plot_.draw(columns, rows);
}

std::vector<std::string> Animator::lines(const ProgressStatus& status, WindowSize window) const {
    // The last column is left free: some terminals wrap as soon as it is written to.
    std::vector<std::string> plot = plot_lines(window);
    std::vector<std::string> lines = progress_lines(status, window.columns - 1, plot.empty() ? 1 : 2);
    if (plot.empty()) return lines;
    lines.insert(lines.begin(), "");  // where the cursor rests, and what is typed is echoed
    lines.insert(lines.end(), std::make_move_iterator(plot.begin()), std::make_move_iterator(plot.end()));
    return lines;
}

void Animator::draw(const ProgressStatus& status) {
    const WindowSize window = window_size(terminal_);
    block_.draw(lines(status, window), window);
}

void Animator::leave_plot() {
    const WindowSize window = window_size(terminal_);
    std::vector<std::string> plot = plot_lines(window);
    if (plot.empty()) return block_.clear();
    block_.draw(std::move(plot), window);
    block_.leave();
}

}  // namespace apps
