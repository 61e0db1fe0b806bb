#pragma once
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include "core/quant/scheme_options.h"

namespace core::quant {

// The parts of schemeOptions() that are not about the format.

/// method and what belongs to one.
std::span<const SchemeOption> methodOptions();
/// activations and what belongs to them.
std::span<const SchemeOption> activationOptions();

/// The whole text as a number.
template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace core::quant
