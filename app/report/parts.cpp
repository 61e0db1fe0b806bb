#include "app/report/parts.h"

#include "core/base/error.h"

namespace app::report {

QString wordOf(Part part) {
  static const QString kWords[] = {QStringLiteral("evaluation"), QStringLiteral("tasks"), QStringLiteral("sensitivity"),
                                   QStringLiteral("memory"), QStringLiteral("trace")};
  return kWords[static_cast<std::size_t>(part)];
}

std::set<Part> parseParts(const QStringList& texts) {
  std::set<Part> parts;
  for (const QString& word : texts.join(u',').split(u',', Qt::SkipEmptyParts)) {
    const std::size_t before = parts.size();
    const QString name = word.trimmed();
    bool isKnown = false;
    for (const Part part : kParts)
      if (name == wordOf(part) || name == QLatin1String("all")) parts.insert(part), isKnown = true;
    if (!isKnown && parts.size() == before)
      throw core::Error(core::ErrorCode::InvalidArgument,
                        "A report can include evaluation, tasks, sensitivity, memory and trace, or all, not \"" +
                            name.toStdString() + "\".");
  }
  return parts;
}

bool Parts::has(Part part) const {
  switch (part) {
    case Part::Evaluation:
      return evaluation.has_value();
    case Part::Tasks:
      return tasks.has_value();
    case Part::Sensitivity:
      return sensitivity.has_value();
    case Part::Memory:
      return !memory.empty();
    case Part::Trace:
      return trace.has_value();
  }
  return false;
}

}  // namespace app::report
