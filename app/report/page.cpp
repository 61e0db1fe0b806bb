#include "app/report/page.h"

#include "app/report/html.h"
#include "app/report/page_sections.h"
#include "app/report/page_style.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app::report {

QString displayName(const core::model::Recipe& recipe) { return QString::fromStdString(recipe.displayName()); }

QString nameWithText(const core::model::Recipe& recipe) {
  const QString name = displayName(recipe), text = QString::fromStdString(recipe.toString());
  return name == text ? html::code(text) : html::escaped(name) + u' ' + html::code(text);
}

bool isUsual(const ReportData& data, const Variant& variant) {
  const Variant usual{variant.recipe, DeviceChoice::parse(data.request.device.toStdString()), core::model::KvType::F16};
  return variant == usual;
}

QString displayName(const ReportData& data, const Variant& variant) {
  return isUsual(data, variant) ? displayName(variant.recipe) : QString::fromStdString(variant.displayName());
}

QString nameWithText(const ReportData& data, const Variant& variant) {
  return isUsual(data, variant) ? nameWithText(variant.recipe) : html::escaped(displayName(data, variant));
}

QString referenceName(const ReportData& data, const Variant& reference) {
  const bool isStored = reference.recipe.keepsEverything() && isUsual(data, reference);
  return isStored ? tr("As stored") : displayName(data, reference);
}

namespace {

/// @param header, main markup
QByteArray document(const QString& title, const QString& header, const QString& main) {
  const QString head =
      QStringLiteral(
          "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
          "<meta name=\"generator\" content=\"Quantscope\"/>\n") +
      html::textElement("title", title) + html::element("style", pageStyle());
  const QString footer = html::element(
      "footer", html::textElement("div",
                                  tr("Made by Quantscope %1. This file is complete: it loads nothing from anywhere.")
                                      .arg(QLatin1String(QS_VERSION)),
                                  QStringLiteral("inner")));
  const QString page = QStringLiteral("<!DOCTYPE html>\n<html lang=\"en\">\n") + html::element("head", head) +
                       html::element("body", header + html::element("main", main) + footer) +
                       QStringLiteral("</html>\n");
  return page.toUtf8();
}

}  // namespace

QByteArray composePage(const ReportData& data, const Pictures& pictures, const Comparison* comparison) {
  const QString name = QString::fromStdString(data.model->checkpoint().name());
  const QString main = factsSection(data) + (comparison != nullptr ? againstSection(*comparison) : QString()) +
                       evaluationSection(data, pictures) + tasksSection(data) + weightsSection(data, pictures) +
                       bitsSection(data) + errorsSection(data, pictures) + sensitivitySection(data) +
                       recipesSection(data) + answersSection(data) + traceSection(data) + memorySection(data) +
                       reproduceSection(data);
  return document(tr("%1: Quantscope report").arg(name), headerSection(data, comparison != nullptr), main);
}

QByteArray composeComparison(const Comparison& comparison, const Record& here) {
  const QString sub = tr("here: the report in %1 of %2").arg(text::shortened(here.folder), here.date);
  const QString header = html::element(
      "header",
      html::element("div", html::textElement("h1", here.model) + html::textElement("p", sub, QStringLiteral("sub")),
                    QStringLiteral("inner")));
  return document(tr("%1: two Quantscope reports").arg(here.model), header, againstSection(comparison));
}

}  // namespace app::report
