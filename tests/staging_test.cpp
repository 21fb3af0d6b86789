#include "engine/staging.h"

#include <vector>

#include <doctest/doctest.h>

#include "kernels/fill/fill.h"
#include "tests/support/devices.h"
#include "tests/support/tensors.h"

using engine::Batch;
using engine::Device;
using engine::Tensor;

namespace {

/// Batch i of epoch e holds the number 100 e + i in all its elements; sizes go up and down. Some come as
/// images in bytes, black ones, with a plan that makes this number of them.
class Numbers : public engine::BatchSource {
  public:
    void start_epoch(std::int64_t epoch, std::int64_t first_batch) override {
        epoch_ = epoch;
        next_ = first_batch;
    }
    bool next(Batch& batch) override {
        if (next_ == batches()) return false;
        const std::int64_t size = 1 + next_ % 3, number = 100 * epoch_ + next_++;
        batch.inputs = engine::full({size, 4}, static_cast<float>(number));
        batch.labels = engine::tensor(test::Labels(static_cast<std::size_t>(size), number), {size});
        if (number % 3 != 0) {
            batch.inputs = engine::zeros({size, 2, 2, 1}, engine::DType::uint8);
            batch.plan = {engine::augment_steps(size, 0), {-static_cast<float>(number)}, {1}, 2, 2};
        }
        return true;
    }
    std::int64_t batches() const override { return 7; }
    std::int64_t examples() const override { return 13; }

  private:
    std::int64_t epoch_ = 0, next_ = 0;
};

/// The number of a batch, after a look at all of it.
std::int64_t number_of(const Batch& batch, Device device) {
    CHECK(batch.inputs.device() == device);
    CHECK(batch.labels.device() == device);
    CHECK(!batch.plan);
    const Tensor labels = batch.labels.to(Device::cpu), inputs = batch.inputs.to(Device::cpu);
    const std::int64_t number = labels.values<std::int64_t>()[0];
    for (const float value : inputs.values()) CHECK(value == static_cast<float>(number));
    for (const std::int64_t label : labels.values<std::int64_t>()) CHECK(label == number);
    return number;
}

std::vector<Device> all_devices() {
    std::vector<Device> devices = test::other_devices();
    devices.push_back(Device::cpu);
    return devices;
}

}  // namespace

TEST_CASE("a staged source hands out the batches of its source, brought ahead or not") {
    for (const Device device : all_devices()) {
        for (const int prefetch_every : {1, 2, 100}) {
            Numbers numbers;
            engine::Staging staged(numbers, device);
            CHECK(staged.batches() == 7);
            CHECK(staged.examples() == 13);
            for (const std::int64_t epoch : {0, 1}) {
                staged.start_epoch(epoch);
                std::int64_t count = 0;
                for (Batch batch; staged.next(batch); ++count) {
                    if (count % prefetch_every == 0) staged.prefetch();
                    CHECK(number_of(batch, device) == 100 * epoch + count);
                    kernels::fill(device, {batch.inputs.data(), -1, batch.inputs.numel()});
                }
                CHECK(count == 7);
            }
        }
    }
}

TEST_CASE("a new epoch forgets what was brought ahead") {
    for (const Device device : all_devices()) {
        Numbers numbers;
        engine::Staging staged(numbers, device);
        staged.start_epoch(0);
        Batch batch;
        staged.next(batch);
        staged.prefetch();
        staged.start_epoch(2, 5);
        REQUIRE(staged.next(batch));
        CHECK(number_of(batch, device) == 205);
    }
}

TEST_CASE("what was brought ahead and never used does no harm") {
    for (const Device device : all_devices()) {
        Numbers numbers;
        {
            engine::Staging staged(numbers, device);
            staged.start_epoch(0);
            staged.prefetch();
        }
        CHECK(engine::full({4}, 3, device).to(Device::cpu).values()[3] == 3);
    }
}
