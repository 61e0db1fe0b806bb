#pragma once
#include <string>
#include <string_view>

namespace core::text {

/// Changes of single characters that normalizers of tokenizer.json make. What is no UTF-8 goes through unchanged.
/// Source: normalizers/{bert,strip,unicode,utils}.rs of Hugging Face's tokenizers.

/// Every character in lower case by itself (no special case at the end of a word).
std::string inLowerCase(std::string_view text);
/// Without marks (general category M), or only without those that take no space (Mn).
std::string withoutMarks(std::string_view text, bool onlyNonspacing);
/// BERT's: control characters and U+FFFD go, white space becomes a blank.
std::string cleanedAsBert(std::string_view text);
/// BERT's: a blank on both sides of each CJK ideograph.
std::string withIdeographsApart(std::string_view text);
/// SentencePiece's NMT rules: control characters go, other white space and marks without width become a blank.
std::string cleanedAsNmt(std::string_view text);

}  // namespace core::text
