#include "core/text/normal_form.h"

#include <utf8proc.h>

#include <cstdlib>
#include <limits>
#include <memory>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace core::text {

namespace {

struct Freer {
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }
};

utf8proc_option_t optionsOf(NormalForm form) {
  constexpr int kStable = UTF8PROC_STABLE;
  switch (form) {
    case NormalForm::Nfc:
      return static_cast<utf8proc_option_t>(kStable | UTF8PROC_COMPOSE);
    case NormalForm::Nfd:
      return static_cast<utf8proc_option_t>(kStable | UTF8PROC_DECOMPOSE);
    case NormalForm::Nfkc:
      return static_cast<utf8proc_option_t>(kStable | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    case NormalForm::Nfkd:
      break;
  }
  return static_cast<utf8proc_option_t>(kStable | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
}

/// Whether a character stays what it is in every text, unless one follows that joins it.
bool isInert(std::uint32_t c, NormalForm form) {
  if (c < 0xA0) return true;
  if (c < 0x300 && form == NormalForm::Nfc) return true;
  if (c >= 0x1100 && c < 0x1200) return false;  // Jamo compose by rule
  if (c >= 0xAC00 && c < 0xD7A4) return form == NormalForm::Nfc || form == NormalForm::Nfkc;
  constexpr auto kNone = std::numeric_limits<utf8proc_uint16_t>::max();
  const utf8proc_property_t* const property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
  const bool neverJoinsLeft = property->comb_index == kNone || (c >= 0x370 && c < 0x530);
  return property->combining_class == 0 && property->decomp_seqindex == kNone && neverJoinsLeft;
}

/// @param text valid UTF-8
void appendNormalized(std::string_view text, NormalForm form, std::string& out) {
  if (text.empty()) return;
  utf8proc_uint8_t* made = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &made, optionsOf(form));
  const std::unique_ptr<utf8proc_uint8_t, Freer> owner(made);
  if (size < 0) throw Error(ErrorCode::OutOfMemory, "There is no memory left to normalize a text.");
  out.append(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
}

}  // namespace

std::string normalized(std::string_view text, NormalForm form) {
  std::string out;
  out.reserve(text.size());
  // What is inert is copied, up to the last character of it, which may join what follows.
  std::size_t copied = 0, last = 0, at = 0;
  bool isPlain = true;  // whether [copied, at) is inert
  const auto flush = [&](std::size_t end) {
    const std::string_view part = text.substr(copied, end - copied);
    isPlain ? static_cast<void>(out.append(part)) : appendNormalized(part, form, out);
    copied = end;
  };
  while (at < text.size()) {
    const Utf8Step step = firstCharacter(text.substr(at));
    if (step.kind != Utf8Kind::Complete) {
      flush(at);
      isPlain = true;
      out.append(text.substr(at, step.length));
      copied = last = at + step.length;
    } else if (const bool plain = isInert(step.codePoint, form); plain != isPlain) {
      flush(plain ? at : last);
      isPlain = plain;
      last = at;
    } else {
      last = at;
    }
    at += step.length;
  }
  flush(at);
  return out;
}

}  // namespace core::text
