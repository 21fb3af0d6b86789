#include "data/data_loader.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <doctest/doctest.h>

#include "data/augmentation.h"
#include "engine/error.h"
#include "engine/storage.h"

using data::DataLoader;
using data::DataLoaderOptions;
using engine::Batch;

namespace {

engine::Tensor floats(const std::vector<float>& values, const engine::Shape& shape) {
    return engine::tensor(values, shape);
}

engine::Tensor labels(const std::vector<std::int64_t>& values) {
    return engine::tensor(values, {static_cast<std::int64_t>(values.size())});
}

/// Example i is a (32, 32, 3) image of hashed values in [0, 1] with label i.
class HashedImages : public data::Dataset {
  public:
    explicit HashedImages(std::int64_t size) : size_(size) {}
    std::int64_t size() const override { return size_; }
    data::Example get(std::int64_t index) const override {
        check_index(index, "HashedImages::get");
        data::Example example{engine::empty({32, 32, 3}), index};
        for (std::int64_t i = 0; i < example.input.numel(); ++i)
            example.input.data()[i] = static_cast<float>((index * 7919 + i * 104729) % 256) / 255.0F;
        return example;
    }

  private:
    std::int64_t size_;
};

/// As HashedImages, but example 11 cannot be read.
class Damaged : public HashedImages {
  public:
    using HashedImages::HashedImages;
    data::Example get(std::int64_t index) const override {
        if (index == 11) throw std::runtime_error("example 11 is damaged");
        return HashedImages::get(index);
    }
};

std::shared_ptr<const data::Dataset> images(std::int64_t size) {
    return std::make_shared<HashedImages>(size);
}

std::vector<Batch> rest_of_epoch(DataLoader& loader) {
    std::vector<Batch> all;
    for (Batch batch; loader.next(batch);) all.push_back(batch);
    return all;
}

std::vector<Batch> epoch_of(DataLoader& loader, std::int64_t epoch, std::int64_t first_batch = 0) {
    loader.start_epoch(epoch, first_batch);
    return rest_of_epoch(loader);
}

std::vector<std::int64_t> labels_of(const std::vector<Batch>& batches) {
    std::vector<std::int64_t> all;
    for (const Batch& batch : batches)
        all.insert(all.end(), batch.labels.values<std::int64_t>().begin(),
                   batch.labels.values<std::int64_t>().end());
    return all;
}

bool equal(const Batch& x, const Batch& y) {
    return x.inputs.shape() == y.inputs.shape() && std::ranges::equal(x.inputs.values(), y.inputs.values()) &&
           std::ranges::equal(x.labels.values<std::int64_t>(), y.labels.values<std::int64_t>());
}

bool equal(const std::vector<Batch>& x, const std::vector<Batch>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](const Batch& a, const Batch& b) { return equal(a, b); });
}

}  // namespace

TEST_CASE("without shuffle the examples come in their order, the last batch smaller") {
    const auto dataset =
        std::make_shared<data::TensorDataset>(floats({0, 1, 10, 11, 20, 21}, {3, 2}), labels({5, 6, 7}));
    DataLoader loader(dataset, nullptr, {.batch_size = 2});
    CHECK(loader.batches() == 2);
    CHECK(loader.examples() == 3);
    const std::vector<Batch> batches = epoch_of(loader, 0);
    REQUIRE(batches.size() == 2);
    CHECK(equal(batches[0], {floats({0, 1, 10, 11}, {2, 2}), labels({5, 6})}));
    CHECK(equal(batches[1], {floats({20, 21}, {1, 2}), labels({7})}));
    Batch none;
    CHECK_FALSE(loader.next(none));
}

TEST_CASE("a shuffle is a permutation of its own for each epoch and seed") {
    const std::int64_t size = 101;
    DataLoader loader(images(size), nullptr, {.batch_size = 10, .shuffle = true, .seed = 5});
    DataLoader other_seed(images(size), nullptr, {.batch_size = 10, .shuffle = true, .seed = 6});
    const std::vector<std::int64_t> first = labels_of(epoch_of(loader, 0));
    const std::vector<std::int64_t> second = labels_of(epoch_of(loader, 1));
    CHECK(first != second);
    CHECK(first != labels_of(epoch_of(other_seed, 0)));
    CHECK(first == labels_of(epoch_of(loader, 0)));

    std::vector<std::int64_t> sorted = first, identity(static_cast<std::size_t>(size));
    std::iota(identity.begin(), identity.end(), 0);
    CHECK(first != identity);
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == identity);
}

