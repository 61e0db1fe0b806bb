#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace core::io {

/// Recognises what a server sends instead of a file, saved under the file's name: a web page, an error document in XML
/// or JSON, or a line such as "Access denied". @return what it is, to follow "found"
std::optional<std::string> recognizeServerAnswer(std::string_view text);

}  // namespace core::io
