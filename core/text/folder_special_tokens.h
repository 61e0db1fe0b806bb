#pragma once
#include <string_view>
#include <unordered_map>

#include "core/io/checkpoint.h"
#include "core/text/tokenizer_steps.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

/// Tokens by their texts.
using TokenIds = std::unordered_map<std::string_view, TokenId>;

/// The special tokens of a folder by what its post-processor and the files beside tokenizer.json say, the first that
/// says anything.
/// @param data whose tokens are known; gets bos, eos, padding, unknown, ends and what encoding adds
/// @throws Error (InvalidFile) for a special token that is no token
void readFolderSpecialTokens(const io::Checkpoint& checkpoint, const TokenIds& ids, const Surroundings& surroundings,
                             VocabularyData& data);

}  // namespace core::text
