#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "data/augmentation.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/ops/augment.h"
#include "engine/optim/adam.h"
#include "engine/random.h"
#include "engine/train_step.h"
#include "kernels/common/observe.h"
#include "models/attention_net.h"

// docs/cuda_kernels.md counts FLOP and bytes by formulas of its own script: they must be those by which the
// program counts, kernels/common/work.cpp.
namespace {

/// "linear_forward 0.098 0.002": a kernel with its MFLOP and MB.
using Rows = std::vector<std::string>;

class Recorder final : public kernels::KernelObserver {
  public:
    void on_kernel(const kernels::KernelCall& call) override {
        rows.push_back(fmt::format("{} {:.3f} {:.3f}", call.work.kernel, 1e-6 * call.work.flops,
                                   1e-6 * call.work.bytes));
    }
    Rows rows;
};

constexpr std::int64_t images = 128;

/// Of the page's table for this batch.
Rows rows_of_page() {
    std::ifstream page(CIFAR_ENGINE_SOURCE_DIR "/docs/cuda_kernels.md");
    Rows rows;
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("<!-- ")) inside = line == fmt::format("<!-- floors at batch {} -->", images);
        if (!inside || !line.starts_with("| `")) continue;
        std::vector<std::string> cells;
        std::stringstream text(line);
        for (std::string cell; std::getline(text, cell, '|');)
            cells.push_back(cell.size() < 2 ? "" : cell.substr(1, cell.size() - 2));
        rows.push_back(cells.at(2) + " " + cells.at(3) + " " + cells.at(4));
    }
    return rows;
}

/// Images in bytes, as they come to a GPU, with the steps of the default augmentations.
engine::Tensor augmented_images() {
    const engine::Shape shape{32, 32, 3};
    const auto pipeline = data::cifar10_transform({"crop", "flip"});
    const auto mean = pipeline->normalize().mean(), deviation = pipeline->normalize().deviation();
    const engine::Tensor steps = engine::augment_steps(images, pipeline->steps());
    for (std::int64_t i = 0; i < images; ++i) {
        data::Draws draws(1, 0, i);
        pipeline->draw(shape, draws, engine::steps_in(steps) + i * pipeline->steps());
    }
    return engine::augment(engine::zeros({images, 32, 32, 3}, engine::DType::uint8),
                           {steps, {mean.begin(), mean.end()}, {deviation.begin(), deviation.end()}, 32, 32});
}

/// Of a training step of the network that the page speaks of.
Rows rows_of_step() {
    engine::manual_seed(1);
    models::AttentionNet net({});
    net.train();
    const engine::Tensor labels = engine::empty({images}, engine::DType::int64);
    std::fill_n(labels.data<std::int64_t>(), images, 1);
    engine::optim::Adam adam(net.named_parameters(), {});
    engine::TrainStep step(net, adam, engine::nn::CrossEntropyLoss());
    Recorder recorder;
    kernels::kernel_observer = &recorder;
    step.start({augmented_images(), labels});
    kernels::kernel_observer = nullptr;
    step.finish();
    return recorder.rows;
}

}  // namespace

TEST_CASE("the floors of docs/cuda_kernels.md are of the work that the kernels report") {
    Rows page = rows_of_page(), step = rows_of_step();
    REQUIRE(page.size() > 40);
    const auto kernel_of = [](const std::string& row) { return row.substr(0, row.find(' ')); };
    std::map<std::string, int> on_page;
    for (const std::string& row : page) ++on_page[kernel_of(row)];
    // Copies and sums of gradients between layers are left out there.
    std::erase_if(step, [&](const std::string& row) { return !on_page.contains(kernel_of(row)); });
    std::sort(page.begin(), page.end());
    std::sort(step.begin(), step.end());
    CHECK(page == step);
}
