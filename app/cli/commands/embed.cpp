#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/embed_model.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "core/io/npy_writer.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace embed_verb {

constexpr std::size_t kMostTexts = 256;  // every two of them are compared
constexpr std::size_t kShownWidth = 48;  // bytes of a text in a table

struct Options {
  std::string model, file, device = "auto";
  std::vector<std::string> texts;
  std::optional<std::string> out;
  RecipeOptions weights;
  Output output = Output::ForPeople;
};

/// Those that were named, then the lines of the file that are not empty. @throws core::Error
std::vector<std::string> textsOf(const Options& options) {
  std::vector<std::string> texts = options.texts;
  if (!options.file.empty()) {
    rememberRead(options.file, "the file of texts");
    const core::io::MappedFile file(options.file);
    const auto bytes = file.contents();
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) texts.emplace_back(line);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (texts.empty() || texts.size() > kMostTexts)
    throw core::Error(core::ErrorCode::InvalidArgument,
                      texts.empty()
                          ? "Name at least one text: --text TEXT, or --file FILE with one in each line."
                          : fmt::format("At most {} texts can be compared; here are {}.", kMostTexts, texts.size()));
  return texts;
}

Json toJson(const EmbeddingTable& table) {
  Json texts = Json::array(), rows = Json::array();
  for (std::size_t i = 0; i < table.texts.size(); ++i)
    texts.push_back({{"text", table.texts[i]}, {"tokens", table.tokens[i]}});
  for (const TextEmbeddings& row : table.rows) {
    Json entry = {{"scheme", row.recipe.toString()}, {"name", row.recipe.displayName()}};
    if (!row.failure.empty()) {
      entry["failure"] = row.failure;
    } else {
      Json similarities = Json::array();
      for (std::size_t a = 0; a < table.texts.size(); ++a) {
        Json line = Json::array();
        for (std::size_t b = 0; b < table.texts.size(); ++b) line.push_back(row.similarity(a, b));
        similarities.push_back(std::move(line));
      }
      entry["device"] = row.device;
      entry["cosine"] = row.toStored;
      entry["least"] = row.least();
      entry["mean"] = row.mean();
      entry["similarity"] = std::move(similarities);
    }
    rows.push_back(std::move(entry));
  }
  return {{"pooling", nameOf(table.pooling)},
          {"width", table.rows.front().embeddings.front().size()},
          {"texts", std::move(texts)},
          {"rows", std::move(rows)}};
}

void printText(const EmbeddingTable& table, std::FILE* report) {
  fmt::print(report, "{} texts, embeddings of {} values (pooling: {}), on {}\n", table.texts.size(),
             table.rows.front().embeddings.front().size(), nameOf(table.pooling), table.rows.front().device);
  fmt::print(report, "\nCosine to the embedding of the stored weights\n{:<28} {:>10} {:>10}\n", "", "least", "mean");
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    const TextEmbeddings& row = table.rows[i];
    if (row.failure.empty())
      fmt::print(report, "{:<28} {:>10.6f} {:>10.6f}\n", row.recipe.displayName(), row.least(), row.mean());
    else
      fmt::print(report, "{:<28} {}\n", row.recipe.displayName(), core::io::printable(row.failure));
  }
  if (table.rows.size() == 1) fmt::print(report, "(name schemes with --scheme)\n");
  if (table.texts.size() < 2) return;
  fmt::print(report, "\nCosine of each text and the first\n");
  for (std::size_t text = 1; text < table.texts.size(); ++text) {
    for (const TextEmbeddings& row : table.rows)
      if (row.failure.empty()) fmt::print(report, "{:>10.6f}", row.similarity(0, text));
    fmt::print(report, "  {}\n", core::io::printable(table.texts[text].substr(0, kShownWidth)));
  }
}

/// What fails is said beside what does not; where that is nothing, or a file is to have all, it is an error.
void requireResults(const EmbeddingTable& table, bool hasFile) {
  std::size_t failures = 0;
  const std::string* first = nullptr;
  for (const TextEmbeddings& row : table.rows) {
    if (row.failure.empty()) continue;
    ++failures;
    if (first == nullptr) first = &row.failure;
  }
  if (first != nullptr && (hasFile || failures + 1 == table.rows.size()))
    throw core::Error(core::ErrorCode::Unsupported, *first);
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const std::vector<std::string> texts = textsOf(options);
  const auto model = OpenModel::open(options.model, job);
  if (const auto why = model->whyNoEmbedding()) throw core::Error(core::ErrorCode::Unsupported, *why);
  std::optional<core::io::OutputFile> file;
  if (options.out) file.emplace(*options.out, openFiles());
  options.weights.calibrate(*model, job);
  Engine engine;
  EmbeddingRequest request{texts, {}, DeviceChoice::parse(options.device)};
  if (options.weights.isGiven()) request.compared = options.weights.parseAll();
  const EmbeddingTable table = embedTexts(*model, engine, request, job);
  requireResults(table, file.has_value());
  if (file) {
    core::io::NpyWriter writer(std::move(*file),
                               {table.rows.size(), texts.size(), table.rows.front().embeddings.front().size()});
    for (const TextEmbeddings& row : table.rows)
      for (const auto& embedding : row.embeddings) writer.append(embedding);
    writer.finish();
  }
  std::FILE* const report = reportStream(options.out.value_or(""));
  if (options.output == Output::ForPrograms) return print(toJson(table), report);
  printText(table, report);
}

}  // namespace embed_verb

void addEmbed(CLI::App& program) {
  auto options = std::make_shared<embed_verb::Options>();
  CLI::App* command =
      program.add_subcommand("embed", "Embeddings of texts by an encoder (BERT), and what schemes do to their cosines");
  addModel(*command, options->model);
  command->add_option("--text", options->texts, "A text; may be given several times")->allow_extra_args(false);
  command->add_option("--file", options->file, "A file with a text in each line");
  addRecipe(*command, options->weights, "Compare with the embeddings under this scheme", Takes::Any);
  addDevice(*command, options->device);
  command->add_option("-o,--output", options->out,
                      "Write float32 [schemes, texts, width] to this .npy file, the stored weights first, or - for "
                      "standard output");
  addJsonFlag(*command, options->output);
  command->callback([options] { embed_verb::run(*options); });
}

}  // namespace app::cli
