#include "core/text/tokenizer_steps.h"

#include <fmt/format.h>

#include <limits>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/pre_tokenizer_patterns.h"
#include "core/text/vocabulary_data.h"

namespace core::text {

namespace {

using io::JsonTree;

[[noreturn]] void refuse(const std::string& source, std::string_view what) {
  throw Error(ErrorCode::Unsupported, fmt::format("{}: {} is not supported (yet).", source, what));
}
[[noreturn]] void refuseMalformed(const std::string& source, std::string_view what) {
  throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", source, what));
}

std::string typeOf(const JsonTree& step, const char* what, const std::string& source) {
  if (const auto type = step.text("type")) return *type;
  refuseMalformed(source, fmt::format("a {} names no type", what));
}

/// Texts go through each of them.
constexpr std::size_t kMostSteps = 64;

/// Calls `visit` with every step of a sequence, which may hold sequences; a null has none.
template <typename Visit>
void forEachStep(const JsonTree& tree, const char* listKey, const Visit& visit) {
  if (tree.isNull()) return;
  if (tree.text("type") != "Sequence") return visit(tree);
  const JsonTree* const list = tree.find(listKey);
  if (list == nullptr) return;
  for (const auto& [key, step] : list->children) forEachStep(step, listKey, visit);
}

/// A pattern {"String": "x"} or {"Regex": "x"}.
struct Pattern {
  std::string text;
  bool isExpression;
};

Pattern patternOf(const JsonTree& step, const std::string& source) {
  const JsonTree* const pattern = step.find("pattern");
  if (pattern != nullptr) {
    if (auto text = pattern->text("String")) return {std::move(*text), false};
    if (auto text = pattern->text("Regex")) return {std::move(*text), true};
  }
  refuseMalformed(source,
                  fmt::format("a step of type {} has no pattern", io::inQuotes(step.text("type").value_or(""))));
}

/// An expression that matches this text.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(\^$.[]|()?*+{}#-)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

SplitStep splitStep(const JsonTree& step, const std::string& source) {
  const Pattern pattern = patternOf(step, source);
  const std::string behavior = step.text("behavior").value_or("");
  const bool isInverted = step.flag("invert").value_or(false);
  SplitStep split{SplitStep::Kind::Isolated, pattern.isExpression ? pattern.text : escaped(pattern.text)};
  if (behavior == "Isolated") return split;
  split.kind = SplitStep::Kind::Matches;
  if (behavior == "Removed" && isInverted) return split;
  refuse(source, fmt::format("the pre-tokenizer \"Split\" with the behavior {}{}", io::inQuotes(behavior),
                             isInverted ? ", inverted," : ""));
}

SplitStep metaspaceStep(const JsonTree& step, const std::string& source) {
  const std::string mark = step.text("replacement").value_or(std::string(kBlankMark));
  if (mark != kBlankMark)
    refuse(source, fmt::format("the pre-tokenizer \"Metaspace\" with the replacement {}", io::inQuotes(mark)));
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
    refuse(source, fmt::format("the pre-tokenizer \"Metaspace\" with the prepend_scheme {}", io::inQuotes(scheme)));
  }
  return split;
}

TokenId tokenId(std::uint64_t id, const std::string& source) {
  if (id <= static_cast<std::uint64_t>(std::numeric_limits<TokenId>::max())) return static_cast<TokenId>(id);
  refuseMalformed(source, fmt::format("its post_processor puts a token {} around a text", id));
}

/// One entry of a template: the sequence itself, or a special token, whose ids stand in a table.
void addTemplateEntry(const JsonTree& entry, const JsonTree* table, bool& isBehind, Surroundings& out,
                      const std::string& source) {
  if (const JsonTree* const sequence = entry.find("Sequence")) {
    if (isBehind || sequence->text("id") != "A") refuseMalformed(source, "its template for one text names another");
    isBehind = true;
    return;
  }
  const JsonTree* const special = entry.find("SpecialToken");
  const auto name = special == nullptr ? std::nullopt : special->text("id");
  const JsonTree* const row = name && table != nullptr ? table->find(*name) : nullptr;
  const JsonTree* const ids = row == nullptr ? nullptr : row->find("ids");
  if (ids == nullptr) refuseMalformed(source, "its template names a special token without a number");
  for (const auto& [key, child] : ids->children) {
    const auto* const id = std::get_if<std::uint64_t>(&child.scalar);
    if (id == nullptr) refuseMalformed(source, "its template names a special token without a number");
    (isBehind ? out.behind : out.front).push_back(tokenId(*id, source));
  }
}

/// ["[CLS]", 101] of the older processors.
std::optional<TokenId> numberedToken(const JsonTree& step, const char* key, const std::string& source) {
  const JsonTree* const pair = step.find(key);
  if (pair == nullptr || pair->children.size() != 2) return std::nullopt;
  const auto* const id = std::get_if<std::uint64_t>(&pair->children[1].second.scalar);
  return id == nullptr ? std::nullopt : std::optional(tokenId(*id, source));
}

}  // namespace

