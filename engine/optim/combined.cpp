#include "engine/optim/combined.h"

#include <algorithm>

namespace engine::optim {
namespace {

nn::NamedTensors parameters_of(const std::vector<std::unique_ptr<Optimizer>>& optimizers) {
    nn::NamedTensors all;
    for (const auto& optimizer : optimizers)
        all.insert(all.end(), optimizer->parameters().begin(), optimizer->parameters().end());
    return all;
}

}  // namespace

Combined::Combined(std::vector<std::unique_ptr<Optimizer>> optimizers)
    : Optimizer(parameters_of(optimizers)), optimizers_(std::move(optimizers)) {}

void Combined::step() {
    for (const auto& optimizer : optimizers_) optimizer->step();
}

void Combined::refresh() {
    for (const auto& optimizer : optimizers_) optimizer->refresh();
}

void Combined::after_step() {
    for (const auto& optimizer : optimizers_) optimizer->after_step();
}

void Combined::set_lr_scale(double scale) {
    for (const auto& optimizer : optimizers_) optimizer->set_lr_scale(scale);
}

double Combined::lr() const { return optimizers_.front()->lr(); }

void Combined::set_factor(std::string_view suffix, double ParameterFactors::*which, double factor) {
    Optimizer::set_factor(suffix, which, factor);  // refuses what fits none
    for (const auto& optimizer : optimizers_)
        if (std::ranges::any_of(optimizer->parameters(),
                                [&](const auto& entry) { return entry.first.ends_with(suffix); }))
            optimizer->set_factor(suffix, which, factor);
}

nn::NamedTensors Combined::state() const {
    nn::NamedTensors all;
    for (const auto& optimizer : optimizers_)
        for (const auto& entry : optimizer->state()) all.push_back(entry);
    return all;
}

}  // namespace engine::optim
