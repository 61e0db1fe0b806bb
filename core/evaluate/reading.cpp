#include "core/evaluate/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/evaluate/answers.h"
#include "core/io/text_checks.h"

namespace core::evaluate {

namespace {

using text::TokenId;

constexpr std::uint32_t kUsualContext = 512;
constexpr std::uint32_t kLeastContext = 2;  // a token that is read and one that is judged

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

/// How running text is cut: checked settings.
struct Windows {
  std::uint32_t context, stride;
  std::uint32_t firstFrom, laterFrom;  ///< first scored position of the first window and of the others
};

Windows windowsFor(const ReadingSettings& settings, std::uint32_t modelContext, bool isLoneText) {
  Windows windows{settings.context == 0 ? std::min(kUsualContext, modelContext) : settings.context, 0, 0, 0};
  const bool isLess = settings.tokens != 0 && settings.tokens < windows.context;
  if (isLoneText && settings.context == 0 && isLess) windows.context = std::max(settings.tokens, kLeastContext);
  if (windows.context > modelContext)
    refuse(fmt::format("A context of {} tokens does not fit the model's {}.", windows.context, modelContext));
  if (windows.context < kLeastContext)
    refuse("A context should have at least 2 tokens: one that is read and one that is judged.");
  windows.stride = settings.stride == 0 ? windows.context : settings.stride;
  if (windows.stride > windows.context)
    refuse(
        fmt::format("A stride of {} would leave out tokens between contexts of {}.", windows.stride, windows.context));
  const bool overlap = windows.stride < windows.context;
  const std::uint32_t fresh = overlap ? windows.context - windows.stride - 1 : 0;
  windows.laterFrom = settings.scoreFrom.value_or(overlap || !isLoneText ? fresh : windows.context / 2);
  windows.firstFrom = isLoneText ? windows.laterFrom : settings.scoreFrom.value_or(0);
  if (windows.laterFrom + 2 > windows.context)
    refuse(fmt::format("Nothing is scored from position {} on in a context of {} tokens.", windows.laterFrom,
                       windows.context));
  return windows;
}

Passage windowOf(std::span<const TokenId> tokens, std::uint32_t from, std::uint32_t block) {
  Passage passage{{tokens.begin(), tokens.end()}, {}, block};
  for (std::uint32_t at = from; at + 1 < tokens.size(); ++at) passage.answers.push_back({at, at + 1});
  return passage;
}

/// Collects passages until enough tokens are read.
class Reader {
 public:
  Reader(const calibrate::CalibrationText& text, const calibrate::TextReader& reader, const ReadingSettings& settings)
      : m_text(text),
        m_reader(reader),
        m_isLoneText(text.documents.size() == 1 && std::holds_alternative<std::string>(text.documents.front())),
        m_limit(settings.tokens),
        m_windows(windowsFor(settings, reader.modelContext, m_isLoneText)),
        m_isContextChosen(settings.context != 0) {}

  Reading read(const JobContext& job) {
    for (std::size_t i = 0; i < m_text.documents.size() && !m_isFull; ++i) {
      job.throwIfCancelled();
      const auto& document = m_text.documents[i];
      if (const auto* const plain = std::get_if<std::string>(&document))
        addText(*plain, job);
      else
        addConversation(std::get<std::vector<text::ChatMessage>>(document), job);
      if (m_isFull && !m_isLoneText) m_reading.unread = m_text.documents.size() - i;
    }
    if (m_reading.scored == 0)
      refuse(fmt::format("{} has nothing to score: no answer that fits {} tokens, no text of more than one token.",
                         io::inQuotes(m_text.title), m_windows.context));
    finish();
    return std::move(m_reading);
  }

 private:
  bool add(Passage passage) {
    m_isFull = m_limit != 0 && m_reading.tokens != 0 && m_reading.tokens + passage.tokens.size() > m_limit;
    if (m_isFull || passage.answers.empty()) return false;
    m_reading.tokens += passage.tokens.size();
    m_reading.scored += passage.scored();
    m_reading.answers += passage.answers.size();
    m_reading.context = std::max(m_reading.context, static_cast<std::uint32_t>(passage.tokens.size()));
    m_reading.blocks = passage.block + 1;
    m_reading.passages.push_back(std::move(passage));
    return true;
  }

