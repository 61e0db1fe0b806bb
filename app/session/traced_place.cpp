#include "app/session/traced_place.h"

#include <fmt/format.h>

#include <charconv>

namespace app {

TracedPlace tracedPlace(const TracedTensor& tensor, std::uint64_t element) {
  TracedPlace place{tensor.name, {}, element / tensor.width, element % tensor.width, element};
  if (tensor.matrixRows == 0) return place;
  const std::uint64_t expert = place.row / tensor.matrixRows;
  place.row %= tensor.matrixRows;
  if (const std::size_t star = tensor.name.find('*'); star == std::string::npos) {
    place.expert = expert;
  } else {
    place.tensor.replace(star, 1, std::to_string(expert));
    place.element = place.row * tensor.width + place.column;
  }
  return place;
}

std::string tracedPlaceText(const TracedTensor& tensor, std::uint64_t element) {
  const TracedPlace place = tracedPlace(tensor, element);
  const std::string expert = place.expert ? fmt::format(" expert {}", *place.expert) : std::string();
  return fmt::format("{}{} row {} column {}", place.tensor, expert, place.row, place.column);
}

std::optional<std::uint64_t> firstElementOf(const TracedTensor& traced, std::string_view tensor) {
  if (traced.name == tensor) return 0;
  const std::size_t star = traced.matrixRows == 0 ? std::string::npos : traced.name.find('*');
  if (star == std::string::npos || tensor.size() < traced.name.size()) return std::nullopt;
  const std::string_view before = std::string_view(traced.name).substr(0, star),
                         behind = std::string_view(traced.name).substr(star + 1);
  if (!tensor.starts_with(before) || !tensor.ends_with(behind)) return std::nullopt;
  const std::string_view number = tensor.substr(star, tensor.size() - before.size() - behind.size());
  std::uint64_t expert = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), expert);
  if (error != std::errc() || end != number.data() + number.size() || expert >= traced.rows / traced.matrixRows)
    return std::nullopt;
  return expert * traced.matrixRows * traced.width;
}

}  // namespace app
