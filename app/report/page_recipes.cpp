#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"

namespace app::report {

namespace {

QString typeTable(const RecipeData& recipe) {
  std::vector<QStringList> rows;
  for (const TypeShare& type : recipe.types) {
    const QString name = type.type.toUpper();
    rows.push_back({html::escaped(type.isKept ? tr("%1, as stored").arg(name) : name),
                    html::escaped(text::count(type.tensors)), html::escaped(text::bytes(type.bytes)),
                    html::escaped(text::percent(type.share)),
                    type.fallbacks == 0 ? QStringLiteral("–") : html::escaped(text::count(type.fallbacks))});
  }
  return html::table({tr("Type"), tr("Tensors"), tr("Bytes"), tr("Share of all bytes"), tr("Of them by a fallback")},
                     rows);
}

QString why(const QuantizedFileRow& row) {
  if (row.isKept()) return tr("as stored: %1").arg(QString::fromStdString(row.decision.kept));
  QString text = QString::fromStdString(row.decision.rule);
  if (!row.decision.fallback.empty()) text += QStringLiteral("; ") + QString::fromStdString(row.decision.fallback);
  if (row.isCopied) text += tr("; stored so already");
  return text;
}

QString tensorTable(const RecipeData& recipe) {
  std::vector<QStringList> rows;
  for (const QuantizedFileRow& row : recipe.rows) {
    const QString from = QString::fromStdString(row.from).toUpper(), to = QString::fromStdString(row.to).toUpper();
    rows.push_back({html::escaped(QString::fromStdString(row.tensor)),
                    html::escaped(row.isKept() ? from : tr("%1 → %2").arg(from, to)), html::escaped(why(row)),
                    html::escaped(text::bytes(row.bytes))});
  }
  return html::element("details",
                       html::textElement("summary", tr("All %1 tensors and why").arg(text::count(rows.size()))) +
                           html::table({tr("Tensor"), tr("Type"), tr("Chosen by"), tr("Bytes")}, rows, 3));
}

QString recipeCard(const ReportData& data, const RecipeData& recipe) {
  const auto& treatment = data.treatments[recipe.treatment];
  QString body =
      recipe.whyNot.isEmpty() ? typeTable(recipe) + tensorTable(recipe) : html::textElement("p", recipe.whyNot);
  QStringList unused;
  for (const std::string& rule : treatment.plan.unused) unused << QString::fromStdString(rule);
  if (!unused.isEmpty())
    body += html::textElement("p", tr("Rules that decided nothing: %1.").arg(unused.join(QStringLiteral(", "))),
                              QStringLiteral("note"));
  return html::card(displayName(treatment.recipe), body);
}

}  // namespace

QString recipesSection(const ReportData& data) {
  if (data.recipes.empty()) return {};
  QString cards;
  for (const RecipeData& recipe : data.recipes) cards += recipeCard(data, recipe);
  return html::section(QStringLiteral("recipes"), tr("What the recipes give each tensor"),
                       tr("A recipe chooses a type for every tensor. Where rows are no whole blocks of it, a fallback "
                          "takes its place."),
                       cards);
}

}  // namespace app::report
