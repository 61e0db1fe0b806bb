#include "core/calibrate/calibration_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/chat_lines.h"
#include "core/io/mapped_file.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"

namespace core::calibrate {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin UTF-8 with it
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

[[noreturn]] void refuse(const std::string& source, const std::string& detail) {
  throw Error(ErrorCode::InvalidFile, fmt::format("{}: expected a text to read, but {}.", source, detail));
}

/// Where the first byte is that text in UTF-8 does not have; the length when there is none.
std::size_t firstNonText(std::string_view bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const Utf8Step step = firstCharacter(rest);
    if (step.kind != Utf8Kind::Complete || step.codePoint == 0) break;
    rest.remove_prefix(step.length);
  }
  return bytes.size() - rest.size();
}

/// "byte 7", of lines of JSON "byte 7 (line 2)".
std::string placeOf(std::string_view bytes, std::size_t at, TextForm form) {
  if (form == TextForm::Plain) return fmt::format("byte {}", at);
  return fmt::format("byte {} (line {})", at, 1 + std::ranges::count(bytes.substr(0, at), '\n'));
}

void checkIsText(std::string_view bytes, TextForm form, const std::string& source) {
  if (bytes.size() > kMostBytes)
    refuse(source, fmt::format("found {} bytes, more than the {} that are read", bytes.size(), kMostBytes));
  if (const std::size_t at = firstNonText(bytes); at != bytes.size()) {
    const auto foreign = io::recognizeForeign(std::as_bytes(std::span(bytes)));
    if (foreign) refuse(source, "found " + foreign->description);
    refuse(source, fmt::format("{} is 0x{:02X}, which is no text in UTF-8", placeOf(bytes, at, form),
                               static_cast<unsigned char>(bytes[at])));
  }
  if (bytes.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos)
    refuse(source, bytes.empty() ? "found an empty file" : "found nothing but blanks");
}

CalibrationText::Document documentOf(io::ChatLine&& line) {
  if (line.turns.empty()) return std::move(line.text);
  std::vector<text::ChatMessage> messages;
  for (io::ChatTurn& turn : line.turns) messages.push_back({std::move(turn.role), std::move(turn.content)});
  return messages;
}

}  // namespace

CalibrationText parseCalibrationText(std::string_view bytes, TextForm form, const std::string& title) {
  const std::string source = io::inQuotes(title);
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  checkIsText(bytes, form, source);
  CalibrationText result{title, {}};
  if (form == TextForm::Plain) {
    result.documents.emplace_back(std::string(bytes));
  } else {
    for (io::ChatLine& line : io::readChatLines(bytes, source)) result.documents.push_back(documentOf(std::move(line)));
  }
  return result;
}

CalibrationText openCalibrationText(const std::filesystem::path& path) {
  const io::MappedFile file(path);
  file.throwIfShortened();
  const auto bytes = file.contents();
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return parseCalibrationText({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                              extension == ".jsonl" ? TextForm::ChatLines : TextForm::Plain, path.filename().string());
}

}  // namespace core::calibrate
