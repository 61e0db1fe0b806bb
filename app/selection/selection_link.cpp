#include "app/selection/selection_link.h"

#include <algorithm>

#include "app/selection/selection.h"
#include "app/text/tr.h"
#include "core/base/error.h"
#include "core/model/recipe/recipe.h"

namespace app {

using text::tr;

namespace {

const QString kTensor = QStringLiteral("tensor"), kWeight = QStringLiteral("weight"),
              kSchemeKey = QStringLiteral("scheme");

std::optional<std::size_t> tensorNamed(const OpenModel& model, const QString& name) {
  const auto tensors = model.checkpoint().tensors();
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const auto& tensor) { return QString::fromStdString(tensor.name) == name; });
  if (found == tensors.end()) return std::nullopt;
  return static_cast<std::size_t>(found - tensors.begin());
}

/// "3,14" or "1234"; nothing outside the tensor or for anything else.
std::optional<std::uint64_t> weightNamed(const core::tensor::Shape& shape, const QString& text) {
  const QStringList parts = text.split(u',');
  bool good = parts.size() <= 2;
  std::uint64_t numbers[2] = {0, 0};
  for (qsizetype i = 0; good && i < parts.size(); ++i) numbers[i] = parts[i].trimmed().toULongLong(&good);
  if (!good) return std::nullopt;
  if (parts.size() == 1) return numbers[0] < shape.count() ? std::optional(numbers[0]) : std::nullopt;
  if (numbers[0] >= shape.rows() || numbers[1] >= shape.rowValues()) return std::nullopt;
  return numbers[0] * shape.rowValues() + numbers[1];
}

/// Another model can be named while it stands beside the open one.
std::optional<core::model::Recipe> otherModelOf(const Selection& selection, const QString& text, QString& problem) {
  const auto recipe = selection.comparedRecipe();
  if (recipe && recipe->toString() == text.toStdString()) return recipe;
  problem = tr("The link names \"%1\", which is not open beside this model: File, Compare with another model opens it.")
                .arg(text.mid(text.indexOf(u':') + 1));
  return std::nullopt;
}

std::optional<core::model::Recipe> recipeOf(const Selection& selection, const QString& text, QString& problem) {
  if (core::model::namesOtherModel(text.toStdString())) return otherModelOf(selection, text, problem);
  // What was changed by hand has no text; the list knows it by its title.
  for (const SchemeEntry& entry : selection.schemes())
    if (!entry.recipe.replacements.empty() && entry.title == text) return entry.recipe;
  try {
    const auto recipe = core::model::recipeByName(text.toStdString());
    if (recipe && !recipe->adapter) return recipe;
    for (const SchemeEntry& entry : selection.schemes())  // there its adapter is open
      if (recipe && entry.recipe.toString() == recipe->toString()) return entry.recipe;
    problem =
        recipe ? tr("The link names \"%1\", whose adapter is not open: typed as a scheme of one's own it is.").arg(text)
               : tr("There is no scheme \"%1\".").arg(text);
  } catch (const core::Error& error) {
    problem = QString::fromUtf8(error.what());
  }
  return std::nullopt;
}

}  // namespace

QString followLink(Selection& selection, const Link& link) {
  std::optional<core::model::Recipe> recipe;
  QString problem;
  if (link.has(kSchemeKey) && !(recipe = recipeOf(selection, link.value(kSchemeKey), problem))) return problem;
  std::optional<std::size_t> tensor = selection.tensor();
  std::optional<std::uint64_t> weight;
  const auto& model = selection.model();
  if ((link.has(kTensor) || link.has(kWeight)) && !model) return tr("The link names a weight, but no model is open.");
  if (link.has(kTensor) && !(tensor = tensorNamed(*model, link.value(kTensor))))
    return tr("The open model has no tensor \"%1\".").arg(link.value(kTensor));
  if (link.has(kWeight)) {
    if (!tensor) return tr("The link names a weight, but no tensor is selected.");
    const auto& info = model->checkpoint().tensors()[*tensor];
    weight = weightNamed(info.shape, link.value(kWeight));
    if (!weight)
      return tr("%1 %2 has no weight \"%3\": ROW,COLUMN is expected.")
          .arg(QString::fromStdString(info.name), QString::fromStdString(info.shape.toString()), link.value(kWeight));
  }
  if (weight)
    selection.setTensorAndWeight(*tensor, *weight);
  else if (tensor)
    selection.setTensor(tensor);
  if (!recipe) return {};
  if (selection.entry(*recipe) == nullptr)
    selection.addOwn(*recipe);
  else
    selection.setChecked(*recipe, true);
  selection.setCurrentRecipe(*recipe);
  return {};
}

void describeSelection(const Selection& selection, Link& link) {
  if (const auto* info = selection.tensorInfo()) {
    link.set(kTensor, QString::fromStdString(info->name));
    const std::uint64_t columns = std::max<std::uint64_t>(1, info->shape.rowValues());
    if (const auto weight = selection.weight())
      link.set(kWeight, QStringLiteral("%1,%2").arg(*weight / columns).arg(*weight % columns));
  }
  if (const auto& recipe = selection.currentRecipe()) link.set(kSchemeKey, QString::fromStdString(recipe->toString()));
}

QString unknownKey(const Link& link, const QStringList& own) {
  for (const auto& [key, value] : link.query.queryItems())
    if (key != kTensor && key != kWeight && key != kSchemeKey && !own.contains(key)) return key;
  return {};
}

}  // namespace app
