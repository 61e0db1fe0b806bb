// Methods of strings that take them apart.
#include <algorithm>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/text_methods.h"
#include "core/text/jinja/text_search.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

Value splitAtSpaces(std::string_view text, std::int64_t limit, Budget& budget) {
  const CharacterSet spaces(nullptr, budget);
  ListBuilder parts(budget);
  while (true) {
    text = stripText(text, Ends::Left, spaces);
    if (text.empty()) return std::move(parts).value();
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push(text);
      return std::move(parts).value();
    }
    std::size_t end = 0;
    while (end < text.size()) {
      const Utf8Step step = firstCharacter(text.substr(end));
      if (spaces.contains(step.codePoint)) break;
      end += step.length;
    }
    parts.push(text.substr(0, end));
    text.remove_prefix(end);
  }
}

const std::string& separator(const Value& value, std::string_view method, Budget& budget) {
  const std::string& by = textArgument(value, method, budget);
  if (by.empty()) fail(std::string(method) + " needs a separator that is not empty.");
  return by;
}

Value split(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* given = arguments.find(0, "sep");
  const Value* limitArgument = arguments.find(1, "maxsplit");
  const std::int64_t limit = limitArgument == nullptr ? -1 : integerArgument(*limitArgument, "split()");
  if (given == nullptr || given->isNone()) return splitAtSpaces(self, limit, budget);
  const std::string& by = separator(*given, "split()", budget);
  const TextSearch search(by, budget);
  const std::string_view text = self;
  ListBuilder parts(budget);
  std::size_t from = 0;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t at = search.find(text, from);
    if (at == std::string_view::npos) break;
    parts.push(text.substr(from, at - from));
    from = at + by.size();
  }
  parts.push(text.substr(from));
  return std::move(parts).value();
}

/// rsplit() at white space: the words from the end, and what is left of them.
Value rsplitAtSpaces(std::string_view text, std::int64_t limit, Budget& budget) {
  const CharacterSet spaces(nullptr, budget);
  ListBuilder parts(budget);
  while (!(text = stripText(text, Ends::Right, spaces)).empty()) {
    if (static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push(text);
      break;
    }
    std::size_t start = text.size();
    while (start > 0) {
      std::size_t before = start - 1;
      while (before > 0 && start - before < 4 && (static_cast<unsigned char>(text[before]) & 0xC0U) == 0x80U) --before;
      if (spaces.contains(firstCharacter(text.substr(before)).codePoint)) break;
      start = before;
    }
    parts.push(text.substr(start));
    text = text.substr(0, start);
  }
  parts.reverse();
  return std::move(parts).value();
}

Value rsplit(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* limitArgument = arguments.find(1, "maxsplit");
  const std::int64_t limit = limitArgument == nullptr ? -1 : integerArgument(*limitArgument, "rsplit()");
  if (limit < 0) return split(self, arguments, budget);
  const Value* given = arguments.find(0, "sep");
  if (given == nullptr || given->isNone()) return rsplitAtSpaces(self, limit, budget);
  const std::string& by = separator(required(arguments, 0, "sep", "rsplit() with a limit"), "rsplit()", budget);
  const std::string_view text = self;
  const std::vector<std::size_t> places = TextSearch(by, budget).findAll(text);
  ListBuilder parts(budget);
  std::size_t end = text.size();  // of what is not yet split off
  for (auto at = places.rbegin(); at != places.rend(); ++at) {
    if (static_cast<std::int64_t>(parts.size()) == limit) break;
    if (*at + by.size() > end) continue;  // overlaps the one to its right
    parts.push(text.substr(*at + by.size(), end - *at - by.size()));
    end = *at;
  }
  parts.push(text.substr(0, end));
  parts.reverse();
  return std::move(parts).value();
}

Value splitLines(const std::string& self, const Arguments& arguments, Budget& budget) {
  const bool keepEnds = flag(arguments, 0, "keepends");
  ListBuilder lines(budget);
  for (std::string_view rest = self; !rest.empty();) lines.push(takeLine(rest, keepEnds));
  return std::move(lines).value();
}

/// (what is before the separator, it, what is after it); the text alone where it is not.
template <Ends from>
Value partition(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::string& by = separator(required(arguments, 0, "sep", "partition()"), "partition()", budget);
  const TextSearch search(by, budget);
  std::size_t at = search.find(self);
  if (from == Ends::Right) {
    const auto places = search.findAll(self);
    at = places.empty() ? std::string::npos : places.back();
  }
  const std::string_view text = self;
  const bool found = at != std::string::npos;
  ListBuilder parts(budget);
  if (!found && from == Ends::Right) {
    parts.push(std::string_view());
    parts.push(std::string_view());
  }
  parts.push(text.substr(0, at));
  if (found) {
    parts.push(by);
    parts.push(text.substr(at + by.size()));
  } else if (from == Ends::Left) {
    parts.push(std::string_view());
    parts.push(std::string_view());
  }
  return std::move(parts).value(Sequence::Tuple);
}

}  // namespace

const TextMethods& splittingMethods() {
  static const TextMethods methods = {
      {"split", split},
      {"rsplit", rsplit},
      {"splitlines", splitLines},
      {"partition", partition<Ends::Left>},
      {"rpartition", partition<Ends::Right>},
  };
  return methods;
}

}  // namespace core::text::jinja
