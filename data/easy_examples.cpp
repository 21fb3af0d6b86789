#include "data/easy_examples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "engine/error.h"

namespace data {

using engine::UsageError;

EasyExamples::EasyExamples(std::int64_t examples, double share) : examples_(examples) {
    if (!(share >= 0 && share <= 0.5))
        throw UsageError("a share of " + std::to_string(share) + " of all examples left out",
                         "in EasyExamples", "give a number from 0 to 0.5");
    left_out_ = static_cast<std::int64_t>(share * static_cast<double>(examples));
    if (left_out_ == 0) return;
    known_.assign(static_cast<std::size_t>(examples), std::numeric_limits<float>::infinity());
    deciding_ = known_;
}

void EasyExamples::begin_epoch() { deciding_ = known_; }

void EasyExamples::remove_from(std::vector<std::int64_t>& order, std::int64_t epoch) const {
    if (left_out_ == 0) return;
    const auto loss_of = [&](std::int64_t example) { return deciding_[static_cast<std::size_t>(example)]; };
    std::vector<std::int64_t> easiest = order;
    std::ranges::stable_sort(easiest, {}, loss_of);
    easiest.resize(static_cast<std::size_t>(2 * left_out_));
    std::vector<bool> is_easy(order.size());
    for (const std::int64_t example : easiest) is_easy[static_cast<std::size_t>(example)] = true;

    std::int64_t easy_ones = epoch;
    std::vector<std::int64_t> kept;
    for (const std::int64_t example : order)
        if (!is_easy[static_cast<std::size_t>(example)] || easy_ones++ % 2 != 0) kept.push_back(example);
    order = std::move(kept);
}

void EasyExamples::set_losses(std::span<const std::int64_t> examples, std::span<const float> losses) {
    for (std::size_t i = 0; i < examples.size() && left_out_ > 0; ++i)
        known_[static_cast<std::size_t>(examples[i])] = losses[i];
}

engine::Tensor EasyExamples::state() const {
    if (left_out_ == 0) return {};
    const engine::Tensor state = engine::empty({2, examples_});
    std::ranges::copy(deciding_, state.data());
    std::ranges::copy(known_, state.data() + examples_);
    return state;
}

void EasyExamples::load_state(const engine::Tensor& state) {
    if (left_out_ == 0 && !state.defined()) return;
    const bool fits = left_out_ > 0 && state.defined() && state.dtype() == engine::DType::float32 &&
                      state.shape() == engine::Shape{2, examples_} &&
                      std::ranges::none_of(state.values(), [](float x) { return std::isnan(x); });
    if (!fits)
        throw UsageError("losses that are not those of " + std::to_string(examples_) + " examples",
                         "in EasyExamples::load_state", "give the state of such examples, left out alike");
    std::copy_n(state.data(), examples_, deciding_.begin());
    std::copy_n(state.data() + examples_, examples_, known_.begin());
}

}  // namespace data
