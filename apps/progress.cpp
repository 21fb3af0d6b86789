#include "apps/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "apps/animator/resident_memory.h"
#include "apps/interruption.h"
#include "apps/terminal.h"

namespace apps {
namespace {

void print_time(const engine::EpochTime& time) {
    const std::string step = time.step > 0 ? fmt::format(", step on the device {:.1f}", time.step) : "";
    fmt::print("  time: data {:.1f}, forward {:.1f}, backward {:.1f}, update {:.1f}{}, evaluation {:.1f} s\n",
               time.data, time.forward, time.backward, time.update, step, time.evaluation);
}

}  // namespace

Progress::Progress(const ProgressOptions& options, const std::filesystem::path& metrics) : options_(options) {
    if (!options.live) return;
    animator_.emplace(stdout, static_cast<double>(options.last_step) / static_cast<double>(options.batches),
                      options.split);
    animator_->load(metrics, options.batches);
    write_on_interruption(LiveBlock::erase);
}

Progress::~Progress() { write_on_interruption(nullptr); }

void Progress::on_step(const engine::StepReport& report) {
    ++steps_seen_;
    step_ = report.step;
    epoch_.add(report.loss, std::lround(report.accuracy * static_cast<double>(report.images)), report.images);
    train_seconds_ += report.seconds;
    const bool is_point = is_last_step() || report.step % options_.log_every == 0;
    if (!animator_) {
        if (is_point) print_line(report);
        return;
    }
    if (is_point)
        animator_->add_step(static_cast<double>(report.step) / static_cast<double>(options_.batches),
                            report.loss, report.accuracy);
    constexpr double redraw_seconds = 0.1;
    if (report.is_last_of_epoch || is_last_step() || !is_drawn_ || since_drawn_.seconds() >= redraw_seconds)
        draw();
}

void Progress::on_epoch(const engine::EpochReport& report) {
    pause();
    fmt::print("epoch {}/{}: train loss {:.4f} accuracy {:.2f}%, {} loss {:.4f} accuracy {:.2f}%, {:.1f} s\n",
               report.epoch, options_.epochs, report.train_loss, 100 * report.train_accuracy, options_.split,
               report.test_loss, 100 * report.test_accuracy, report.seconds);
    print_time(report.time);
    if (animator_) {
        animator_->add_epoch(static_cast<double>(report.epoch), report.test_accuracy);
        if (is_last_step())
            animator_->leave_plot();
        else if (steps_seen_ > 0)
            draw();
    }
    epoch_.restore();
    train_seconds_ = 0;
}

void Progress::pause() {
    if (animator_) animator_->clear();
    is_drawn_ = false;
}

double Progress::remaining_seconds() const {
    return since_start_.seconds() / static_cast<double>(steps_seen_) *
           static_cast<double>(options_.last_step - step_);
}

void Progress::print_line(const engine::StepReport& report) {
    fmt::print("epoch {}/{} step {}/{}: loss {:.4f} accuracy {:.2f}%, {:.0f} images/s, {} left\n",
               report.epoch, options_.epochs, report.step, report.last_step, report.loss,
               100 * report.accuracy, images_per_second(), clock_time(remaining_seconds()));
}

void Progress::draw() {
    // Ctrl-C has cleared the screen: until training gets to its end, it stays so.
    if (interruption() != 0) return;
    const std::int64_t epoch = (step_ - 1) / options_.batches;
    animator_->draw({epoch + 1, options_.epochs, step_ - epoch * options_.batches, options_.batches,
                     epoch_.mean_loss(), epoch_.accuracy(), images_per_second(), remaining_seconds(),
                     resident_memory()});
    is_drawn_ = true;
    since_drawn_.start();
}

}  // namespace apps
