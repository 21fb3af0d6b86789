#pragma once

#include <string_view>

/// How a page looks and answers the pointer.
namespace apps {

extern const std::string_view page_style;   ///< CSS
extern const std::string_view page_script;  ///< JavaScript, without < and &, so that the page stays XML

}  // namespace apps
