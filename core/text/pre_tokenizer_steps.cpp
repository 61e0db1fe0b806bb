#include <fmt/format.h>

#include <array>

#include "core/io/text_checks.h"
#include "core/text/pre_tokenizer_patterns.h"
#include "core/text/step_json.h"
#include "core/text/tokenizer_steps.h"

namespace core::text {

namespace {

using io::JsonTree;

constexpr std::string_view kWhiteSpace = R"(\p{White_Space})";
/// ASCII's marks and Unicode's punctuation.
constexpr std::string_view kPunctuation = R"([!-/:-@\[-`{-~\p{P}])";
/// Runs of \w and of what is neither \w nor white space, as Rust's expressions understand them.
constexpr std::string_view kWordsAndMarks =
    R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+)";

SplitStep::Kind behaviorOf(const JsonTree& step, const std::string& source) {
  constexpr std::array<std::pair<std::string_view, SplitStep::Kind>, 5> kBehaviors = {
      {{"Isolated", SplitStep::Kind::Isolated},
       {"Removed", SplitStep::Kind::Removed},
       {"MergedWithPrevious", SplitStep::Kind::MergedWithPrevious},
       {"MergedWithNext", SplitStep::Kind::MergedWithNext},
       {"Contiguous", SplitStep::Kind::Contiguous}}};
  const std::string behavior = step.text("behavior").value_or("Isolated");
  for (const auto& [name, kind] : kBehaviors)
    if (name == behavior) return kind;
  steps::refuse(source, fmt::format("a pre-tokenizer with the behavior {}", io::inQuotes(behavior)));
}

SplitStep splitStep(const JsonTree& step, const std::string& source) {
  const steps::Pattern pattern = steps::patternOf(step, source);
  SplitStep split{behaviorOf(step, source), pattern.isExpression ? pattern.text : steps::escaped(pattern.text)};
  split.isInverted = step.flag("invert").value_or(false);
  return split;
}

SplitStep metaspaceStep(const JsonTree& step, const std::string& source) {
  const std::string mark = step.text("replacement").value_or(std::string(kBlankMark));
  if (mark != kBlankMark)
    steps::refuse(source, fmt::format("the pre-tokenizer \"Metaspace\" with the replacement {}", io::inQuotes(mark)));
  // Older files say add_prefix_space.
  const std::string scheme =
      step.text("prepend_scheme").value_or(step.flag("add_prefix_space").value_or(true) ? "always" : "never");
  SplitStep split{SplitStep::Kind::Metaspace};
  split.cuts = step.flag("split").value_or(true);
  if (scheme == "always") {
    split.prefix = SplitStep::Prefix::Always;
  } else if (scheme == "first") {
    split.prefix = SplitStep::Prefix::First;
  } else if (scheme != "never") {
    steps::refuse(source,
                  fmt::format("the pre-tokenizer \"Metaspace\" with the prepend_scheme {}", io::inQuotes(scheme)));
  }
  return split;
}

/// The steps that only cut; nothing for another type.
std::vector<SplitStep> cutsOf(const std::string& type, const JsonTree& step, const std::string& source) {
  using enum SplitStep::Kind;
  if (type == "Split") return {splitStep(step, source)};
  if (type == "Digits") {
    const bool isEach = step.flag("individual_digits").value_or(false);
    return {{Isolated, isEach ? R"(\p{N})" : R"(\p{N}+)"}};
  }
  if (type == "Punctuation") return {{behaviorOf(step, source), std::string(kPunctuation)}};
  if (type == "Whitespace") return {{Removed, std::string(kWordsAndMarks), true}};
  if (type == "WhitespaceSplit") return {{Removed, std::string(kWhiteSpace)}};
  if (type == "BertPreTokenizer") return bertSplits();
  if (type == "CharDelimiterSplit") return {{Removed, steps::escaped(step.text("delimiter").value_or(" "))}};
  if (type == "Metaspace") return {metaspaceStep(step, source)};
  return {};
}

}  // namespace

std::vector<SplitStep> bertSplits() {
  return {{SplitStep::Kind::Removed, std::string(kWhiteSpace)}, {SplitStep::Kind::Isolated, std::string(kPunctuation)}};
}

PreTokenizerSteps preTokenizerSteps(const JsonTree& preTokenizer, const std::string& source) {
  PreTokenizerSteps out;
  steps::forEach(preTokenizer, "pretokenizers", [&](const JsonTree& step) {
    const std::string type = steps::typeOf(step, "pre-tokenizer", source);
    if (out.splits.size() >= steps::kMost)
      steps::refuse(source, fmt::format("a sequence of more than {} pre-tokenizers", steps::kMost));
    if (out.isByteLevel)
      steps::refuse(source, fmt::format("the pre-tokenizer {} behind ByteLevel", io::inQuotes(type)));
    if (type == "ByteLevel") {
      out.isByteLevel = true;
      if (step.flag("add_prefix_space").value_or(true)) out.splits.push_back({SplitStep::Kind::Blank});
      if (step.flag("use_regex").value_or(true))
        out.splits.push_back({SplitStep::Kind::Isolated, std::string(byteLevelExpression())});
      return;
    }
    const std::vector<SplitStep> cuts = cutsOf(type, step, source);
    if (cuts.empty()) steps::refuse(source, fmt::format("the pre-tokenizer {}", io::inQuotes(type)));
    out.splits.insert(out.splits.end(), cuts.begin(), cuts.end());
  });
  return out;
}

}  // namespace core::text
