#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/network_choice.h"
#include "apps/terminal.h"
#include "data/cifar10.h"
#include "engine/error.h"
#include "engine/serialize/onnx.h"
#include "models/onnx.h"

namespace apps {
namespace {

struct ExportArguments {
    std::string checkpoint, out;
    bool normalize = false;
};

bool takes_colours(const models::AttentionNetOptions& network) {
    return network.in_channels == data::cifar10_channels;
}

/// Throws InputError if the network in that file does not take three channels.
models::PixelNormalization cifar10_normalization(const models::AttentionNetOptions& network,
                                                 const std::string& checkpoint) {
    if (!takes_colours(network))
        throw engine::InputError(fmt::format("the network has {} input channels", network.in_channels),
                                 "in " + checkpoint,
                                 "leave --normalize out: CIFAR-10's mean and deviation are for 3");
    return {{data::cifar10_mean.begin(), data::cifar10_mean.end()},
            {data::cifar10_std.begin(), data::cifar10_std.end()}};
}

/// What a user of the file has to know of CIFAR-10, as far as the network is for that.
std::map<std::string, std::string> cifar10_metadata(const models::AttentionNetOptions& network) {
    std::map<std::string, std::string> metadata;
    if (takes_colours(network)) {
        metadata["normalization.mean"] = fmt::format("{}", fmt::join(data::cifar10_mean, ","));
        metadata["normalization.std"] = fmt::format("{}", fmt::join(data::cifar10_std, ","));
    }
    if (network.classes == std::ssize(data::cifar10_classes))
        metadata["classes"] = fmt::format("{}", fmt::join(data::cifar10_classes, ","));
    return metadata;
}

void check_arguments(const ExportArguments& arguments) {
    const std::string where = "after export onnx";
    if (arguments.checkpoint.empty())
        throw CommandLineError("no model file is given", where, "name one with --checkpoint");
    if (arguments.out.empty())
        throw CommandLineError("no file to write is given", where, "name one with --out FILE.onnx");
    std::error_code ignored;
    if (std::filesystem::equivalent(arguments.out, arguments.checkpoint, ignored))
        throw CommandLineError("--out is the model file itself", where, "name another file to write");
}

void export_network(const ExportArguments& arguments) {
    check_arguments(arguments);
    const auto model = load_network(arguments.checkpoint);
    const models::AttentionNetOptions& network = model->options;
    models::OnnxExportOptions options{.height = data::cifar10_side,
                                      .width = data::cifar10_side,
                                      .producer_version = CIFAR_ENGINE_VERSION,
                                      .metadata = cifar10_metadata(network)};
    if (arguments.normalize) options.normalization = cifar10_normalization(network, arguments.checkpoint);
    models::export_onnx(arguments.out, *model, options);

    fmt::print("wrote {}: ONNX, opset {}, {}\n", arguments.out, engine::onnx_opset,
               memory_size(static_cast<double>(std::filesystem::file_size(arguments.out))));
    fmt::print("input  images {} (N, {}, {}, {}), {}\n", arguments.normalize ? "uint8" : "float32",
               network.in_channels, data::cifar10_side, data::cifar10_side,
               arguments.normalize ? "bytes 0 to 255, normalised inside"
                                   : "to be normalised before: (byte / 255 - mean) / std");
    fmt::print("output logits float32 (N, {})\n", network.classes);
}

}  // namespace

Command add_export(CLI::App& command) {
    auto arguments = std::make_shared<ExportArguments>();
    CLI::App* onnx = command.add_subcommand("onnx", "an ONNX file, for onnxruntime and others");
    onnx->allow_extras();
    onnx->add_option("--checkpoint", arguments->checkpoint,
                     "model file: best.safetensors of a run, or a state_dict")
        ->type_name("FILE");
    onnx->add_option("--out", arguments->out, "the file to write")->type_name("FILE.onnx");
    onnx->add_flag("--normalize", arguments->normalize,
                   "make the normalisation a part of it: the input is then uint8, bytes 0 to 255");
    return [=] {
        if (onnx->parsed()) return export_network(*arguments);
        throw CommandLineError("no format is given", "after export", "give one: onnx");
    };
}

}  // namespace apps
