#pragma once
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace app::cli {

/// "1, 2,3" as token ids.
/// @throws core::Error (InvalidArgument) naming the word that is no id below `vocabulary`
std::vector<core::text::TokenId> parseTokenList(std::string_view text, std::size_t vocabulary);

}  // namespace app::cli
