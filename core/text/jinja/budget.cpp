#include "core/text/jinja/budget.h"

#include "core/io/text_checks.h"

namespace core::text::jinja {

std::string inQuotes(std::string_view name) {
  std::string quoted = io::inQuotes(name);
  quoted.front() = quoted.back() = '\'';
  return quoted;
}

void Budget::failSteps() {
  throw Failure{ErrorCode::Unsupported, "It does more work than the limit for one conversation allows."};
}

void Budget::failBytes() {
  throw Failure{ErrorCode::Unsupported, "It makes more than the limit of 64 MiB of texts and values."};
}

void Budget::failDepth() {
  throw Failure{ErrorCode::Unsupported, "It is nested more deeply than the limit of 300 levels."};
}

}  // namespace core::text::jinja
