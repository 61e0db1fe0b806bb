#include "app/workspaces/quantize/lab_input.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string>

#include "core/base/error.h"

namespace app {

namespace {

float parseWeight(const QString& word) {
  QString plain = word;
  plain.replace(QChar(0x2212), u'-');
  if (plain.startsWith(u'+')) plain.remove(0, 1);
  const std::string text = plain.toStdString();
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    refuseInput(
        QCoreApplication::translate("Quantize", "“%1” is no number: type decimals between commas, such as 0.5, -1.")
            .arg(word.left(40)));
  return value;
}

}  // namespace

void refuseInput(const QString& sentence) {
  throw core::Error(core::ErrorCode::InvalidArgument, sentence.toStdString());
}

std::vector<float> parseWeights(const QString& text) {
  static const QRegularExpression between(QStringLiteral("[,;\\s]+"));
  const QStringList words = text.split(between, Qt::SkipEmptyParts);
  if (words.isEmpty())
    refuseInput(QCoreApplication::translate("Quantize", "Type weights between commas, such as 0.45892, 1, -0.3."));
  if (words.size() > static_cast<qsizetype>(core::metrics::WeightDraw::kMostValues))
    refuseInput(QCoreApplication::translate("Quantize", "At most %1 weights fit here; these are %2.")
                    .arg(core::metrics::WeightDraw::kMostValues)
                    .arg(words.size()));
  std::vector<float> values;
  for (const QString& word : words) values.push_back(parseWeight(word));
  return values;
}

QString weightText(float value) {
  char text[32];
  const auto [end, error] = std::to_chars(std::begin(text), std::end(text), value);
  return QString::fromLatin1(text, error == std::errc() ? end - text : 0);
}

QString weightsText(const std::vector<float>& values) {
  QStringList words;
  for (const float value : values) words << weightText(value);
  return words.join(QStringLiteral(", "));
}

}  // namespace app
