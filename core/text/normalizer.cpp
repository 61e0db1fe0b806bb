#include "core/text/normalizer.h"

#include "core/base/error.h"
#include "core/text/compose.h"

namespace core::text {

namespace {

/// A file may replace one character by many; what comes of it is no longer than the longest text.
constexpr std::size_t kLongest = std::size_t{256} << 20;

/// At least a part of it that is longer than `longest`, where it is.
std::string replaced(std::string_view text, std::string_view pattern, std::string_view content, std::size_t longest) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(pattern, at);
    out += text.substr(at, found - at);
    if (found == std::string_view::npos || out.size() > longest) return out;
    out += content;
    at = found + pattern.size();
  }
}

}  // namespace

std::optional<std::string> Normalizer::within(std::string_view text, std::size_t longest) const {
  std::string out(text);
  for (const NormalizerStep& step : m_steps) {
    switch (step.kind) {
      case NormalizerStep::Kind::Prepend:
        if (!out.empty()) out.insert(0, step.content);
        break;
      case NormalizerStep::Kind::Replace:
        out = replaced(out, step.pattern, step.content, longest);
        break;
      case NormalizerStep::Kind::Nfc:
        out = compose(out);
        break;
    }
    if (out.size() > longest) return std::nullopt;
  }
  return out;
}

std::string Normalizer::apply(std::string_view text) const {
  auto out = within(text, kLongest);
  if (out) return *std::move(out);
  throw Error(ErrorCode::Unsupported, "The tokenizer makes more than 256 MiB of the text before it is cut into words.");
}

}  // namespace core::text
