// `graph`: the DOT it writes is read back here, and drawn where Graphviz is installed.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "engine/autograd.h"
#include "models/attention_net.h"
#include "models/model_file.h"
#include "tests/support/command_line.h"

using namespace test;

namespace {

/// Takes `begin` and a text in quotes off the front of a line; what is in the quotes, escapes and all, or
/// nothing.
std::optional<std::string> take_quoted(std::string_view& line, std::string_view begin) {
    if (!line.starts_with(std::string(begin) + '"')) return std::nullopt;
    const std::string_view rest = line.substr(begin.size() + 1);
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
    if (end >= rest.size()) return std::nullopt;
    line = rest.substr(end + 1);
    return std::string(rest.substr(0, end));
}

/// What stands in a DOT text: nodes with their labels, and for each node those that arrows come from.
struct DrawnGraph {
    explicit DrawnGraph(const std::string& dot) {
        for (const std::string& text : lines_of(dot)) {
            std::string_view line = text;
            line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
            const auto id = take_quoted(line, "");
            if (!id) continue;
            if (const auto target = take_quoted(line, " -> "))
                sources[*target].push_back(*id);
            else if (const auto label = take_quoted(line, " [label="))
                CHECK_MESSAGE(labels.emplace(*id, *label).second, "twice: " << text);
        }
    }

    std::string only_node_labelled(const std::string& begin) const {
        std::vector<std::string> found;
        for (const auto& [id, label] : labels)
            if (label.starts_with(begin)) found.push_back(id);
        REQUIRE(found.size() == 1);
        return found.front();
    }

    /// All that arrows lead from to this node. Fails if they go in a circle.
    std::set<std::string> upstream(const std::string& id) const {
        std::set<std::string> seen, above;
        visit(id, seen, above);
        return seen;
    }

    std::map<std::string, std::string> labels;
    std::map<std::string, std::vector<std::string>> sources;

  private:
    void visit(const std::string& id, std::set<std::string>& seen, std::set<std::string>& above) const {
        REQUIRE_MESSAGE(labels.contains(id), id);
        REQUIRE_MESSAGE(above.insert(id).second, "a circle through " << id);
        if (seen.insert(id).second && sources.contains(id))
            for (const std::string& source : sources.at(id)) visit(source, seen, above);
        above.erase(id);
    }
};

bool has_graphviz() {
    const bool found = std::system("dot -V >/dev/null 2>&1") == 0;
    if (!found) MESSAGE("skipped: Graphviz's dot is not installed");
    return found;
}

const Arguments small{"--widths", "4,6", "--blocks", "2,1", "--hidden", "8"};

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "the step's graph leads from every parameter to the loss, without a circle") {
    for (const bool residual : {false, true}) {
        const ProcessResult result =
            run(Arguments{"graph"} + small + (residual ? Arguments{"--residual"} : Arguments{}));
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        const DrawnGraph graph(result.out);
        const std::set<std::string> behind_loss = graph.upstream(graph.only_node_labelled("cross_entropy"));
        const models::AttentionNet net(
            {.widths = {4, 6}, .blocks = {2, 1}, .residual = residual, .hidden = 8});
        for (const auto& [name, parameter] : net.named_parameters()) {
            CHECK_MESSAGE(behind_loss.contains(name), name);
            CHECK_MESSAGE(holds(graph.labels.at(name), engine::to_string(parameter.shape())), name);
        }
        CHECK(behind_loss.contains("images"));
        constexpr std::size_t legend = 3;
        CHECK(graph.labels.size() == behind_loss.size() + legend);
        CHECK(holds(result.out, "linear (attention)\\n(2, 3)", "cluster_backbone.2", "attention_conv"));
        CHECK(holds(result.out, "\"add\\n") == residual);
    }
}

TEST_CASE_FIXTURE(CommandLine, "the model's graph leads from the images through every layer to the logits") {
    const ProcessResult result = run(Arguments{"graph", "--of", "model"} + small);
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    const DrawnGraph graph(result.out);
    const std::set<std::string> layers = graph.upstream("logits");
    constexpr std::size_t legend = 3;
    CHECK(graph.labels.size() == layers.size() + legend);
    for (const char* name : {"images", "backbone.0.conv3", "backbone.2.pool", "classifier.fc2"})
        CHECK_MESSAGE(layers.contains(name), name);
    CHECK(holds(graph.labels.at("backbone.0.conv1"), "conv2d (4, 32, 32)", "112 parameters", "110,592 MACs"));
}

TEST_CASE_FIXTURE(CommandLine, "a model file's network is drawn, and files are written whole") {
    const fs::path model = folder("model.safetensors");
    models::save_model(model, models::AttentionNet({.widths = {3}, .hidden = 2, .classes = 4}));
    const ProcessResult drawn =
        run({"graph", "--of", "model", "--checkpoint", model, "--out", folder("model.dot")});
    REQUIRE_MESSAGE(drawn.exit_code == 0, drawn.err);
    CHECK(holds(read_bytes(folder("model.dot")), "digraph", "(3, 32, 32)",
                "\"logits\" [label=\"logits\\n(4)\""));
    CHECK(run({"graph", "--checkpoint", model}).exit_code == 0);
    check_error(run({"graph", "--checkpoint", model, "--widths", "3"}), 2, "--widths beside --checkpoint");
    check_error(run({"graph", "--checkpoint", folder("nowhere")}), 3, "nowhere");
    check_error(run({"graph", "--of", "loss"}), 2, "step or model");
    check_error(run({"graph", "--out", folder("a.png")}), 2, ".dot or .svg");
    check_error(run(Arguments{"graph", "--out", folder("nowhere/a.dot")} + small), 1, "nowhere");
}

TEST_CASE_FIXTURE(CommandLine, "Graphviz reads it") {
    if (!has_graphviz()) return;
    for (const char* of : {"step", "model"}) {
        const ProcessResult result =
            run(Arguments{"graph", "--of", of, "--out", folder("drawn.svg")} + small);
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        CHECK(holds(read_bytes(folder("drawn.svg")), "<svg", "backbone.2", "classifier", "</svg>"));
    }
}

TEST_CASE_FIXTURE(CommandLine, "without Graphviz an SVG is an error that says what to do; DOT needs none") {
    ::setenv("PATH", folder("empty").c_str(), 1);
    check_error(run(Arguments{"graph", "--out", folder("a.svg")} + small), 1, "apt-get install graphviz");
    CHECK_FALSE(fs::exists(folder("a.svg")));
    CHECK(run(Arguments{"graph", "--out", folder("a.dot")} + small).exit_code == 0);

    fs::create_directory(folder("empty"));  // a dot that fails
    write_bytes(folder("empty") / "dot", "#!/bin/sh\necho broken >&2\nexit 3\n");
    fs::permissions(folder("empty") / "dot", fs::perms::owner_all);
    check_error(run(Arguments{"graph", "--out", folder("a.svg")} + small), 1, "`dot` failed: broken");
}
