#include <fmt/core.h>

#include <cmath>
#include <memory>

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/numeric/explain.h"
#include "core/numeric/typed_number.h"

namespace app::cli {

namespace {

using namespace core::numeric;

struct Options {
  std::string value, format;
  IntegerScale integer;
  Output output = Output::ForPeople;
};

const NumberFormat& formatNamed(const std::string& name) {
  if (const NumberFormat* format = findNumberFormat(name)) return *format;
  std::string known;
  for (const auto& format : numberFormats()) known += (known.empty() ? "" : ", ") + std::string(format.name);
  throw core::Error(core::ErrorCode::InvalidArgument, "The format must be one of " + known + "; found '" + name + "'.");
}

template <class T>
Json optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

const char* toString(RoundingDirection direction) {
  switch (direction) {
    case RoundingDirection::Exact:
      return "exact";
    case RoundingDirection::TowardZero:
      return "toward_zero";
    case RoundingDirection::AwayFromZero:
      break;
  }
  return "away_from_zero";
}

Json rounding(const RoundingDecision& decision) {
  Json bits = nullptr;
  if (decision.hasBits) bits = {{"guard", decision.guard}, {"round", decision.round}, {"sticky", decision.sticky}};
  return {{"direction", toString(decision.direction)},
          {"cut_off", bits},
          {"overflow", decision.overflow},
          {"underflow", decision.underflow},
          {"no_such_value", decision.noSuchValue}};
}

Json describe(const NumberFormat& format, const TypedNumber& number, const IntegerScale& integer) {
  const TypedEncoding encoding = encodeTyped(format, number, Rounding::NearestEven, Overflow::AsFormat, integer);
  const Explanation code = explain(format, encoding.decision.code, integer);
  return {{"format", format.name},
          {"bits", format.bits},
          {"hex", code.hex},
          {"binary", code.binary},
          {"sign", optional(code.sign)},
          {"exponent_field", optional(code.exponentField)},
          {"exponent", optional(code.exponent)},
          {"mantissa_field", optional(code.mantissaField)},
          {"integer", optional(code.integer)},
          {"class", toString(code.numberClass)},
          {"value", code.valueText},
          {"formula", code.formula},
          {"ulp", code.ulpText},
          {"error", encoding.error ? Json(encoding.error->toDecimalText()) : Json(nullptr)},
          {"tie", encoding.decision.tie},
          {"rounding", rounding(encoding.decision)},
          {"previous", code.previousText},
          {"next", code.nextText}};
}

std::string errorText(const Json& row, const TypedNumber& number) {
  const std::string value = row["value"].get<std::string>();
  if (row["rounding"]["no_such_value"].get<bool>())
    return std::isnan(number.nearest) ? "none: NaN has no code and became " + value
                                      : "none: this number has no code and became " + value;
  if (row["error"].is_null()) return row["rounding"]["overflow"].get<bool>() ? "infinite: overflow" : "none";
  return row["error"].get<std::string>();
}

void run(const Options& options) {
  const NumberFormat& pattern = options.format.empty() ? numberFormat(FormatId::Fp32) : formatNamed(options.format);
  if (!(std::isfinite(options.integer.scale) && options.integer.scale > 0)) {
    throw core::Error(core::ErrorCode::InvalidArgument, "The scale must be a positive number.");
  }
  const TypedNumber number = parseTypedNumber(options.value, pattern, options.integer);
  Json rows = Json::array();
  for (const auto& format : numberFormats()) {
    if (options.format.empty() || format.id == pattern.id) rows.push_back(describe(format, number, options.integer));
  }
  if (options.output == Output::ForPrograms) return print({{"input", options.value}, {"formats", rows}});
  for (const auto& row : rows) {
    fmt::print("{:<10} {:<20} {}\n           {} = {}\n           error {}, ulp {}, {}\n",
               row["format"].get<std::string>(), row["hex"].get<std::string>(), row["binary"].get<std::string>(),
               row["formula"].get<std::string>(), row["value"].get<std::string>(), errorText(row, number),
               row["ulp"].get<std::string>(), row["class"].get<std::string>());
  }
}

}  // namespace

void addBits(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("bits", "A number in every format, bit by bit");
  command
      ->add_option("value", options->value,
                   "A decimal, a fraction (1/3), a hexadecimal float (0x1.8p3), inf, nan, or bits as 0x… or 0b… (of "
                   "FP32, or of --format)")
      ->required();
  command->add_option("--format", options->format, "Only this format, e.g. bf16 or fp8_e4m3");
  command->add_option("--scale", options->integer.scale, "Scale of the integer formats")->capture_default_str();
  command->add_option("--zero-point", options->integer.zeroPoint, "Zero-point of the integer formats")
      ->capture_default_str();
  addJsonFlag(*command, options->output);
  command->callback([options] { run(*options); });
}

}  // namespace app::cli
