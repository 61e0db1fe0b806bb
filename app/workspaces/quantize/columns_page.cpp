#include "app/workspaces/quantize/columns_page.h"

#include <QStackedLayout>

#include "app/jobs/stop_notice.h"
#include "app/workspaces/quantize/column_story.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/method_choice.h"
#include "core/base/error.h"

namespace app {
namespace {

using namespace core::quant;

const QString kColumnsTag = QStringLiteral("quantize.columns");

}  // namespace

ColumnsPage::ColumnsPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_stack(new QStackedLayout(this)),
      m_story(new ColumnStory),
      m_choice(new MethodChoice),
      m_stop(new StopNotice(state.jobs(), kColumnsTag, this)) {
  m_stack->setContentsMargins(0, 0, 0, 0);
  m_stack->addWidget(m_story);
  m_stack->addWidget(m_choice);
  showMessage({});
  connect(m_choice, &MethodChoice::chosen, this,
          [this](const QString& scheme) { this->state().setSchemeText(scheme); });
  connect(m_story, &ColumnStory::columnChosen, this, [this](std::uint32_t column) {
    this->state().setWeight(row() * this->state().tensor()->rowValues() + column);
  });
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_computed.clear();
    showMessage(tr("Cancelled. It goes on when this tab is shown again."));
  });
}

int ColumnsPage::line() const { return m_story->line(); }

std::uint64_t ColumnsPage::row() const { return state().weight() / state().tensor()->rowValues(); }

std::uint32_t ColumnsPage::column() const {
  return static_cast<std::uint32_t>(state().weight() % state().tensor()->rowValues());
}

void ColumnsPage::refresh() {
  if (!state().tensor()) return showMessage(state().whyNone());
  if (!explainsColumns(state().input().scheme)) return offerMethods();
  if (state().waitFor(calibrationNeed(state().input().scheme)) != CalibrationWait::Reading) return compute();
  showMessage(tr("Computing…"));
  state().jobs().cancelTag(kColumnsTag);
}

void ColumnsPage::offerMethods() {
  showMessage({});
  state().jobs().cancelTag(kColumnsTag);
  m_choice->offerMethods(state().input().scheme);
}

// Moving along the row does not change it, and going to another row shows the one before a moment longer: its number
// stands beside it.
void ColumnsPage::compute() {
  LabRequest request = state().request();
  if (!isSame(m_calibration, request.calibration)) m_computed.clear();
  m_calibration = request.calibration;
  const QString matrix = state().weightsKey() + u' ' + QString::fromStdString(request.scheme.toString()) + u' ' +
                         (request.clip < 1 ? u'<' : u'=') + u' ';
  const QString question = matrix + QString::number(row());
  if (question == m_computed) return m_story->setColumn(column());
  if (!m_isThere || !m_computed.startsWith(matrix)) showMessage(tr("Computing…"));
  m_computed = question;
  state().jobs().run(
      this,
      {kColumnsTag, tr("Following %1 through the columns").arg(QString::fromStdString(request.scheme.displayName()))},
      [asked = std::move(request), row = row()](const core::JobContext& job) {
        // Of a stack of experts the one that the row is of.
        const std::uint64_t above = asked.matrixFirst().value_or(0) / asked.tensor->rowValues();
        const LabRequest one = asked.matrixFirst() ? asked.ofMatrix() : asked;
        if (forWhatIsKnown(one, job.part(0, 0.4)).scheme != one.scheme)
          throw core::Error(core::ErrorCode::Unsupported,
                            "No token of the calibration text came to this expert: it is rounded to nearest.");
        const auto known = one.known(job.part(0.4, 0.5));
        const FlatRange all{0, one.tensor->shape.count()};
        const auto source = one.edits.empty() ? one.tensor : editedPart(*one.tensor, all, one.edits);
        MethodExplanation explanation = explainColumns(one.scheme, *source, row - above, known.get(), job.part(0.5, 1));
        explanation.row += above;
        return explanation;
      },
      [this, question](MethodExplanation explanation) {
        if (question == m_computed) take(std::move(explanation));
      },
      [this, question](const QString& sentence) {
        showMessage(sentence);
        m_computed = question;  // asked again it says the same
      });
  m_stop->begin();
}

void ColumnsPage::take(MethodExplanation explanation) {
  m_stop->end();
  m_isThere = true;
  const QString provenance = QStringLiteral("%1 · %2 · [%3]")
                                 .arg(state().sourceName(), QString::fromStdString(explanation.scheme.displayName()))
                                 .arg(explanation.row);
  m_story->setExplanation(std::make_shared<const MethodExplanation>(std::move(explanation)), provenance, column(),
                          state().input().clip < 1 ? tr("The clip of the block is left out here.") : QString());
  bringForward(*m_stack, m_story);
}

void ColumnsPage::showMessage(const QString& message) {
  m_stop->end();
  m_computed.clear();
  m_isThere = false;
  m_story->clear();
  m_choice->showMessage(message);
  bringForward(*m_stack, m_choice);
}

}  // namespace app
