#include "data/image_loader.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "data/augmentation.h"
#include "engine/staging.h"
#include "tests/support/devices.h"
#include "tests/support/synthetic_cifar10.h"
#include "tests/support/tensors.h"

using engine::Batch;
using engine::Device;
using List = std::vector<std::string>;

namespace {

std::vector<Device> all_devices() {
    std::vector<Device> devices = test::other_devices();
    devices.push_back(Device::cpu);
    return devices;
}

struct Fixture {
    Fixture() { test::write_synthetic_cifar10(folder.path(), 2); }
    test::TemporaryFolder folder;
};

/// All orders of all selections.
std::vector<List> arrangements(const List& list) {
    std::vector<List> result = {{}};
    for (std::size_t i = 0; i < result.size(); ++i) {
        for (const std::string& next : list) {
            List longer = result[i];
            if (std::find(longer.begin(), longer.end(), next) != longer.end()) continue;
            longer.push_back(next);
            result.push_back(longer);
        }
    }
    return result;
}

void check_same(const Batch& actual, const Batch& expected) {
    CHECK(!actual.plan);
    const engine::Tensor inputs = actual.inputs.to(Device::cpu), labels = actual.labels.to(Device::cpu);
    CHECK(inputs.shape() == expected.inputs.shape());
    test::check_same_bits("inputs", test::to_vector(inputs), test::to_vector(expected.inputs));
    CHECK(std::ranges::equal(labels.values<std::int64_t>(), expected.labels.values<std::int64_t>()));
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "any list of augmentations does to bytes on a device what it does to floats") {
    const auto images = std::make_shared<const data::Cifar10>(folder.path(), data::Split::train);
    const std::vector<List> lists =
        arrangements({"crop:9", "translate:20", "flip", "alternating-flip", "cutout:11"});
    CHECK(lists.size() == 1 + 5 + 20 + 60 + 120 + 120);
    for (std::size_t i = 0; i < lists.size(); ++i) {
        CAPTURE(i);
        const auto pipeline = data::cifar10_transform(lists[i]);
        const std::array examples = {static_cast<std::int64_t>(i) % images->size()};
        const std::uint64_t seed = i;
        const Batch expected = data::transformed_batches(images, pipeline)(examples, seed, 3);
        for (const Device device : all_devices()) {
            CAPTURE(kernels::name(device));
            Batch batch = data::planned_batches(images, pipeline)(examples, seed, 3);
            REQUIRE(batch.plan);
            batch.plan->steps = batch.plan->steps.to(device);
            batch.inputs = augment(batch.inputs.to(device), *batch.plan);
            batch.plan.reset();
            check_same(batch, expected);
        }
    }
}

TEST_CASE_FIXTURE(Fixture,
                  "staged on a device, the batches are those of the CPU's loader, from any batch on") {
    // Ten images, so that the last batch is smaller.
    const auto images = std::make_shared<const data::Cifar10>(folder.path(), data::Split::train);
    data::DataLoaderOptions options{.batch_size = 4, .shuffle = true, .seed = 9};
    for (const List& list :
         {List{}, List{"crop", "flip"}, List{"translate:2", "alternating-flip", "cutout:12"}})
        for (const Device device : all_devices()) {
            CAPTURE(kernels::name(device));
            const auto pipeline = data::cifar10_transform(list);
            options.workers = 0;
            const auto on_host = data::image_loader(images, pipeline, options, Device::cpu);
            options.workers = 2;
            const auto loader = data::image_loader(images, pipeline, options, device);
            engine::Staging staged(*loader, device);
            for (const std::int64_t first : {0, 1}) {
                const std::int64_t epoch = first + 4;
                on_host->start_epoch(epoch, first);
                staged.start_epoch(epoch, first);
                Batch expected, batch;
                for (std::int64_t number = first; number < 3; ++number) {
                    REQUIRE(on_host->next(expected));
                    REQUIRE(staged.next(batch));
                    staged.prefetch();
                    CHECK(batch.inputs.device() == device);
                    check_same(batch, expected);
                }
                CHECK(!staged.next(batch));
            }
        }
}

TEST_CASE_FIXTURE(Fixture, "only a GPU gets bytes") {
    for (const Device device : {Device::cpu, Device::emulated}) {
        const auto images = std::make_shared<const data::Cifar10>(folder.path(), data::Split::test);
        const auto loader = data::image_loader(images, data::cifar10_transform({}), {}, device);
        loader->start_epoch(0);
        Batch batch;
        REQUIRE(loader->next(batch));
        CHECK(batch.size() == 2);
        CHECK(batch.plan.has_value() == (device != Device::cpu));
        CHECK(batch.inputs.dtype() ==
              (device == Device::cpu ? engine::DType::float32 : engine::DType::uint8));
    }
}
