#include "app/session/trace_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "app/session/trace_text.h"
#include "app/session/traced_place.h"
#include "core/model/tensor_place.h"

namespace app {

namespace trace = core::trace;

namespace {

constexpr int kWidth = 960, kLeft = 150;

std::string rectangle(double x, double y, double width, double height, double opacity, const char* style,
                      const std::string& title) {
  return fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\" "
      "fill-opacity=\"{:.3f}\"><title>{}</title></rect>",
      x, y, width, height, style, opacity, escapedHtml(title));
}

std::string label(double x, double y, const std::string& text, const char* anchor = "start") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor, escapedHtml(text));
}

std::string drawing(double height, const std::string& content, const std::string& name) {
  return fmt::format("<svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" aria-label=\"{}\">{}</svg>\n", kWidth, height,
                     escapedHtml(name), content);
}

/// 0 … 1 of the largest; 0 where there is none.
double share(double value, double largest) { return largest > 0.0 ? std::clamp(value / largest, 0.0, 1.0) : 0.0; }

}  // namespace

std::string escapedHtml(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string depthStrip(const trace::Depth& depth, const core::text::Tokenizer* tokenizer) {
  constexpr double kRow = 20.0, kBar = 420.0;
  double largest = 0.0;
  for (const trace::DepthStep& step : depth.steps) largest = std::max(largest, step.relativeError);
  std::string content;
  double y = 0.0;
  for (const trace::DepthStep& step : depth.steps) {
    const std::string mine = quotedToken(tokenizer, step.referenceTop.front().token),
                      other = quotedToken(tokenizer, step.comparedTop.front().token);
    const std::string numbers = fmt::format("{}: relative error {:.4g}, cosine {:.4f}; lens {} {:.1f} %, {} {:.1f} %",
                                            step.name, step.relativeError, step.cosine, mine,
                                            100.0 * static_cast<double>(step.referenceTop.front().probability), other,
                                            100.0 * static_cast<double>(step.comparedTop.front().probability));
    content += label(kLeft - 8, y + 14, step.name, "end");
    content +=
        rectangle(kLeft, y + 3, 1.0 + kBar * share(step.relativeError, largest), kRow - 6, 0.85, "mark", numbers);
    content += label(kLeft + kBar + 12, y + 14, fmt::format("{:.3g}", step.relativeError));
    content += label(kLeft + kBar + 90, y + 14, mine == other ? mine : mine + " → " + other);
    y += kRow;
  }
  return drawing(y, content, "Relative error of the residual stream over depth");
}

std::string depthMap(const trace::Depth& depth) {
  const std::size_t steps = depth.steps.size();
  const double cell = std::min(16.0, (kWidth - kLeft) / static_cast<double>(std::max<std::size_t>(depth.positions, 1)));
  const float largest = depth.relativeErrors.empty() ? 0.0F : std::ranges::max(depth.relativeErrors);
  std::string content;
  for (std::size_t step = 0; step < steps; ++step) {
    const double y = 16.0 * static_cast<double>(step);
    content += label(kLeft - 8, y + 12, depth.steps[step].name, "end");
    for (std::size_t position = 0; position < depth.positions; ++position) {
      const std::size_t at = position * steps + step;
      const bool agrees = depth.agrees.empty() || depth.agrees[at] != 0;
      content += rectangle(
          kLeft + cell * static_cast<double>(position), y, cell - 1, 15,
          0.04 + 0.96 * share(static_cast<double>(depth.relativeErrors[at]), static_cast<double>(largest)),
          agrees ? "mark" : "mark other",
          fmt::format("token {}, {}: relative error {:.4g}{}", depth.firstPosition + position, depth.steps[step].name,
                      depth.relativeErrors[at], agrees ? "" : ", the lens shows different words"));
    }
  }
  return drawing(16.0 * static_cast<double>(steps), content, "Relative error of every token at every depth");
}

std::string tensorMap(const Trace& trace) {
  std::map<std::string, std::size_t> rows;
  std::map<std::optional<std::uint32_t>, std::size_t> columns;
  double largest = 0.0;
  const double before = trace.restoration->compared.logitDifference;
  for (const trace::TensorEffect& tensor : trace.restoration->tensors) {
    rows.emplace(core::model::placeOf(tensor.name).path, 0);
    columns.emplace(tensor.layer, 0);
    largest = std::max(largest, std::abs(tensor.restored.logitDifference - before));
  }
  std::size_t next = 0;
  for (auto& [path, row] : rows) row = next++;
  next = 0;
  for (auto& [layer, column] : columns) column = next++;
  const double cell = std::min(72.0, (kWidth - kLeft) / static_cast<double>(std::max<std::size_t>(columns.size(), 1)));
  std::string content;
  for (const auto& [path, row] : rows) content += label(kLeft - 8, 24.0 * static_cast<double>(row) + 36, path, "end");
  for (const auto& [layer, column] : columns)
    content += label(kLeft + cell * (static_cast<double>(column) + 0.5), 14,
                     layer ? std::to_string(*layer) : std::string("–"), "middle");
  for (const trace::TensorEffect& tensor : trace.restoration->tensors) {
    const double gain = tensor.restored.logitDifference - before;
    const double x = kLeft + cell * static_cast<double>(columns.at(tensor.layer));
    const double y = 20.0 + 24.0 * static_cast<double>(rows.at(core::model::placeOf(tensor.name).path));
    content += rectangle(x, y, cell - 2, 22, 0.05 + 0.95 * share(std::abs(gain), largest), gain >= 0 ? "mark" : "bad",
                         fmt::format("{}: restored {:+.3f}{}", tensor.name, gain,
                                     tensor.restored.isReferenceWord ? ", the word is back" : ""));
    if (tensor.restored.isReferenceWord) content += label(x + cell / 2 - 1, y + 16, "✓", "middle");
  }
  return drawing(24.0 + 24.0 * static_cast<double>(rows.size()), content, "What restoring each tensor brings");
}

std::string blockMaps(const Trace& trace, const trace::ProvedSet& blocks) {
  std::map<std::uint32_t, std::vector<const trace::Candidate*>> byTensor;
  for (const trace::Candidate& member : blocks.members) byTensor[member.tensor].push_back(&member);
  constexpr double kPictureSide = 180.0;
  std::string pictures;
  for (const auto& [index, members] : byTensor) {
    const TracedTensor& tensor = trace.tensors[index];
    const double scale = kPictureSide / static_cast<double>(std::max(tensor.rows, tensor.width));
    const double width = std::max(8.0, scale * static_cast<double>(tensor.width)),
                 height = std::max(8.0, scale * static_cast<double>(tensor.rows));
    std::string content = fmt::format("<rect width=\"{:.1f}\" height=\"{:.1f}\" class=\"frame\"/>", width, height);
    for (const trace::Candidate* member : members) {
      const double row = static_cast<double>(member->first / tensor.width) / static_cast<double>(tensor.rows),
                   column = static_cast<double>(member->first % tensor.width) / static_cast<double>(tensor.width);
      content +=
          rectangle(column * width, row * height,
                    std::max(3.0, width * static_cast<double>(member->count) / static_cast<double>(tensor.width)),
                    std::max(3.0, height / static_cast<double>(tensor.rows)), 1.0, "mark",
                    fmt::format("{} to {}", tracedPlaceText(tensor, member->first),
                                member->first % tensor.width + member->count - 1));
    }
    pictures += fmt::format(
        "<figure><svg viewBox=\"0 0 {:.0f} {:.0f}\" style=\"width:{:.0f}px\" role=\"img\" aria-label=\"{}\">{}</svg>"
        "<figcaption>{}<br/>{} of {} × {}</figcaption></figure>\n",
        width, height, width, escapedHtml(tensor.name), content, escapedHtml(tensor.name), members.size(), tensor.rows,
        (tensor.width + tensor.blockSize - 1) / tensor.blockSize);
  }
  return "<div class=\"row\">" + pictures + "</div>\n";
}

}  // namespace app
