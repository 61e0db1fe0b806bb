#pragma once
#include <string_view>
#include <vector>

namespace core::text {

/// One pre-tokenizer: the expressions of the models that name it in tokenizer.ggml.pre.
struct PreTokenizerRule {
  std::vector<std::string_view> names;
  std::vector<std::string_view> patterns;  ///< PCRE2 with UTF and UCP
  bool ignoresMerges = false;
  bool addsBos = false;
};

/// All of them; a new one is one more row.
const std::vector<PreTokenizerRule>& preTokenizerRules();

}  // namespace core::text
