#include "models/model_file.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>

#include "engine/error.h"
#include "engine/serialize/layout.h"
#include "engine/serialize/safetensors.h"

namespace models {
namespace {

using namespace engine;

using Metadata = std::map<std::string, std::string>;

/// A file's tensors, channel-last.
SafeTensors read_file(const std::filesystem::path& path) {
    SafeTensors content = load_safetensors(path);
    for (auto& [name, tensor] : content.tensors) tensor = to_channels_last(tensor);
    return content;
}

/// PyTorch's form of the shape of a tensor that stands channel-last here, for messages.
std::string published(const Shape& shape) {
    return to_string(shape.rank() == 4 ? Shape{shape[0], shape[3], shape[1], shape[2]} : shape);
}

void check_fits(const std::filesystem::path& path, const std::string& name, const Tensor& given, DType dtype,
                const Shape& shape) {
    if (given.shape() == shape && given.dtype() == dtype) return;
    throw InputError(
        "tensor '" + name + "' is " + engine::name(given.dtype()) + " " + published(given.shape()),
        "in " + path.string(),
        std::string("this network has ") + engine::name(dtype) + " " + published(shape) +
            " there: give the file of a network of this architecture");
}

/// Reads an AttentionNet's architecture off its tensors. Those that it is read off have to agree with each
/// other: the network is then not much larger than the file, whoever made that.
class ArchitectureReader {
  public:
    ArchitectureReader(const SafeTensors& content, std::filesystem::path path)
        : state_(content.tensors), metadata_(content.metadata), path_(std::move(path)) {}

    AttentionNetOptions read(double dropout) const {
        AttentionNetOptions options;
        options.dropout = dropout;
        std::int64_t channels = options.in_channels = extent(conv_weight(0), 4, 3);
        std::vector<std::int64_t> widths;  // of each block
        for (int i = 0; has_block(i); ++i) {
            widths.push_back(extent(conv_weight(i), 4, 0));
            check(conv_weight(i), {widths.back(), 3, 3, channels});
            channels = widths.back();
        }
        read_stages(options, widths);
        options.hidden = extent("classifier.fc1.weight", 2, 0);
        check("classifier.fc1.weight", {options.hidden, channels});
        options.classes = extent("classifier.fc2.weight", 2, 0);
        check("classifier.fc2.weight", {options.classes, options.hidden});
        return options;
    }

  private:
    const std::string* metadata(const std::string& key) const {
        const auto found = metadata_.find(key);
        return found == metadata_.end() ? nullptr : &found->second;
    }

    /// Cuts the blocks, which have these widths, into a stem and stages.
    void read_stages(AttentionNetOptions& options, const std::vector<std::int64_t>& widths) const {
        if (const std::string* residual = metadata("residual")) options.residual = *residual == "true";
        if (const std::string* first = metadata("pool_first")) options.pool_first = *first == "true";
        std::size_t next = 0;
        if (const std::string* stem = metadata("stem"); stem && *stem != "0") {
            if (widths.empty() || *stem != std::to_string(widths[0])) reject("stem", *stem);
            options.stem = widths[next++];
        }
        const std::string* blocks = metadata("blocks");
        options.blocks = blocks ? parse_blocks(*blocks) : std::vector<std::int64_t>(widths.size() - next, 1);
        options.widths.clear();
        for (const std::int64_t count : options.blocks) {
            const auto stage = static_cast<std::size_t>(count);
            if (stage < 1 || stage > widths.size() - next ||
                std::count(&widths[next], &widths[next] + stage, widths[next]) != count)
                reject("blocks", *blocks);
            options.widths.push_back(widths[next]);
            next += stage;
        }
        if (next != widths.size()) reject("blocks", *blocks);
    }

    std::vector<std::int64_t> parse_blocks(const std::string& text) const {
        std::vector<std::int64_t> result;
        const char *place = text.data(), *end = place + text.size();
        while (true) {
            const auto [after, error] = std::from_chars(place, end, result.emplace_back());
            if (error != std::errc() || (after != end && *after != ',')) reject("blocks", text);
            if (after == end) return result;
            place = after + 1;
        }
    }

