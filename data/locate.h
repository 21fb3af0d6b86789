#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/download.h"

namespace data {

/// Where the data set was found.
struct Location {
    std::filesystem::path directory;
    bool is_sample = false;       ///< the small bundled sample: the user must be warned
    std::string network_error{};  ///< why it had to be the sample
};

struct LocateOptions {
    std::filesystem::path repository{};  ///< whose data/cifar-10-batches-bin is looked at; empty: none
    Archive archive{};                   ///< what is downloaded when nothing is found
    DownloadProgress progress{};
};

/// Resolves `--data`. A folder is taken as it is; "auto" means, in this order: $CIFAR10_DIR, the repository's
/// data/cifar-10-batches-bin, the user's cache, a download into the cache, and without a network the bundled
/// sample. An empty folder counts as none. Throws InputError if the folder named, or the first one found, is
/// not in order: a damaged data set is never passed over in silence.
Location locate(const std::string& data, const LocateOptions& options);

/// What "auto" finds on this machine, without a download; empty if nothing. Throws InputError as locate does.
std::optional<Location> locate_local(const std::filesystem::path& repository);

/// Where downloads go: $XDG_CACHE_HOME or ~/.cache, then cifar_engine/cifar-10-batches-bin.
std::filesystem::path cache_directory();

/// The bundled sample: beside an installed program (<prefix>/share/cifar_engine/sample for
/// <prefix>/bin/program), else in the source folder this was built from. Throws InputError if it is in
/// neither.
std::filesystem::path sample_directory(const std::filesystem::path& program);

}  // namespace data
