#include "core/text/normalizer.h"

#include "core/base/error.h"
#include "core/text/character_changes.h"
#include "core/text/normal_form.h"
#include "core/text/white_space.h"

namespace core::text {

namespace {

using Kind = NormalizerStep::Kind;

/// A file may replace one character by many; what comes of it is no longer than the longest text.
constexpr std::size_t kLongest = std::size_t{256} << 20;

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

std::string replaced(const std::string& text, const TextPattern& pattern, std::string_view content,
                     std::size_t longest) {
  const std::string valid = isValidUtf8(text) ? std::string() : replaceInvalidUtf8(text);
  const std::string_view seen = valid.empty() ? std::string_view(text) : valid;
  std::string out;
  TextPattern::Matcher matcher(pattern);
  pattern.forEachPart(seen, matcher, [&](TextPattern::Range range, bool isMatch) {
    if (out.size() <= longest) out += isMatch ? content : seen.substr(range.begin, range.end - range.begin);
  });
  return out;
}

}  // namespace

Normalizer::Normalizer(const std::vector<NormalizerStep>& steps) {
  for (const NormalizerStep& step : steps) {
    Step made{step, nullptr, nullptr};
    if (step.kind == Kind::ReplaceMatches) made.pattern = std::make_shared<TextPattern>(step.pattern);
    if (step.kind == Kind::Charsmap || step.kind == Kind::CharsmapOfGraphemes)
      made.charsmap = std::make_shared<Charsmap>(step.content);
    m_steps.push_back(std::move(made));
  }
}

std::string Normalizer::applyStep(const Step& step, std::string text, std::size_t longest) {
  const NormalizerStep& settings = step.settings;
  switch (settings.kind) {
    case Kind::Prepend:
      return text.empty() ? text : settings.content + text;
    case Kind::Replace:
      return replaced(text, settings.pattern, settings.content, longest);
    case Kind::ReplaceMatches:
      return replaced(text, *step.pattern, settings.content, longest);
    case Kind::Nfc:
      return normalized(text, NormalForm::Nfc);
    case Kind::Nfd:
      return normalized(text, NormalForm::Nfd);
    case Kind::Nfkc:
      return normalized(text, NormalForm::Nfkc);
    case Kind::Nfkd:
      return normalized(text, NormalForm::Nfkd);
    case Kind::Charsmap:
      return step.charsmap->applyLongest(text, longest);
    case Kind::CharsmapOfGraphemes:
      return step.charsmap->applyToGraphemes(text, longest);
    case Kind::TrimLeft:
      return text.substr(leadingWhiteSpace(text));
    case Kind::TrimRight:
      return text.substr(0, withoutTrailingWhiteSpace(text));
    case Kind::Lowercase:
      return inLowerCase(text);
    case Kind::StripMarks:
      return withoutMarks(text, false);
    case Kind::StripNonspacingMarks:
      return withoutMarks(text, true);
    case Kind::BertClean:
      return cleanedAsBert(text);
    case Kind::IsolateIdeographs:
      return withIdeographsApart(text);
    case Kind::NmtClean:
      return cleanedAsNmt(text);
  }
  return text;
}

std::optional<std::string> Normalizer::within(std::string_view text, std::size_t longest) const {
  std::string out(text);
  for (const Step& step : m_steps) {
    out = applyStep(step, std::move(out), longest);
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
