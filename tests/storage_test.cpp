#include "engine/storage.h"

#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "engine/optim/adam.h"
#include "engine/trainer.h"
#include "models/attention_net.h"
#include "tests/support/tensors.h"

using engine::Device;
using engine::MemoryStatistics;
using engine::Storage;

namespace {

MemoryStatistics statistics() { return engine::memory_statistics(Device::cpu); }

engine::Batch batch_of(std::int64_t images) {
    const engine::Tensor labels = engine::empty({images}, engine::DType::int64);
    for (std::int64_t i = 0; i < images; ++i) labels.data<std::int64_t>()[i] = i % 10;
    return {test::random_tensor({images, 16, 16, 3}, 1), labels};
}

/// A small network to train one step with.
class Training {
  public:
    void step(const engine::Batch& batch) {
        engine::MetricAccumulator metrics;
        trainer_.train_step(batch, metrics);
    }

  private:
    models::AttentionNet net_{{.widths = {8, 12, 16}, .hidden = 20}};
    engine::optim::Adam adam_{net_.named_parameters(), {}};
    engine::Trainer trainer_{net_, adam_};
};

}  // namespace

TEST_CASE("a storage that is let go serves the next one of its size") {
    engine::release_idle_memory(Device::cpu);
    void* memory = nullptr;
    {
        const Storage first(Device::cpu, 10'000);
        memory = first.data();
    }
    const std::size_t before = statistics().system_allocations;
    const Storage second(Device::cpu, 10'000);
    CHECK(second.data() == memory);
    CHECK(statistics().system_allocations == before);
    const Storage third(Device::cpu, 10'000);
    CHECK(third.data() != memory);
    CHECK(statistics().system_allocations == before + 1);
}

TEST_CASE("a block up to twice as large will do, a larger one is kept for larger needs") {
    engine::release_idle_memory(Device::cpu);
    { const Storage large(Device::cpu, 64'000); }
    const std::size_t before = statistics().system_allocations;
    { const Storage half(Device::cpu, 32'000); }
    CHECK(statistics().system_allocations == before);
    { const Storage smaller(Device::cpu, 31'000); }
    CHECK(statistics().system_allocations == before + 1);
    { const Storage more(Device::cpu, 64'001); }
    CHECK(statistics().system_allocations == before + 2);
}

TEST_CASE("statistics follow what is held") {
    engine::release_idle_memory(Device::cpu);
    const MemoryStatistics before = statistics();
    {
        const Storage storage(Device::cpu, 1'000'000);
        CHECK(statistics().in_use >= before.in_use + 1'000'000);
        CHECK(statistics().reserved >= before.reserved + 1'000'000);
        CHECK(statistics().peak >= statistics().reserved);
    }
    CHECK(statistics().in_use == before.in_use);
    CHECK(statistics().reserved >= before.reserved + 1'000'000);
    const std::size_t peak = statistics().peak;
    engine::release_idle_memory(Device::cpu);
    CHECK(statistics().reserved == before.reserved);
    CHECK(statistics().reserved == statistics().in_use);
    CHECK(statistics().peak == peak);
}

TEST_CASE("memory in use outlives a release of the idle") {
    const Storage storage(Device::cpu, 5'000);
    std::memset(storage.data(), 17, 5'000);
    engine::release_idle_memory(Device::cpu);
    CHECK(static_cast<const unsigned char*>(storage.data())[4'999] == 17);
}

TEST_CASE("every storage is aligned and has memory of its own, an empty one too") {
    std::vector<std::unique_ptr<Storage>> storages;
    constexpr std::size_t sizes[] = {0, 0, 1, 63, 64, 65, 1000};
    for (const std::size_t bytes : sizes) storages.push_back(std::make_unique<Storage>(Device::cpu, bytes));
    for (std::size_t i = 0; i < storages.size(); ++i) {
        CHECK(reinterpret_cast<std::uintptr_t>(storages[i]->data()) % 64 == 0);
        for (std::size_t j = 0; j < i; ++j) CHECK(storages[i]->data() != storages[j]->data());
    }
}

TEST_CASE("tensors of one storage hold it together") {
    const std::size_t before = statistics().in_use;
    engine::Tensor view;
    {
        const engine::Tensor x = engine::full({100, 10}, 3.0F);
        view = x.reshape({10, 100});
    }
    CHECK(statistics().in_use > before);
    CHECK(view.data()[999] == 3.0F);
    view = {};
    CHECK(statistics().in_use == before);
}

TEST_CASE("threads may allocate and let go at once") {
    const MemoryStatistics before = statistics();
    std::vector<std::thread> threads;
    std::vector<int> intact(4, 0);
    for (std::size_t t = 0; t < intact.size(); ++t)
        threads.emplace_back([&intact, t] {
            for (std::size_t i = 0; i < 500; ++i) {
                const Storage storage(Device::cpu, 100 + i % 7 * 1'000);
                auto* bytes = static_cast<unsigned char*>(storage.data());
                std::memset(bytes, static_cast<int>(t), 100);
                std::this_thread::yield();
                intact[t] += bytes[0] == t && bytes[99] == t;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(intact == std::vector<int>(4, 500));
    CHECK(statistics().in_use == before.in_use);
}

TEST_CASE("after its first step, a training asks the system for no more memory") {
    engine::release_idle_memory(Device::cpu);
    Training training;
    const engine::Batch batch = batch_of(12);
    training.step(batch);
    const MemoryStatistics after_first = statistics();
    for (int i = 0; i < 5; ++i) {
        training.step(batch);
        CHECK(statistics().system_allocations == after_first.system_allocations);
    }
    CHECK(statistics().in_use == after_first.in_use);
    CHECK(statistics().peak == after_first.peak);
}

TEST_CASE("nor when batches of two sizes take turns, once it has shown how they share blocks") {
    for (const std::int64_t other : {11, 5, 2}) {
        CAPTURE(other);
        engine::release_idle_memory(Device::cpu);
        Training training;
        const engine::Batch large = batch_of(12), small = batch_of(other);
        for (int i = 0; i < 2; ++i) {
            training.step(large);
            training.step(small);
        }
        const std::size_t allocations = statistics().system_allocations;
        for (int i = 0; i < 4; ++i) {
            training.step(large);
            CHECK(statistics().system_allocations == allocations);
            training.step(small);
            CHECK(statistics().system_allocations == allocations);
        }
    }
}
