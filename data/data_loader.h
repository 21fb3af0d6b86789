#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/batch_maker.h"
#include "data/easy_examples.h"
#include "data/prefetcher.h"
#include "engine/batch.h"

namespace data {

struct DataLoaderOptions {
    std::int64_t batch_size = 128;
    bool shuffle = false;
    int workers = 0;          ///< threads that prepare batches ahead; 0: next() does it itself
    std::uint64_t seed = 0;   ///< of the shuffle and of what transforms draw
    double skip_easiest = 0;  ///< share of the examples that an epoch leaves out, see EasyExamples
};

/// Cuts a data set into batches; the last one of an epoch may be smaller. What a batch holds depends on seed,
/// epoch and its number, and not on the number of workers or on where the epoch was started. If easy examples
/// are skipped, it also depends on what was said of all batches of the epochs before.
class DataLoader : public engine::BatchSource {
  public:
    /// Of examples 0 to examples - 1. Throws UsageError for a batch size below 1, a negative number of
    /// workers, or what EasyExamples refuses.
    DataLoader(std::int64_t examples, BatchMaker make, const DataLoaderOptions& options);
    /// All examples of a data set, as transformed_batches() makes batches of them; the transform may be null.
    DataLoader(const std::shared_ptr<const Dataset>& dataset, std::shared_ptr<const Transform> transform,
               const DataLoaderOptions& options);
    /// The same without a transform.
    DataLoader(const std::shared_ptr<const Dataset>& dataset, const DataLoaderOptions& options)
        : DataLoader(dataset, nullptr, options) {}
    DataLoader(const DataLoader&) = delete;
    DataLoader& operator=(const DataLoader&) = delete;

    /// Can be called at any time, also in the middle of an epoch. Throws UsageError for a negative epoch or
    /// if first_batch is not in 0 to batches().
    void start_epoch(std::int64_t epoch, std::int64_t first_batch = 0) override;
    /// Throws what the maker of batches throws; the call after that gives the batch after. Throws UsageError
    /// before the first start_epoch.
    bool next(engine::Batch& batch) override;
    void on_trained(const engine::Batch& batch, const engine::Tensor& logits) override;
    std::int64_t batches() const override;
    std::int64_t examples() const override { return all_ - easy_.left_out(); }

    /// What a resume needs besides epoch and batch, EasyExamples::state(): to be loaded before start_epoch().
    engine::Tensor state() const { return easy_.state(); }
    void load_state(const engine::Tensor& state) { easy_.load_state(state); }

  private:
    void set_order();
    engine::Batch make_batch(std::int64_t number) const;

    std::int64_t all_;  // examples, those that epochs leave out among them
    BatchMaker make_;
    DataLoaderOptions options_;
    EasyExamples easy_;
    std::vector<std::int64_t> order_;  // of the examples in this epoch
    std::int64_t epoch_ = -1;
    std::int64_t next_ = 0;
    std::unique_ptr<Prefetcher>
        prefetcher_;  // reads all of the above: ended before any of it changes or goes
};

}  // namespace data
