#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/vocabulary_data.h"

namespace core::text {

/// One pre-tokenizer: the expressions of the models that name it in tokenizer.ggml.pre.
struct PreTokenizerRule {
  std::vector<std::string_view> names;     ///< the first is the one that writers of GGUF files choose
  std::vector<std::string_view> patterns;  ///< PCRE2 with UTF and UCP
  bool ignoresMerges = false;
  bool addsBos = false;
};

/// All of them; a new one is one more row.
const std::vector<PreTokenizerRule>& preTokenizerRules();

/// The rule of a name in tokenizer.ggml.pre; null for one that is not known. @param name empty is "default"
const PreTokenizerRule* preTokenizerRule(std::string_view name);
/// The name under which llama.cpp has these steps; empty where it has none.
std::string preTokenizerName(std::span<const SplitStep> splits, bool ignoresMerges);

/// GPT-2's expression, which the pre-tokenizer ByteLevel of tokenizer.json brings along.
std::string_view byteLevelExpression();

}  // namespace core::text
