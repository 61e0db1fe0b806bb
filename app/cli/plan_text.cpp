#include "app/cli/plan_text.h"

#include <fmt/core.h>

#include <string>

#include "app/session/host_weights.h"
#include "app/session/size_claims.h"

namespace app::cli {

void printPlans(const std::vector<PlannedModel>& models, const std::vector<PlannedDevice>& devices,
                const MemoryQuestion& question) {
  for (const PlannedModel& model : models) {
    fmt::print("{}: {} of weights stored, {:.2f} bits/weight, {}{}\n", model.title, bytesText(model.weightBytes),
               model.bitsPerWeight(), model.kv.describe(), model.note.empty() ? "" : " (" + model.note + ")");
    fmt::print("  {:<44} {:>12} {:>12} {:>12} {:>12} {:>12}  {}\n", "device", "weights", "KV cache", "compute", "total",
               "left", "longest context");
    for (const PlannedDevice& device : devices) {
      const DevicePlan plan = planOn(model, device, question);
      const std::string left = plan.left() < 0 ? "-" + bytesText(-plan.left()) : bytesText(plan.left());
      printText(fmt::format("  {:<44} {:>12} {:>12} {:>12} {:>12} {:>12}  {}\n", device.name,
                            bytesText(plan.parts.weights), bytesText(plan.parts.kvCache), bytesText(plan.parts.compute),
                            bytesText(plan.parts.total()), left,
                            plan.longestContext == 0 ? "does not fit" : std::to_string(plan.longestContext)));
      if (plan.parts.hostWeights > 0)
        printText("    " + hostWeightsSentence(plan.parts.hostWeights, plan.parts.hostParts) + "\n");
    }
  }
}

void printClaims(Output output) {
  Json rows = Json::array();
  for (const SizeClaim& claim : sizeClaims()) {
    rows.push_back({{"claim", claim.said},
                    {"claimed", claim.claimed},
                    {"computed", claim.value},
                    {"unit", claim.isFactor ? "times" : "GB"},
                    {"of", claim.computed},
                    {"error", claim.error()},
                    {"verdict", nameOf(claim.verdict)},
                    {"reason", claim.reason}});
    if (output == Output::ForPeople)
      fmt::print("{:<52} {:>7.2f} {:<2} ({:+.1f} %)  {:<12} {}\n", claim.said, claim.value, claim.isFactor ? "×" : "GB",
                 100 * claim.error(), nameOf(claim.verdict), claim.reason);
  }
  if (output == Output::ForPrograms) print(rows);
}

}  // namespace app::cli
