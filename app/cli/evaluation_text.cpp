#include "app/cli/evaluation_text.h"

#include <fmt/core.h>

#include <cmath>

#include "core/base/utf8.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::evaluate::Estimate;
using core::evaluate::Verdict;

/// "0.0123 ± 0.0004", the error with two digits, the value with as many decimals.
std::string shown(const Estimate& estimate, double factor = 1.0) {
  const double value = estimate.value * factor, error = estimate.error * factor;
  if (std::isnan(value)) return "-";
  if (std::isnan(error) || error <= 0) return fmt::format("{:.4g}", value);
  if (value != 0 && std::abs(value) < 1e-3) return fmt::format("{:.2e} ± {:.0e}", value, error);
  const int decimals = std::max(0, 1 - static_cast<int>(std::floor(std::log10(error))));
  return fmt::format("{:.{}f} ± {:.{}f}", value, std::min(decimals, 6), error, std::min(decimals, 6));
}

constexpr std::size_t kNameColumns = 25;

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(core::firstCharacter(text).length);
  return count;
}

/// Pads by characters, not bytes.
std::string padded(std::string text, std::size_t width) {
  if (const std::size_t count = characters(text); count < width) text.append(width - count, ' ');
  return text;
}

/// A name that its column cannot hold has a line of its own.
void printRow(const std::string& name, double bits, const std::string& perplexity, const std::string& kl,
              const std::string& top, const std::string& flips, const std::string& note) {
  std::string label = core::io::printable(name);
  if (characters(label) > kNameColumns) {
    fmt::print("{}\n", label);
    label.clear();
  }
  std::string line = padded(label, kNameColumns) + (bits > 0 ? fmt::format("{:>5.2f}", bits) : "     ");
  line += "  " + padded(perplexity, 18) + padded(kl, 20) + padded(top, 10) + padded(flips, 9) + note;
  fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
}

std::string percent(const Estimate& share) {
  return std::isnan(share.value) ? "-" : fmt::format("{:.2f} %", 100 * share.value);
}

void printHead(const Evaluation& of) {
  fmt::print("{}: {} {}, {} tokens read in contexts of at most {}, {} scored", core::io::printable(of.textTitle),
             of.blocks, of.blocks == 1 ? "block" : "blocks", of.tokens, of.context, of.scored);
  if (of.leftOut != 0) fmt::print(", {} answers left out: too long", of.leftOut);
  if (of.reading && of.reading->unread != 0)
    fmt::print("\n{} documents behind them are not read: they do not fit the tokens asked for", of.reading->unread);
  fmt::print("\n\n");
  printRow("", 0, "perplexity", "KL (nats)", "same top", "flips", "");
  printRow(of.referenceName + " (reference)", 0, shown(of.referencePerplexity), "", "", "", "");
}

void printNoise(const NoiseFloor& noise) {
  if (noise.runs.empty()) return;
  fmt::print("\nNoise floor (the reference computed in another way): KL {:.2g}, ln of perplexities' ratio {:.2g}\n",
             noise.kl, noise.logRatio);
  for (const NoiseRun& run : noise.runs)
    fmt::print("  {} ({}): KL {}\n", run.what, core::io::printable(run.device), shown(run.statistics.klMean));
}

/// Rows that follow one another in KL and cannot be told apart.
void printPairs(const Evaluation& of) {
  for (std::size_t i = 0; i < of.rows.size(); ++i) {
    std::string others;
    for (const std::size_t other : of.rows[i].indistinguishableFrom)
      if (other > i) others += (others.empty() ? "" : ", ") + core::io::printable(of.rows[other].name);
    if (!others.empty()) fmt::print("{} cannot be told from {} by KL.\n", core::io::printable(of.rows[i].name), others);
  }
}

}  // namespace

void printEvaluation(const Evaluation& evaluation) {
  printHead(evaluation);
  bool isAnyAlike = false;
  for (const EvaluationRow& row : evaluation.rows) {
    if (!row.failure.empty()) {
      fmt::print("{} {}\n", padded(core::io::printable(row.name), 25), core::io::printable(row.failure));
      continue;
    }
    const bool isAlike = row.verdict == Verdict::Indistinguishable;
    isAnyAlike = isAnyAlike || isAlike;
    printRow(row.name, row.bitsPerWeight, shown(row.statistics.perplexity), shown(row.statistics.klMean),
             percent(row.statistics.sameTop), percent(row.statistics.flips), isAlike ? "~" : "");
  }
  if (isAnyAlike)
    fmt::print("\n~ indistinguishable from the reference: within the noise floor or two standard errors\n");
  printNoise(evaluation.noise);
  printPairs(evaluation);
}

}  // namespace app::cli
