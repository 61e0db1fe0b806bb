#include "core/calibrate/token_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::calibrate {

namespace {

using text::TokenId;

constexpr std::uint32_t kUsualContext = 512;
/// Of a long text as much is tokenized at first as gives enough tokens of this many bytes; twice as much if it does
/// not.
constexpr std::size_t kBytesPerToken = 16;
constexpr std::size_t kMargin = 64;  ///< tokens before a cut that might be others without it

std::uint32_t contextOf(const CalibrationSettings& settings, std::uint32_t modelContext) {
  const std::uint32_t context =
      settings.context == 0 ? std::min({kUsualContext, modelContext, settings.tokens}) : settings.context;
  if (context > modelContext)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A calibration context of {} tokens does not fit the model's {}.", context, modelContext));
  if (context == 0 || context > settings.tokens)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Calibration needs at least one context of tokens, but {} tokens hold none of {}.",
                            settings.tokens, context));
  return context;
}

/// The beginning of a text that ends with a whole character.
std::string_view beginning(std::string_view text, std::size_t bytes) {
  if (bytes >= text.size()) return text;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (bytes > 0 && continues(bytes)) --bytes;
  return text.substr(0, bytes);
}

std::vector<TokenId> tokensOf(std::string_view text, const text::Tokenizer& tokenizer, std::size_t wanted,
                              const JobContext& job) {
  for (std::size_t bytes = (wanted + kMargin) * kBytesPerToken;; bytes *= 2) {
    job.throwIfCancelled();
    const std::string_view part = beginning(text, bytes);
    std::vector<TokenId> tokens = tokenizer.encodePrompt(part, text::SpecialTokens::AsText);
    if (part.size() == text.size() || tokens.size() >= wanted + kMargin) return tokens;
  }
}

std::vector<TokenId> tokensOf(const std::vector<text::ChatMessage>& messages, const TextReader& reader,
                              const std::string& title) {
  if (reader.chatTemplate == nullptr)
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} holds conversations, but this model has no chat template to write them with.",
                            io::inQuotes(title)));
  return reader.tokenizer.encodePrompt(reader.chatTemplate->render(messages, false), text::SpecialTokens::Parse);
}

std::vector<TokenId> readTokens(const CalibrationText& text, const TextReader& reader, std::size_t wanted,
                                const JobContext& job) {
  std::vector<TokenId> all;
  for (const auto& document : text.documents) {
    job.throwIfCancelled();
    if (all.size() >= wanted) break;
    const auto* const plain = std::get_if<std::string>(&document);
    const std::vector<TokenId> tokens =
        plain != nullptr ? tokensOf(*plain, reader.tokenizer, wanted - all.size(), job)
                         : tokensOf(std::get<std::vector<text::ChatMessage>>(document), reader, text.title);
    all.insert(all.end(), tokens.begin(), tokens.end());
  }
  return all;
}

/// Which windows of so many are read.
std::vector<std::size_t> chooseWindows(std::size_t available, std::size_t count, std::optional<std::uint64_t> seed) {
  std::vector<std::size_t> order(available);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (seed) {  // Fisher and Yates; std::shuffle differs between libraries
    std::mt19937_64 random(*seed);
    for (std::size_t i = available; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  }
  order.resize(std::min(count, available));
  return order;
}

}  // namespace

TokenWindows cutIntoWindows(const CalibrationText& text, const TextReader& reader, const CalibrationSettings& settings,
                            const JobContext& job) {
  TokenWindows windows;
  windows.context = contextOf(settings, reader.modelContext);
  const std::size_t count = settings.tokens / windows.context;
  const std::size_t wanted =
      settings.seed ? std::numeric_limits<std::size_t>::max() / (4 * kBytesPerToken) : count * windows.context;
  const std::vector<TokenId> all = readTokens(text, reader, wanted, job);
  if (all.size() < windows.context)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} has {} tokens, fewer than the context of {} that is read at a time.",
                            io::inQuotes(text.title), all.size(), windows.context));
  const std::size_t context = windows.context;
  for (const std::size_t window : chooseWindows(all.size() / context, count, settings.seed)) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(window * context);
    windows.tokens.insert(windows.tokens.end(), first, first + static_cast<std::ptrdiff_t>(context));
    if (reader.tokenizer.addsBos() && reader.tokenizer.bos())
      windows.tokens[windows.tokens.size() - context] = *reader.tokenizer.bos();
    if (reader.isEncoder && reader.tokenizer.addsEos() && reader.tokenizer.eos())
      windows.tokens.back() = *reader.tokenizer.eos();
  }
  return windows;
}

}  // namespace core::calibrate
