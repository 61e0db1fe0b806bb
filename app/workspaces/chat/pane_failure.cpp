#include "app/workspaces/chat/pane_failure.h"

#include "app/jobs/job_runner.h"
#include "app/text/tr.h"
#include "core/base/error.h"

namespace app {

using text::tr;

PaneFailure currentFailure() {
  PaneFailure failure;
  failure.sentence = sentenceOfCurrentException().toStdString();
  try {
    throw;
  } catch (const core::Error& error) {
    failure.where = error.where();
    if (error.code() == core::ErrorCode::DeviceLost) failure.kind = PaneFailure::Kind::DeviceLost;
    if (error.code() == core::ErrorCode::NotFinite) failure.kind = PaneFailure::Kind::NotFinite;
  } catch (...) {
    // What is no core::Error has only its sentence.
  }
  return failure;
}

QString remedyText(const PaneFailure& failure) {
  switch (failure.kind) {
    case PaneFailure::Kind::ContextTooShort:
      return tr("Choose a longer context");
    case PaneFailure::Kind::DeviceLost:
      return tr("Use the CPU");
    case PaneFailure::Kind::NotFinite:
      return failure.where.empty() ? QString() : tr("Show this tensor");
    case PaneFailure::Kind::Other:
      return {};
  }
  return {};
}

}  // namespace app
