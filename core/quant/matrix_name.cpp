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

std::vector<MatrixName> MatrixName::ofOwnTensor(std::string_view name) {
  std::vector<MatrixName> all;
  for (std::size_t first = name.find('.'); first != std::string_view::npos; first = name.find('.', first + 1)) {
    const std::size_t last = name.find('.', first + 1);
    if (last == std::string_view::npos) break;
    MatrixName one{fmt::format("{}*{}", name.substr(0, first + 1), name.substr(last)), 0};
    const auto [end, error] = std::from_chars(name.data() + first + 1, name.data() + last, one.index);
    if (error == std::errc() && end == name.data() + last) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace core::quant
