#include "core/quant/matrix_name.h"

#include <fmt/format.h>

#include <charconv>

namespace core::quant {

std::string MatrixName::toString() const { return fmt::format("{}[{}]", stack, index); }

std::optional<MatrixName> MatrixName::parse(std::string_view name) {
  const std::size_t open = name.rfind('[');
  if (open == std::string_view::npos || !name.ends_with(']')) return std::nullopt;
  const std::string_view digits = name.substr(open + 1, name.size() - open - 2);
  MatrixName result{std::string(name.substr(0, open)), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.index);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return result;
}

}  // namespace core::quant
