#pragma once
#include "core/io/json_tree.h"
#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// JSON as Python's json module reads it: objects as dictionaries, null as none.
/// @throws Failure when nested too deeply
Value valueOfJson(const io::JsonTree& tree, Budget& budget);

}  // namespace core::text::jinja
