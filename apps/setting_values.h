#pragma once

#include <string>

#include "apps/config.h"
#include "apps/settings.h"
#include "apps/toml.h"

/// What configuration files and --set have in common: keys, values, and what to say of those that make no
/// sense.
namespace apps {

/// The setting of that name. Throws CommandLineError, with the nearest name, if there is none.
const Setting& setting_of(const std::string& key, const std::string& where);

/// The value of an entry as a flag would give it.
std::string flag_text(const TomlEntry& entry);
/// Is it written as a value of this setting is to be? "none" may stand for an empty list.
bool has_type(const TomlEntry& entry, const Setting& setting);

/// What to do about a value that the setting does not take: the nearest that it does, and what that may be.
std::string remedy(const Setting& setting, const std::string& text);

/// Puts what the command line says of a setting to the rest. Throws CommandLineError if it was given before.
void give(Flags& flags, const std::string& name, GivenValue value);

/// At most some sixty characters of a text, none of them a control character, for a message.
std::string shortened(const std::string& text);

}  // namespace apps
