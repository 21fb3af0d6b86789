#include "apps/report/analysis.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>

#include <nlohmann/json.hpp>

#include "apps/bounded_json.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

using nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t most_classes = 100;  // beyond, no table can be read

/// Thrown while reading, and not let out: this is no analysis.
struct Unusable {};

void require(bool condition) {
    if (!condition) throw Unusable();
}

const json& list_in(const json& object, const char* key) {
    const auto found = object.find(key);
    require(found != object.end() && found->is_array());
    return *found;
}

std::string text_in(const json& object, const char* key) {
    const auto found = object.find(key);
    require(found != object.end() && found->is_string());
    return found->get<std::string>();
}

std::int64_t required_count(const json& object, const char* key) {
    const std::int64_t count = count_in(object, key);
    require(count >= 0);
    return count;
}

double required_number(const json& object, const char* key) {
    const double number = number_in(object, key);
    require(number == number);
    return number;
}

/// Base64 and nothing else, as it goes into the page as it is.
std::string png_in(const json& object) {
    const std::string png = text_in(object, "png");
    const auto is_base64 = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/' || c == '=';
    };
    require(std::ranges::all_of(png, is_base64));
    return png;
}

BranchValues branch_values(const json& list) {
    BranchValues values{};
    require(list.is_array() && list.size() == values.size());
    constexpr double most = 1e6;  // beyond, no table can be read
    for (std::size_t i = 0; i < values.size(); ++i) {
        require(list[i].is_number());
        values[i] = list[i].get<double>();
        require(std::abs(values[i]) < most);
    }
    return values;
}

std::vector<std::string> read_classes(const json& document) {
    std::vector<std::string> classes;
    for (const json& name : list_in(document, "classes")) {
        require(name.is_string());
        classes.push_back(name.get<std::string>());
    }
    require(!classes.empty() && classes.size() <= most_classes);
    return classes;
}

std::vector<std::vector<std::int64_t>> read_confusion(const json& document, std::size_t classes) {
    std::vector<std::vector<std::int64_t>> confusion;
    for (const json& row : list_in(document, "confusion")) {
        require(row.is_array() && row.size() == classes);
        std::vector<std::int64_t>& counts = confusion.emplace_back();
        for (const json& count : row) {
            require(count.is_number_unsigned() && count.get<std::uint64_t>() < 1U << 31U);
            counts.push_back(count.get<std::int64_t>());
        }
    }
    require(confusion.size() == classes);
    return confusion;
}

std::vector<Mistake> read_mistakes(const json& document, std::size_t classes) {
    std::vector<Mistake> mistakes;
    for (const json& mistake : list_in(document, "mistakes")) {
        require(mistake.is_object());
        mistakes.push_back({required_count(mistake, "image"), required_count(mistake, "label"),
                            required_count(mistake, "prediction"), required_number(mistake, "confidence"),
                            png_in(mistake)});
        const auto [label, prediction] = std::pair{mistakes.back().label, mistakes.back().prediction};
        require(std::max(label, prediction) < static_cast<std::int64_t>(classes));
    }
    return mistakes;
}

std::vector<BlockAttention> read_attention(const json& document, std::size_t classes) {
    std::vector<BlockAttention> attention;
    for (const json& block : list_in(document, "attention")) {
        require(block.is_object());
        BlockAttention& read = attention.emplace_back();
        read.name = text_in(block, "block");
        for (const json& mean : list_in(block, "mean")) read.mean.push_back(branch_values(mean));
        require(read.mean.size() == classes);
        read.off = branch_values(list_in(block, "off"));
    }
    return attention;
}

std::vector<FilterSheet> read_filters(const json& document) {
    std::vector<FilterSheet> filters;
    for (const json& sheet : list_in(document, "filters")) {
        require(sheet.is_object());
        filters.push_back({text_in(sheet, "branch"), required_count(sheet, "shown"),
                           required_count(sheet, "filters"), png_in(sheet)});
    }
    return filters;
}

Analysis read_analysis(const json& document) {
    require(document.is_object());
    Analysis analysis;
    analysis.epoch = required_count(document, "epoch");
    analysis.step = required_count(document, "step");
    analysis.split = text_in(document, "split");
    analysis.classes = read_classes(document);
    analysis.confusion = read_confusion(document, analysis.classes.size());
    analysis.mistakes = read_mistakes(document, analysis.classes.size());
    analysis.attention_images = required_count(document, "attention_images");
    analysis.attention = read_attention(document, analysis.classes.size());
    analysis.filters = read_filters(document);
    return analysis;
}

OrderedJson to_json(const Analysis& analysis) {
    OrderedJson document{{"epoch", analysis.epoch},           {"step", analysis.step},
                         {"split", analysis.split},           {"images", analysis.images()},
                         {"classes", analysis.classes},       {"confusion", analysis.confusion},
                         {"mistakes", OrderedJson::array()},  {"attention_images", analysis.attention_images},
                         {"attention", OrderedJson::array()}, {"filters", OrderedJson::array()}};
    for (const Mistake& mistake : analysis.mistakes)
        document["mistakes"].push_back({{"image", mistake.image},
                                        {"label", mistake.label},
                                        {"prediction", mistake.prediction},
                                        {"confidence", mistake.confidence},
                                        {"png", mistake.png}});
    for (const BlockAttention& block : analysis.attention)
        document["attention"].push_back({{"block", block.name}, {"mean", block.mean}, {"off", block.off}});
    for (const FilterSheet& sheet : analysis.filters)
        document["filters"].push_back({{"branch", sheet.branch},
                                       {"shown", sheet.shown},
                                       {"filters", sheet.filters},
                                       {"png", sheet.png}});
    return document;
}

}  // namespace

std::int64_t Analysis::images_of(std::size_t label) const {
    return std::accumulate(confusion[label].begin(), confusion[label].end(), std::int64_t{0});
}

std::int64_t Analysis::images() const {
    std::int64_t count = 0;
    for (std::size_t label = 0; label < confusion.size(); ++label) count += images_of(label);
    return count;
}

std::int64_t Analysis::correct() const {
    std::int64_t count = 0;
    for (std::size_t label = 0; label < confusion.size(); ++label) count += confusion[label][label];
    return count;
}

void save_analysis(const std::filesystem::path& path, const Analysis& analysis) {
    engine::AtomicFile file(path);
    file.write(to_json(analysis).dump() + "\n");
    file.commit();
}

std::optional<Analysis> load_analysis(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const json document = parse_bounded({std::istreambuf_iterator<char>(file), {}});
    try {
        return read_analysis(document);
    } catch (const Unusable&) {
        return std::nullopt;
    }
}

}  // namespace apps
