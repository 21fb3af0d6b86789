#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/config.h"
#include "apps/settings.h"

/// What settings are made of: for each type of value, how it is read, checked, shown and explained.
namespace apps {

inline constexpr std::size_t most_stages = 5;  // each halves the image, which is 32 pixels wide

/// A whole number between bounds.
Setting integer_setting(const std::string& name, std::int64_t Config::*member, std::int64_t least,
                        std::int64_t most, bool on_resume, const std::string& help);

/// A finite number; `expected` says in words which are allowed.
Setting number_setting(const std::string& name, double Config::*member, bool (*is_allowed)(double),
                       const std::string& expected, const std::string& help);

/// One of a few names.
Setting name_setting(const std::string& name, std::string Config::*member,
                     const std::vector<std::string>& names, const std::string& help);

Setting path_setting(const std::string& name, std::string Config::*member, const std::string& placeholder,
                     bool on_resume, const std::string& help);

/// On if it is there.
Setting switch_setting(const std::string& name, bool Config::*member, bool on_resume,
                       const std::string& help);

/// One number for each stage, from 1 to `most`.
Setting stages_setting(const std::string& name, std::vector<std::int64_t> Config::*member, std::int64_t most,
                       const std::string& help);

/// "none", or ends of parameters' names with what `of_what` is multiplied by for those.
Setting factors_setting(const std::string& name, Factors Config::*member, const std::string& of_what);

/// How the learning rate moves.
Setting schedule_setting();

/// How large training images are.
Setting progressive_resizing_setting();

/// How many branches of a block take part.
Setting progressive_branches_setting();

/// "none", or a list of names; `forms` says in words how they are written.
Setting list_setting(const std::string& name, std::vector<std::string> Config::*member,
                     std::vector<std::string> names, const std::string& forms,
                     const std::function<bool(const std::vector<std::string>&)>& is_allowed,
                     const std::string& help);

}  // namespace apps
