#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace core::train {

/// Ways to ask the same question, so that from one question and its answer a model learns the fact and not the wording:
/// as it is, begun with a small letter, without its mark, all in lower case, contracted, with a slip of the keyboard,
/// and behind or before what people say beside a question. The same for the same question; the first one is the
/// question, none comes twice, none is one of heldOutWordings(). @return at least kFewestWordings; for a blank question
/// nothing
std::vector<std::string> trainingWordings(std::string_view question);
inline constexpr std::size_t kFewestWordings = 10;

/// Four wordings that are never trained, to see whether the fact is known: "Do you know …", "… Thanks.", "Can you tell
/// me …", "Hello! …".
std::vector<std::string> heldOutWordings(std::string_view question);

}  // namespace core::train
