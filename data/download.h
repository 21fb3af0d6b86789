#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/error.h"

namespace data {

/// The network is not there, or did not give what was asked of it.
struct NetworkError : engine::Error {
    using engine::Error::Error;
};

/// Where CIFAR-10 comes from, and how to tell that it arrived whole. By default the author's own page.
struct Archive {
    std::string url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz";  ///< https or file
    std::int64_t bytes = 170'052'171;
    std::string sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd";  ///< lower case
};

/// Told now and then, at least once a second, how many bytes of how many have come. May throw to give up;
/// what it throws is passed on, after cleaning up.
using DownloadProgress = std::function<void(std::int64_t received, std::int64_t total)>;

/// Makes `directory` hold CIFAR-10 in its binary layout. Returns false if it held it before: then nothing is
/// done. The folder appears when all is there and checked; after a failure nothing is left behind. Throws
/// NetworkError if the transfer fails (without a network within seconds); InputError if the archive is not
/// the expected one or if `directory` holds something else, which is never touched; IoError if writing fails.
bool download_cifar10(const std::filesystem::path& directory, const Archive& archive = {},
                      const DownloadProgress& progress = {});

}  // namespace data
