#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/chat_template.h"

namespace core::calibrate {

/// How a file of texts is laid out.
enum class TextForm : std::uint8_t {
  Plain,     ///< one text
  ChatLines  ///< JSONL: a conversation or a text per line (io/chat_lines.h)
};

/// A text that a model is to read, checked.
struct CalibrationText {
  using Document = std::variant<std::string, std::vector<text::ChatMessage>>;

  std::string title;                ///< for people: the file's name, "demo text"
  std::vector<Document> documents;  ///< at least one
};

/// The one door for calibration texts. A byte order mark before the first character is left out.
/// @param bytes the whole file  @param title what the text is called, also in sentences
/// @throws Error (InvalidFile) with one sentence for a text that is empty or blank, longer than 64 MiB, binary, not
///         UTF-8, and naming the line of a chat that is none
CalibrationText parseCalibrationText(std::string_view bytes, TextForm form, const std::string& title);

/// A file whose name ends in ".jsonl" holds ChatLines, any other one text.
/// @throws Error as parseCalibrationText, and (NotFound, Io)
CalibrationText openCalibrationText(const std::filesystem::path& path);

}  // namespace core::calibrate
