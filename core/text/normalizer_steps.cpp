#include <fmt/format.h>

#include <array>
#include <optional>

#include "core/io/text_checks.h"
#include "core/text/base64.h"
#include "core/text/step_json.h"
#include "core/text/tokenizer_steps.h"

namespace core::text {

namespace {

using io::JsonTree;
using Kind = NormalizerStep::Kind;

/// The steps that have a name and no settings.
std::optional<Kind> plainKind(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, Kind>, 7> kKinds = {{{"NFC", Kind::Nfc},
                                                                        {"NFD", Kind::Nfd},
                                                                        {"NFKC", Kind::Nfkc},
                                                                        {"NFKD", Kind::Nfkd},
                                                                        {"Lowercase", Kind::Lowercase},
                                                                        {"StripAccents", Kind::StripMarks},
                                                                        {"Nmt", Kind::NmtClean}}};
  for (const auto& [name, kind] : kKinds)
    if (name == type) return kind;
  return std::nullopt;
}

NormalizerStep replaceStep(const JsonTree& step, const std::string& source) {
  steps::Pattern pattern = steps::patternOf(step, source);
  if (pattern.text.empty()) steps::refuseMalformed(source, "a normalizer replaces an empty text");
  return {pattern.isExpression ? Kind::ReplaceMatches : Kind::Replace, std::move(pattern.text),
          step.text("content").value_or("")};
}

void addBert(const JsonTree& step, std::vector<NormalizerStep>& out) {
  const bool lowers = step.flag("lowercase").value_or(true);
  if (step.flag("clean_text").value_or(true)) out.push_back({Kind::BertClean});
  if (step.flag("handle_chinese_chars").value_or(true)) out.push_back({Kind::IsolateIdeographs});
  if (step.flag("strip_accents").value_or(lowers)) {
    out.push_back({Kind::Nfd});
    out.push_back({Kind::StripNonspacingMarks});
  }
  if (lowers) out.push_back({Kind::Lowercase});
}

NormalizerStep charsmapStep(const JsonTree& step, const std::string& source) {
  const auto table = decodedBase64(step.text("precompiled_charsmap").value_or(""));
  if (!table) steps::refuseMalformed(source, "its precompiled_charsmap is no Base64");
  return {Kind::CharsmapOfGraphemes, {}, *table};
}

}  // namespace

std::vector<NormalizerStep> bertNormalizers() {
  return {{Kind::BertClean}, {Kind::IsolateIdeographs}, {Kind::Nfd}, {Kind::StripNonspacingMarks}, {Kind::Lowercase}};
}

std::vector<NormalizerStep> normalizerSteps(const JsonTree& normalizer, const std::string& source) {
  std::vector<NormalizerStep> out;
  steps::forEach(normalizer, "normalizers", [&](const JsonTree& step) {
    if (out.size() >= steps::kMost)
      steps::refuse(source, fmt::format("a sequence of more than {} normalizers", steps::kMost));
    const std::string type = steps::typeOf(step, "normalizer", source);
    if (const auto kind = plainKind(type)) {
      out.push_back({*kind});
    } else if (type == "Prepend") {
      out.push_back({Kind::Prepend, {}, step.text("prepend").value_or("")});
    } else if (type == "Replace") {
      out.push_back(replaceStep(step, source));
    } else if (type == "Strip") {
      if (step.flag("strip_left").value_or(true)) out.push_back({Kind::TrimLeft});
      if (step.flag("strip_right").value_or(true)) out.push_back({Kind::TrimRight});
    } else if (type == "BertNormalizer") {
      addBert(step, out);
    } else if (type == "Precompiled") {
      // A table of nothing is written where a model has none.
      if (!step.text("precompiled_charsmap").value_or("").empty()) out.push_back(charsmapStep(step, source));
    } else {
      steps::refuse(source, fmt::format("the normalizer {}", io::inQuotes(type)));
    }
  });
  return out;
}

}  // namespace core::text
