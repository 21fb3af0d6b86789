#include "data/cifar10.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <system_error>

#include "engine/error.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using engine::InputError;

constexpr const char* get_it_again =
    "remove the folder and get the data set again with 'cifar_engine data download', or name another folder";

/// A division costs more than looking up its result.
std::array<float, 256> bytes_over_255() {
    std::array<float, 256> result{};
    for (std::size_t byte = 0; byte < result.size(); ++byte) result[byte] = static_cast<float>(byte) / 255.0F;
    return result;
}

/// Brings planes, one for each channel, into the order (H, W, C), each byte as `convert` says.
template <typename T, typename Convert>
void interleave(T* out, const std::uint8_t* planes, const Convert& convert) {
    constexpr std::int64_t pixels = cifar10_side * cifar10_side;
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
        for (std::int64_t channel = 0; channel < cifar10_channels; ++channel)
            *out++ = convert(planes[channel * pixels + pixel]);
}

std::string records(std::int64_t bytes) { return std::to_string(bytes / cifar10_record_bytes) + " records"; }

void check_all_present(const fs::path& directory) {
    std::error_code ignored;
    if (!fs::is_directory(directory, ignored))
        throw InputError(
            "no such folder", directory.string(),
            "name the folder that holds data_batch_1.bin to data_batch_5.bin and test_batch.bin");
    std::string missing;
    for (const Cifar10File& file : cifar10_files)
        if (!fs::is_regular_file(directory / file.name, ignored))
            missing += (missing.empty() ? "" : " ") + std::string(file.name);
    if (!missing.empty())
        throw InputError(
            "missing " + missing, "in " + directory.string(),
            "name a folder in CIFAR-10's binary layout, or get it with 'cifar_engine data download'");
}

std::int64_t checked_size(const fs::path& path) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error)
        throw InputError("cannot read the size: " + error.message(), "of " + path.string(), get_it_again);
    const auto bytes = static_cast<std::int64_t>(size);
    if (bytes == 0 || bytes % cifar10_record_bytes != 0)
        throw InputError("truncated or of another format: " + std::to_string(bytes) + " bytes, expected " +
                             std::to_string(cifar10_official_file_bytes) + " or another multiple of " +
                             std::to_string(cifar10_record_bytes),
                         path.string(), get_it_again);
    return bytes;
}

/// A file that lost its end exactly between two records shows only beside its complete neighbours.
void check_all_or_none_official(const fs::path& directory, const std::array<std::int64_t, 6>& sizes) {
    const auto official = [](std::int64_t bytes) { return bytes == cifar10_official_file_bytes; };
    if (std::none_of(sizes.begin(), sizes.end(), official)) return;
    const auto odd = std::find_if_not(sizes.begin(), sizes.end(), official);
    if (odd == sizes.end()) return;
    const char* name = cifar10_files[static_cast<std::size_t>(odd - sizes.begin())].name;
    throw InputError("truncated or of another data set: " + std::to_string(*odd) + " bytes (" +
                         records(*odd) + ") beside files of the official " +
                         std::to_string(cifar10_official_file_bytes) + " bytes (" +
                         records(cifar10_official_file_bytes) + ")",
                     (directory / name).string(), get_it_again);
}

void read_file(const fs::path& path, std::uint8_t* out, std::int64_t bytes) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw engine::IoError("cannot open the file", path.string(), "check its permissions");
    if (!file.read(reinterpret_cast<char*>(out), bytes))
        throw engine::IoError(
            "only " + std::to_string(file.gcount()) + " of " + std::to_string(bytes) + " bytes could be read",
            path.string(), "check the disk, and that nothing writes to the file");
}

void check_labels(const fs::path& path, const std::uint8_t* bytes, std::int64_t size) {
    for (std::int64_t record = 0; record < size / cifar10_record_bytes; ++record) {
        const int label = bytes[record * cifar10_record_bytes];
        if (label >= static_cast<int>(cifar10_classes.size()))
            throw InputError("label " + std::to_string(label) + " where only 0 to 9 are possible",
                             path.string() + " record " + std::to_string(record) + " (counted from 0)",
                             get_it_again);
    }
}

}  // namespace

std::array<std::int64_t, 6> check_cifar10_files(const fs::path& directory) {
    check_all_present(directory);
    std::array<std::int64_t, 6> sizes{};
    std::transform(cifar10_files.begin(), cifar10_files.end(), sizes.begin(),
                   [&](const Cifar10File& file) { return checked_size(directory / file.name); });
    check_all_or_none_official(directory, sizes);
    return sizes;
}

Cifar10::Cifar10(const fs::path& directory, Split split) {
    const std::array<std::int64_t, 6> sizes = check_cifar10_files(directory);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (cifar10_files[i].split != split) continue;
        const fs::path path = directory / cifar10_files[i].name;
        const std::size_t offset = bytes_.size();
        bytes_.resize(offset + static_cast<std::size_t>(sizes[i]));
        read_file(path, bytes_.data() + offset, sizes[i]);
        check_labels(path, bytes_.data() + offset, sizes[i]);
    }
}

std::int64_t Cifar10::size() const { return static_cast<std::int64_t>(bytes_.size()) / cifar10_record_bytes; }

std::int64_t Cifar10::label(std::int64_t index) const {
    check_index(index, "Cifar10::label");
    return *record(index);
}

Example Cifar10::get(std::int64_t index) const {
    check_index(index, "Cifar10::get");
    Example example{engine::empty(image_shape()), *record(index)};
    static const std::array<float, 256> scaled = bytes_over_255();
    interleave(example.input.data(), record(index) + 1, [](std::uint8_t byte) { return scaled[byte]; });
    return example;
}

void Cifar10::copy_bytes(std::int64_t index, std::uint8_t* out) const {
    check_index(index, "Cifar10::copy_bytes");
    interleave(out, record(index) + 1, [](std::uint8_t byte) { return byte; });
}

}  // namespace data