    [[noreturn]] void reject(const std::string& key, const std::string& value) const {
        throw InputError("the metadata's " + key + ", '" + value + "', is not that of the tensors",
                         "in " + path_.string(), "give a file as it was written, or one without metadata");
    }

    static std::string block_prefix(int block) { return "backbone." + std::to_string(block) + "."; }
    static std::string conv_weight(int block) { return block_prefix(block) + "conv1.weight"; }

    bool has_block(int block) const {
        return std::any_of(state_.begin(), state_.end(), [prefix = block_prefix(block)](const auto& entry) {
            return entry.first.starts_with(prefix);
        });
    }

    void check(const std::string& name, const Shape& shape) const {
        check_fits(path_, name, find(name)->second, DType::float32, shape);
    }

    nn::NamedTensors::const_iterator find(const std::string& name) const {
        return std::find_if(state_.begin(), state_.end(),
                            [&](const auto& entry) { return entry.first == name; });
    }

    std::int64_t extent(const std::string& name, int rank, int dimension) const {
        if (find(name) == state_.end())
            throw InputError("tensor '" + name + "' is missing", "in " + path_.string(),
                             "give a file that holds an AttentionNet");
        const Shape& shape = find(name)->second.shape();
        if (shape.rank() != rank || shape.numel() == 0)
            throw InputError("tensor '" + name + "' has shape " + published(shape), "in " + path_.string(),
                             "it must have " + std::to_string(rank) + " dimensions, none of them 0");
        return shape[dimension];
    }

    const nn::NamedTensors& state_;
    const Metadata& metadata_;
    std::filesystem::path path_;
};

/// load_state_dict for files: what does not fit is the file's fault. Checked here first, in the file's own
/// layout.
void load_checked(const std::filesystem::path& path, const nn::NamedTensors& state, nn::Module& model) {
    const nn::NamedTensors own = model.state_dict();
    const auto named = [](const std::string& name) {
        return [&name](const auto& entry) { return entry.first == name; };
    };
    for (const auto& [name, tensor] : own) {
        const auto given = std::find_if(state.begin(), state.end(), named(name));
        if (given == state.end())
            throw InputError("tensor '" + name + "' is missing", "in " + path.string(),
                             "give the state_dict of a whole AttentionNet");
        check_fits(path, name, given->second, tensor.dtype(), tensor.shape());
    }
    for (const auto& [name, tensor] : state)
        if (std::none_of(own.begin(), own.end(), named(name)))
            throw InputError("tensor '" + name + "' is not part of this network", "in " + path.string(),
                             "give the state_dict of an AttentionNet of the same architecture");
    model.load_state_dict(state);
}

}  // namespace

void save_model(const std::filesystem::path& path, const AttentionNet& model) {
    SafeTensors content;
    content.metadata["format"] = "pt";  // what Python's library looks for
    std::string blocks;
    for (std::size_t stage = 0; stage < model.options.widths.size(); ++stage)
        blocks += (stage == 0 ? "" : ",") +
                  std::to_string(model.options.blocks.empty() ? 1 : model.options.blocks[stage]);
    content.metadata["blocks"] = blocks;
    content.metadata["stem"] = std::to_string(model.options.stem);
    content.metadata["residual"] = model.options.residual ? "true" : "false";
    content.metadata["pool_first"] = model.options.pool_first ? "true" : "false";
    content.tensors = model.state_dict();
    save_safetensors(path, content, SavedLayout::channels_first);
}

std::shared_ptr<AttentionNet> load_model(const std::filesystem::path& path, double dropout) {
    const SafeTensors content = read_file(path);
    auto model = std::make_shared<AttentionNet>(ArchitectureReader(content, path).read(dropout));
    load_checked(path, content.tensors, *model);
    return model;
}

void load_values(const std::filesystem::path& path, nn::Module& model) {
    load_checked(path, read_file(path).tensors, model);
}

}  // namespace models
