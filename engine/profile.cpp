#include "engine/profile.h"

#include <mutex>
#include <string>
#include <utility>

#include "engine/error.h"

namespace engine {
namespace {

thread_local Profiler* watching = nullptr;
thread_local PhaseTimer* timing = nullptr;
thread_local Phase current_phase = Phase::other;

/// The same text for as long as the program runs. Graph nodes keep paths, and may outlive a profiler.
std::string_view permanent(const std::string& text) {
    static std::mutex mutex;
    static std::set<std::string> texts;
    const std::lock_guard lock(mutex);
    return *texts.insert(text).first;
}

double seconds_between(kernels::Clock::time_point begin, kernels::Clock::time_point end) {
    return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

const char* name(Phase phase) {
    switch (phase) {
        case Phase::other:
            return "other";
        case Phase::data:
            return "data";
        case Phase::forward:
            return "forward";
        case Phase::backward:
            return "backward";
        case Phase::update:
            return "update";
        case Phase::step:
            return "step";
        case Phase::evaluation:
            return "evaluation";
    }
    return "";
}

LayerPath current_layer() { return watching == nullptr ? LayerPath{} : watching->layer_; }

void ProfileTotal::add(const ProfileTotal& other) {
    calls += other.calls;
    seconds += other.seconds;
    flops += other.flops;
    bytes += other.bytes;
    algorithms.insert(other.algorithms.begin(), other.algorithms.end());
}

Profiler::Profiler(std::size_t most_events)
    : most_events_(most_events), begin_(kernels::Clock::now()), phase_begin_(begin_) {
    if (watching != nullptr)
        throw UsageError("a second profiler on one thread", "in Profiler", "stop the first one before");
    watching = this;
    kernels::kernel_observer = this;
}

void Profiler::stop() {
    if (watching != this) return;
    enter(Phase::other);
    watching = nullptr;
    kernels::kernel_observer = nullptr;
}

double Profiler::seconds() const { return seconds_between(begin_, phase_begin_); }

void Profiler::on_kernel(const kernels::KernelCall& call) {
    const kernels::Work& work = call.work;
    ProfileTotal& total = totals_[{work.kernel, phase_, layer_.text}];
    ++total.calls;
    total.seconds += seconds_between(call.begin, call.end);
    total.flops += work.flops;
    total.bytes += work.bytes;
    if (*work.algorithm != '\0') total.algorithms.insert(work.algorithm);
    keep({ProfileEvent::Kind::kernel, work.kernel, call.begin, call.end, layer_.text, permanent(work.shape),
          work.algorithm, work.flops, work.bytes});
}

void Profiler::enter(Phase phase) {
    const kernels::Clock::time_point now = kernels::Clock::now();
    phase_seconds_[static_cast<std::size_t>(phase_)] += seconds_between(phase_begin_, now);
    if (phase_ != Phase::other)
        keep({ProfileEvent::Kind::phase, name(phase_), phase_begin_, now, {}, {}, {}});
    phase_begin_ = now;
    phase_ = phase;
}

void Profiler::keep(const ProfileEvent& event) {
    if (events_.size() < most_events_)
        events_.push_back(event);
    else
        ++events_left_out_;
}

LayerScope::LayerScope(std::string_view name) : profiler_(name.empty() ? nullptr : watching) {
    if (profiler_ == nullptr) return;
    std::string path(profiler_->layer_.text);
    if (!path.empty()) path += '.';
    enter({permanent(path += name)});
}

LayerScope::LayerScope(LayerPath path) : profiler_(watching) {
    if (profiler_ != nullptr) enter(path);
}

void LayerScope::enter(LayerPath path) {
    begin_ = kernels::Clock::now();
    before_ = std::exchange(profiler_->layer_, path);
}

LayerScope::~LayerScope() {
    // The profiler may have been stopped meanwhile, or be gone.
    if (profiler_ == nullptr || profiler_ != watching) return;
    const LayerPath path = std::exchange(profiler_->layer_, before_);
    if (!path.text.empty())
        profiler_->keep({ProfileEvent::Kind::layer, path.text, begin_, kernels::Clock::now(), {}, {}, {}});
}

PhaseTimer::PhaseTimer()
    : phase_(current_phase), begin_(kernels::Clock::now()), outer_(std::exchange(timing, this)) {}

PhaseTimer::~PhaseTimer() { timing = outer_; }

void PhaseTimer::enter(Phase phase) {
    const kernels::Clock::time_point now = kernels::Clock::now();
    seconds_[static_cast<std::size_t>(phase_)] += seconds_between(begin_, now);
    begin_ = now;
    phase_ = phase;
}

PhaseScope::PhaseScope(Phase phase) : before_(current_phase) { change_to(phase); }

void PhaseScope::change_to(Phase phase) {
    current_phase = phase;
    if (watching != nullptr) watching->enter(phase);
    if (timing != nullptr) timing->enter(phase);
}

PhaseScope::~PhaseScope() { change_to(before_); }

}  // namespace engine
