#include "data/data_loader.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "engine/error.h"
#include "engine/metrics.h"

namespace data {

using engine::UsageError;

DataLoader::DataLoader(std::int64_t examples, BatchMaker make, const DataLoaderOptions& options)
    : all_(examples), make_(std::move(make)), options_(options), easy_(examples, options.skip_easiest) {
    if (options.batch_size < 1)
        throw UsageError("batch size " + std::to_string(options.batch_size), "in DataLoader",
                         "give at least 1");
    if (options.workers < 0)
        throw UsageError(std::to_string(options.workers) + " workers", "in DataLoader", "give 0 or more");
}

DataLoader::DataLoader(const std::shared_ptr<const Dataset>& dataset,
                       std::shared_ptr<const Transform> transform, const DataLoaderOptions& options)
    : DataLoader(dataset->size(), transformed_batches(dataset, std::move(transform)), options) {}

std::int64_t DataLoader::batches() const {
    return (examples() + options_.batch_size - 1) / options_.batch_size;
}

void DataLoader::start_epoch(std::int64_t epoch, std::int64_t first_batch) {
    if (epoch < 0 || first_batch < 0 || first_batch > batches())
        throw UsageError(
            "batch " + std::to_string(first_batch) + " of epoch " + std::to_string(epoch) + " asked for",
            "in DataLoader::start_epoch",
            "epochs count from 0, batches from 0 to " + std::to_string(batches()));
    prefetcher_.reset();
    epoch_ = epoch;
    next_ = first_batch;
    if (first_batch == 0) easy_.begin_epoch();
    set_order();
    easy_.remove_from(order_, epoch_);
    // Threads beyond the number of batches would find nothing to do.
    const std::int64_t workers = std::min<std::int64_t>(options_.workers, batches() - first_batch);
    if (workers > 0)
        prefetcher_ = std::make_unique<Prefetcher>([this](std::int64_t number) { return make_batch(number); },
                                                   first_batch, batches(), static_cast<int>(workers));
}

/// Fisher and Yates, "Statistical tables" (1938), in the form of Knuth, The art of computer programming,
/// volume 2, algorithm 3.4.2P: each place, from the last, receives one of those not yet placed.
void DataLoader::set_order() {
    order_.resize(static_cast<std::size_t>(all_));
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    if (!options_.shuffle) return;
    const engine::RandomStream stream = loader_stream(options_.seed, Purpose::shuffle, epoch_);
    for (std::size_t i = order_.size(); i-- > 1;)
        std::swap(order_[i], order_[stream.below(i, static_cast<std::uint32_t>(i + 1))]);
}

bool DataLoader::next(engine::Batch& batch) {
    if (epoch_ < 0)
        throw UsageError("a batch asked for before any epoch was started", "in DataLoader::next",
                         "call start_epoch first");
    batch = {};  // lets go of the last batch's memory, which can then serve this one
    if (next_ == batches()) return false;
    const std::int64_t number = next_++;
    batch = prefetcher_ ? prefetcher_->take() : make_batch(number);
    return true;
}

void DataLoader::on_trained(const engine::Batch& batch, const engine::Tensor& logits) {
    if (easy_.left_out() > 0) easy_.set_losses(batch.examples, engine::example_losses(logits, batch.labels));
}

engine::Batch DataLoader::make_batch(std::int64_t number) const {
    const std::int64_t first = number * options_.batch_size;
    const std::int64_t count = std::min(options_.batch_size, examples() - first);
    const std::span examples =
        std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    engine::Batch batch = make_(examples, options_.seed, epoch_);
    batch.examples.assign(examples.begin(), examples.end());
    return batch;
}

}  // namespace data
