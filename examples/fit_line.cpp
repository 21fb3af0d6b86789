// Fits a line to noisy points by gradient descent: what autograd is, and nothing else.
#include <cstdio>

#include "engine/engine.h"

using engine::Tensor;

int main() {
    engine::manual_seed(1);  // same seed, same numbers
    const Tensor x = engine::nn::uniform({200, 1}, 2.0F);
    const Tensor noise = engine::nn::uniform({200, 1}, 0.1F);
    const Tensor y = 3.0F * x + 0.5F + noise;

    Tensor slope = engine::zeros({}), offset = engine::zeros({});
    slope.set_requires_grad();  // from now on, what is computed from it remembers how
    offset.set_requires_grad();
    engine::optim::Sgd optimizer({{"slope", slope}, {"offset", offset}}, {.lr = 0.05});

    for (int step = 0; step <= 100; ++step) {
        const Tensor error = slope * x + offset - y;
        const Tensor loss = mean(error * error);
        optimizer.zero_grad();  // gradients add up until they are forgotten
        loss.backward();        // fills slope.grad() and offset.grad()
        optimizer.step();       // moves both against their gradients
        if (step % 20 == 0) std::printf("step %3d  loss %.4f\n", step, loss.item());
    }
    std::printf("y = %.2f x + %.2f\n", slope.item(), offset.item());
}
