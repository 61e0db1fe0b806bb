#pragma once
#include <string>
#include <string_view>

#include "core/text/tokenizer.h"

namespace core::text {

/// Turns a stream of tokens into text piece by piece and never gives out half a UTF-8 character.
class Detokenizer {
 public:
  explicit Detokenizer(std::shared_ptr<const Tokenizer> tokenizer);
  /// The text that became complete with this token; may be empty. Bytes that can never become valid give U+FFFD.
  std::string push(TokenId id);
  /// What is still pending at the end of the stream, as U+FFFD where incomplete.
  std::string flush();

 private:
  std::shared_ptr<const Tokenizer> m_tokenizer;
  std::string m_pending;
  bool m_atStart = true;  ///< nothing visible yet: the blank that encoding put in front is still to be dropped
};

}  // namespace core::text
