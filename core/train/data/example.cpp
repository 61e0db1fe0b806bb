#include "core/train/data/example.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/evaluate/answers.h"
#include "core/io/text_checks.h"

namespace core::train {

namespace {

using text::ChatMessage;
using text::TokenId;

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

/// Answers that begin within the length are learned as far as they go, so that more is looked at than is kept: as far
/// as the model can read.
std::vector<Example> conversationExamples(const std::vector<ChatMessage>& messages, const calibrate::TextReader& reader,
                                          std::uint32_t length, const JobContext& job) {
  std::vector<Example> examples;
  const auto found = evaluate::findAnswers(messages, reader.tokenizer, *reader.chatTemplate, reader.modelContext, job);
  for (const evaluate::Passage& passage : found.passages) {
    Example example{passage.tokens, std::vector<std::uint8_t>(passage.tokens.size(), 0)};
    for (const evaluate::PositionRange& answer : passage.answers)
      std::fill(example.isCounted.begin() + answer.first + 1, example.isCounted.begin() + answer.last + 1, 1);
    example.cut(std::size_t{length} + 1);
    if (example.counted() != 0) examples.push_back(std::move(example));
  }
  return examples;
}

std::vector<Example> textExamples(const std::string& plain, const calibrate::TextReader& reader, std::uint32_t length) {
  const auto bos = reader.tokenizer.addsBos() ? reader.tokenizer.bos() : std::nullopt;
  const auto tokens = reader.tokenizer.encode(plain, text::SpecialTokens::AsText);
  const std::size_t fresh = length + (bos ? 0 : 1);  // tokens of the text in an example
  std::vector<Example> examples;
  for (std::size_t first = 0; first < tokens.size(); first += fresh) {
    const auto text = std::span(tokens).subspan(first, std::min(fresh, tokens.size() - first));
    Example example;
    example.tokens.resize(text.size() + (bos ? 1 : 0));
    if (bos) example.tokens.front() = *bos;
    std::ranges::copy(text, example.tokens.end() - static_cast<std::ptrdiff_t>(text.size()));
    example.isCounted.assign(example.tokens.size(), 1);
    example.isCounted.front() = 0;
    if (example.tokens.size() > 1) examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace

std::uint64_t Example::counted() const { return std::reduce(isCounted.begin(), isCounted.end(), std::uint64_t{0}); }

void Example::cut(std::size_t most) {
  if (tokens.size() <= most) return;
  tokens.resize(most);
  isCounted.resize(most);
}

Examples readExamples(const calibrate::CalibrationText& text, const calibrate::TextReader& reader, std::uint32_t length,
                      const JobContext& job) {
  if (length == 0) refuse("A sequence should have at least one token that is read.");
  if (length > reader.modelContext)
    refuse(fmt::format("Sequences of {} tokens do not fit the model's context of {}.", length, reader.modelContext));
  const auto isConversation = [](const auto& document) {
    return std::holds_alternative<std::vector<ChatMessage>>(document);
  };
  if (reader.chatTemplate == nullptr && std::ranges::any_of(text.documents, isConversation))
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} holds conversations, but this model has no chat template to write them with.",
                            io::inQuotes(text.title)));
  std::vector<std::vector<Example>> ofDocument(text.documents.size());
  parallelFor(text.documents.size(), 8, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      job.throwIfCancelled();
      const auto& document = text.documents[i];
      ofDocument[i] = isConversation(document)
                          ? conversationExamples(std::get<std::vector<ChatMessage>>(document), reader, length, job)
                          : textExamples(std::get<std::string>(document), reader, length);
    }
  });
  Examples result;
  for (auto& examples : ofDocument) {
    if (examples.empty()) ++result.leftOut;
    for (Example& example : examples) {
      result.tokens += example.tokens.size();
      result.counted += example.counted();
      result.all.push_back(std::move(example));
    }
  }
  if (result.all.empty())
    refuse(fmt::format("{} has nothing to learn: no answer that begins within {} tokens, no text of more than one.",
                       io::inQuotes(text.title), length));
  return result;
}

}  // namespace core::train
