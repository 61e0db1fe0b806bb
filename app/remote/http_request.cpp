#include "app/remote/http_request.h"

#include <algorithm>
#include <charconv>
#include <ranges>

namespace app::remote {

std::optional<std::string_view> HttpHead::find(std::string_view name) const {
  for (const HttpHeader& header : headers | std::views::reverse) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> HttpHead::number(std::string_view name) const {
  const auto text = find(name);
  if (!text || text->empty()) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size() ? std::optional(value) : std::nullopt;
}

}  // namespace app::remote
