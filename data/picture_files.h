#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "data/resize.h"
#include "engine/error.h"

namespace data {

struct FoundPictures {
    std::vector<std::filesystem::path> files;
    std::vector<engine::InputError> errors;  ///< of folders
};

/// The path itself if it is no folder, whatever it is; else the files under that folder, at any depth, that
/// are called .png, .jpg, .jpeg or .bmp, in the order of their paths. Links to files count, links to folders
/// are not followed. A folder that cannot be read is an error, as is one given that has no such file.
FoundPictures find_pictures(const std::filesystem::path& path);

/// Pictures from files as images of CIFAR-10's size. What cannot be read is left out, and said.
class PictureFiles : public ImageDataset {
  public:
    /// Reads all of them, on several threads, and keeps them resized.
    PictureFiles(std::span<const std::filesystem::path> files, Fit fit);

    std::int64_t size() const override { return static_cast<std::int64_t>(files_.size()); }
    engine::Shape image_shape() const override;
    void copy_bytes(std::int64_t index, std::uint8_t* out) const override;
    /// Always 0: nobody knows.
    std::int64_t label(std::int64_t index) const override;

    /// Of the images, in the order given.
    const std::vector<std::filesystem::path>& files() const { return files_; }
    /// Why each of the others is left out, as read_picture() says it.
    const std::vector<engine::InputError>& errors() const { return errors_; }

  private:
    std::vector<std::filesystem::path> files_;
    std::vector<engine::InputError> errors_;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace data
