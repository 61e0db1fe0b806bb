#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace app::cli {

using Encode = std::function<std::vector<core::text::TokenId>(std::string_view)>;

/// Many texts at once, a line of JSON each: "text" or {"text": "…"} becomes {"tokens": […]}.
/// @param path a file, or "-" for standard input
/// @throws core::Error (NotFound, Io, InvalidFile) naming the line that is no such text
void printTokenLines(const std::string& path, const Encode& encode);

/// The other way: [1, 2] or {"tokens": [1, 2]} becomes {"text": "…"}.
/// @param vocabulary ids that can be asked for
void printTextLines(const std::string& path, const core::text::Tokenizer& tokenizer, std::size_t vocabulary);

}  // namespace app::cli
