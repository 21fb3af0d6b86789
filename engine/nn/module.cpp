#include "engine/nn/module.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/profile.h"

namespace engine::nn {

/// Calls visit(prefix, module) for this module, then for all within, depth first.
template <typename Visit>
void Module::walk(const std::string& prefix, const Visit& visit) const {
    visit(prefix, *this);
    for (const auto& [name, child] : children_) child->walk(prefix + name + ".", visit);
}

NamedTensors Module::named_parameters() const {
    NamedTensors result;
    walk("", [&](const std::string& prefix, const Module& module) {
        for (const auto& [name, tensor] : module.parameters_) result.emplace_back(prefix + name, tensor);
    });
    return result;
}

std::vector<Tensor> Module::parameters() const {
    std::vector<Tensor> result;
    for (const auto& [name, tensor] : named_parameters()) result.push_back(tensor);
    return result;
}

NamedTensors Module::named_buffers() const {
    NamedTensors result;
    walk("", [&](const std::string& prefix, const Module& module) {
        for (const auto& [name, tensor] : module.buffers_) result.emplace_back(prefix + name, tensor);
    });
    return result;
}

NamedTensors Module::state_dict() const {
    NamedTensors result;
    walk("", [&](const std::string& prefix, const Module& module) {
        for (const NamedTensors* group : {&module.parameters_, &module.buffers_})
            for (const auto& [name, tensor] : *group) result.emplace_back(prefix + name, tensor);
    });
    return result;
}

void Module::load_state_dict(const NamedTensors& state) {
    const NamedTensors own = state_dict();
    auto find = [](const NamedTensors& tensors, const std::string& name) {
        return std::find_if(tensors.begin(), tensors.end(),
                            [&](const auto& entry) { return entry.first == name; });
    };
    const std::string where = "in Module::load_state_dict";
    for (const auto& [name, tensor] : state)
        if (find(own, name) == own.end())
            throw UsageError("tensor '" + name + "' has no place in this module", where,
                             "load it into the network it came from");
    for (const auto& [name, tensor] : own) {
        const auto given = find(state, name);
        if (given == state.end())
            throw UsageError("tensor '" + name + "' is missing", where, "load a state of the whole network");
        if (given->second.shape() != tensor.shape() || given->second.dtype() != tensor.dtype())
            throw UsageError("tensor '" + name + "' is " + engine::name(given->second.dtype()) + " " +
                                 to_string(given->second.shape()),
                             where,
                             std::string("this network has ") + engine::name(tensor.dtype()) + " " +
                                 to_string(tensor.shape()) + " there");
    }
    for (const auto& [name, tensor] : own) tensor.copy_(find(state, name)->second);
}

void Module::to(Device device) {
    for (const auto& [name, tensor] : state_dict()) tensor.move_to_(device);
}

Device Module::device() const {
    const Tensor* first = first_parameter();
    return first == nullptr ? Device::cpu : first->device();
}

const Tensor* Module::first_parameter() const {
    if (!parameters_.empty()) return &parameters_.front().second;
    for (const auto& [name, child] : children_)
        if (const Tensor* first = child->first_parameter()) return first;
    return nullptr;
}

void Module::train(bool on) {
    training_ = on;
    for (const auto& [name, child] : children_) child->train(on);
}

void Module::zero_grad() const {
    for (const Tensor& parameter : parameters()) parameter.zero_grad();
}

Tensor Module::register_parameter(std::string name, Tensor parameter) {
    check_name(name);
    parameter.set_requires_grad();
    parameters_.emplace_back(std::move(name), parameter);
    return parameter;
}

Tensor Module::register_buffer(std::string name, Tensor buffer) {
    check_name(name);
    buffers_.emplace_back(std::move(name), buffer);
    return buffer;
}

void Module::add_child(std::string name, std::shared_ptr<Module> module) {
    check_name(name);
    module->name_ = name;
    children_.emplace_back(std::move(name), std::move(module));
}

void Module::check_name(const std::string& name) const {
    auto taken = [&](const auto& entries) {
        return std::any_of(entries.begin(), entries.end(),
                           [&](const auto& entry) { return entry.first == name; });
    };
    if (name.empty() || name.find('.') != std::string::npos || taken(parameters_) || taken(buffers_) ||
        taken(children_))
        throw UsageError("the name '" + name + "'", "in Module::register_*",
                         "choose one that is new in this module, without dots");
}

Tensor Layer::operator()(const Tensor& x) {
    const LayerScope scope(name());
    return forward(x);
}

}  // namespace engine::nn
