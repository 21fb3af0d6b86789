#include "engine/serialize/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <limits>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/serialize/atomic_file.h"
#include "engine/serialize/layout.h"

// The format: 8 bytes, the length of the header (unsigned, little-endian); the header, a JSON object
//   {"__metadata__": {text: text}, name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]},
//   ...}
// with offsets counted from the header's end; then the data of all tensors, row-major, without holes.
static_assert(std::endian::native == std::endian::little, "elements are written as they lie in memory");

namespace engine {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Event = Json::parse_event_t;

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t max_header_bytes = 100'000'000;  // as in the format's own library
constexpr std::string_view metadata_key = "__metadata__";
constexpr const char* damaged = "the file is damaged or no safetensors file: copy, download or save it again";

struct NamedType {
    std::string_view name;
    DType dtype;
};
constexpr std::array<NamedType, 3> types{
    {{"F32", DType::float32}, {"I64", DType::int64}, {"U8", DType::uint8}}};

std::string_view format_name(DType dtype) {
    return std::find_if(types.begin(), types.end(),
                        [&](const NamedType& type) { return type.dtype == dtype; })
        ->name;
}

/// What the header says of one tensor; begin and end count bytes from the start of the data.
struct Entry {
    std::string name;
    DType dtype;
    Shape shape;
    std::uint64_t begin, end;
};

/// A name from a file as it can be shown on a terminal: in quotes, control characters escaped, not too long.
std::string quoted(const std::string& name) {
    constexpr std::size_t longest = 80;
    std::string text = Json(name).dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > longest) text.replace(longest, std::string::npos, "...\"");
    return text;
}

/// Reads the header in one pass and believes nothing. It listens to the JSON parser instead of taking its
/// result, as that would keep the last of two equal keys, forget the order, and nest as deep as the file
/// likes.
class HeaderReader {
  public:
    HeaderReader(const fs::path& path, std::uint64_t data_bytes) : path_(path), data_bytes_(data_bytes) {}

    void read(const std::string& header) {
        if (header.empty() || header.front() != '{') reject("the header does not start with '{'", damaged);
        // The parser would take it for the end of the text.
        if (header.find('\0') != std::string::npos) reject("the header holds a zero byte", damaged);
        try {
            // Returning false drops what was parsed: everything is used as soon as it is complete.
            [[maybe_unused]] const Json rest =
                Json::parse(header, [this](int depth, Event event, Json& value) {
                    on_event(depth, event, value);
                    return depth != 1 || event != Event::object_end;
                });
        } catch (const Json::exception&) {
            reject("the header is no valid JSON", damaged);
        }
        require_contiguous();
    }

    std::vector<Entry> entries;  ///< in the header's order
    std::map<std::string, std::string> metadata;

  private:
    [[noreturn]] void reject(const std::string& what, const std::string& remedy) const {
        throw InputError(what, "in " + path_.string(), remedy);
    }
    [[noreturn]] void reject_entry(const std::string& what, const std::string& remedy = damaged) const {
        reject("tensor " + quoted(name_) + " " + what, remedy);
    }

    /// Depth 1 holds the names, depth 2 the fields of an entry, depth 3 the elements of its two lists.
    void on_event(int depth, Event event, Json& value) {
        switch (event) {
            case Event::key:
                return on_key(depth, value.get<std::string>());
            case Event::object_start:
                if (depth > 1) reject_entry("has a field that is an object");
                return;
            case Event::array_start:
                if (depth != 2) reject_entry("has a list where none belongs");
                return;
            case Event::value:
                if (depth == 1) reject_entry("is not described by an object");
                return;
            case Event::object_end:
                if (depth == 1) on_entry(value);
                return;
            case Event::array_end:
                return;
        }
    }

    void on_key(int depth, const std::string& key) {
        if (depth == 1) {
            name_ = key;
            fields_.clear();
        }
        const bool is_new = depth == 1 ? names_.insert(key).second : fields_.insert(key).second;
        if (!is_new) reject_entry(depth == 1 ? "is listed twice" : "has the field " + quoted(key) + " twice");
    }

    void on_entry(const Json& value) {
        if (name_ == metadata_key)
            read_metadata(value);
        else
            entries.push_back(read_entry(value));
    }

