#pragma once

#include <filesystem>

namespace data {

/// Writes the files of CIFAR-10's binary layout from a .tar.gz into the new folder `directory`. An entry is
/// recognised by the last part of its name, and what is written is named by us: no path in the archive leads
/// anywhere. Throws InputError if the archive is damaged or lacks a file, IoError if writing fails.
void extract_cifar10(const std::filesystem::path& archive, const std::filesystem::path& directory);

}  // namespace data
