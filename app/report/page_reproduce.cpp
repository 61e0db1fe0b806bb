#include <algorithm>
#include <utility>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/numbers.h"
#include "core/model/recipe/recipe_text.h"

namespace app::report {

namespace {

/// As a shell reads it back.
QString quoted(QString argument) {
  bool plain = !argument.isEmpty();
  for (const QChar c : std::as_const(argument))
    plain = plain && (c.isLetterOrNumber() || QStringLiteral("-_./:=,+@").contains(c));
  if (plain) return argument;
  return u'\'' + argument.replace(u'\'', QStringLiteral("'\\''")) + u'\'';
}

QString command(const char* verb, const ReportData& data, const QString& rest) {
  return QStringLiteral("quantscope-cli %1 %2 %3").arg(QLatin1String(verb), quoted(data.request.model), rest);
}

/// The file a recipe with rules is to be saved as.
QString recipeFile(const ReportData& data, const core::model::Recipe& recipe) {
  const auto found = std::find_if(data.recipes.begin(), data.recipes.end(), [&](const RecipeData& other) {
    return data.treatments[other.treatment].recipe == recipe;
  });
  return QStringLiteral("recipe-%1.txt").arg(found - data.recipes.begin() + 1);
}

/// As every command takes it.
QString option(const ReportData& data, const core::model::Recipe& recipe) {
  const QString text = QString::fromStdString(recipe.toString());
  if (recipe.asScheme() != nullptr) return QStringLiteral("--scheme ") + quoted(text);
  return QStringLiteral("--recipe ") + (recipe.rules.empty() ? quoted(text) : recipeFile(data, recipe));
}

QString calibrationOption(const ReportData& data) {
  QString option;
  for (const QString& word : data.request.calibration) option += u' ' + quoted(word);
  return option;
}

/// What was asked for beside.
QString partOptions(const ReportData& data) {
  const PartSettings& settings = data.request.parts;
  if (settings.parts.empty()) return {};
  QStringList words;
  for (const Part part : settings.parts) words << wordOf(part);
  QString text = QStringLiteral(" --include ") + words.join(u',');
  if (!settings.text.isEmpty()) text += QStringLiteral(" --text ") + quoted(settings.text);
  if (settings.tokens != PartSettings().tokens) text += QStringLiteral(" --tokens %1").arg(settings.tokens);
  if (!settings.tasks.isEmpty()) text += QStringLiteral(" --tasks ") + quoted(settings.tasks);
  if (settings.looked)
    text += QStringLiteral(" --sensitivity ") + quoted(QString::fromStdString(settings.looked->toString()));
  const auto variant = [](const Variant& of) { return quoted(QString::fromStdString(of.toString())); };
  if (settings.reference) text += QStringLiteral(" --reference ") + variant(*settings.reference);
  for (const Variant& each : settings.variants) text += QStringLiteral(" --variant ") + variant(each);
  if (!settings.prompt.isEmpty()) text += QStringLiteral(" --trace ") + quoted(settings.prompt);
  return text;
}

QString reportCommand(const ReportData& data) {
  QString line = QStringLiteral("quantscope report %1 -o %2 --device %3")
                     .arg(quoted(data.request.model), quoted(data.request.folder), quoted(data.request.device));
  for (const auto& recipe : data.request.recipes) line += u' ' + option(data, recipe);
  line += calibrationOption(data) + partOptions(data);
  if (!data.request.against.isEmpty()) line += QStringLiteral(" --against ") + quoted(data.request.against);
  return line;
}

/// The texts of the recipes with rules.
QString recipeFiles(const ReportData& data) {
  QString result;
  for (const RecipeData& each : data.recipes) {
    const auto& recipe = data.treatments[each.treatment].recipe;
    if (recipe.rules.empty()) continue;
    const QString title = tr("%1, saved as %2").arg(displayName(recipe), recipeFile(data, recipe));
    result += html::card(title,
                         html::textElement("pre", QString::fromStdString(core::model::formatRecipe(recipe)).trimmed()));
  }
  return result;
}

QStringList weightCommands(const ReportData& data) {
  QStringList lines;
  for (const HistogramData& histogram : data.histograms) {
    const auto& tensor = data.model->checkpoint().tensors()[data.matrices[histogram.matrix].tensor];
    lines << command("inspect", data,
                     QStringLiteral("--tensor %1 --stats --histogram %2 --json")
                         .arg(quoted(QString::fromStdString(tensor.name)),
                              QString::number(histogram.summary.histogram.counts.size())));
  }
  if (!data.matrices.empty()) {
    QString options;
    for (const Treatment& treatment : data.treatments) options += option(data, treatment.recipe) + u' ';
    lines << command("error", data, options + QStringLiteral("--json") + calibrationOption(data));
  }
  for (const BitSample& sample : data.bits) {
    const QString value = QString::number(sample.value, 'g', 9);
    // Behind "--" a minus sign is part of the number.
    lines << QStringLiteral("quantscope-cli bits --json -- %1").arg(quoted(value));
  }
  return lines;
}

QStringList answerCommands(const ReportData& data) {
  QStringList lines;
  for (const AnswerColumn& column : data.answers.columns) {
    QString line = QStringLiteral("--prompt %1 --temperature 0 --seed %2 --max-tokens %3 --device %4")
                       .arg(quoted(data.answers.prompts.front()), QString::number(data.answers.seed),
                            QString::number(data.answers.maxTokens), quoted(data.request.device));
    if (column.recipe) line += u' ' + option(data, *column.recipe) + calibrationOption(data);
    lines << command("generate", data, line);
  }
  return lines;
}

}  // namespace

QString reproduceSection(const ReportData& data) {
  QStringList lines{reportCommand(data)};
  lines << weightCommands(data) << answerCommands(data);
  QStringList schemes;
  for (const Treatment& treatment : data.treatments)
    schemes << html::code(QString::fromStdString(treatment.recipe.toString()));
  for (const AnswerColumn& column : data.answers.columns) {
    const QString text = column.recipe ? html::code(QString::fromStdString(column.recipe->toString())) : QString();
    if (!text.isEmpty() && !schemes.contains(text)) schemes << text;
  }
  QString calibrated;
  if (!data.calibration.title.isEmpty())
    calibrated = html::textElement("p", tr("What looks at data was calibrated with %1.").arg(data.calibration.title));
  const QString body = html::card(tr("Commands"), html::textElement("pre", lines.join(u'\n'))) + recipeFiles(data) +
                       html::card(tr("Schemes and recipes on this page"),
                                  html::element("p", schemes.join(QStringLiteral(", "))) + calibrated +
                                      html::textElement("p",
                                                        tr("These texts are what every command takes; the file hash "
                                                           "above says which weights they were applied to."),
                                                        QStringLiteral("note")));
  return html::section(
      QStringLiteral("reproduce"), tr("Reproduce these numbers"),
      tr("The main numbers of this page as commands; errors and greedy answers do not depend on chance."), body);
}

}  // namespace app::report
