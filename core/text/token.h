#pragma once
#include <cstdint>

namespace core::text {

using TokenId = std::int32_t;

/// tokenizer.ggml.token_type of GGUF files, as llama.cpp numbers them.
enum class TokenType : std::uint8_t { Undefined, Normal, Unknown, Control, UserDefined, Unused, Byte };

}  // namespace core::text