std::vector<NormalizerStep> normalizerSteps(const JsonTree& normalizer, const std::string& source) {
  std::vector<NormalizerStep> steps;
  forEachStep(normalizer, "normalizers", [&](const JsonTree& step) {
    if (steps.size() == kMostSteps) refuse(source, fmt::format("a sequence of more than {} normalizers", kMostSteps));
    const std::string type = typeOf(step, "normalizer", source);
    if (type == "Prepend") {
      steps.push_back({NormalizerStep::Kind::Prepend, {}, step.text("prepend").value_or("")});
    } else if (type == "Replace") {
      Pattern pattern = patternOf(step, source);
      if (pattern.isExpression) refuse(source, "the normalizer \"Replace\" with a regular expression");
      if (pattern.text.empty()) refuseMalformed(source, "a normalizer replaces an empty text");
      steps.push_back({NormalizerStep::Kind::Replace, std::move(pattern.text), step.text("content").value_or("")});
    } else if (type == "NFC") {
      steps.push_back({NormalizerStep::Kind::Nfc});
    } else {
      refuse(source, fmt::format("the normalizer {}", io::inQuotes(type)));
    }
  });
  return steps;
}

PreTokenizerSteps preTokenizerSteps(const JsonTree& preTokenizer, const std::string& source) {
  PreTokenizerSteps out;
  forEachStep(preTokenizer, "pretokenizers", [&](const JsonTree& step) {
    const std::string type = typeOf(step, "pre-tokenizer", source);
    if (out.splits.size() >= kMostSteps)
      refuse(source, fmt::format("a sequence of more than {} pre-tokenizers", kMostSteps));
    if (out.isByteLevel) refuse(source, fmt::format("the pre-tokenizer {} behind ByteLevel", io::inQuotes(type)));
    if (type == "Split") {
      out.splits.push_back(splitStep(step, source));
    } else if (type == "Digits") {
      const bool isEach = step.flag("individual_digits").value_or(false);
      out.splits.push_back({SplitStep::Kind::Isolated, isEach ? R"(\p{N})" : R"(\p{N}+)"});
    } else if (type == "Metaspace") {
      out.splits.push_back(metaspaceStep(step, source));
    } else if (type == "ByteLevel") {
      out.isByteLevel = true;
      if (step.flag("add_prefix_space").value_or(true)) out.splits.push_back({SplitStep::Kind::Blank});
      if (step.flag("use_regex").value_or(true))
        out.splits.push_back({SplitStep::Kind::Isolated, std::string(byteLevelExpression())});
    } else {
      refuse(source, fmt::format("the pre-tokenizer {}", io::inQuotes(type)));
    }
  });
  return out;
}

Surroundings surroundingsOf(const JsonTree& postProcessor, const std::string& source) {
  Surroundings out;
  forEachStep(postProcessor, "processors", [&](const JsonTree& step) {
    const std::string type = typeOf(step, "post-processor", source);
    if (type == "ByteLevel") return;  // moves offsets only
    if (type == "TemplateProcessing") {
      bool isBehind = false;
      const JsonTree* const single = step.find("single");
      if (single == nullptr) refuseMalformed(source, "its template for one text is missing");
      for (const auto& [key, entry] : single->children)
        addTemplateEntry(entry, step.find("special_tokens"), isBehind, out, source);
      return;
    }
    if (type != "BertProcessing" && type != "RobertaProcessing")
      refuse(source, fmt::format("the post-processor {}", io::inQuotes(type)));
    if (const auto id = numberedToken(step, "cls", source)) out.front.push_back(*id);
    if (const auto id = numberedToken(step, "sep", source)) out.behind.push_back(*id);
  });
  return out;
}

bool stripsFirstBlank(const JsonTree& decoder) {
  bool strips = false;
  forEachStep(decoder, "decoders", [&](const JsonTree& step) {
    const auto type = step.text("type");
    if (type == "Strip") strips = strips || (step.text("content") == " " && step.number("start").value_or(0) == 1);
    if (type == "Metaspace")
      strips =
          strips ||
          step.text("prepend_scheme").value_or(step.flag("add_prefix_space").value_or(true) ? "always" : "never") !=
              "never";
  });
  return strips;
}

}  // namespace core::text
