#include "app/report/measure_recipes.h"

#include <algorithm>

#include "core/base/error.h"

namespace app::report {

namespace {

std::vector<TypeShare> typesOf(const std::vector<QuantizedFileRow>& rows) {
  std::vector<TypeShare> types;
  std::uint64_t all = 0;
  for (const QuantizedFileRow& row : rows) {
    const QString name = QString::fromStdString(row.to);
    auto type = std::find_if(types.begin(), types.end(), [&](const TypeShare& other) {
      return other.type == name && other.isKept == row.isKept();
    });
    if (type == types.end()) type = types.insert(type, {name, row.isKept()});
    ++type->tensors;
    type->bytes += row.bytes;
    all += row.bytes;
    if (!row.decision.fallback.empty()) ++type->fallbacks;
  }
  for (TypeShare& type : types)
    if (all != 0) type.share = static_cast<double>(type.bytes) / static_cast<double>(all);
  std::stable_sort(types.begin(), types.end(),
                   [](const TypeShare& a, const TypeShare& b) { return a.bytes > b.bytes; });
  return types;
}

}  // namespace

void measureRecipes(ReportData& data) {
  for (std::size_t i = 0; i < data.treatments.size(); ++i) {
    const auto& recipe = data.treatments[i].recipe;
    if (recipe.asScheme() != nullptr || recipe.otherModel() != nullptr) continue;
    RecipeData& result = data.recipes.emplace_back();
    result.treatment = i;
    try {
      result.rows = planQuantization(data.model->checkpoint(), recipe).rows;
      result.types = typesOf(result.rows);
    } catch (const core::Error& error) {
      result.whyNot = QString::fromUtf8(error.what());
    }
  }
}

}  // namespace app::report
