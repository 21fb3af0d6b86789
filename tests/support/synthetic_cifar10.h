#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/cifar10.h"
#include "tests/support/temporary_folder.h"

namespace test {

/// A colour value that tells file, record and position apart.
inline std::uint8_t synthetic_byte(std::int64_t file, std::int64_t record, std::int64_t position) {
    return static_cast<std::uint8_t>(file * 41 + record * 17 + position * 7 + position / 1024);
}

/// File number `file` of cifar10_files with that many records; record i has the label (file + i) % 10.
inline std::string synthetic_cifar10_file(std::int64_t file, std::int64_t records) {
    std::string bytes;
    for (std::int64_t record = 0; record < records; ++record) {
        bytes.push_back(static_cast<char>((file + record) % 10));
        for (std::int64_t position = 0; position < data::cifar10_record_bytes - 1; ++position)
            bytes.push_back(static_cast<char>(synthetic_byte(file, record, position)));
    }
    return bytes;
}

/// A folder in CIFAR-10's binary layout with `records` records in each file.
inline void write_synthetic_cifar10(const std::filesystem::path& directory, std::int64_t records) {
    std::filesystem::create_directories(directory);
    for (std::size_t file = 0; file < data::cifar10_files.size(); ++file)
        write_bytes(directory / data::cifar10_files[file].name,
                    synthetic_cifar10_file(static_cast<std::int64_t>(file), records));
}

}  // namespace test
