#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/config.h"
#include "apps/toml.h"

namespace apps {

/// Puts a value into the configuration; false: the text is no such value.
using Assign = std::function<bool(Config&, const std::string& text)>;
/// The value as TOML; empty: there is nothing to say.
using Show = std::function<std::string(const Config&)>;

/// One setting: the only place where its name, its bounds and its help stand.
struct Setting {
    std::string name;
    std::string group = {};   ///< its heading in the help
    std::string placeholder;  ///< in the help; empty for a switch
    /// Names that a value, or each part of a list, may be; empty: any.
    std::vector<std::string> choices = {};
    TomlType type;
    bool is_list = false;
    bool on_resume = false;  ///< may change when a run goes on
    std::string expected;    ///< "give ..."
    std::string help;
    Assign assign;
    Show show;
};

/// In the order of the help.
const std::vector<Setting>& settings();

/// Null if there is none of that name.
const Setting* find_setting(const std::string& name);

/// The names of all settings.
std::vector<std::string> setting_names();

}  // namespace apps
