#include "app/cli/command.h"

#include <fmt/core.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "app/session/json_numbers.h"
#include "core/base/utf8.h"
#include "core/io/output_file.h"
#include "core/io/text_checks.h"

namespace app::cli {

void addJsonFlag(CLI::App& command, Output& output) {
  command.add_flag_callback(
      "--json", [&output] { output = Output::ForPrograms; }, "Answer in JSON");
}

void addModel(CLI::App& command, std::string& model) {
  command
      .add_option("model", model,
                  "A model file or folder, ollama:NAME, hf:OWNER/NAME (what `get` downloaded), or 'demo' for the "
                  "built-in model")
      ->required();
}

void addDevice(CLI::App& command, std::string& device) {
  command
      .add_option("--device", device,
                  "auto (the best GPU, else the CPU), cpu, vulkan (software drivers, too) or vulkan:N")
      ->capture_default_str();
}

void addKvType(CLI::App& command, std::string& type) {
  command
      .add_option("--kv-type", type,
                  "Keys and values are stored as f32, f16, int8, q8_0, fp8 or q4_0; apart as q8_0/q4_0")
      ->capture_default_str();
}

void print(const Json& json, std::FILE* stream) {
  // Texts from files may hold anything; "replace" keeps printing total, and what a terminal would obey is escaped as
  // JSON can: such characters occur in strings only.
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size() + 1);
  for (std::string_view rest = text; !rest.empty();) {
    const core::Utf8Step step = core::firstCharacter(rest);
    if (step.codePoint >= 0x7F && core::io::isControl(step.codePoint)) {
      safe += fmt::format("\\u{:04x}", step.codePoint);
    } else {
      safe += rest.substr(0, step.length);
    }
    rest.remove_prefix(step.length);
  }
  fmt::print(stream, "{}\n", safe);
}

void printText(std::string_view text) { fmt::print("{}", core::io::printable(text, core::io::LineBreaks::Keep)); }

void flush() {
  if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
}

std::FILE* reportStream(const std::string& output) {
  return core::io::OutputFile::isStandardOutput(output) ? stderr : stdout;
}

Json keptJson(const std::vector<KeptTensor>& kept) {
  Json rows = Json::array();
  for (const KeptTensor& tensor : kept)
    rows.push_back({{"tensor", tensor.tensor}, {"reason", tensor.reason}, {"bytes", tensor.bytes}});
  return rows;
}

void addAxes(Json& row, core::model::StoredAxes axes) {
  if (axes == core::model::StoredAxes::InputsOutputs) row["axes"] = {"in", "out"};
}

Json reasonJson(const QuantizedFileRow& row) {
  if (row.isKept()) return {{"kept", row.decision.kept}};
  Json json = {{"rule", row.decision.rule}};
  if (!row.decision.fallback.empty()) json["fallback"] = row.decision.fallback;
  return json;
}

Json finite(double value) { return jsonNumber(value); }
Json finite(const std::optional<double>& value) { return value ? finite(*value) : Json(); }

Json nonFiniteJson(const core::metrics::NonFinite& nonFinite) {
  Json first = nullptr;
  if (nonFinite.first) first = {nonFinite.first->row, nonFinite.first->column};
  return {{"nan", nonFinite.nan}, {"inf", nonFinite.inf}, {"first", first}};
}

}  // namespace app::cli
