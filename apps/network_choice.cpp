#include "apps/network_choice.h"

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "data/cifar10.h"
#include "engine/error.h"
#include "models/model_file.h"

namespace apps {
namespace {

const std::vector<std::string> shape_settings = {"model",      "widths", "blocks", "residual",
                                                 "pool-first", "stem",   "hidden", "dropout"};

}  // namespace

void add_network_choice(CLI::App& command, NetworkChoice& choice, const std::vector<std::string>& more) {
    command
        .add_option("--checkpoint", choice.checkpoint,
                    "the network of this model file, instead of one that the settings describe")
        ->type_name("FILE");
    std::vector<std::string> names{"recipe"};
    names.insert(names.end(), shape_settings.begin(), shape_settings.end());
    names.insert(names.end(), more.begin(), more.end());
    add_settings(command, choice.flags, names);
}

models::AttentionNetOptions chosen_network(const NetworkChoice& choice) {
    if (choice.checkpoint.empty()) return resolve_config(choice.flags).network();
    for (const std::string& name : shape_settings)
        if (choice.flags.contains(name))
            throw CommandLineError("--" + name + " beside --checkpoint", "on the command line",
                                   "give one of them: the file says what its network looks like");
    return load_network(choice.checkpoint)->options;
}

std::shared_ptr<models::AttentionNet> load_network(const std::string& checkpoint) {
    std::shared_ptr<models::AttentionNet> model = models::load_model(checkpoint);
    constexpr std::size_t most_stages = 5;  // each halves the image, which is 32 pixels wide
    if (model->options.widths.size() > most_stages)
        throw engine::InputError(
            fmt::format("the network halves its images {} times", model->options.widths.size()),
            "in " + checkpoint,
            fmt::format("give one for images of {0}x{0} pixels: at most {1} times", data::cifar10_side,
                        most_stages));
    return model;
}

models::Graph cifar10_graph(const models::AttentionNetOptions& network) {
    return models::graph_of(network, data::cifar10_side, data::cifar10_side);
}

}  // namespace apps
