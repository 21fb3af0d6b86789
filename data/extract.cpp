#include "data/extract.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "data/cifar10.h"
#include "engine/error.h"

namespace data {
namespace {

namespace fs = std::filesystem;

struct ArchiveFree {
    void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<struct archive, ArchiveFree>;

[[noreturn]] void fail_reading(const Reader& reader, const fs::path& path) {
    const char* reason = archive_error_string(reader.get());
    throw engine::InputError("damaged archive: " + std::string(reason ? reason : "unknown format"),
                             "in " + path.string(), "download it again");
}

Reader open(const fs::path& path) {
    constexpr std::size_t block_bytes = 1 << 16;
    Reader reader(archive_read_new());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_format_tar(reader.get());
    if (archive_read_open_filename(reader.get(), path.c_str(), block_bytes) != ARCHIVE_OK)
        fail_reading(reader, path);
    return reader;
}

void write_entry(const Reader& reader, const fs::path& archive_path, const fs::path& path) {
    std::ofstream file(path, std::ios::binary);
    std::array<char, 1 << 16> buffer;
    la_ssize_t count = 0;
    while ((count = archive_read_data(reader.get(), buffer.data(), buffer.size())) > 0)
        file.write(buffer.data(), count);
    if (count < 0) fail_reading(reader, archive_path);
    file.close();
    if (!file) throw engine::IoError("cannot write", path.string(), "check the free space of the disk");
}

/// The name under which the entry is wanted, one of ours, or none.
const char* wanted_name(archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || archive_entry_filetype(entry) != AE_IFREG) return nullptr;
    const std::string_view whole(path);
    const std::string_view last = whole.substr(whole.rfind('/') + 1);  // npos + 1 is 0
    constexpr const char* class_names = "batches.meta.txt";
    if (last == class_names) return class_names;
    const auto found = std::find_if(cifar10_files.begin(), cifar10_files.end(),
                                    [&](const Cifar10File& file) { return last == file.name; });
    return found == cifar10_files.end() ? nullptr : found->name;
}

}  // namespace

void extract_cifar10(const fs::path& archive, const fs::path& directory) {
    const Reader reader = open(archive);
    fs::create_directory(directory);
    archive_entry* entry = nullptr;
    int status = ARCHIVE_OK;
    while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN)
        if (const char* name = wanted_name(entry)) write_entry(reader, archive, directory / name);
    if (status != ARCHIVE_EOF) fail_reading(reader, archive);
    for (const Cifar10File& file : cifar10_files)
        if (!fs::exists(directory / file.name))
            throw engine::InputError(std::string("the archive holds no ") + file.name,
                                     "in " + archive.string(), "download CIFAR-10's binary version");
}

}  // namespace data
