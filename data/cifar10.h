#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/dataset.h"

/// CIFAR-10: 60,000 colour photographs of 32x32 pixels in ten classes. A. Krizhevsky, "Learning multiple
/// layers of features from tiny images", 2009, chapter 3. Its binary layout: records of one label byte and
/// then 1024 bytes each of red, green and blue, row by row; 10,000 records to a file, five files for training
/// and one for testing.
namespace data {

enum class Split { train, test };

inline constexpr std::int64_t cifar10_side = 32;
inline constexpr std::int64_t cifar10_channels = 3;
inline constexpr std::int64_t cifar10_record_bytes = 1 + cifar10_channels * cifar10_side * cifar10_side;
inline constexpr std::int64_t cifar10_official_file_bytes = 10'000 * cifar10_record_bytes;

inline constexpr std::array<const char*, 10> cifar10_classes = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

/// Per channel, over the pixels of the training split as bytes / 255.
inline constexpr std::array<float, 3> cifar10_mean = {0.4914F, 0.4822F, 0.4465F};
inline constexpr std::array<float, 3> cifar10_std = {0.2470F, 0.2435F, 0.2616F};

struct Cifar10File {
    const char* name;
    Split split;
};

inline constexpr std::array<Cifar10File, 6> cifar10_files = {{{"data_batch_1.bin", Split::train},
                                                              {"data_batch_2.bin", Split::train},
                                                              {"data_batch_3.bin", Split::train},
                                                              {"data_batch_4.bin", Split::train},
                                                              {"data_batch_5.bin", Split::train},
                                                              {"test_batch.bin", Split::test}}};

/// Bytes of each of cifar10_files in `directory`. Throws InputError if the folder or one of the files is
/// missing, if a size is zero or no multiple of a record, or if some files have the official size and others
/// do not; a folder with other numbers of records in every file is welcome.
std::array<std::int64_t, 6> check_cifar10_files(const std::filesystem::path& directory);

/// One split, held in memory as bytes.
class Cifar10 : public ImageDataset {
  public:
    /// Throws InputError as check_cifar10_files does, and for a label above 9 in a file of this split.
    Cifar10(const std::filesystem::path& directory, Split split);

    std::int64_t size() const override;
    /// The image as (32, 32, 3) float32 in [0, 1], bytes / 255.
    Example get(std::int64_t index) const override;
    engine::Shape image_shape() const override { return {cifar10_side, cifar10_side, cifar10_channels}; }
    void copy_bytes(std::int64_t index, std::uint8_t* out) const override;
    std::int64_t label(std::int64_t index) const override;

  private:
    const std::uint8_t* record(std::int64_t index) const {
        return bytes_.data() + index * cifar10_record_bytes;
    }

    std::vector<std::uint8_t> bytes_;
};

}  // namespace data
