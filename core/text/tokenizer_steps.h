#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/io/json_tree.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// The steps of a tokenizer.json around its BPE model, in the words of VocabularyData. Sources: the types of Hugging
/// Face's tokenizers library and their settings (normalizers, pre_tokenizers, processors, decoders).
/// @param source how sentences call the file
/// @throws Error (Unsupported) naming a step that nothing here follows, (InvalidFile) one that is malformed
std::vector<NormalizerStep> normalizerSteps(const io::JsonTree& normalizer, const std::string& source);

struct PreTokenizerSteps {
  std::vector<SplitStep> splits;
  bool isByteLevel = false;
};
PreTokenizerSteps preTokenizerSteps(const io::JsonTree& preTokenizer, const std::string& source);

/// The tokens that a text is put between when special tokens are added.
struct Surroundings {
  std::vector<TokenId> front, behind;
};
Surroundings surroundingsOf(const io::JsonTree& postProcessor, const std::string& source);

/// Whether decoding takes one blank away from the front of a text.
bool stripsFirstBlank(const io::JsonTree& decoder);

}  // namespace core::text