    void read_metadata(const Json& value) {
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string())
                reject("the metadata " + quoted(key) + " is no text", "save metadata as strings only");
            metadata[key] = text.get<std::string>();
        }
    }

    Entry read_entry(const Json& value) const {
        for (const auto& [key, field] : value.items())
            if (key != "dtype" && key != "shape" && key != "data_offsets")
                reject_entry("has the unknown field " + quoted(key));
        for (const char* key : {"dtype", "shape", "data_offsets"})
            if (!value.contains(key)) reject_entry("lacks the field \"" + std::string(key) + "\"");

        const auto [begin, end] = read_offsets(value["data_offsets"]);
        const Entry entry{name_, read_type(value["dtype"]), read_shape(value["shape"]), begin, end};
        const std::uint64_t wanted = static_cast<std::uint64_t>(entry.shape.numel()) * size_of(entry.dtype);
        if (end - begin != wanted)
            reject_entry("of shape " + to_string(entry.shape) + " needs " + std::to_string(wanted) +
                         " bytes but has " + std::to_string(end - begin));
        return entry;
    }

    DType read_type(const Json& field) const {
        if (!field.is_string()) reject_entry("has a dtype that is no text");
        const std::string wanted = field.get<std::string>();
        for (const auto& [name, dtype] : types)
            if (name == wanted) return dtype;
        reject_entry(
            "has the unsupported type " + quoted(wanted),
            "convert it to float32 with .float(), or an integer to int64 with .long(), and save again");
    }

    /// No product of extents that a shape can have may overflow, not even where a zero hides it.
    Shape read_shape(const Json& field) const {
        if (!field.is_array()) reject_entry("has a shape that is no list");
        if (field.size() > Shape::max_rank)
            reject_entry("has " + std::to_string(field.size()) + " dimensions",
                         "reshape it to at most " + std::to_string(Shape::max_rank) + " and save again");
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / sizeof(std::int64_t);
        std::vector<std::int64_t> extents;
        std::uint64_t product = 1;
        for (const Json& element : field) {
            const std::uint64_t extent = read_count(element, "shape");
            if (extent > most / product) reject_entry("has more elements than any memory");
            product *= std::max<std::uint64_t>(extent, 1);
            extents.push_back(static_cast<std::int64_t>(extent));
        }
        return Shape(extents.data(), extents.data() + extents.size());
    }

    std::pair<std::uint64_t, std::uint64_t> read_offsets(const Json& field) const {
        if (!field.is_array() || field.size() != 2) reject_entry("has data_offsets that are no pair");
        const std::uint64_t begin = read_count(field[0], "data_offsets");
        const std::uint64_t end = read_count(field[1], "data_offsets");
        if (begin > end) reject_entry("ends before it begins");
        if (end > data_bytes_)
            reject_entry("ends at byte " + std::to_string(end) + " of the data, of which there are " +
                             std::to_string(data_bytes_),
                         "the file was cut short: copy, download or save it again");
        return {begin, end};
    }

    std::uint64_t read_count(const Json& element, const char* field) const {
        if (!element.is_number_unsigned())
            reject_entry("has a number in its " + std::string(field) + " that is no count");
        return element.get<std::uint64_t>();
    }

    void require_contiguous() {
        std::vector<const Entry*> by_offset;
        for (const Entry& entry : entries) by_offset.push_back(&entry);
        std::sort(by_offset.begin(), by_offset.end(), [](const Entry* a, const Entry* b) {
            return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
        });
        std::uint64_t next = 0;
        for (const Entry* entry : by_offset) {
            name_ = entry->name;
            if (entry->begin > next) reject_entry("leaves a hole in the data before it");
            if (entry->begin < next) reject_entry("overlaps another tensor");
            next = entry->end;
        }
        if (next != data_bytes_)
            reject(std::to_string(data_bytes_ - next) + " bytes that belong to no tensor follow the last one",
                   damaged);
    }

    const fs::path& path_;
    std::uint64_t data_bytes_;
    std::string name_;  ///< of the entry at hand
    std::set<std::string> names_;
    std::set<std::string> fields_;
};

/// A regular file that is open for reading, and its size.
class InputFile {
  public:
    explicit InputFile(const fs::path& path) : path_(path) {
        std::error_code ignored;
        const fs::file_status status = fs::status(path, ignored);
        if (status.type() == fs::file_type::not_found)
            throw InputError("there is no such file", "at " + path.string(), "check the path");
        if (fs::exists(status) && !fs::is_regular_file(status))
            throw InputError("this is not a file", "at " + path.string(),
                             "give the path of a safetensors file");
        stream_.open(path, std::ios::binary | std::ios::ate);
        if (!stream_) refuse();
        size_ = static_cast<std::uint64_t>(stream_.tellg());
    }

