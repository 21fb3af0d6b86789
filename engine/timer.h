#pragma once

#include <chrono>

namespace engine {

/// A stopwatch that starts running when it is made. start() and stop() bound laps; total() adds them up.
class Timer {
  public:
    /// Begins a lap; one that was running is forgotten.
    void start() {
        begin_ = Clock::now();
        running_ = true;
    }

    /// Ends the lap and returns its seconds. Without a lap running, returns those of the last one.
    double stop() {
        if (running_) {
            lap_ = since_start();
            total_ += lap_;
            running_ = false;
        }
        return lap_;
    }

    /// Seconds of the lap so far, or of the last one if none is running.
    double seconds() const { return running_ ? since_start() : lap_; }

    /// Seconds of all laps that were stopped.
    double total() const { return total_; }

  private:
    using Clock = std::chrono::steady_clock;  // wall clocks jump

    double since_start() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

    Clock::time_point begin_ = Clock::now();
    bool running_ = true;
    double lap_ = 0;
    double total_ = 0;
};

}  // namespace engine
