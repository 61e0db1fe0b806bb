#include <algorithm>

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/workspaces/compare/compare_rows.h"

namespace app::report {

namespace {

using core::evaluate::Estimate;
using core::evaluate::Verdict;

/// How a figure is called and shown.
struct FigureText {
  const char *key, *title;
  double factor;  ///< of what is stored
  const char* unit;
};

constexpr FigureText kAgainstFigures[] = {
    {"kl_mean", QT_TRANSLATE_NOOP("Report", "KL"), 1, "nats/token"},
    {"kl_p99", QT_TRANSLATE_NOOP("Report", "KL, 99 %"), 1, "nats"},
    {"perplexity", QT_TRANSLATE_NOOP("Report", "Perplexity"), 1, ""},
    {"same_top1", QT_TRANSLATE_NOOP("Report", "Same top-1"), 100, "%"},
    {"flips", QT_TRANSLATE_NOOP("Report", "Flips"), 100, "%"},
    {"mean_delta_p", QT_TRANSLATE_NOOP("Report", "Mean Δp"), 100, "%"},
    {"accuracy", QT_TRANSLATE_NOOP("Report", "Right answers"), 100, "%"},
    {"kl", QT_TRANSLATE_NOOP("Report", "KL with it alone quantized"), 1, "nats/token"},
    {"model_bytes", QT_TRANSLATE_NOOP("Report", "Whole model"), 1.0 / (1 << 20), "MiB"},
    {"mean_sqnr_db", QT_TRANSLATE_NOOP("Report", "Mean SQNR"), 1, "dB"},
    {"mean_relative_error", QT_TRANSLATE_NOOP("Report", "Mean relative error"), 100, "%"}};

FigureText textOf(const QString& key) {
  const auto* found =
      std::ranges::find_if(kAgainstFigures, [&](const FigureText& of) { return key == QLatin1String(of.key); });
  return found == std::end(kAgainstFigures) ? FigureText{"", "", 1, ""} : *found;
}

QString cell(const Estimate& of, const FigureText& how) {
  if (of.error == 0) return html::escaped(text::number(of.value * how.factor, 4));
  return html::escaped(text::estimate({of.value * how.factor, of.error * how.factor}));
}

QString verdictCell(const FigurePair& pair, bool isComparable) {
  if (!isComparable) return html::escaped(tr("not comparable"));
  const bool isExact = pair.difference.error == 0 && pair.verdict == Verdict::Indistinguishable;
  if (isExact) return html::textElement("span", tr("the same"), QStringLiteral("same"));
  switch (pair.verdict) {
    case Verdict::Indistinguishable:
      return html::textElement("span", tr("indistinguishable"), QStringLiteral("same"));
    case Verdict::Different:
      return html::textElement("span", tr("different"), QStringLiteral("differs"));
    case Verdict::Unknown:
      break;
  }
  return html::escaped(tr("too little text"));
}

QString partTitle(const QString& part) {
  if (part == QLatin1String("weights")) return tr("Weights");
  if (part == QLatin1String("evaluation")) return tr("Evaluation");
  if (part == QLatin1String("tasks")) return tr("Tasks");
  return tr("Sensitivity");
}

QString differences(const Comparison& comparison) {
  if (comparison.differing.empty())
    return html::card(tr("Measured with"),
                      html::textElement("p", tr("Program, machine, model, texts, settings and seeds are the same.")));
  std::vector<QStringList> rows;
  const auto shown = [](const QString& text) {
    constexpr qsizetype kMost = 90;
    return text.isEmpty() ? html::escaped(tr("not measured")) : html::escaped(text::shortened(text, kMost));
  };
  for (const Comparison::Fact& fact : comparison.differing)
    rows.push_back({html::escaped(fact.name), shown(fact.there), shown(fact.here)});
  return html::card(
      tr("What differs"),
      html::element("div", html::table({tr("What"), tr("There"), tr("Here")}, rows, 3), QStringLiteral("wrapped")));
}

QString figures(const Comparison& comparison, const QString& part) {
  std::vector<const FigurePair*> pairs;
  for (const FigurePair& pair : comparison.pairs)
    if (pair.here.part == part) pairs.push_back(&pair);
  std::ranges::stable_partition(pairs, [](const FigurePair* pair) { return pair->verdict == Verdict::Different; });
  std::vector<QStringList> rows;
  std::size_t different = 0;
  for (const FigurePair* each : pairs) {
    const FigurePair& pair = *each;
    const FigureText how = textOf(pair.here.name);
    const QString title = tr(how.title);
    const QString unit = QLatin1String(how.unit);
    different += pair.verdict == Verdict::Different ? 1 : 0;
    rows.push_back({html::code(pair.here.scheme) +
                        html::escaped(pair.here.subject.isEmpty() ? QString() : u' ' + pair.here.subject),
                    html::escaped(unit.isEmpty() ? title : tr("%1 (%2)").arg(title, unit)), cell(pair.there.value, how),
                    cell(pair.here.value, how), cell(pair.difference, how),
                    verdictCell(pair, comparison.isComparable(part))});
  }
  if (rows.empty()) return {};
  QString said;
  if (!comparison.isComparable(part))
    said =
        tr("Measured of another model or text, or read otherwise: the figures stand side by side and say nothing "
           "about each other.");
  else if (different == 0)
    said = tr("All %1 figures are the same or indistinguishable.").arg(text::count(rows.size()));
  else
    said = tr("%1 of %2 figures differ; they come first.").arg(text::count(different), text::count(rows.size()));
  const QString table =
      html::table({tr("Scheme"), tr("Figure"), tr("There"), tr("Here"), tr("Difference"), tr("Verdict")}, rows, 2);
  constexpr std::size_t kMostOpen = 12;
  return html::card(
      partTitle(part),
      html::textElement("p", said) +
          (different != 0 || rows.size() <= kMostOpen
               ? table
               : html::element(
                     "details",
                     html::textElement("summary", tr("All %1 figures").arg(text::count(rows.size()))) + table)));
}

QString onlyIn(const std::vector<QString>& schemes, const QString& sentence) {
  if (schemes.empty()) return {};
  QStringList names;
  for (const QString& scheme : schemes) names << html::code(scheme);
  return html::element("p", html::escaped(sentence) + u' ' + names.join(QStringLiteral(", ")));
}

}  // namespace

QString againstSection(const Comparison& comparison) {
  QString body = differences(comparison);
  for (const char* part : {"evaluation", "tasks", "sensitivity", "weights"})
    body += figures(comparison, QLatin1String(part));
  const QString only = onlyIn(comparison.onlyThere, tr("Only in the older report:")) +
                       onlyIn(comparison.onlyHere, tr("Only in this report:"));
  if (!only.isEmpty()) body += html::card(tr("Schemes of one of them"), only);
  body += html::textElement("p",
                            tr("A difference within two standard errors, of both reports together, or within the "
                               "noise floor is called indistinguishable. The two are taken as independent, which on "
                               "the same text asks more of a difference than is needed."),
                            QStringLiteral("note"));
  return html::section(QStringLiteral("against"), tr("Against %1").arg(comparison.model),
                       tr("The report in %1 of %2.").arg(text::shortened(comparison.folder), comparison.date), body);
}

}  // namespace app::report
