#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "data/download.h"
#include "data/sha256.h"
#include "tests/support/synthetic_cifar10.h"

namespace test {

struct ArchiveMember {
    std::string path;
    std::string bytes;
};

/// The members of CIFAR-10's published archive, with `records` records in each file.
inline std::vector<ArchiveMember> cifar10_members(std::int64_t records) {
    std::vector<ArchiveMember> members = {{"cifar-10-batches-bin/readme.html", "<html>"},
                                          {"cifar-10-batches-bin/batches.meta.txt", "airplane\n"}};
    for (std::size_t file = 0; file < data::cifar10_files.size(); ++file)
        members.push_back({std::string("cifar-10-batches-bin/") + data::cifar10_files[file].name,
                           synthetic_cifar10_file(static_cast<std::int64_t>(file), records)});
    return members;
}

inline void write_tar_gz(const std::filesystem::path& path, const std::vector<ArchiveMember>& members) {
    struct archive* writer = archive_write_new();
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_ustar(writer);
    archive_write_open_filename(writer, path.c_str());
    archive_entry* entry = archive_entry_new();
    for (const ArchiveMember& member : members) {
        archive_entry_clear(entry);
        archive_entry_set_pathname(entry, member.path.c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(member.bytes.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_write_header(writer, entry);
        archive_write_data(writer, member.bytes.data(), member.bytes.size());
    }
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
}

/// The file as something to download, with its true size and digest.
inline data::Archive describe_archive(const std::filesystem::path& path) {
    const std::string bytes = read_bytes(path);
    data::Sha256 digest;
    digest.update(bytes);
    return {"file://" + path.string(), static_cast<std::int64_t>(bytes.size()), digest.hex()};
}

/// The published archive in small, at `path`.
inline data::Archive make_cifar10_archive(const std::filesystem::path& path, std::int64_t records) {
    write_tar_gz(path, cifar10_members(records));
    return describe_archive(path);
}

}  // namespace test
