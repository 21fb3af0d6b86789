#include "data/batch_maker.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/error.h"

namespace data {
namespace {

using Examples = std::span<const std::int64_t>;

engine::Shape batched(std::int64_t count, const engine::Shape& shape) {
    std::vector<std::int64_t> extents{count};
    extents.insert(extents.end(), shape.begin(), shape.end());
    return {extents.data(), extents.data() + extents.size()};
}

void check_same_shape(const engine::Shape& shape, const engine::Shape& first) {
    if (shape != first)
        throw engine::UsageError(
            "an example of shape " + to_string(shape) + " beside one of shape " + to_string(first),
            "in DataLoader::next", "bring all examples to one shape with a transform");
}

engine::Batch transformed_batch(const Dataset& dataset, const Transform* transform, Examples examples,
                                std::uint64_t seed, std::int64_t epoch) {
    const auto count = static_cast<std::int64_t>(examples.size());
    engine::Batch batch;
    batch.labels = engine::empty({count}, engine::DType::int64);
    engine::Shape shape;  // of one example
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t index = examples[static_cast<std::size_t>(i)];
        Example example = dataset.get(index);
        Draws draws(seed, epoch, index);
        if (transform != nullptr) example.input = transform->apply(example.input, draws);
        if (i == 0) {
            shape = example.input.shape();
            batch.inputs = engine::empty(batched(count, shape));
        }
        check_same_shape(example.input.shape(), shape);
        const auto values = example.input.values();
        std::copy(values.begin(), values.end(), batch.inputs.data() + i * shape.numel());
        batch.labels.data<std::int64_t>()[i] = example.label;
    }
    return batch;
}

engine::Batch planned_batch(const ImageDataset& images, const Pipeline& pipeline, Examples examples,
                            std::uint64_t seed, std::int64_t epoch) {
    const auto count = static_cast<std::int64_t>(examples.size());
    const engine::Shape shape = images.image_shape();
    const auto mean = pipeline.normalize().mean(), deviation = pipeline.normalize().deviation();
    engine::Batch batch;
    batch.inputs = engine::empty(batched(count, shape), engine::DType::uint8);
    batch.labels = engine::empty({count}, engine::DType::int64);
    engine::AugmentPlan plan{engine::augment_steps(count, pipeline.steps()),
                             {mean.begin(), mean.end()},
                             {deviation.begin(), deviation.end()},
                             0,
                             0};
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t index = examples[static_cast<std::size_t>(i)];
        images.copy_bytes(index, batch.inputs.data<std::uint8_t>() + i * shape.numel());
        batch.labels.data<std::int64_t>()[i] = images.label(index);
        Draws draws(seed, epoch, index);
        const engine::Shape result =
            pipeline.draw(shape, draws, engine::steps_in(plan.steps) + i * pipeline.steps());
        plan.height = result[0];
        plan.width = result[1];
    }
    batch.plan = std::move(plan);
    return batch;
}

}  // namespace

BatchMaker transformed_batches(std::shared_ptr<const Dataset> dataset,
                               std::shared_ptr<const Transform> transform) {
    return [dataset = std::move(dataset), transform = std::move(transform)](
               Examples examples, std::uint64_t seed, std::int64_t epoch) {
        return transformed_batch(*dataset, transform.get(), examples, seed, epoch);
    };
}

BatchMaker planned_batches(std::shared_ptr<const ImageDataset> images,
                           std::shared_ptr<const Pipeline> pipeline) {
    return [images = std::move(images), pipeline = std::move(pipeline)](Examples examples, std::uint64_t seed,
                                                                        std::int64_t epoch) {
        return planned_batch(*images, *pipeline, examples, seed, epoch);
    };
}

}  // namespace data
