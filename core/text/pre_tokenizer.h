#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core::text {

/// Cuts a text into the words within which byte-level BPE merges, by the regular expressions of tokenizer.ggml.pre.
/// Each expression cuts the parts the previous one left; what matches and what lies between matches are both parts.
class PreTokenizer {
 public:
  /// @param name value of tokenizer.ggml.pre; empty is "default"
  /// @throws Error (Unsupported) for a name that is not known
  explicit PreTokenizer(const std::string& name);
  ~PreTokenizer();
  PreTokenizer(const PreTokenizer&) = delete;
  PreTokenizer& operator=(const PreTokenizer&) = delete;

  /// @param text valid UTF-8  @return parts in order; together they are the text
  /// @throws Error (Unsupported) when an expression needs more than the limits of memory and steps
  std::vector<std::string_view> split(std::string_view text) const;
  /// Words that are tokens as a whole are taken as they are, without merging (Llama 3, Tekken).
  bool ignoresMerges() const { return m_ignoresMerges; }
  /// What add_bos_token is when the file does not say.
  bool addsBos() const { return m_addsBos; }

 private:
  class Pattern;
  std::vector<std::unique_ptr<Pattern>> m_patterns;
  bool m_ignoresMerges = false;
  bool m_addsBos = false;
};

}  // namespace core::text
