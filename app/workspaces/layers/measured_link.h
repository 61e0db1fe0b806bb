#pragma once
#include <QStringList>

#include "app/selection/link.h"
#include "app/workspaces/layers/measured_answer.h"

class QSettings;

namespace app {

/// What is asked of single tensors, and how finely.
struct MeasuredView {
  MeasuredQuestion question;
  core::evaluate::Level level = core::evaluate::Level::Tensor;
};

/// `text=demo` or `prose`, `tokens` (0: all), `direction=swap` or `restore`, `level=layer`, `role` or `tensor`.
QStringList measuredKeys();
/// @param view what the link says nothing of stays  @return empty, or the sentence that says what is wrong
QString readMeasuredLink(const Link& link, MeasuredView& view);
/// A file is not named: it is of this computer.
void writeMeasuredLink(const MeasuredView& view, Link& link);

void saveMeasured(const MeasuredView& view, QSettings& settings);
MeasuredView restoreMeasured(QSettings& settings, const MeasuredView& usual);

}  // namespace app
