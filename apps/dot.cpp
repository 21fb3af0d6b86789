#include "apps/dot.h"

#include <algorithm>

#include <fmt/format.h>

namespace apps {
namespace {

struct Style {
    const char *shape, *fill, *line;
};

Style style_of(DotGraph::Kind kind) {
    switch (kind) {
        case DotGraph::Kind::operation:
            return {"box", "#d6e6f7", "#3b6ea5"};
        case DotGraph::Kind::layer:
            return {"box", "#fdebc8", "#3b6ea5"};
        case DotGraph::Kind::parameter:
            return {"note", "#fdebc8", "#b7791f"};
        case DotGraph::Kind::data:
            return {"ellipse", "#e8e8e8", "#6b6b6b"};
    }
    return {};
}

/// A string in quotes. In a label, where a backslash begins an escape of its own, it is doubled; as DOT reads
/// both, so is it in an id: there it only has to be the same everywhere.
std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (c == '\n')
            result += "\\n";
        else
            result += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
    return result + '"';
}

constexpr std::string_view preamble =
    "    rankdir=TB; ordering=in; ranksep=0.35; nodesep=0.2; labelloc=t;\n"
    "    fontname=\"Helvetica\"; fontsize=14;\n"
    "    node [fontname=\"Helvetica\", fontsize=11, style=\"filled\", margin=\"0.12,0.06\"];\n"
    "    edge [arrowsize=0.7];\n";

}  // namespace

void DotGraph::add_node(const std::string& id, const std::vector<std::string>& lines, Kind kind,
                        const std::string& frame) {
    auto place = std::find_if(frames_.begin(), frames_.end(),
                              [&](const Frame& candidate) { return candidate.name == frame; });
    if (place == frames_.end()) place = frames_.insert(place, Frame{frame, {}});
    std::string label;
    for (const std::string& line : lines) label += (label.empty() ? "" : "\n") + line;
    place->nodes.push_back({id, label, kind});
    kinds_[id] = kind;
}

void DotGraph::add_edge(const std::string& from, const std::string& to) { edges_.emplace_back(from, to); }

void DotGraph::add_legend(const std::map<Kind, std::string>& meanings) {
    for (const auto& [kind, meaning] : meanings)
        add_node(fmt::format("legend {}", static_cast<int>(kind)), {meaning}, kind, "legend");
}

std::string DotGraph::text() const {
    std::string text = fmt::format("digraph {0} {{\n    label={0};\n{1}", quoted(title_), preamble);
    for (const Frame& frame : frames_) {
        const bool framed = !frame.name.empty();
        if (framed)
            text += fmt::format(
                "    subgraph {} {{\n    label={}; labeljust=l; style=rounded; color=\"#9a9a9a\"; "
                "bgcolor=\"#fafafa\";\n",
                quoted("cluster_" + frame.name), quoted(frame.name));
        for (const auto& [id, label, kind] : frame.nodes) {
            const auto [shape, fill, line] = style_of(kind);
            text += fmt::format("    {} [label={}, shape={}, fillcolor=\"{}\", color=\"{}\"];\n", quoted(id),
                                quoted(label), shape, fill, line);
        }
        if (framed) text += "    }\n";
    }
    for (const auto& [from, to] : edges_)
        text += fmt::format("    {} -> {} [color=\"{}\"];\n", quoted(from), quoted(to),
                            style_of(kinds_.at(from)).line);
    return text + "}\n";
}

namespace {

/// Where the frame's part of a path ends.
std::size_t frame_end(const std::string& path) {
    std::size_t begin = 0;
    while (begin < path.size()) {
        const std::size_t end = std::min(path.find('.', begin), path.size());
        if (path.find_first_not_of("0123456789", begin) >= end) return end;
        begin = end + 1;
    }
    return std::min(path.find('.'), path.size());
}

}  // namespace

std::string frame_of(const std::string& path) { return path.substr(0, frame_end(path)); }

std::string within_frame(const std::string& path) {
    const std::size_t end = frame_end(path);
    return end < path.size() ? path.substr(end + 1) : "";
}

}  // namespace apps
