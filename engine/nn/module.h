#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/tensor.h"

namespace engine::nn {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// A part of a network: parameters (trained), buffers (saved but not trained), and modules within it, each
/// under a name. The full name of a tensor is the path to it, joined with dots, as in PyTorch.
class Module {
  public:
    Module() = default;
    virtual ~Module() = default;
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    /// All parameters, own ones first, then those of the modules within, in the order of registration.
    NamedTensors named_parameters() const;
    std::vector<Tensor> parameters() const;
    NamedTensors named_buffers() const;
    /// Parameters and buffers as PyTorch's state_dict orders them: module by module.
    NamedTensors state_dict() const;
    /// Copies values in by name. Throws UsageError, before anything is changed, if a name is missing,
    /// unknown, or of another shape.
    void load_state_dict(const NamedTensors& state);

    /// Training mode (the default) or evaluation mode, for this module and all within: dropout and batch norm
    /// differ.
    void train(bool on = true);
    void eval() { train(false); }
    bool is_training() const { return training_; }

    /// Moves all parameters and buffers to a device, in place; gradients are forgotten. To be called before
    /// an optimiser is made, which keeps moments beside the parameters.
    void to(Device device);
    /// Where the parameters are; the CPU if there are none.
    Device device() const;

    /// Forgets all gradients, but not their memory: the next backward begins anew.
    void zero_grad() const;

    /// What this module was registered as; empty if it was not, like the network as a whole.
    const std::string& name() const { return name_; }

    /// Modules directly within, with their names.
    const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& named_children() const {
        return children_;
    }

  protected:
    /// Registers under a name without dots, new in this module (UsageError otherwise), and returns what was
    /// registered.
    Tensor register_parameter(std::string name, Tensor parameter);
    Tensor register_buffer(std::string name, Tensor buffer);
    template <typename M>
    std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module) {
        add_child(std::move(name), module);
        return module;
    }

  private:
    void add_child(std::string name, std::shared_ptr<Module> module);
    void check_name(const std::string& name) const;
    const Tensor* first_parameter() const;  // null: there is none
    template <typename Visit>
    void walk(const std::string& prefix, const Visit& visit) const;

    std::string name_;
    NamedTensors parameters_, buffers_;
    std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
    bool training_ = true;
};

/// A module from one tensor to one tensor: what Sequential strings together and a Trainer trains.
class Layer : public Module {
  public:
    virtual Tensor forward(const Tensor& x) = 0;
    /// forward(), and a profile (engine/profile.h) knows whose time it was.
    Tensor operator()(const Tensor& x);
};

}  // namespace engine::nn
