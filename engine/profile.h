#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "kernels/common/observe.h"

/// Where the time of a program goes: a PhaseTimer adds up the time of each phase, a Profiler also what the
/// kernels report, by layer and by phase. Without them, all that is here costs comparisons with null.
namespace engine {

/// What a training or an evaluation is busy with. `step`: the host launches a whole step of a GPU, recorded
/// as one, or waits for it: forward, backward and update, which it cannot tell apart.
enum class Phase : std::uint8_t { other, data, forward, backward, update, step, evaluation };
inline constexpr std::array all_phases{Phase::data, Phase::forward,    Phase::backward, Phase::update,
                                       Phase::step, Phase::evaluation, Phase::other};
const char* name(Phase phase);

/// Names from the network down, joined with dots, as those of its parameters: "backbone.0.norm". Empty
/// outside any layer. The text lives as long as the program.
struct LayerPath {
    std::string_view text;
};

/// Of the innermost LayerScope on this thread; empty where no Profiler watches.
LayerPath current_layer();

struct ProfileTotal {
    std::int64_t calls = 0;
    double seconds = 0, flops = 0, bytes = 0;  ///< flops and bytes by kernels/common/work.h
    std::set<std::string_view> algorithms;

    void add(const ProfileTotal& other);
};

/// What one total is of.
struct ProfileKey {
    std::string_view kernel;
    Phase phase;
    std::string_view layer;
    auto operator<=>(const ProfileKey&) const = default;
};

/// A stretch of time. Those of one profile are nested: phases, in them layers, in them kernels.
struct ProfileEvent {
    enum class Kind : std::uint8_t { phase, layer, kernel };
    Kind kind;
    std::string_view name;  ///< of the phase, path of the layer, or name of the kernel
    kernels::Clock::time_point begin, end;
    std::string_view layer, shape, algorithm;  ///< of a kernel, as the next two
    double flops = 0, bytes = 0;
};

/// Watches the thread it is made on, from then until stop(). One at a time on a thread, which must be the one
/// that stops it.
class Profiler final : public kernels::KernelObserver {
  public:
    /// Of more events than `most_events` only the first are kept; totals are of all.
    explicit Profiler(std::size_t most_events = 100'000);
    ~Profiler() { stop(); }
    Profiler(const Profiler&) = delete;
    Profiler& operator=(const Profiler&) = delete;

    /// Ends the watch, after which the results stay as they are.
    void stop();

    const std::map<ProfileKey, ProfileTotal>& totals() const { return totals_; }
    const std::vector<ProfileEvent>& events() const { return events_; }
    std::int64_t events_left_out() const { return events_left_out_; }
    kernels::Clock::time_point begin() const { return begin_; }
    /// Wall time that was watched, in all and in one phase; a phase within another one is not the other's.
    double seconds() const;
    double seconds(Phase phase) const { return phase_seconds_[static_cast<std::size_t>(phase)]; }

    void on_kernel(const kernels::KernelCall& call) override;

  private:
    friend LayerPath current_layer();
    friend class LayerScope;
    friend class PhaseScope;

    void enter(Phase phase);
    void keep(const ProfileEvent& event);

    std::size_t most_events_;
    std::map<ProfileKey, ProfileTotal> totals_;
    std::vector<ProfileEvent> events_;
    std::int64_t events_left_out_ = 0;
    LayerPath layer_;
    Phase phase_ = Phase::other;
    std::array<double, all_phases.size()> phase_seconds_{};
    kernels::Clock::time_point begin_, phase_begin_;
};

/// While one lives, what this thread does is the work of a layer.
class LayerScope {
  public:
    /// A part of the current layer: "norm", within "backbone.0". An empty name changes nothing.
    explicit LayerScope(std::string_view name);
    /// A layer that was current before.
    explicit LayerScope(LayerPath path);
    ~LayerScope();
    LayerScope(const LayerScope&) = delete;
    LayerScope& operator=(const LayerScope&) = delete;

  private:
    void enter(LayerPath path);

    Profiler* profiler_;  ///< null if there is nothing to do
    LayerPath before_;
    kernels::Clock::time_point begin_;
};

/// Adds up the time of each phase on the thread it is made on, for the price of reading a clock whenever the
/// phase changes. It is the host's time: of what a GPU was asked for, only the asking and the waiting. A
/// second one on a thread takes over until it goes.
class PhaseTimer {
  public:
    PhaseTimer();
    ~PhaseTimer();
    PhaseTimer(const PhaseTimer&) = delete;
    PhaseTimer& operator=(const PhaseTimer&) = delete;

    /// Until the phase last changed; a phase within another one is not the other's.
    double seconds(Phase phase) const { return seconds_[static_cast<std::size_t>(phase)]; }

  private:
    friend class PhaseScope;
    void enter(Phase phase);

    std::array<double, all_phases.size()> seconds_{};
    Phase phase_;
    kernels::Clock::time_point begin_;
    PhaseTimer* outer_;
};

/// While one lives, what this thread does belongs to a phase.
class PhaseScope {
  public:
    explicit PhaseScope(Phase phase);
    ~PhaseScope();
    PhaseScope(const PhaseScope&) = delete;
    PhaseScope& operator=(const PhaseScope&) = delete;

    void change_to(Phase phase);

  private:
    Phase before_;
};

}  // namespace engine
