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
std::string shown(const Estimate& estimate) {
  if (!std::isfinite(estimate.error)) return fmt::format("{:.4g}", estimate.value);
  return fmt::format("{:.4g} ± {:.2g}", estimate.value, estimate.error);
}

/// "36 % less KL (95 %: 27 … 44 %)" of the paired ratio, or that the two cannot be told apart.
std::string comparison(const DesignRival& rival) {
  const auto percent = [](double ratio) { return 100.0 * (1.0 - ratio); };
  const double half = core::evaluate::kConfidence95 * rival.ratio.error;
  std::string interval;
  if (std::isfinite(half))
    interval =
        fmt::format(" (95 %: {:.0f} … {:.0f} %)", percent(rival.ratio.value + half), percent(rival.ratio.value - half));
  if (rival.verdict() == core::evaluate::Verdict::Indistinguishable) return "indistinguishable" + interval;
  const double less = percent(rival.ratio.value);
  return fmt::format("{:.0f} % {} KL{}", std::abs(less), less < 0.0 ? "more" : "less", interval);
}

void printRival(std::FILE* report, const DesignRival& rival) {
  const std::string name = printable(rival.recipe.toString());
  if (!rival.problem.empty())
    fmt::print(report, "  {:<24} {:>12} bytes  not measured: {}\n", name, rival.bytes, printable(rival.problem));
  else
    fmt::print(report, "  {:<24} {:>12} bytes  KL {:<22} {}\n", name, rival.bytes, shown(rival.kl), comparison(rival));
}

}  // namespace

DesignVisitor designProgress() {
  DesignVisitor visitor;
  visitor.single = [](const std::string& item, const std::string& scheme, const Estimate& kl) {
    fmt::print(stderr, "{:<28} {:<20} KL {}\n", printable(item), scheme, shown(kl));
  };
  visitor.better = [](std::uint64_t bytes, const Estimate& kl, std::size_t measurements) {
    fmt::print(stderr, "after {} measurements: {} bytes, KL {}\n", measurements, bytes, shown(kl));
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
             design.bitsPerWeight, shown(design.kl), design.search.measurements);
  fmt::print(report, "on {}, {} texts: KL {}\n", printable(check.textTitle), check.blocks, shown(check.kl));
  for (const DesignRival& rival : check.rivals) printRival(report, rival);
}

}  // namespace app::cli
