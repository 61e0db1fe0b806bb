#include "core/io/json_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

using nlohmann::json;

/// Between the library's events and a visitor: nesting depth and duplicate keys.
class CheckedEvents final : public nlohmann::json_sax<json> {
 public:
  CheckedEvents(JsonVisitor& visitor, std::string_view source, std::size_t maxDepth)
      : m_visitor(visitor), m_source(source), m_maxDepth(maxDepth) {}

  bool null() override { return scalar(std::monostate{}); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(static_cast<std::int64_t>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(static_cast<std::uint64_t>(value)); }
  bool number_float(number_float_t value, const string_t& /*digits*/) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // does not occur in JSON text
  bool start_object(std::size_t /*elements*/) override { return begin(JsonContainer::Object); }
  bool start_array(std::size_t /*elements*/) override { return begin(JsonContainer::Array); }
  bool end_object() override { return end(JsonContainer::Object); }
  bool end_array() override { return end(JsonContainer::Array); }

  bool key(string_t& value) override {
    if (!m_keys.back().insert(value).second) {
      throw Error(ErrorCode::InvalidFile, fmt::format("{}: the JSON key {} occurs twice.", m_source, inQuotes(value)),
                  value);
    }
    m_visitor.onKey(std::move(value));
    return true;
  }

  bool parse_error(std::size_t position, const std::string& lastToken, const json::exception& /*reason*/) override {
    throw Error(
        ErrorCode::InvalidFile,
        fmt::format("{}: expected valid JSON but found {} at its byte {}.", m_source, inQuotes(lastToken), position),
        fmt::format("byte {}", position));
  }

 private:
  bool scalar(JsonScalar value) {
    m_visitor.onScalar(std::move(value));
    return true;
  }

  bool begin(JsonContainer container) {
    if (m_keys.size() >= m_maxDepth) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: the JSON is nested more than {} deep.", m_source, m_maxDepth));
    }
    m_keys.emplace_back();
    m_visitor.onBegin(container);
    return true;
  }

  bool end(JsonContainer container) {
    m_keys.pop_back();
    m_visitor.onEnd(container);
    return true;
  }

  JsonVisitor& m_visitor;
  std::string_view m_source;
  std::size_t m_maxDepth;
  std::vector<std::unordered_set<std::string>> m_keys;  ///< of each open container (arrays have none)
};

}  // namespace

void readJson(std::string_view text, JsonVisitor& visitor, std::string_view source, std::size_t maxDepth) {
  // The library takes a NUL for the end and would not see what follows it.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected valid JSON but found \"\\x00\" at its byte {}.", source, nul),
                fmt::format("byte {}", nul));
  }
  CheckedEvents events(visitor, source, maxDepth);
  if (isValidUtf8(text)) {
    json::sax_parse(text.data(), text.data() + text.size(), &events);
    return;
  }
  // One bad byte in one string does not make the rest unreadable. Outside a string the escape is as wrong as the byte.
  const std::string escaped = escapeInvalidUtf8(text, "\\\\x");
  json::sax_parse(escaped.data(), escaped.data() + escaped.size(), &events);
}

}  // namespace core::io
