#pragma once

#include <string_view>
#include <vector>

namespace apps {

/// A named set of settings: a file of models/recipes, part of the program since it was built.
struct Recipe {
    std::string_view name;
    std::string_view toml;
};

const std::vector<Recipe>& recipes();

}  // namespace apps
