#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/io/json_tree.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// The steps of a tokenizer.json around its model, in the words of VocabularyData. Sources: the types of Hugging
/// Face's tokenizers library and their settings (normalizers, pre_tokenizers, processors, decoders).
/// @param source how sentences call the file
/// @throws Error (Unsupported) naming a step that nothing here follows, (InvalidFile) one that is malformed
std::vector<NormalizerStep> normalizerSteps(const io::JsonTree& normalizer, const std::string& source);

/// What BertNormalizer does by itself, and llama.cpp to every text of such a tokenizer.
std::vector<NormalizerStep> bertNormalizers();

struct PreTokenizerSteps {
  std::vector<SplitStep> splits;
  bool isByteLevel = false;
};
PreTokenizerSteps preTokenizerSteps(const io::JsonTree& preTokenizer, const std::string& source);

/// What BertPreTokenizer cuts: at white space, and around each mark.
std::vector<SplitStep> bertSplits();

/// The tokens that a text is put between when special tokens are added.
struct Surroundings {
  std::vector<TokenId> front, behind;
};
Surroundings surroundingsOf(const io::JsonTree& postProcessor, const std::string& source);

struct DecoderSettings {
  bool stripsFirstBlank = false;  ///< one blank at the front of a text
  bool cleansUp = false;          ///< blanks in front of marks (WordPiece)
};
DecoderSettings decoderSettings(const io::JsonTree& decoder);

}  // namespace core::text
