#include "app/session/train_facts.h"

#include <fmt/format.h>

#include <variant>

#include <nlohmann/json.hpp>

#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/calibrate/calibration_text.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"

namespace app {

namespace {

using Messages = std::vector<core::text::ChatMessage>;

bool isFact(const core::calibrate::CalibrationText::Document& document) {
  const auto* const messages = std::get_if<Messages>(&document);
  return messages != nullptr && messages->size() == 2 && (*messages)[0].role == "user" &&
         (*messages)[1].role == "assistant" && !(*messages)[0].content.empty() && !(*messages)[1].content.empty();
}

/// The number in the file of a line that is not blank. @param index among those
std::size_t lineNumber(std::string_view lines, std::size_t index) {
  std::size_t number = 0;
  for (std::size_t found = 0; found <= index; ++number) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) ++found;
  }
  return number;
}

}  // namespace

std::vector<NewFact> parseNewFacts(std::string_view jsonLines, const std::string& title) {
  const auto text = core::calibrate::parseCalibrationText(jsonLines, core::calibrate::TextForm::ChatLines, title);
  std::vector<NewFact> facts;
  for (const auto& document : text.documents) {
    if (!isFact(document))
      throw core::Error(core::ErrorCode::InvalidFile,
                        fmt::format("{}, line {}: a fact is {{\"question\": \"…\", \"answer\": \"…\"}}, one question "
                                    "and its answer.",
                                    core::io::inQuotes(title), lineNumber(jsonLines, facts.size())));
    const auto& messages = std::get<Messages>(document);
    facts.push_back({messages[0].content, messages[1].content});
  }
  return facts;
}

std::vector<NewFact> openNewFacts(const std::string& file) {
  const std::filesystem::path path(file);
  const core::io::MappedFile mapped(path);
  mapped.throwIfShortened();
  rememberRead(file, "the file of facts");
  const auto bytes = mapped.contents();
  return parseNewFacts({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.filename().string());
}

std::string formatNewFacts(std::span<const NewFact> facts) {
  std::string text;
  for (const NewFact& fact : facts)
    text += nlohmann::ordered_json{{"question", fact.question}, {"answer", fact.answer}}.dump(
                -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
            '\n';
  return text;
}

}  // namespace app
