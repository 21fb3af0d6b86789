// Loads a network that `cifar_engine train` or PyTorch saved, and says what it sees in images of CIFAR-10.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <vector>

#include "data/cifar10.h"
#include "data/transforms.h"
#include "engine/engine.h"
#include "models/model_file.h"

using engine::Tensor;

// The network wants what it was trained on: bytes / 255, normalised, as a batch (N, H, W, C), here of one
// image. For a picture of your own: engine::tensor(values / 255, {1, 32, 32, 3}), red, green, blue of one
// pixel after the other.
Tensor network_input(const data::Cifar10& images, std::int64_t number) {
    const data::Normalize normalize({data::cifar10_mean.begin(), data::cifar10_mean.end()},
                                    {data::cifar10_std.begin(), data::cifar10_std.end()});
    return normalize(images.get(number).input).reshape({1, 32, 32, 3});
}

void print_top(const Tensor& probabilities, std::size_t count) {
    const auto values = probabilities.values();
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] > values[b]; });
    order.resize(std::min(count, order.size()));
    for (const std::size_t label : order)
        std::printf("  %5.1f %%  %s\n", 100 * values[label], data::cifar10_classes.at(label));
}

int main(int argc, char** argv) try {
    if (argc < 3) {
        std::fprintf(stderr, "usage: predict MODEL.safetensors CIFAR10_DIRECTORY [TEST_IMAGE_NUMBER...]\n");
        return 2;
    }
    const auto net = models::load_model(argv[1]);  // reads the architecture off the file
    const data::Cifar10 images(argv[2], data::Split::test);
    std::vector<std::int64_t> numbers;
    for (int i = 3; i < argc; ++i) numbers.push_back(std::atoll(argv[i]));
    if (numbers.empty()) numbers = {0, 1, 2};

    net->eval();                        // no dropout; batch norm by what it saw in training
    const engine::NoGradGuard no_grad;  // no graph: nobody will go backward
    for (const std::int64_t number : numbers) {
        const Tensor logits = (*net)(network_input(images, number));
        const auto truth = static_cast<std::size_t>(images.label(number));
        std::printf("image %d, %s:\n", static_cast<int>(number), data::cifar10_classes.at(truth));
        print_top(class_probabilities(logits), 3);
    }
} catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());  // what was wrong, where, what to do
    return 1;
}