    std::uint64_t size() const { return size_; }

    void read(std::uint64_t position, void* out, std::uint64_t bytes) {
        stream_.seekg(static_cast<std::streamoff>(position));
        if (!stream_.read(static_cast<char*>(out), static_cast<std::streamsize>(bytes))) refuse();
    }

  private:
    [[noreturn]] void refuse() const {
        throw IoError("cannot read a file", "at " + path_.string(), "check its permissions and the disk");
    }

    const fs::path& path_;
    std::ifstream stream_;
    std::uint64_t size_ = 0;
};

std::string read_header(InputFile& file, const fs::path& path) {
    const std::string where = "in " + path.string();
    if (file.size() < length_bytes) throw InputError("too short for a safetensors file", where, damaged);
    std::uint64_t length = 0;
    file.read(0, &length, length_bytes);
    if (length > max_header_bytes)
        throw InputError("the header claims " + std::to_string(length) + " bytes, more than any has", where,
                         damaged);
    if (length > file.size() - length_bytes)
        throw InputError("the header claims " + std::to_string(length) + " bytes, more than the file has",
                         where, damaged);
    std::string header(length, ' ');
    file.read(length_bytes, header.data(), length);
    return header;
}

using NamedTensor = std::pair<std::string, Tensor>;

void require_usable_names(const SafeTensors& content, const fs::path& path) {
    std::set<std::string_view> names{metadata_key};
    for (const auto& [name, tensor] : content.tensors)
        if (!names.insert(name).second)
            throw UsageError("the tensor name " + quoted(name) + " is used twice or reserved",
                             "in save_safetensors to " + path.string(), "give each tensor a name of its own");
}

/// Larger elements first, so that every tensor is aligned to its elements wherever the file is mapped into
/// memory.
std::vector<const NamedTensor*> in_data_order(const std::vector<NamedTensor>& tensors) {
    std::vector<const NamedTensor*> order;
    for (const NamedTensor& named : tensors) order.push_back(&named);
    std::stable_sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
        return size_of(a->second.dtype()) > size_of(b->second.dtype());
    });
    return order;
}

std::string make_header(const SafeTensors& content, const std::vector<const NamedTensor*>& data_order,
                        SavedLayout layout) {
    std::map<std::string_view, std::uint64_t> begins;
    std::uint64_t next = 0;
    for (const NamedTensor* named : data_order) {
        begins[named->first] = next;
        next += named->second.nbytes();
    }
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!content.metadata.empty()) header[std::string(metadata_key)] = content.metadata;
    for (const auto& [name, tensor] : content.tensors) {
        const std::uint64_t begin = begins[name];
        const Shape shape =
            layout == SavedLayout::channels_first ? channels_first_shape(tensor.shape()) : tensor.shape();
        header[name] = {{"dtype", format_name(tensor.dtype())},
                        {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                        {"data_offsets", {begin, begin + tensor.nbytes()}}};
    }
    std::string text = header.dump();
    // The data then start at a multiple of 8 bytes.
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

}  // namespace

SafeTensors load_safetensors(const fs::path& path) {
    InputFile file(path);
    const std::string header = read_header(file, path);
    const std::uint64_t data_start = length_bytes + header.size();
    HeaderReader reader(path, file.size() - data_start);
    reader.read(header);

    SafeTensors content;
    content.metadata = std::move(reader.metadata);
    for (Entry& entry : reader.entries) {
        const Tensor tensor = empty(entry.shape, entry.dtype);
        file.read(data_start + entry.begin, tensor.data_ptr(), entry.end - entry.begin);
        content.tensors.emplace_back(std::move(entry.name), tensor);
    }
    return content;
}

void save_safetensors(const fs::path& path, const SafeTensors& content, SavedLayout layout) {
    require_usable_names(content, path);
    const std::vector<const NamedTensor*> data_order = in_data_order(content.tensors);
    std::string header;
    try {
        header = make_header(content, data_order, layout);
    } catch (const Json::type_error&) {
        throw UsageError("a name or metadata that is not UTF-8", "in save_safetensors to " + path.string(),
                         "use plain text for both");
    }
    const std::uint64_t length = header.size();
    AtomicFile file(path);
    file.write(&length, length_bytes);
    file.write(header);
    for (const NamedTensor* named : data_order) {
        const Tensor tensor =
            layout == SavedLayout::channels_first ? to_channels_first(named->second) : named->second;
        file.write(tensor.data_ptr(), tensor.nbytes());
    }
    file.commit();
}

}  // namespace engine
