#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "engine/nn/cross_entropy_loss.h"
#include "engine/nn/linear.h"
#include "engine/nn/module.h"
#include "engine/ops/relu.h"
#include "engine/optim/adam.h"
#include "engine/random.h"

namespace nn = engine::nn;
namespace optim = engine::optim;

// Two features in, two classes out, one hidden layer between.
class Net : public nn::Layer {
  public:
    engine::Tensor forward(const engine::Tensor& x) override {
        return fc2_->forward(engine::relu(fc1_->forward(x)));
    }

  private:
    std::shared_ptr<nn::Linear> fc1_ = register_module("fc1", std::make_shared<nn::Linear>(2, 16));
    std::shared_ptr<nn::Linear> fc2_ = register_module("fc2", std::make_shared<nn::Linear>(16, 2));
};

// Learns exclusive or, which no single layer can; exit code 0 if it did.
int main() {
    engine::manual_seed(1);
    const engine::Tensor inputs = engine::tensor(std::vector<float>{0, 0, 0, 1, 1, 0, 1, 1}, {4, 2});
    const engine::Tensor labels = engine::tensor(std::vector<std::int64_t>{0, 1, 1, 0}, {4});

    Net net;
    const nn::CrossEntropyLoss criterion;
    optim::Adam optimizer(net.named_parameters(), {.lr = 0.05});
    double first_loss = 0, loss = 0;
    for (int step = 0; step < 100; ++step) {
        optimizer.zero_grad();
        const engine::Tensor out = criterion(net(inputs), labels);
        out.backward();
        optimizer.step();
        loss = out.item();
        if (step == 0) first_loss = loss;
        if (step % 20 == 0) std::printf("step %3d  loss %.4f\n", step, loss);
    }
    std::printf("loss fell from %.4f to %.4f\n", first_loss, loss);
    return loss < 0.1 * first_loss ? 0 : 1;
}
