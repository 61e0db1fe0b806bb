#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/io/json_reader.h"

namespace core::text::jinja {

enum class VariableKind : std::uint8_t {
  Flag,
  Text,
  Number,
  List  ///< a list or an object
};

/// A name that a template reads without having set it.
struct Variable {
  std::string name;
  VariableKind kind = VariableKind::Text;  ///< what its uses suggest
  io::JsonScalar usual = {};               ///< what it counts as when it is not given; null: the template does not say
  std::vector<std::string> choices = {};   ///< texts it is compared with
};

}  // namespace core::text::jinja
