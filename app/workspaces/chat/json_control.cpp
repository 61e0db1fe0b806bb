#include "app/workspaces/chat/json_control.h"

#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/session/template_values.h"
#include "app/text/numbers.h"
#include "app/widgets/fold_head.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"

namespace app {

namespace {
constexpr qint64 kLargestJson = 1 << 20;
constexpr double kEditorHeight = 112;
}  // namespace

JsonControl::JsonControl(const core::text::TemplateVariable& variable)
    : TemplateControl(variable),
      m_head(new FoldHead),
      m_body(new QWidget),
      m_editor(new QPlainTextEdit),
      m_problem(new Label(Label::Style::Error)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  m_head->setObjectName(QStringLiteral("template-") + title());
  row->addWidget(m_head);
  row->addStretch(1);
  addUndo(row, tr("none"));
  column->addLayout(row);
  m_problem->setObjectName(QStringLiteral("problem-") + title());
  m_problem->setWrapping();
  column->addWidget(m_problem);
  buildEditor();
  m_body->hide();
  column->addWidget(m_body);
  connect(m_head, &FoldHead::toggled, m_body, &QWidget::setVisible);
  setJson(std::nullopt);
}

void JsonControl::buildEditor() {
  auto* column = new QVBoxLayout(m_body);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_editor->setObjectName(QStringLiteral("json-") + title());
  m_editor->setAccessibleName(tr("%1 as JSON").arg(title()));
  m_editor->setPlaceholderText(name() == "tools" ? QStringLiteral("[{\"type\": \"function\", \"function\": {…}}]")
                                                 : QStringLiteral("[{…}]"));
  m_editor->setFont(Theme::instance().monoFont(-1));
  m_editor->setTabChangesFocus(true);
  m_editor->setFixedHeight(Theme::instance().px(kEditorHeight));
  column->addWidget(m_editor);
  auto* open = new QPushButton(icon(QStringLiteral("open-file")), tr("From file…"));
  open->setObjectName(QStringLiteral("open-") + title());
  column->addWidget(open, 0, Qt::AlignLeft);
  connect(m_editor, &QPlainTextEdit::textChanged, this, [this] {
    read();
    Q_EMIT changed();
  });
  connect(open, &QPushButton::clicked, this, &JsonControl::askForFile);
}

void JsonControl::setJson(const std::optional<std::string>& json) {
  const QSignalBlocker blocker(m_editor);
  m_editor->setPlainText(QString::fromStdString(json.value_or("")));
  read();
}

bool JsonControl::isSet() const { return !m_editor->document()->isEmpty(); }

void JsonControl::read() {
  m_json.reset();
  QString problem;
  std::size_t entries = 0;
  const std::string text = m_editor->toPlainText().trimmed().toStdString();
  try {
    if (text.size() > static_cast<std::size_t>(kLargestJson))
      throw core::Error(core::ErrorCode::InvalidArgument,
                        tr("%1 should have at most 1 MiB of JSON.").arg(title()).toStdString());
    if (!text.empty()) {
      const core::io::JsonTree tree = readJsonTree(text, name());
      if (!tree.container)
        throw core::Error(core::ErrorCode::InvalidArgument,
                          tr("%1 should be a list or an object: […] or {…}.").arg(title()).toStdString());
      entries = tree.children.size();
      m_json = text;
    }
  } catch (const core::Error& error) {
    problem = tr("%1 Until it is right the model is given none.").arg(QString::fromStdString(error.what()));
  }
  m_problem->setText(problem);
  m_problem->setVisible(!problem.isEmpty());
  const QString state = !problem.isEmpty() ? tr("not usable")
                        : !m_json          ? tr("none")
                        : entries == 1     ? tr("1 entry")
                                           : tr("%1 entries").arg(text::count(entries));
  m_head->setText(QStringLiteral("%1 · %2").arg(title(), state));
  showUndo();
}

void JsonControl::askForFile() {
  const QString file =
      QFileDialog::getOpenFileName(this, tr("Open %1").arg(title()), {}, tr("JSON (*.json);;All files (*)"));
  if (!file.isEmpty()) openFile(file);
}

void JsonControl::openFile(const QString& path) {
  QFile file(path);
  QString problem;
  if (!QFileInfo(path).isFile() || file.size() > kLargestJson)
    problem = tr("%1 should be a file of at most 1 MiB.").arg(QFileInfo(path).fileName());
  else if (!file.open(QIODevice::ReadOnly))
    problem = tr("%1 cannot be read: %2").arg(QFileInfo(path).fileName(), file.errorString());
  if (problem.isEmpty()) return m_editor->setPlainText(QString::fromUtf8(file.readAll()));
  m_problem->setText(problem);
  m_problem->setVisible(true);
}

}  // namespace app
