#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/io/json_tree.h"

/// What the readers of tokenizer.json's steps share.
namespace core::text::steps {

/// Texts go through each of them.
inline constexpr std::size_t kMost = 64;

/// @throws Error (Unsupported): "SOURCE: WHAT is not supported (yet)."
[[noreturn]] void refuse(const std::string& source, std::string_view what);
/// @throws Error (InvalidFile): "SOURCE: WHAT."
[[noreturn]] void refuseMalformed(const std::string& source, std::string_view what);
/// @param what the step is, for sentences @throws Error (InvalidFile) for one without a type
std::string typeOf(const io::JsonTree& step, const char* what, const std::string& source);

/// A pattern {"String": "x"} or {"Regex": "x"}, as an expression of PCRE2 where it is one.
struct Pattern {
  std::string text;
  bool isExpression;
};
/// @throws Error (InvalidFile) for a step without one
Pattern patternOf(const io::JsonTree& step, const std::string& source);

/// An expression that matches this text.
std::string escaped(std::string_view text);

/// Calls `visit` with every step of a sequence, which may hold sequences; a null has none.
template <typename Visit>
void forEach(const io::JsonTree& tree, const char* listKey, const Visit& visit) {
  if (tree.isNull()) return;
  if (tree.text("type") != "Sequence") return visit(tree);
  const io::JsonTree* const list = tree.find(listKey);
  if (list == nullptr) return;
  for (const auto& [key, step] : list->children) forEach(step, listKey, visit);
}

}  // namespace core::text::steps
