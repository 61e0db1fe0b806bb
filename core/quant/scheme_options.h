#pragma once
#include <span>
#include <string>
#include <string_view>

#include "core/quant/scheme.h"

namespace core::quant {

/// One key of a scheme's text. The table is in the order of printing; an option's default and whether a scheme takes it
/// may depend on the options before it. Parsing, printing, checking and the names for people all follow from it.
struct SchemeOption {
  std::string_view key;
  std::string_view allowed;                                ///< for people: "'on' or 'off'"
  bool (*belongsTo)(const Scheme& scheme);                 ///< whether a scheme takes it
  void (*reset)(Scheme& scheme);                           ///< sets its default
  bool (*read)(Scheme& scheme, std::string_view value);    ///< false when the value is not allowed
  bool (*isValid)(const Scheme& scheme);                   ///< whether the scheme's value could have been read
  std::string (*print)(const Scheme& scheme);              ///< its value's text
  std::string (*display)(const Scheme& scheme) = nullptr;  ///< its value for people where it always stands in the name
};

std::span<const SchemeOption> schemeOptions();

}  // namespace core::quant
