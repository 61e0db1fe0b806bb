#include "app/session/embed_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/embedding.h"

namespace app {

namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kShownLength = 60;  // bytes of a text that a sentence names

using Tokens = std::vector<core::model::TokenId>;

std::vector<Tokens> tokensOf(const OpenModel& model, const std::vector<std::string>& texts) {
  if (texts.empty()) throw Error(ErrorCode::InvalidArgument, "At least one text is needed.");
  std::vector<Tokens> all;
  for (const std::string& text : texts) {
    if (text.empty()) throw Error(ErrorCode::InvalidArgument, "One of the texts is empty.");
    all.push_back(model.tokenizer()->encodeWhole(text, core::text::SpecialTokens::AsText));
    if (all.back().size() > model.config().contextLength)
      throw Error(ErrorCode::InvalidArgument, fmt::format("The text {} has {} tokens, but the model reads {} at once.",
                                                          core::io::inQuotes(text.substr(0, kShownLength)),
                                                          all.back().size(), model.config().contextLength));
  }
  return all;
}

/// @throws core::Error, core::Cancelled
void compute(OpenModel& model, Engine& engine, const EmbeddingRequest& request, const std::vector<Tokens>& tokens,
             const core::JobContext& job, TextEmbeddings& row) {
  Engine::SessionOptions options;
  options.recipe = row.recipe;
  options.device = request.device;
  const auto executor = engine.createEncoder(model, options, job.part(0.0, 0.5));
  row.device = executor->deviceName();
  core::model::Embedder embedder(*executor, model.config().pooling);
  const core::JobContext reading = job.part(0.5, 1.0);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    reading.progress(static_cast<double>(i) / static_cast<double>(tokens.size()), "Reading the texts");
    row.embeddings.push_back(embedder.embed(tokens[i], reading));
  }
}

}  // namespace

double TextEmbeddings::least() const { return *std::ranges::min_element(toStored); }

double TextEmbeddings::mean() const {
  return std::accumulate(toStored.begin(), toStored.end(), 0.0) / static_cast<double>(toStored.size());
}

double TextEmbeddings::similarity(std::size_t a, std::size_t b) const {
  return core::model::cosine(embeddings[a], embeddings[b]);
}

EmbeddingTable embedTexts(OpenModel& model, Engine& engine, const EmbeddingRequest& request,
                          const core::JobContext& job) {
  if (const auto why = model.whyNoEmbedding()) throw Error(ErrorCode::Unsupported, *why);
  const std::vector<Tokens> tokens = tokensOf(model, request.texts);
  EmbeddingTable table{request.texts, {}, model.config().pooling, {}};
  for (const Tokens& text : tokens) table.tokens.push_back(text.size());
  const double count = static_cast<double>(request.compared.size() + 1);
  for (std::size_t i = 0; i <= request.compared.size(); ++i) {
    const core::JobContext part = job.part(static_cast<double>(i) / count, static_cast<double>(i + 1) / count);
    TextEmbeddings row;
    if (i != 0) row.recipe = request.compared[i - 1];
    try {
      compute(model, engine, request, tokens, part, row);
    } catch (const Error& error) {
      if (i == 0) throw;
      row.failure = error.what();
      row.embeddings.clear();
    }
    for (std::size_t text = 0; text < row.embeddings.size(); ++text) {
      const auto& stored = i == 0 ? row.embeddings[text] : table.rows.front().embeddings[text];
      row.toStored.push_back(core::model::cosine(row.embeddings[text], stored));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

const char* nameOf(core::model::Pooling pooling) {
  switch (pooling) {
    case core::model::Pooling::First:
      return "first";
    case core::model::Pooling::Last:
      return "last";
    case core::model::Pooling::Mean:
      break;
  }
  return "mean";
}

}  // namespace app
