#include "app/cli/token_list.h"

#include <fmt/core.h>

#include <charconv>

#include "core/base/error.h"

namespace app::cli {

std::vector<core::text::TokenId> parseTokenList(std::string_view text, std::size_t vocabulary) {
  std::vector<core::text::TokenId> ids;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view word = text.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    core::text::TokenId id = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    if (!whole || id < 0 || static_cast<std::size_t>(id) >= vocabulary) {
      throw core::Error(core::ErrorCode::InvalidArgument,
                        fmt::format("Token ids must be whole numbers from 0 to {}; found '{}'.", vocabulary - 1, word));
    }
    ids.push_back(id);
    if (comma == std::string_view::npos) return ids;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace app::cli
