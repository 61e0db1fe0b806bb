#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  std::string_view usual = {};  ///< numbers that people choose, between blanks, where it takes numbers
};

std::span<const SchemeOption> schemeOptions();

/// Whether the option's value is what it is when none is given.
bool isDefault(const SchemeOption& option, const Scheme& scheme);
/// Values to choose from: the usual numbers, then the words that `allowed` names; those that this scheme can have.
std::vector<std::string> valuesOf(const SchemeOption& option, const Scheme& scheme);

/// The scheme with one option changed. Other options keep their values where the result still takes them, and follow
/// their defaults where they had those. Nothing when the scheme takes no such option or value.
std::optional<Scheme> withOption(const Scheme& scheme, std::string_view key, std::string_view value);
/// Another format with those options that both take.
Scheme withFormat(const Scheme& scheme, FormatName name);

/// The option that says how many weights share a scale: group, block or scale; null for formats with a fixed answer.
const SchemeOption* sharingOption(const Scheme& scheme);

}  // namespace core::quant
