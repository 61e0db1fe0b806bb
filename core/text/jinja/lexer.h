#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/budget.h"

namespace core::text::jinja {

enum class TokenKind : std::uint8_t {
  Data,           ///< text outside of tags, white space control already applied
  VariableBegin,  ///< {{
  VariableEnd,
  BlockBegin,  ///< {%
  BlockEnd,
  Name,
  String,  ///< escapes already resolved
  Integer,
  Float,
  Operator,
  End
};

struct Token {
  TokenKind kind;
  std::string text;
  int line;  ///< from 1
};

/// Cuts a template into tokens with trim_blocks and lstrip_blocks on, as Hugging Face's apply_chat_template sets them.
/// @param budget pays for the tokens
/// @throws Failure for an unclosed tag, string or comment and for unknown characters; `line` then says where.
std::vector<Token> tokenize(std::string_view source, int& line, Budget& budget);

}  // namespace core::text::jinja
