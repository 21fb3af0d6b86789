#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "apps/config.h"
#include "models/attention_net.h"
#include "models/graph.h"

namespace apps {

/// A network that a command tells something about: that of a model file, or the one that settings describe.
struct NetworkChoice {
    Flags flags;
    std::string checkpoint;  ///< empty: none
};

/// Lets a subcommand take --checkpoint, the settings of a network's shape, and those named besides.
void add_network_choice(CLI::App& command, NetworkChoice& choice, const std::vector<std::string>& more = {});

/// The shape of the network that was chosen. Throws CommandLineError if both ways are taken, InputError as
/// models::load_model does, or if the network in the file cannot take images of CIFAR-10's size.
models::AttentionNetOptions chosen_network(const NetworkChoice& choice);

/// Loads a model file, for images of CIFAR-10's size. Throws InputError as chosen_network does.
std::shared_ptr<models::AttentionNet> load_network(const std::string& checkpoint);

/// The graph of a network for images of CIFAR-10's size.
models::Graph cifar10_graph(const models::AttentionNetOptions& network);

}  // namespace apps
