#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace apps {

/// A drawing of a network as Graphviz DOT (https://graphviz.org/doc/info/lang.html), from top to bottom.
class DotGraph {
  public:
    /// A layer is an operation with parameters of its own.
    enum class Kind { operation, layer, parameter, data };

    explicit DotGraph(std::string title) : title_(std::move(title)) {}

    /// A node under an id of its own, within a frame of that name; no frame if it is empty. Frames stand in
    /// the order in which they are first named.
    void add_node(const std::string& id, const std::vector<std::string>& lines, Kind kind,
                  const std::string& frame);
    /// An arrow between two nodes that were added.
    void add_edge(const std::string& from, const std::string& to);

    /// Which kind is which, as a frame of its own.
    void add_legend(const std::map<Kind, std::string>& meanings);

    std::string text() const;

  private:
    struct Node {
        std::string id, label;
        Kind kind;
    };
    struct Frame {
        std::string name;
        std::vector<Node> nodes;
    };

    std::string title_;
    std::vector<Frame> frames_;
    std::vector<std::pair<std::string, std::string>> edges_;
    std::map<std::string, Kind> kinds_;  ///< of each id
};

/// The frame that a part of a network belongs to, by its path: as far as a number, "backbone.3" for
/// "backbone.3.conv1.weight", or else the first name, "classifier" for "classifier.fc1".
std::string frame_of(const std::string& path);

/// What is left of a path within its frame: "conv1.weight"; empty for the frame itself.
std::string within_frame(const std::string& path);

}  // namespace apps
