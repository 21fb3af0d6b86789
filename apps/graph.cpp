#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/graphviz.h"
#include "apps/memory_need.h"
#include "apps/network_choice.h"
#include "apps/network_drawing.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

struct GraphArguments {
    NetworkChoice network;
    std::string of = "step", out;
};

bool is_svg(const std::string& path) { return std::filesystem::path(path).extension() == ".svg"; }

void check_arguments(const GraphArguments& arguments) {
    if (arguments.of != "step" && arguments.of != "model")
        throw CommandLineError("--of is '" + arguments.of + "'", "on the command line", "give step or model");
    const std::string extension = std::filesystem::path(arguments.out).extension();
    if (!arguments.out.empty() && extension != ".dot" && extension != ".svg")
        throw CommandLineError("--out is '" + arguments.out + "'", "on the command line",
                               "give a file that ends with .dot or .svg");
}

DotGraph draw(const GraphArguments& arguments) {
    const models::AttentionNetOptions network = chosen_network(arguments.network);
    if (arguments.of == "model") return draw_model(network);
    Config step;
    step.batch_size = drawn_batch_size;
    require_memory(training_memory(cifar10_graph(network), step));
    return draw_step(network);
}

void graph(const GraphArguments& arguments) {
    check_arguments(arguments);
    const std::string text = draw(arguments).text();
    if (arguments.out.empty()) return fmt::print("{}", text);
    const std::string content = is_svg(arguments.out) ? render_svg(text) : text;
    engine::AtomicFile file(arguments.out);
    file.write(content);
    file.commit();
    fmt::print("wrote {}\n", arguments.out);
}

}  // namespace

Command add_graph(CLI::App& command) {
    auto arguments = std::make_shared<GraphArguments>();
    command
        .add_option("--of", arguments->of,
                    "what: the autograd graph of one training step, or the network's layers (default step)")
        ->type_name("step|model");
    command
        .add_option("--out", arguments->out,
                    "the file to write, by its end as DOT or, with Graphviz's help, as SVG; else DOT goes to "
                    "standard output")
        ->type_name("FILE.dot|.svg");
    add_network_choice(command, arguments->network);
    return [arguments] { graph(*arguments); };
}

}  // namespace apps
