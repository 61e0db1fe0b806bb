#include "core/quant/method_options.h"

#include <fmt/format.h>

#include <iterator>
#include <string>

#include "core/quant/block_codec.h"

namespace core::quant {

namespace {

// method

struct MethodWord {
  std::string_view text, display;
};
constexpr MethodWord kMethods[] = {{"rtn", ""},    {"imatrix", "imatrix"}, {"gptq", "GPTQ"},
                                   {"awq", "AWQ"}, {"hqq", "HQQ"},         {"smooth", "SmoothQuant"}};

/// Whether a method is made for the format; of its options only for those that the method itself depends on.
bool isMade(const Scheme& scheme, MethodName method) {
  const Format& format = scheme.format;
  const bool isInteger = family(format.name) == Family::Integer;
  switch (method) {
    case MethodName::RoundToNearest:
      return true;
    case MethodName::ImportanceMatrix:
      if (isInteger) return scheme.method.range == RangeMethod::Mse;
      return family(format.name) == Family::KMeans ||
             (family(format.name) == Family::GgufBlock &&
              blockCodec(*info(format.name).dtype)->encodeByImportance != nullptr);
    case MethodName::Gptq:
      if (format.name == FormatName::Nf4) return format.doubleQuantization == DoubleQuantization::Off;
      return isInteger || info(format.name).dtype == tensor::DType::Q4_0 ||
             info(format.name).dtype == tensor::DType::Q8_0;
    case MethodName::Awq:
      return isInteger || format.name == FormatName::Nf4 || format.name == FormatName::Fp4;
    case MethodName::Hqq:
      return isInteger && scheme.method.range == RangeMethod::MinMax;
    case MethodName::SmoothQuant:
      return isInteger || family(format.name) == Family::ScaledFloat;
  }
  return false;
}

bool takesMethod(const Scheme& scheme) {
  for (std::size_t i = 1; i < std::size(kMethods); ++i)
    if (isMade(scheme, static_cast<MethodName>(i))) return true;
  return false;
}
void setMethod(Scheme& scheme, MethodName method) {
  scheme.method.name = method;
  ZeroPoint& zero = scheme.format.zeroPoint;
  if (method == MethodName::Hqq) zero = ZeroPoint::Float;
  if (method != MethodName::Hqq && zero == ZeroPoint::Float) zero = ZeroPoint::On;
}
void resetMethod(Scheme& scheme) { setMethod(scheme, MethodName::RoundToNearest); }
bool isMethod(const Scheme& scheme) { return isMade(scheme, scheme.method.name); }
bool readMethod(Scheme& scheme, std::string_view value) {
  for (std::size_t i = 0; i < std::size(kMethods); ++i)
    if (kMethods[i].text == value) return setMethod(scheme, static_cast<MethodName>(i)), isMethod(scheme);
  return false;
}
const MethodWord& wordOf(const Scheme& scheme) { return kMethods[static_cast<std::size_t>(scheme.method.name)]; }
std::string printMethod(const Scheme& scheme) { return std::string(wordOf(scheme).text); }
std::string displayMethod(const Scheme& scheme) { return std::string(wordOf(scheme).display); }

template <MethodName kName>
bool belongsTo(const Scheme& scheme) {
  return scheme.method.name == kName;
}

/// "on" or "off"; nothing for another word.
std::optional<bool> onOff(std::string_view value) {
  if (value != "on" && value != "off") return std::nullopt;
  return value == "on";
}
bool isAny(const Scheme&) { return true; }

// static_groups, act_order, damping

void resetStaticGroups(Scheme& scheme) { scheme.method.staticGroups = StaticGroups::Off; }
bool readStaticGroups(Scheme& scheme, std::string_view value) {
  scheme.method.staticGroups = onOff(value).value_or(false) ? StaticGroups::On : StaticGroups::Off;
  return onOff(value).has_value();
}
std::string printStaticGroups(const Scheme& scheme) {
  return scheme.method.staticGroups == StaticGroups::On ? "on" : "off";
}
std::string displayStaticGroups(const Scheme& scheme) {
  return scheme.method.staticGroups == StaticGroups::On ? "static groups" : std::string();
}

void resetActOrder(Scheme& scheme) { scheme.method.actOrder = ActOrder::Off; }
/// Only integers have a place to store which column a group's weight belongs to.
bool isActOrder(const Scheme& scheme) {
  return scheme.method.actOrder == ActOrder::Off || scheme.method.staticGroups == StaticGroups::On ||
         family(scheme.format.name) == Family::Integer;
}
bool readActOrder(Scheme& scheme, std::string_view value) {
  scheme.method.actOrder = onOff(value).value_or(false) ? ActOrder::On : ActOrder::Off;
  return onOff(value).has_value() && isActOrder(scheme);
}
std::string printActOrder(const Scheme& scheme) { return scheme.method.actOrder == ActOrder::On ? "on" : "off"; }
std::string displayActOrder(const Scheme& scheme) {
  return scheme.method.actOrder == ActOrder::On ? "act-order" : std::string();
}

void resetDamping(Scheme& scheme) { scheme.method.damping = Method().damping; }
bool isDamping(const Scheme& scheme) { return scheme.method.damping > 0 && scheme.method.damping <= 1; }
bool readDamping(Scheme& scheme, std::string_view value) {
  scheme.method.damping = number<double>(value).value_or(0.0);
  return isDamping(scheme);
}
std::string printDamping(const Scheme& scheme) { return fmt::format("{}", scheme.method.damping); }

// clip, alpha

void resetClip(Scheme& scheme) { scheme.method.clip = Clip::On; }
bool readClip(Scheme& scheme, std::string_view value) {
  scheme.method.clip = onOff(value).value_or(true) ? Clip::On : Clip::Off;
  return onOff(value).has_value();
}
std::string printClip(const Scheme& scheme) { return scheme.method.clip == Clip::On ? "on" : "off"; }
std::string displayClip(const Scheme& scheme) { return scheme.method.clip == Clip::On ? std::string() : "not clipped"; }

void resetAlpha(Scheme& scheme) { scheme.method.smoothing = Method().smoothing; }
bool isAlpha(const Scheme& scheme) { return scheme.method.smoothing >= 0 && scheme.method.smoothing <= 1; }
bool readAlpha(Scheme& scheme, std::string_view value) {
  scheme.method.smoothing = number<double>(value).value_or(-1.0);
  return isAlpha(scheme);
}
std::string printAlpha(const Scheme& scheme) { return fmt::format("{}", scheme.method.smoothing); }

constexpr SchemeOption kOptions[] = {
    {"method", "'rtn', 'imatrix', 'gptq', 'awq', 'hqq' or 'smooth'", takesMethod, resetMethod, readMethod, isMethod,
     printMethod, displayMethod},
    {"static_groups", "'on' or 'off'", belongsTo<MethodName::Gptq>, resetStaticGroups, readStaticGroups, isAny,
     printStaticGroups, displayStaticGroups},
    {"act_order", "'off', or 'on' for integers and static groups", belongsTo<MethodName::Gptq>, resetActOrder,
     readActOrder, isActOrder, printActOrder, displayActOrder},
    {"damping", "a number above 0 and at most 1", belongsTo<MethodName::Gptq>, resetDamping, readDamping, isDamping,
     printDamping, nullptr, "0.001 0.01 0.1"},
    {"clip", "'on' or 'off'", belongsTo<MethodName::Awq>, resetClip, readClip, isAny, printClip, displayClip},
    {"alpha", "a number from 0 to 1", belongsTo<MethodName::SmoothQuant>, resetAlpha, readAlpha, isAlpha, printAlpha,
     nullptr, "0.25 0.5 0.75"},
};

}  // namespace

std::span<const SchemeOption> methodOptions() { return kOptions; }

}  // namespace core::quant
