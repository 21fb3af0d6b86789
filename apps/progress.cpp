#include "apps/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "apps/terminal.h"

namespace apps {

namespace {

void print_time(const engine::EpochTime& time) {
    const std::string step = time.step > 0 ? fmt::format(", step on the device {:.1f} s", time.step) : "";
    fmt::print(
        "  time: data {:.1f} s, forward {:.1f} s, backward {:.1f} s, update {:.1f} s{}, evaluation {:.1f} "
        "s\n",
        time.data, time.forward, time.backward, time.update, step, time.evaluation);
}

}  // namespace

void Progress::on_step(const engine::StepReport& report) {
    ++steps_seen_;
    epoch_.add(report.loss, std::lround(report.accuracy * static_cast<double>(report.images)), report.images);
    train_seconds_ += report.seconds;
    const bool is_last = report.step == report.last_step;
    constexpr double redraw_seconds = 0.1;
    if (options_.live && (is_last || !is_drawn_ || since_drawn_.seconds() >= redraw_seconds))
        draw_bar(report);
    if (!options_.live && (is_last || report.step % options_.log_every == 0)) print_line(report);
}

void Progress::on_epoch(const engine::EpochReport& report) {
    pause();
    epoch_.restore();
    train_seconds_ = 0;
    fmt::print("epoch {}/{}: train loss {:.4f} accuracy {:.2f}%, {} loss {:.4f} accuracy {:.2f}%, {:.1f} s\n",
               report.epoch, options_.epochs, report.train_loss, 100 * report.train_accuracy, options_.split,
               report.test_loss, 100 * report.test_accuracy, report.seconds);
    print_time(report.time);
}

void Progress::pause() {
    if (is_drawn_) erase_line(stdout);
    is_drawn_ = false;
}

double Progress::remaining_seconds(const engine::StepReport& report) const {
    return since_start_.seconds() / static_cast<double>(steps_seen_) *
           static_cast<double>(report.last_step - report.step);
}

void Progress::print_line(const engine::StepReport& report) {
    fmt::print("epoch {}/{} step {}/{}: loss {:.4f} accuracy {:.2f}%, {:.0f} images/s, {} left\n",
               report.epoch, options_.epochs, report.step, report.last_step, report.loss,
               100 * report.accuracy, static_cast<double>(epoch_.count()) / train_seconds_,
               clock_time(remaining_seconds(report)));
}

void Progress::draw_bar(const engine::StepReport& report) {
    const std::int64_t batch = report.step - (report.epoch - 1) * options_.batches;
    const std::string head =
        fmt::format("epoch {}/{} step {}/{} [", report.epoch, options_.epochs, batch, options_.batches);
    const std::string tail = fmt::format(
        "] loss {:.4f} accuracy {:.2f}% {:.0f} images/s {} left", epoch_.mean_loss(), 100 * epoch_.accuracy(),
        static_cast<double>(epoch_.count()) / train_seconds_, clock_time(remaining_seconds(report)));
    constexpr std::int64_t narrowest = 4, widest = 40;
    const std::int64_t room = window_width(stdout) - 1 - std::ssize(head) - std::ssize(tail);
    const std::int64_t width = std::clamp(room, narrowest, widest);
    const std::int64_t done = width * batch / options_.batches;
    redraw(stdout, head + std::string(static_cast<std::size_t>(done), '=') +
                       std::string(static_cast<std::size_t>(width - done), ' ') + tail);
    is_drawn_ = true;
    since_drawn_.start();
}

}  // namespace apps
