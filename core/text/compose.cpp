#include "core/text/compose.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace core::text {

namespace {

struct Freer {
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }
};

/// @param text valid UTF-8
void appendComposed(std::string_view text, std::string& out) {
  utf8proc_uint8_t* made = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &made, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, Freer> owner(made);
  if (size < 0) throw Error(ErrorCode::OutOfMemory, "There is no memory left to normalize a text.");
  out.append(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
}

}  // namespace

std::string compose(std::string_view text) {
  std::string out;
  std::size_t begin = 0, at = 0;  // of the valid stretch that has not been composed yet
  while (at < text.size()) {
    const Utf8Step step = firstCharacter(text.substr(at));
    if (step.kind != Utf8Kind::Complete) {
      appendComposed(text.substr(begin, at - begin), out);
      out += text.substr(at, step.length);
      begin = at + step.length;
    }
    at += step.length;
  }
  appendComposed(text.substr(begin), out);
  return out;
}

}  // namespace core::text
