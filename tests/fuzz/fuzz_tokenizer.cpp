// A stranger's vocabulary, and any text under it.
// Input: flags, pre-tokenizer, BOS, EOS (a byte each), then three parts divided by zero bytes: tokens (a line each:
// type, score, text), merges (a line each), text.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/io/metadata_encoding.h"
#include "core/text/unicode.h"
#include "core/text/vocabulary_gguf.h"
#include "use_tokenizer.h"

namespace {

using core::io::Metadata;
using core::io::MetadataArray;
using core::io::MetadataType;
using core::text::Tokenizer;

enum Flag : unsigned {
  kByteLevel = 1,
  kTypes = 2,
  kScores = 4,
  kSpacePrefix = 8,
  kBos = 16,
  kByteTokens = 32,
  kIds = 64
};

constexpr std::array<const char*, 8> kPreTokenizers = {"default", "gpt-2",  "llama-bpe", "tekken",
                                                       "qwen2",   "falcon", "bloom",     "deepseek-v3"};

/// Arrays in GGUF's encoding, alive as long as the metadata that points at them.
class Arrays {
 public:
  explicit Arrays(Metadata& metadata) : m_metadata(metadata) {}
  template <typename Append>
  void add(const char* key, MetadataType type, std::size_t count, const Append& append) {
    std::vector<std::byte>& bytes = m_bytes[m_used++];
    for (std::size_t i = 0; i < count; ++i) append(bytes, i);
    m_metadata.add(key, MetadataArray(type, count, bytes));
  }

 private:
  Metadata& m_metadata;
  std::array<std::vector<std::byte>, 4> m_bytes;
  std::size_t m_used = 0;
};

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view takePart(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

struct Tokens {
  std::vector<std::string> texts;
  std::vector<std::int32_t> types;
  std::vector<float> scores;

  void add(std::string text, int type, float score) {
    texts.push_back(std::move(text));
    types.push_back(type);
    scores.push_back(score);
  }
  /// One token per byte, as the two kinds of vocabulary write them.
  void addBytes(bool byteLevel) {
    std::uint32_t next = 0x100;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      std::string text;
      const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
      if (byteLevel) {
        core::text::appendUtf8(text, printable ? byte : next++);
      } else {
        text = std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + '>';
      }
      add(std::move(text), byteLevel ? 1 : 6, 0);
    }
  }
};

Tokens readTokens(std::string_view part, unsigned flags) {
  Tokens tokens;
  if ((flags & kByteTokens) != 0) tokens.addBytes((flags & kByteLevel) != 0);
  for (std::string_view line : linesOf(part)) {
    const int type = line.empty() ? 1 : line[0] & 7;
    const auto raw = line.size() < 2 ? 0.0F : static_cast<float>(static_cast<signed char>(line[1]));
    const float score = raw == 127.0F ? std::nanf("") : raw == 126.0F ? HUGE_VALF : raw;
    tokens.add(std::string(line.substr(std::min<std::size_t>(2, line.size()))), type, score);
  }
  return tokens;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const unsigned flags = data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 4, size - 4);
  const Tokens tokens = readTokens(takePart(rest), flags);
  const auto merges = linesOf(takePart(rest));
  Metadata metadata;
  Arrays arrays(metadata);
  arrays.add("tokenizer.ggml.tokens", MetadataType::String, tokens.texts.size(),
             [&](auto& bytes, std::size_t i) { core::io::appendString(bytes, tokens.texts[i]); });
  if ((flags & kTypes) != 0) {
    arrays.add("tokenizer.ggml.token_type", MetadataType::I32, tokens.types.size(),
               [&](auto& bytes, std::size_t i) { core::io::appendNumber(bytes, tokens.types[i]); });
  }
  if ((flags & kScores) != 0) {
    arrays.add("tokenizer.ggml.scores", MetadataType::F32, tokens.scores.size(),
               [&](auto& bytes, std::size_t i) { core::io::appendNumber(bytes, tokens.scores[i]); });
  }
  arrays.add("tokenizer.ggml.merges", MetadataType::String, merges.size(),
             [&](auto& bytes, std::size_t i) { core::io::appendString(bytes, merges[i]); });
  metadata.add("tokenizer.ggml.model", std::string((flags & kByteLevel) != 0 ? "gpt2" : "llama"));
  metadata.add("tokenizer.ggml.pre", std::string(kPreTokenizers[data[1] % kPreTokenizers.size()]));
  metadata.add("tokenizer.ggml.add_space_prefix", (flags & kSpacePrefix) != 0);
  metadata.add("tokenizer.ggml.add_bos_token", (flags & kBos) != 0);
  if ((flags & kIds) != 0) {
    metadata.add("tokenizer.ggml.bos_token_id", std::uint64_t{data[2]});
    metadata.add("tokenizer.ggml.eos_token_id", std::int64_t{static_cast<std::int8_t>(data[3])});
  }
  try {
    useTokenizer(*Tokenizer::fromData(core::text::ggufVocabulary(metadata)), rest, rest.size() * 4 + 4);
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
