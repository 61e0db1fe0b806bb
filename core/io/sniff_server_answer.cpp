#include "core/io/sniff_server_answer.h"

#include <algorithm>
#include <cctype>

#include "core/base/error.h"
#include "core/io/json_reader.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kLongestLine = 2048;     // a line that refuses is short
constexpr std::size_t kLongestAnswer = 65536;  // and so is a document
constexpr std::size_t kMaxAnswerDepth = 16;
constexpr std::string_view kWebPage = "a web page; the download went wrong";

constexpr std::string_view kPhrases[] = {
    "access denied",       "access to model", "access to this",        "accessdenied",       "permission denied",
    "unauthorized",        "not authorized",  "authentication",        "forbidden",          "invalid credentials",
    "invalid username",    "entry not found", "repository not found",  "revision not found", "404: not found",
    "404 not found",       "file not found",  "no such key",           "nosuchkey",          "not found",
    "too many requests",   "rate limit",      "internal server error", "internal error",     "bad gateway",
    "service unavailable", "gateway timeout", "request has expired",   "gated repo",         "log in",
};

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return result;
}

bool holdsPhrase(const std::string& lower) {
  return std::any_of(std::begin(kPhrases), std::end(kPhrases),
                     [&](std::string_view phrase) { return lower.find(phrase) != std::string::npos; });
}

/// The first text under a key that answers put their reason in, and whether all keys are such as answers have.
class AnswerVisitor final : public JsonVisitor {
 public:
  bool isAnswer() const { return m_hasReason && !m_hasOther; }
  const std::string& reason() const { return m_reason; }

  void onBegin(JsonContainer /*container*/) override { ++m_depth; }
  void onEnd(JsonContainer /*container*/) override { --m_depth; }
  void onKey(std::string key) override {
    m_isReason = key == "error" || key == "message" || key == "detail" || key == "errors" || key == "error_description";
    if (m_depth != 1) return;
    constexpr std::string_view kOthers[] = {"code",       "status",    "statuscode",        "status_code", "type",
                                            "success",    "requestid", "request_id",        "timestamp",   "path",
                                            "error_code", "errorcode", "documentation_url", "title",       "instance"};
    m_hasReason = m_hasReason || m_isReason;
    const std::string lower = lowered(key);
    if (!m_isReason && std::find(std::begin(kOthers), std::end(kOthers), lower) == std::end(kOthers)) m_hasOther = true;
  }
  void onScalar(JsonScalar value) override {
    if (const auto* text = std::get_if<std::string>(&value)) {
      if (m_isReason && m_reason.empty()) m_reason = *text;
    }
  }

 private:
  std::size_t m_depth = 0;
  bool m_isReason = false, m_hasReason = false, m_hasOther = false;
  std::string m_reason;
};

std::optional<std::string> jsonAnswer(std::string_view text) {
  if (text.size() > kLongestAnswer) return std::nullopt;
  AnswerVisitor visitor;
  try {
    readJson(text, visitor, "answer", kMaxAnswerDepth);
  } catch (const Error&) {
    return std::nullopt;
  }
  if (!visitor.isAnswer()) return std::nullopt;
  return "a server's error message" + (visitor.reason().empty() ? "" : " " + inQuotes(visitor.reason())) +
         "; the download went wrong";
}

std::optional<std::string> xmlAnswer(std::string_view text) {
  const std::string lower = lowered(text.substr(0, kLongestAnswer));
  if (lower.find("<html") != std::string::npos) return std::string(kWebPage);
  if (lower.find("<error>") == std::string::npos && !holdsPhrase(lower)) return "an XML document";
  const std::size_t open = text.find("<Code>"), close = text.find("</Code>");
  const bool hasCode = open != std::string_view::npos && close != std::string_view::npos && close > open + 6;
  return "a server's error message" + (hasCode ? " " + inQuotes(text.substr(open + 6, close - open - 6)) : "") +
         "; the download went wrong";
}

}  // namespace

std::optional<std::string> recognizeServerAnswer(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start);
  const std::string beginning = lowered(text.substr(0, 64));
  for (const std::string_view tag : {"<!doctype html", "<html", "<head", "<body"}) {
    if (beginning.starts_with(tag)) return std::string(kWebPage);
  }
  if (beginning.starts_with("<?xml") || beginning.starts_with("<error>") || beginning.starts_with("<!doctype")) {
    return xmlAnswer(text);
  }
  if (text.front() == '{') return jsonAnswer(text);
  const bool isText = text.size() <= kLongestLine && std::none_of(text.begin(), text.end(), [](char c) {
                        return static_cast<unsigned char>(c) < 0x09;
                      });
  if (!isText || !holdsPhrase(lowered(text))) return std::nullopt;
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return "a server's message " + inQuotes(line) + " instead of the file; the download went wrong";
}

}  // namespace core::io