TEST_CASE("each place of a shuffle receives each example equally often") {
    constexpr std::size_t size = 5;
    constexpr int epochs = 5000;
    DataLoader loader(images(size), nullptr, {.batch_size = size, .shuffle = true});
    int counts[size][size] = {};
    for (int epoch = 0; epoch < epochs; ++epoch) {
        const std::vector<std::int64_t> order = labels_of(epoch_of(loader, epoch));
        for (std::size_t place = 0; place < size; ++place) ++counts[place][order[place]];
    }
    // The deviation of a count is sqrt(5000 * 0.2 * 0.8) = 28; five of them are allowed.
    for (const auto& place : counts)
        for (const int count : place) CHECK(std::abs(count - epochs / static_cast<int>(size)) < 5 * 28);
}

TEST_CASE("batches are the same for any number of workers, and for an epoch taken up in the middle") {
    const auto transform = data::cifar10_transform({"crop", "flip"});
    DataLoaderOptions options{.batch_size = 4, .shuffle = true, .seed = 9};
    DataLoader alone(images(30), transform, options);
    const std::vector<Batch> expected = epoch_of(alone, 2);
    REQUIRE(expected.size() == 8);
    CHECK_FALSE(equal(expected, epoch_of(alone, 3)));

    for (const int workers : {0, 1, 2, 3, 20}) {
        CAPTURE(workers);
        options.workers = workers;
        DataLoader loader(images(30), transform, options);
        CHECK(equal(epoch_of(loader, 2), expected));
        for (const std::int64_t first : {1, 5, 7, 8}) {
            const std::vector<Batch> rest(expected.begin() + first, expected.end());
            CHECK(equal(epoch_of(loader, 2, first), rest));
        }
    }
}

TEST_CASE("an augmented example is the same wherever the shuffle puts it") {
    const auto transform = data::cifar10_transform({"crop", "flip"});
    DataLoader ordered(images(12), transform, {.batch_size = 1, .seed = 4});
    DataLoader shuffled(images(12), transform, {.batch_size = 1, .shuffle = true, .seed = 4});
    const std::vector<Batch> expected = epoch_of(ordered, 1);
    for (const Batch& batch : epoch_of(shuffled, 1))
        CHECK(equal(batch, expected[static_cast<std::size_t>(batch.labels.item())]));
}

TEST_CASE("an epoch can be left at any place") {
    for (const int workers : {0, 1, 3}) {
        CAPTURE(workers);
        DataLoader loader(images(64), nullptr, {.batch_size = 2, .workers = workers});
        Batch batch;
        for (int taken = 0; taken < 12; ++taken) {
            loader.start_epoch(taken);
            for (int i = 0; i < taken; ++i) REQUIRE(loader.next(batch));
        }
        loader.start_epoch(0, 5);
        REQUIRE(loader.next(batch));
        CHECK(batch.labels.values<std::int64_t>()[0] == 10);
    }
}

TEST_CASE("batches say which examples they hold") {
    DataLoader loader(images(7), nullptr, {.batch_size = 3, .shuffle = true});
    for (const Batch& batch : epoch_of(loader, 0))
        CHECK(std::ranges::equal(batch.examples, batch.labels.values<std::int64_t>()));
}

TEST_CASE("easy examples are skipped, and an epoch is taken up in the middle with the state of then") {
    // Every third example is easy: the logits are right about it.
    const auto logits_of = [](const Batch& batch) {
        const engine::Tensor logits = engine::zeros({batch.size(), 30});
        for (std::int64_t i = 0; i < batch.size(); ++i) {
            const std::int64_t label = batch.labels.data<std::int64_t>()[i];
            if (label % 3 == 0) logits.data()[i * 30 + label] = 9;
        }
        return logits;
    };
    const auto is_easy = [](std::int64_t example) { return example % 3 == 0; };
    for (const int workers : {0, 2}) {
        CAPTURE(workers);
        const DataLoaderOptions options{
            .batch_size = 4, .shuffle = true, .workers = workers, .skip_easiest = 1.0 / 6};
        DataLoader loader(images(30), nullptr, options);
        CHECK(loader.examples() == 25);
        CHECK(loader.batches() == 7);
        for (const Batch& batch : epoch_of(loader, 0)) loader.on_trained(batch, logits_of(batch));
        // The ten easy ones are known but for those that the first epoch left out.
        for (const Batch& batch : epoch_of(loader, 1)) loader.on_trained(batch, logits_of(batch));
        const std::vector<Batch> second = epoch_of(loader, 2);
        const std::vector<std::int64_t> examples = labels_of(second);
        CHECK(examples.size() == 25);
        CHECK(std::ranges::count_if(examples, is_easy) == 5);

        for (int i = 0; i < 3; ++i)
            loader.on_trained(second[static_cast<std::size_t>(i)], engine::zeros({4, 30}));
        DataLoader resumed(images(30), nullptr, options);
        resumed.load_state(loader.state());
        CHECK(equal(epoch_of(resumed, 2, 3), {second.begin() + 3, second.end()}));
        CHECK(equal(epoch_of(resumed, 3), epoch_of(loader, 3)));
    }
}

