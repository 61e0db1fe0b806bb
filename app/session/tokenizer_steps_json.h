#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "core/text/vocabulary_data.h"

namespace app {

/// The steps of a tokenizer.json around its model; null where there are none.
nlohmann::ordered_json normalizerJson(const core::text::VocabularyData& vocabulary);
nlohmann::ordered_json preTokenizerJson(const core::text::VocabularyData& vocabulary);
nlohmann::ordered_json decoderJson(const core::text::VocabularyData& vocabulary);
/// What encoding puts around a text.
nlohmann::ordered_json postProcessorJson(const core::text::VocabularyData& vocabulary);

/// What tokens of WordPiece that go on with a word begin with: GGUF files mark the others.
std::string continuationMark(const core::text::VocabularyData& vocabulary);

}  // namespace app
