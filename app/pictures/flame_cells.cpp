#include "app/pictures/flame_cells.h"

#include <QStringList>
#include <algorithm>
#include <array>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using core::model::ModelPart;
using core::model::OpKind;
using text::tr;

namespace {

constexpr double kLeastOutside = 0.005;  ///< of a token: less is no bar

struct PartCells {
  ModelPart part;
  std::vector<const ProfiledStep*> steps;
};

/// In the order in which each first runs.
std::vector<PartCells> partsOf(const TokenProfile& profile) {
  std::vector<PartCells> parts;
  for (const ProfiledStep& step : profile.steps) {
    auto found = std::ranges::find(parts, step.part, &PartCells::part);
    if (found == parts.end()) found = parts.insert(found, {step.part, {}});
    found->steps.push_back(&step);
  }
  return parts;
}

QString titleOf(const core::model::StepTime& step) {
  return step.part.empty() ? nameOf(flameKindOf(step.kind)) : QString::fromStdString(step.part);
}

/// How fast: nothing of what takes no time that a clock shows.
QString rate(double amount, double seconds, const QString& text) {
  return seconds > 0 && amount > 0 ? text : QString();
}

}  // namespace

FlameKind flameKindOf(OpKind kind) {
  switch (kind) {
    case OpKind::MatMul:
      return FlameKind::Product;
    case OpKind::Route:
    case OpKind::ExpertMatMul:
    case OpKind::MixExperts:
      return FlameKind::Experts;
    case OpKind::Attention:
      return FlameKind::Attention;
    case OpKind::StoreKv:
      return FlameKind::KvCache;
    case OpKind::RmsNorm:
    case OpKind::LayerNorm:
      return FlameKind::Norm;
    case OpKind::Rope:
      return FlameKind::Rope;
    case OpKind::ShortConv:
    case OpKind::LinearAttention:
      return FlameKind::State;
    case OpKind::Embed:
    case OpKind::EmbedPositions:
      return FlameKind::Embedding;
    default:
      return FlameKind::ElementWise;
  }
}

QString nameOf(FlameKind kind) {
  const std::array names{
      tr("products"),           tr("experts"), tr("attention"), tr("KV cache"),         tr("norms"), tr("RoPE"),
      tr("element by element"), tr("states"),  tr("embedding"), tr("outside the steps")};
  static_assert(names.size() == kFlameKinds);
  return names[static_cast<std::size_t>(kind)];
}

QString nameOf(ModelPart part) {
  const std::array names{tr("embedding"), tr("attention"), tr("states"), tr("feed-forward"), tr("output"), tr("other")};
  static_assert(names.size() == core::model::kModelParts);
  return names[static_cast<std::size_t>(part)];
}

std::vector<FlameCell> flameCells(const TokenProfile& profile) {
  std::vector<FlameCell> cells;
  const double inSteps = profile.stepSeconds(), whole = std::max(profile.seconds, inSteps);
  cells.push_back({.name = tr("one token"), .seconds = whole, .work = profile.work});
  if (profile.steps.empty()) return cells;
  double begin = 0;
  for (const PartCells& part : partsOf(profile)) {
    const int parent = static_cast<int>(cells.size());
    cells.push_back(
        {.level = FlameCell::Level::Part, .name = nameOf(part.part), .begin = begin, .count = 0, .parent = 0});
    for (const ProfiledStep* step : part.steps) {
      const double seconds = step->time.seconds;
      FlameCell& above = cells[static_cast<std::size_t>(parent)];
      above.seconds += seconds;
      above.count += step->time.count;
      above.work += step->work;
      cells.push_back({FlameCell::Level::Step, flameKindOf(step->time.kind), titleOf(step->time), begin, seconds,
                       seconds / whole, step->time.count, step->work, parent});
      begin += seconds;
    }
    FlameCell& above = cells[static_cast<std::size_t>(parent)];
    above.share = above.seconds / whole;
  }
  if (const double outside = whole - inSteps; outside > kLeastOutside * whole)
    cells.push_back({.level = FlameCell::Level::Part,
                     .name = nameOf(FlameKind::Outside),
                     .begin = inSteps,
                     .seconds = outside,
                     .share = outside / whole,
                     .parent = 0});
  return cells;
}

QString describe(const FlameCell& cell) {
  QStringList lines;
  const bool isToken = cell.level == FlameCell::Level::Token, isStep = cell.level == FlameCell::Level::Step;
  lines << (isStep && cell.name != nameOf(cell.kind) ? tr("%1 (%2)").arg(cell.name, nameOf(cell.kind)) : cell.name);
  lines << (isToken ? text::duration(cell.seconds)
                    : tr("%1, %2 of the token").arg(text::duration(cell.seconds), text::percent(cell.share)));
  if (isStep && cell.count > 1)
    lines << tr("%1 of them, %2 each").arg(text::count(cell.count), text::duration(cell.seconds / cell.count));
  const auto bytes = static_cast<double>(cell.work.bytes()), operations = static_cast<double>(cell.work.operations);
  if (bytes > 0)
    lines << tr("reads %1").arg(text::bytes(cell.work.bytes())) +
                 rate(bytes, cell.seconds,
                      tr(", %1/s").arg(text::bytes(static_cast<std::uint64_t>(bytes / std::max(cell.seconds, 1e-12)))));
  if (operations > 0)
    lines
        << tr("%1 million operations").arg(text::number(operations / 1e6, 3)) +
               rate(operations, cell.seconds,
                    tr(", %1 billion a second").arg(text::number(operations / 1e9 / std::max(cell.seconds, 1e-12), 3)));
  return lines.join(u'\n');
}

}  // namespace app
