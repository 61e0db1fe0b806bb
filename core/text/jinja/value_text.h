#pragma once
#include <optional>
#include <string>

#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// Python's str().
void appendText(Text& out, const Value& value);
std::string toText(const Value& value, Budget& budget);
/// Python's repr().
void appendRepr(Text& out, const Value& value);
std::string floatToText(double value);

/// How json.dumps lays out what `tojson` prints (Hugging Face's filter: no HTML escapes, non-ASCII kept).
struct JsonLayout {
  std::optional<std::string> indent;  ///< one level's indentation; none: everything on one line
  std::string itemSeparator = ", ";
  std::string keySeparator = ": ";
  bool sortKeys = false;
  bool ensureAscii = false;  ///< other characters as \uXXXX
};
Value toJson(const Value& value, const JsonLayout& layout, Budget& budget);

}  // namespace core::text::jinja
