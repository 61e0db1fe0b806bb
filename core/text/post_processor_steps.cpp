#include <fmt/format.h>

#include <limits>

#include "core/io/text_checks.h"
#include "core/text/step_json.h"
#include "core/text/tokenizer_steps.h"

namespace core::text {

namespace {

using io::JsonTree;

TokenId tokenId(std::uint64_t id, const std::string& source) {
  if (id <= static_cast<std::uint64_t>(std::numeric_limits<TokenId>::max())) return static_cast<TokenId>(id);
  steps::refuseMalformed(source, fmt::format("its post_processor puts a token {} around a text", id));
}

/// One entry of a template: the sequence itself, or a special token, whose ids stand in a table.
void addTemplateEntry(const JsonTree& entry, const JsonTree* table, bool& isBehind, Surroundings& out,
                      const std::string& source) {
  if (const JsonTree* const sequence = entry.find("Sequence")) {
    if (isBehind || sequence->text("id") != "A")
      steps::refuseMalformed(source, "its template for one text names another");
    isBehind = true;
    return;
  }
  const JsonTree* const special = entry.find("SpecialToken");
  const auto name = special == nullptr ? std::nullopt : special->text("id");
  const JsonTree* const row = name && table != nullptr ? table->find(*name) : nullptr;
  const JsonTree* const ids = row == nullptr ? nullptr : row->find("ids");
  if (ids == nullptr) steps::refuseMalformed(source, "its template names a special token without a number");
  for (const auto& [key, child] : ids->children) {
    const auto* const id = std::get_if<std::uint64_t>(&child.scalar);
    if (id == nullptr) steps::refuseMalformed(source, "its template names a special token without a number");
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

Surroundings surroundingsOf(const JsonTree& postProcessor, const std::string& source) {
  Surroundings out;
  steps::forEach(postProcessor, "processors", [&](const JsonTree& step) {
    const std::string type = steps::typeOf(step, "post-processor", source);
    if (type == "ByteLevel") return;  // moves offsets only
    if (type == "TemplateProcessing") {
      bool isBehind = false;
      const JsonTree* const single = step.find("single");
      if (single == nullptr) steps::refuseMalformed(source, "its template for one text is missing");
      for (const auto& [key, entry] : single->children)
        addTemplateEntry(entry, step.find("special_tokens"), isBehind, out, source);
      return;
    }
    if (type != "BertProcessing" && type != "RobertaProcessing")
      steps::refuse(source, fmt::format("the post-processor {}", io::inQuotes(type)));
    if (const auto id = numberedToken(step, "cls", source)) out.front.push_back(*id);
    if (const auto id = numberedToken(step, "sep", source)) out.behind.push_back(*id);
  });
  return out;
}

DecoderSettings decoderSettings(const JsonTree& decoder) {
  DecoderSettings settings;
  steps::forEach(decoder, "decoders", [&](const JsonTree& step) {
    const auto type = step.text("type");
    const std::string scheme =
        step.text("prepend_scheme").value_or(step.flag("add_prefix_space").value_or(true) ? "always" : "never");
    if (type == "Strip" && step.text("content") == " " && step.number("start").value_or(0) == 1)
      settings.stripsFirstBlank = true;
    if (type == "Metaspace" && scheme != "never") settings.stripsFirstBlank = true;
    if (type == "WordPiece") settings.cleansUp = step.flag("cleanup").value_or(true);
  });
  return settings;
}

}  // namespace core::text