TEST_CASE("what goes wrong in a worker reaches the caller, at its batch") {
    for (const int workers : {0, 1, 3}) {
        CAPTURE(workers);
        DataLoader loader(std::make_shared<Damaged>(24), nullptr, {.batch_size = 4, .workers = workers});
        loader.start_epoch(0);
        Batch batch;
        CHECK(loader.next(batch));
        CHECK(loader.next(batch));
        CHECK_THROWS_WITH_AS(loader.next(batch), "example 11 is damaged", std::runtime_error);
        CHECK(loader.next(batch));
        CHECK(batch.labels.values<std::int64_t>()[0] == 12);
        CHECK(rest_of_epoch(loader).size() == 2);
    }
}

TEST_CASE("memory comes from a pool and is bounded by the queue") {
    // Larger than any other tensor of these tests, so that no other block serves.
    constexpr std::int64_t batch_size = 50, batch_bytes = batch_size * 32 * 32 * 3 * 4;
    for (const int workers : {0, 2}) {
        CAPTURE(workers);
        engine::release_idle_memory(engine::Device::cpu);
        const auto in_use = engine::memory_statistics(engine::Device::cpu).in_use;
        DataLoader loader(images(1000), nullptr, {.batch_size = batch_size, .workers = workers});
        Batch batch;
        for (int epoch = 0; epoch < 3; ++epoch) {
            loader.start_epoch(epoch);
            while (loader.next(batch)) continue;
        }
        // The queue, one batch in each worker's hands, and the caller's; with some room for labels and
        // examples.
        const auto most = static_cast<std::size_t>((3 * workers + 2) * batch_bytes + 100'000);
        CHECK(engine::memory_statistics(engine::Device::cpu).reserved <= most);
        CHECK(engine::memory_statistics(engine::Device::cpu).in_use == in_use);
    }

    DataLoader loader(images(1000), nullptr, {.batch_size = batch_size});
    Batch batch;
    loader.start_epoch(0);
    while (loader.next(batch)) continue;
    const auto allocations = engine::memory_statistics(engine::Device::cpu).system_allocations;
    loader.start_epoch(1);
    while (loader.next(batch)) continue;
    CHECK(engine::memory_statistics(engine::Device::cpu).system_allocations == allocations);
}

TEST_CASE("calls that make no sense are refused") {
    CHECK_THROWS_AS(DataLoader(images(3), nullptr, {.batch_size = 0}), engine::UsageError);
    CHECK_THROWS_AS(DataLoader(images(3), nullptr, {.workers = -1}), engine::UsageError);
    CHECK_THROWS_AS(DataLoader(images(3), nullptr, {.skip_easiest = 0.6}), engine::UsageError);
    DataLoader loader(images(3), nullptr, {.batch_size = 2});
    Batch batch;
    CHECK_THROWS_AS(loader.next(batch), engine::UsageError);
    CHECK_THROWS_AS(loader.start_epoch(-1), engine::UsageError);
    CHECK_THROWS_AS(loader.start_epoch(0, 3), engine::UsageError);
    CHECK_THROWS_AS(loader.start_epoch(0, -1), engine::UsageError);
}

TEST_CASE("examples of different shapes cannot share a batch") {
    class Growing : public data::Dataset {
        std::int64_t size() const override { return 2; }
        data::Example get(std::int64_t index) const override { return {engine::zeros({index + 1}), 0}; }
    };
    DataLoader loader(std::make_shared<Growing>(), nullptr, {.batch_size = 2});
    loader.start_epoch(0);
    Batch batch;
    CHECK_THROWS_AS(loader.next(batch), engine::UsageError);
}

TEST_CASE("a tensor data set checks its tensors and its index") {
    const engine::Tensor two = labels({1, 2});
    CHECK_THROWS_AS(data::TensorDataset(engine::zeros({3, 2}), two), engine::UsageError);
    CHECK_THROWS_AS(data::TensorDataset(engine::zeros({2}), engine::zeros({2})), engine::UsageError);
    CHECK_THROWS_AS(data::TensorDataset(two, two), engine::UsageError);

    const data::TensorDataset dataset(floats({1, 2, 3, 4}, {2, 2}), two);
    CHECK(dataset.get(1).input.data()[0] == 3.0F);
    dataset.get(1).input.data()[0] = 9.0F;
    CHECK(dataset.get(1).input.data()[0] == 3.0F);
    CHECK_THROWS_AS(dataset.get(2), engine::UsageError);
}
