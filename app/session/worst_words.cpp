#include "app/session/worst_words.h"

#include <algorithm>

#include "app/session/json_numbers.h"
#include "app/session/trace_json.h"
#include "core/io/text_checks.h"

namespace app {

namespace evaluate = core::evaluate;
using core::text::TokenId;
using core::text::Tokenizer;
using Json = nlohmann::ordered_json;

namespace {

std::string textOf(std::span<const TokenId> tokens, const Tokenizer& tokenizer) {
  std::string bytes;
  for (const TokenId token : tokens) {
    const std::string own = tokenizer.bytes(token);
    bytes += own.empty() ? tokenizer.piece(token) : own;
  }
  return core::io::printable(bytes, core::io::LineBreaks::Keep);
}

Json favouriteJson(const evaluate::Favourite& of, const Tokenizer& tokenizer) {
  return {{"token", of.token},
          {"text", tokenText(&tokenizer, of.token)},
          {"probability", {jsonNumber(of.inReference), jsonNumber(of.inCompared)}}};
}

}  // namespace

std::span<const TokenId> tokensBefore(const Evaluation& evaluation, const evaluate::WorstPosition& position) {
  if (!evaluation.reading) return {};
  const auto& passages = evaluation.reading->passages;
  const auto own = std::ranges::equal_range(passages, position.block, {}, &evaluate::Passage::block);
  if (position.passage >= own.size()) return {};
  const auto& tokens = own[position.passage].tokens;
  if (tokens.size() < std::size_t{position.position} + 2) return {};
  return std::span(tokens).first(std::size_t{position.position} + 1);
}

WorstWord worstWord(const Evaluation& evaluation, const evaluate::WorstPosition& position, const Tokenizer& tokenizer,
                    std::size_t mostTokens) {
  const auto before = tokensBefore(evaluation, position);
  const auto shown = before.last(std::min(before.size(), mostTokens));
  return {.before = textOf(shown, tokenizer),
          .isCut = shown.size() < before.size(),
          .token = tokenText(&tokenizer, position.token),
          .reference = tokenText(&tokenizer, position.referenceTop.token),
          .compared = tokenText(&tokenizer, position.comparedTop.token)};
}

Json worstJson(const Evaluation& evaluation, const EvaluationRow& row, const Tokenizer& tokenizer, std::size_t most) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(most, row.worst.size()); ++i) {
    const evaluate::WorstPosition& at = row.worst[i];
    const auto before = tokensBefore(evaluation, at);
    const WorstWord word = worstWord(evaluation, at, tokenizer);
    list.push_back({{"block", at.block},
                    {"passage", at.passage},
                    {"position", at.position},
                    {"kl", jsonNumber(at.kl)},
                    {"before", word.before},
                    {"token", at.token},
                    {"text", word.token},
                    {"probability", {jsonNumber(at.inReference), jsonNumber(at.inCompared)}},
                    {"reference_top", favouriteJson(at.referenceTop, tokenizer)},
                    {"compared_top", favouriteJson(at.comparedTop, tokenizer)},
                    {"turned", at.turnsWrong()   ? Json("wrong")
                               : at.turnsRight() ? Json("right")
                                                 : Json(nullptr)},
                    {"tokens", std::vector<TokenId>(before.begin(), before.end())}});
  }
  return list;
}

}  // namespace app
