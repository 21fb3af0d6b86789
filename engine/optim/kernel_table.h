#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "engine/tensor.h"
#include "kernels/common/memory.h"
#include "kernels/common/multi_array.h"

namespace engine::optim {

/// What a kernel that changes all parameters at once reads on their device: the table of its arrays, and the
/// settings of its step. Either is brought there only when it has changed.
template <typename Array, typename Settings>
class KernelTable {
  public:
    /// Sets memory aside for so many arrays.
    KernelTable(Device device, std::size_t arrays) : device_(device) {
        settings_ = empty({sizeof(Settings)}, DType::uint8, device);
        tables_.push_back(new_table(arrays));
    }

    void bring(const Settings& settings) {
        if (settings_there_ == settings) return;
        kernels::copy_from_host(device_, settings_.data<std::uint8_t>(), &settings, sizeof settings);
        settings_there_ = settings;
    }

    void bring(const std::vector<Array>& arrays) {
        if (arrays_there_ == arrays) return;
        if (arrays_there_) tables_.push_back(new_table(arrays.size()));
        kernels::copy_from_host(device_, tables_.back().data<std::uint8_t>(), arrays.data(),
                                arrays.size() * sizeof(Array));
        arrays_there_ = arrays;
    }

    /// Both as they were brought last.
    kernels::MultiArray<Array> all() const {
        const std::vector<Array>& arrays = *arrays_there_;
        return {reinterpret_cast<const Array*>(tables_.back().data<std::uint8_t>()), std::ssize(arrays),
                arrays.empty() ? 0 : arrays.back().begin + arrays.back().size};
    }
    const Settings* settings() const {
        return reinterpret_cast<const Settings*>(settings_.data<std::uint8_t>());
    }

  private:
    Tensor new_table(std::size_t arrays) const {
        return empty({static_cast<std::int64_t>(arrays * sizeof(Array))}, DType::uint8, device_);
    }

    Device device_;
    Tensor settings_;
    // The last is in use; steps that were recorded may still read those before.
    std::vector<Tensor> tables_;
    std::optional<Settings> settings_there_;
    std::optional<std::vector<Array>> arrays_there_;
};

}  // namespace engine::optim
