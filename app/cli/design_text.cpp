#include "app/cli/design_text.h"

#include <fmt/core.h>

#include <cmath>

#include "app/cli/command.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::evaluate::Estimate;
using core::io::printable;

/// Without the error where a single block of text says nothing of it.
std::string shownEstimate(const Estimate& estimate) {
  if (!std::isfinite(estimate.error)) return fmt::format("{:.4g}", estimate.value);
  return fmt::format("{:.4g} ± {:.2g}", estimate.value, estimate.error);
}

/// "36 % less KL (95 %: 27 … 44 %)" of the paired ratio, "3.1 times the KL (95 %: 2.2 … 4)", or that the two cannot be
/// told apart.
std::string comparison(const DesignRival& rival) {
  const double ratio = rival.ratio.value, half = core::evaluate::kConfidence95 * rival.ratio.error;
  if (!std::isfinite(ratio)) return "not comparable: it has no KL";
  if (ratio == 1.0 && half == 0.0) return "the same";
  const auto between = [&](double low, double high, const char* unit) {
    return std::isfinite(half) ? fmt::format(" (95 %: {:.3g} … {:.3g}{})", low, high, unit) : std::string();
  };
  constexpr double kManyTimes = 2.0;
  if (ratio >= kManyTimes && rival.verdict() == core::evaluate::Verdict::Different)
    return fmt::format("{:.3g} times the KL{}", ratio, between(ratio - half, ratio + half, ""));
  const double sign = ratio > 1.0 ? -1.0 : 1.0, less = 100.0 * sign * (1.0 - ratio), spread = 100.0 * half;
  if (rival.verdict() == core::evaluate::Verdict::Indistinguishable)
    return "indistinguishable" + between(100.0 * (1.0 - ratio) - spread, 100.0 * (1.0 - ratio) + spread, " % less");
  return fmt::format("{:.3g} % {} KL{}", less, sign < 0.0 ? "more" : "less",
                     between(less - spread, less + spread, " %"));
}

void printRival(std::FILE* report, const DesignRival& rival) {
  const std::string name = printable(rival.recipe.toString());
  if (!rival.problem.empty())
    fmt::print(report, "  {:<24} {:>12} bytes  not measured: {}\n", name, rival.bytes, printable(rival.problem));
  else
    fmt::print(report, "  {:<24} {:>12} bytes  KL {:<22} {}\n", name, rival.bytes, shownEstimate(rival.kl),
               comparison(rival));
}

}  // namespace

DesignVisitor designProgress() {
  DesignVisitor visitor;
  visitor.single = [](const std::string& item, const std::string& scheme, const Estimate& kl) {
    fmt::print(stderr, "{:<28} {:<20} KL {}\n", printable(item), scheme, shownEstimate(kl));
  };
  visitor.better = [](std::uint64_t bytes, const Estimate& kl, std::size_t measurements) {
    fmt::print(stderr, "after {} measurements: {} bytes, KL {}\n", measurements, bytes, shownEstimate(kl));
  };
  visitor.excluded = [](const ExcludedCandidate& out) {
    fmt::print(stderr, "{:<28} {:<20} is out: {}\n", printable(out.item), out.scheme, printable(out.why));
  };
  return visitor;
}

void printDesign(const std::string& output, const Design& design, const DesignCheck& check) {
  std::FILE* const report = reportStream(output);
  for (const DesignedItem& item : design.items) fmt::print(report, "{:<28} {}\n", printable(item.name), item.scheme);
  for (const ExcludedCandidate& out : design.excluded)
    fmt::print(report, "{:<28} cannot be {}: {}\n", printable(out.item), out.scheme, printable(out.why));
  fmt::print(report, "{}: {} bytes, {:.3f} bits per weight, KL {} ({} measurements)\n", printable(output), design.bytes,
             design.bitsPerWeight, shownEstimate(design.kl), design.search.measurements);
  if (!design.speeds.candidates.empty()) {
    fmt::print(report,
               "decodes {:.0f} tokens/s, predicted {:.0f}; all tensors under one candidate:", design.speeds.measured,
               design.speeds.predicted);
    for (const double speed : design.speeds.candidates) fmt::print(report, " {:.0f}", speed);
    fmt::print(report, "\n");
  }
  fmt::print(report, "on {}, {} texts: KL {}\n", printable(check.textTitle), check.blocks, shownEstimate(check.kl));
  for (const DesignRival& rival : check.rivals) printRival(report, rival);
}

}  // namespace app::cli
