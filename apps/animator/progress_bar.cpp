#include "apps/animator/progress_bar.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/terminal.h"

namespace apps {
namespace {

using Texts = std::vector<std::string>;

std::string position_of(const ProgressStatus& status, std::ptrdiff_t columns) {
    const std::string epoch = fmt::format("{}/{}", status.epoch, status.epochs),
                      step = fmt::format("{}/{}", status.batch, status.batches);
    for (std::string text : {"epoch " + epoch + " step " + step, "epoch " + epoch + " " + step})
        if (std::ssize(text) <= columns) return text;
    return (epoch + " " + step).substr(0, static_cast<std::size_t>(std::max<std::ptrdiff_t>(columns, 0)));
}

/// The first texts, as many as have room.
std::string join_fitting(const Texts& texts, std::ptrdiff_t columns) {
    std::string line;
    for (const std::string& text : texts) {
        const std::string gap = line.empty() ? "" : "  ";
        if (std::ssize(line) + std::ssize(gap) + std::ssize(text) > columns) break;
        line += gap + text;
    }
    return line;
}

constexpr std::ptrdiff_t narrowest_bar = 10, widest_bar = 40, around_bar = 5;  // " [", "]  "

/// `head [====>    ]  tail`, or empty if there is no room for a bar.
std::string with_bar(const std::string& head, const std::string& tail, const ProgressStatus& status,
                     std::ptrdiff_t columns) {
    const std::ptrdiff_t room = columns - std::ssize(head) - std::ssize(tail) - around_bar;
    if (room < narrowest_bar) return "";
    const std::int64_t width = std::min(room, widest_bar);
    const std::int64_t done =
        std::clamp(width * status.batch / std::max<std::int64_t>(status.batches, 1), std::int64_t{0}, width);
    std::string bar(static_cast<std::size_t>(done), '=');
    if (done > 0 && done < width) bar.back() = '>';
    bar.resize(static_cast<std::size_t>(width), ' ');
    return fmt::format("{} [{}]  {}", head, bar, tail);
}

}  // namespace

std::vector<std::string> progress_lines(const ProgressStatus& status, int columns, int most_lines) {
    const std::string position = position_of(status, columns);
    const std::string left = clock_time(status.seconds_left) + " left",
                      loss = fmt::format("loss {:.4f}", status.loss),
                      accuracy = fmt::format("accuracy {:.2f}%", 100 * status.accuracy),
                      speed = fmt::format("{:.0f} images/s", status.images_per_second),
                      memory = memory_size(status.memory);
    const Texts measures{loss, accuracy, speed, memory};

    std::string line =
        with_bar(position, fmt::format("{}", fmt::join(Texts{left, loss, accuracy, speed, memory}, "  ")),
                 status, columns);
    if (!line.empty()) return {line};
    if (most_lines >= 2) {
        line = with_bar(position, left, status, columns);
        return {line.empty() ? join_fitting({position, left}, columns) : line,
                join_fitting(measures, columns)};
    }
    return {join_fitting({position, left, loss, accuracy, speed, memory}, columns)};
}

}  // namespace apps
