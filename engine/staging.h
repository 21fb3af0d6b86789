#pragma once

#include <array>
#include <memory>
#include <vector>

#include "engine/batch.h"
#include "kernels/common/runtime.h"

namespace engine {

/// Brings the batches of a source to a device, and makes inputs of their images if they come with a plan. On
/// a GPU the next batch can be brought while kernels work on the present one: through pinned memory, beside
/// the stream of work. On the CPU nothing is copied.
class Staging final : public BatchSource {
  public:
    /// The source outlives this object.
    Staging(BatchSource& source, Device device);
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    void start_epoch(std::int64_t epoch, std::int64_t first_batch = 0) override;
    /// The batch is on the device and has no plan; it lives until the next but one is asked for.
    bool next(Batch& batch) override;
    void on_trained(const Batch& batch, const Tensor& logits) override { source_.on_trained(batch, logits); }
    std::int64_t batches() const override { return source_.batches(); }
    std::int64_t examples() const override { return source_.examples(); }

    /// Takes the next batch from the source and starts to bring it. To be called, if at all, when all kernels
    /// that read the present one have been called.
    void prefetch();

  private:
    struct Slot {
        Batch batch;                              ///< on the device, as the source gave it
        std::vector<Tensor> memory;               ///< that it lies in there
        std::size_t capacity = 0;                 ///< bytes of what follows
        std::unique_ptr<kernels::Upload> upload;  ///< last, hence first to go: waits for what is under way
    };

    void bring(Slot& slot, Batch batch) const;

    BatchSource& source_;
    const Device device_;
    std::array<Slot, 2> slots_;
    std::size_t present_ = 1;  ///< the slot whose batch was handed out last
    bool waits_ = false;       ///< whether the other one holds the next batch
};

}  // namespace engine
