// Methods of strings that write them another way, and those that say what they are written with.
#include <algorithm>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/text_methods.h"
#include "core/text/jinja/text_search.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

/// The set of characters strip() is given; white space when it is given none.
CharacterSet charactersOf(const Arguments& arguments, Budget& budget) {
  const Value* given = arguments.find(0, "chars");
  const bool all = given == nullptr || given->isNone();
  return {all ? nullptr : &textArgument(*given, "strip()", budget), budget};
}

template <Ends ends>
Value strip(const std::string& self, const Arguments& arguments, Budget& budget) {
  return newText(stripText(self, ends, charactersOf(arguments, budget)), budget);
}

template <Letters letters>
Value withCase(const std::string& self, const Arguments&, Budget& budget) {
  return newText(changeCase(self, letters, budget), budget);
}

template <auto holds>
Value allCharacters(const std::string& self, const Arguments&, Budget& budget) {
  budget.step(self.size() / 8);  // what every character is takes longer than looking at it
  for (std::string_view rest = self; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    if (!holds(step.codePoint)) return Value(false);
    rest.remove_prefix(step.length);
  }
  return Value(!self.empty());
}

bool isAlphanumeric(std::uint32_t character) { return isLetter(character) || isDigit(character); }

/// Whether there are letters with a case, and all of them have this one.
template <Letters own, Letters opposite>
Value isOfCase(const std::string& self, const Arguments&, Budget& budget) {
  return Value(changeCase(self, own, budget) == self && changeCase(self, opposite, budget) != self);
}

bool isAscii(std::uint32_t character) { return character < 0x80; }

Value allAscii(const std::string& self, const Arguments& arguments, Budget& budget) {
  return Value(self.empty() || allCharacters<isAscii>(self, arguments, budget).truthy());
}
Value allPrintable(const std::string& self, const Arguments& arguments, Budget& budget) {
  return Value(self.empty() || allCharacters<isPrintable>(self, arguments, budget).truthy());
}

/// rjust, ljust and center.
template <Ends ends>
Value justify(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* fill = arguments.find(1, "fillchar");
  const std::string with = fill == nullptr ? " " : textArgument(*fill, "A method that justifies", budget);
  if (countCharacters(with) != 1) fail("A text is filled with one character.");
  const std::int64_t width = integerArgument(required(arguments, 0, "width", "A method that justifies"), "A width");
  return padText(self, width, with, ends, budget);
}

Value fillZeros(const std::string& self, const Arguments& arguments, Budget& budget) {
  const std::int64_t width = integerArgument(required(arguments, 0, "width", "zfill()"), "zfill()");
  const std::string_view text = self;
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const Value digits = padText(text.substr(sign), width - static_cast<std::int64_t>(sign), "0", Ends::Left, budget);
  return newText(self.substr(0, sign) + *digits.text(budget), budget);
}

/// Blanks up to the next multiple of a width for every tab.
Value expandTabs(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* given = arguments.find(0, "tabsize");
  const std::int64_t width = given == nullptr ? 8 : integerArgument(*given, "expandtabs()");
  if (width > 1000) fail("expandtabs() takes at most 1000 blanks.");
  Text out(budget);
  std::int64_t column = 0;
  for (std::string_view rest = self; !rest.empty();) {
    const std::size_t length = firstCharacter(rest).length;
    if (rest[0] == '\t') {
      const std::int64_t blanks = width <= 0 ? 0 : width - column % width;
      out += std::string(static_cast<std::size_t>(blanks), ' ');
      column += blanks;
    } else {
      out += rest.substr(0, length);
      column = rest[0] == '\n' || rest[0] == '\r' ? 0 : column + 1;
    }
    rest.remove_prefix(length);
  }
  return std::move(out).value();
}

Value replace(const std::string& self, const Arguments& arguments, Budget& budget) {
  const Value* limit = arguments.find(2, "count");
  return replaceText(self, textArgument(required(arguments, 0, "old", "replace()"), "replace()", budget),
                     textArgument(required(arguments, 1, "new", "replace()"), "replace()", budget),
                     limit == nullptr ? -1 : integerArgument(*limit, "replace()"), budget);
}

Value join(const std::string& self, const Arguments& arguments, Budget& budget) {
  Text out(budget);
  bool first = true;
  for (const Value& item : iterate(required(arguments, 0, "iterable", "join()"), budget)) {
    if (!first) out += self;
    first = false;
    out += textArgument(item, "join()", budget);
  }
  return std::move(out).value();
}

}  // namespace

const TextMethods& writingMethods() {
  static const TextMethods methods = {
      {"strip", strip<Ends::Both>},
      {"lstrip", strip<Ends::Left>},
      {"rstrip", strip<Ends::Right>},
      {"title", withCase<Letters::TitleOfMethod>},
      {"upper", withCase<Letters::Upper>},
      {"lower", withCase<Letters::Lower>},
      {"capitalize", withCase<Letters::Capitalized>},
      {"swapcase", withCase<Letters::Swapped>},
      {"casefold", withCase<Letters::Lower>},
      {"replace", replace},
      {"join", join},
      {"isspace", allCharacters<isSpace>},
      {"isalpha", allCharacters<isLetter>},
      {"isdigit", allCharacters<isDigit>},
      {"isdecimal", allCharacters<isDigit>},
      {"isnumeric", allCharacters<isDigit>},
      {"isalnum", allCharacters<isAlphanumeric>},
      {"isascii", allAscii},
      {"isprintable", allPrintable},
      {"islower", isOfCase<Letters::Lower, Letters::Upper>},
      {"isupper", isOfCase<Letters::Upper, Letters::Lower>},
      {"istitle", isOfCase<Letters::TitleOfMethod, Letters::Swapped>},
      {"ljust", justify<Ends::Right>},
      {"rjust", justify<Ends::Left>},
      {"center", justify<Ends::Both>},
      {"zfill", fillZeros},
      {"expandtabs", expandTabs},
  };
  return methods;
}

}  // namespace core::text::jinja
