#pragma once

#include "engine/error.h"

namespace apps {

/// What the user asked for, by flag or by configuration, makes no sense. Not engine::UsageError, which is a
/// bug in a caller of the engine.
struct CommandLineError : engine::Error {
    using engine::Error::Error;
};

}  // namespace apps
