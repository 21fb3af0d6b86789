#include "engine/optim/clipped.h"

#include "engine/error.h"
#include "engine/profile.h"

namespace engine::optim {

Clipped::Clipped(std::unique_ptr<Optimizer> optimizer, double limit)
    : Wrapper(std::move(optimizer)), limit_(limit), table_(device(), parameters_.size()) {
    if (!(limit > 0))
        throw UsageError("a limit of " + std::to_string(limit), "in Clipped", "give a norm above 0");
}

std::vector<Clipped::Array> Clipped::gradients() const {
    std::vector<Array> result;
    std::int64_t begin = 0;
    for (const auto& [name, parameter] : parameters_) {
        if (!parameter.grad().defined()) continue;
        result.push_back({parameter.grad().data(), parameter.numel(), begin});
        begin += parameter.numel();
    }
    return result;
}

void Clipped::refresh() {
    table_.bring(limit_);
    Wrapper::refresh();
}

void Clipped::step() {
    {
        const LayerScope scope("optimizer");
        table_.bring(limit_);
        table_.bring(gradients());
        kernels::clip_norm(device(), {table_.all(), table_.settings()});
    }
    Wrapper::step();
}

}  // namespace engine::optim
