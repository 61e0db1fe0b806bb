#include "core/text/pre_tokenizer.h"

#include <algorithm>
#include <string>

#include "core/text/unicode.h"

namespace core::text {

namespace {

using Range = TextPattern::Range;

/// Puts matches and what lies between them together as a step wants them, and hands on what is whole.
template <typename Emit>
class PartJoiner {
 public:
  PartJoiner(const SplitStep& step, const Emit& emit) : m_step(step), m_emit(emit) {}

  void add(Range range, bool isMatch) {
    if (m_step.isInverted) isMatch = !isMatch;
    switch (m_step.kind) {
      case SplitStep::Kind::Removed:
        if (!isMatch) m_emit(range);
        return;
      case SplitStep::Kind::MergedWithPrevious:
        return hold(range, isMatch && m_held && !m_heldMatch, isMatch);
      case SplitStep::Kind::MergedWithNext:
        return hold(range, !isMatch && m_held && m_heldMatch, isMatch);
      case SplitStep::Kind::Contiguous:
        return hold(range, m_held && isMatch == m_heldMatch, isMatch);
      default:
        return m_emit(range);
    }
  }
  void end() {
    if (m_held) m_emit(*m_held);
  }

 private:
  void hold(Range range, bool isJoined, bool isMatch) {
    m_heldMatch = isMatch;
    if (isJoined) {
      m_held->end = range.end;
    } else {
      end();
      m_held = range;
    }
  }

  const SplitStep& m_step;
  const Emit& m_emit;
  std::optional<Range> m_held;
  bool m_heldMatch = false;  ///< whether what was added last was a match
};

/// The text with U+FFFD for ill-formed bytes, and where each of its bytes comes from.
struct ShownText {
  std::string text;
  std::vector<std::size_t> origin;  ///< one more than bytes: the last is the end
};

ShownText shownText(std::string_view text) {
  ShownText shown;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = firstCharacter(text.substr(at));
    appendUtf8(shown.text, step.codePoint);
    shown.origin.resize(shown.text.size(), at);
    at += step.length;
  }
  shown.origin.push_back(text.size());
  return shown;
}

/// The text with U+2581 for blanks, and one in front where it is asked for and not there.
std::string withBlankMarks(std::string_view text, bool isPrefixed) {
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  if (isPrefixed && !text.starts_with(' ') && !text.starts_with(kBlankMark)) out += kBlankMark;
  for (const char c : text) {
    if (c == ' ') {
      out += kBlankMark;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

PreTokenizer::PreTokenizer(std::span<const SplitStep> steps) {
  for (const SplitStep& step : steps)
    m_steps.push_back({step, step.hasExpression() ? std::make_unique<TextPattern>(step.expression) : nullptr});
}

PreTokenizer::Workspace::Workspace(const PreTokenizer& preTokenizer) {
  for (const Step& step : preTokenizer.m_steps)
    m_matchers.push_back(step.pattern ? std::make_unique<TextPattern::Matcher>(*step.pattern) : nullptr);
}

void PreTokenizer::forEachWord(std::string_view text, bool isFirst, Workspace& workspace, const Visit& visit) const {
  if (m_steps.empty()) return visit(text);
  for (const auto& matcher : workspace.m_matchers)
    if (matcher) matcher->restart();
  cut(0, {text, isFirst, isValidUtf8(text)}, workspace, visit);
}

void PreTokenizer::cut(std::size_t step, const Part& part, Workspace& workspace, const Visit& visit) const {
  if (step == m_steps.size()) return visit(part.text);
  const Step& current = m_steps[step];
  if (current.pattern) return cutByPattern(step, part, workspace, visit);
  if (current.settings.kind == SplitStep::Kind::Metaspace) return cutAtBlanks(step, part, workspace, visit);
  if (part.text.starts_with(' ')) return cut(step + 1, part, workspace, visit);
  const std::string prefixed = std::string(" ").append(part.text);
  cut(step + 1, {prefixed, part.isFirst, part.isValid}, workspace, visit);
}

void PreTokenizer::cutByPattern(std::size_t step, const Part& part, Workspace& workspace, const Visit& visit) const {
  const Step& current = m_steps[step];
  TextPattern::Matcher& matcher = *workspace.m_matchers[step];
  const auto emit = [&](std::size_t begin, std::size_t end) {
    const std::string_view text = part.text.substr(begin, end - begin);
    if (step + 1 == m_steps.size()) return visit(text);
    cut(step + 1, {text, part.isFirst && begin == 0, part.isValid}, workspace, visit);
  };
  const auto run = [&](std::string_view text, const auto& emitRange) {
    PartJoiner joiner(current.settings, emitRange);
    current.pattern->forEachPart(text, matcher, [&](Range range, bool isMatch) { joiner.add(range, isMatch); });
    joiner.end();
  };
  if (part.isValid) return run(part.text, [&](Range range) { emit(range.begin, range.end); });
  const ShownText shown = shownText(part.text);
  run(shown.text, [&](Range range) { emit(shown.origin[range.begin], shown.origin[range.end]); });
}

void PreTokenizer::cutAtBlanks(std::size_t step, const Part& part, Workspace& workspace, const Visit& visit) const {
  const SplitStep& settings = m_steps[step].settings;
  const bool isPrefixed =
      settings.prefix == SplitStep::Prefix::Always || (settings.prefix == SplitStep::Prefix::First && part.isFirst);
  const std::string text = withBlankMarks(part.text, isPrefixed);
  const std::string_view marked = text;
  for (std::size_t begin = 0; begin < marked.size();) {
    const std::size_t end = settings.cuts ? std::min(marked.find(kBlankMark, begin + 1), marked.size()) : marked.size();
    cut(step + 1, {marked.substr(begin, end - begin), part.isFirst && begin == 0, part.isValid}, workspace, visit);
    begin = end;
  }
}

}  // namespace core::text