  void addConversation(const std::vector<text::ChatMessage>& messages, const JobContext& job) {
    if (m_reader.chatTemplate == nullptr)
      throw Error(ErrorCode::Unsupported,
                  fmt::format("{} holds conversations, but this model has no chat template to write them with.",
                              io::inQuotes(m_text.title)));
    auto found = findAnswers(messages, m_reader.tokenizer, *m_reader.chatTemplate, m_windows.context, job);
    const std::uint32_t block = m_reading.blocks;
    for (Passage& passage : found.passages) {
      passage.block = block;
      if (!add(std::move(passage))) return;
    }
    m_reading.leftOut += found.tooLong + (found.passages.empty() && found.tooLong == 0 ? 1 : 0);
  }

  void addText(const std::string& plain, const JobContext& job) {
    const auto tokens = tokensOf(plain, job);
    Windows windows = m_windows;
    if (m_isLoneText && tokens.size() < windows.context) {
      if (m_isContextChosen)
        refuse(fmt::format("{} has {} tokens, fewer than the context of {} that is read at a time.",
                           io::inQuotes(m_text.title), tokens.size(), windows.context));
      // A short text is one window, scored as far as the default says.
      windows.firstFrom = std::min(windows.firstFrom, static_cast<std::uint32_t>(tokens.size() / 2));
    }
    const std::uint32_t block = m_reading.blocks;
    for (std::size_t first = 0; first < tokens.size(); first += windows.stride) {
      const std::size_t count = std::min<std::size_t>(windows.context, tokens.size() - first);
      // Of a lone text the last, shorter window is left out; of documents it counts unless nothing in it is new.
      if (first != 0 && (m_isLoneText ? count < windows.context : count + windows.stride <= windows.context)) break;
      Passage window =
          windowOf(std::span(tokens).subspan(first, count), first == 0 ? windows.firstFrom : windows.laterFrom,
                   m_isLoneText ? m_reading.blocks : block);
      if (m_reader.tokenizer.addsBos() && m_reader.tokenizer.bos()) window.tokens.front() = *m_reader.tokenizer.bos();
      const bool isWhole = first + count == tokens.size();
      if (!add(std::move(window)) || isWhole) break;
    }
  }

  /// As much of a text as is read. Of a long one only the beginning is tokenized.
  std::vector<TokenId> tokensOf(std::string_view plain, const JobContext& job) const {
    constexpr std::size_t kBytesPerToken = 16, kMargin = 64;
    const std::size_t wanted = m_limit == 0 ? plain.size() : std::size_t{m_limit} + m_windows.context + kMargin;
    for (std::size_t bytes = wanted * kBytesPerToken;; bytes *= 2) {
      job.throwIfCancelled();
      const std::string_view part = bytes < plain.size() ? wholeCharacters(plain.substr(0, bytes)) : plain;
      auto tokens = m_reader.tokenizer.encodePrompt(part, text::SpecialTokens::AsText);
      if (part.size() == plain.size()) return tokens;
      if (tokens.size() < wanted) continue;
      tokens.resize(tokens.size() - kMargin);  // the last ones might be others with what follows
      return tokens;
    }
  }

  static std::string_view wholeCharacters(std::string_view text) {
    std::size_t bytes = text.size();
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes - 1]) & 0xC0U) == 0x80U) --bytes;
    return text.substr(0, bytes == 0 ? 0 : bytes - 1);
  }

  void finish() {
    std::vector<std::uint64_t> hashes;
    for (const Passage& passage : m_reading.passages) {
      hashes.push_back(contentHash(std::as_bytes(std::span(passage.tokens))));
      hashes.push_back(contentHash(std::as_bytes(std::span(passage.answers))));
      hashes.push_back(passage.block);
    }
    m_reading.hash = contentHash(std::as_bytes(std::span(hashes)));
  }

  const calibrate::CalibrationText& m_text;
  const calibrate::TextReader& m_reader;
  bool m_isLoneText;
  std::uint32_t m_limit;
  Windows m_windows;
  bool m_isContextChosen;
  bool m_isFull = false;  ///< what comes next does not fit what may be computed
  Reading m_reading;
};

}  // namespace

Reading readText(const calibrate::CalibrationText& text, const calibrate::TextReader& reader,
                 const ReadingSettings& settings, const JobContext& job) {
  return Reader(text, reader, settings).read(job);
}

}  // namespace core::evaluate
