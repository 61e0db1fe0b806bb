#include "app/lesson_view/lesson_header.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/lesson_view/step_trail.h"
#include "app/lessons/lesson_player.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

QToolButton* button(const char* objectName, const QString& name) {
  auto* button = new QToolButton;
  button->setObjectName(QLatin1String(objectName));
  button->setToolTip(name);
  button->setAccessibleName(name);
  button->setFocusPolicy(Qt::StrongFocus);
  return button;
}

}  // namespace

LessonHeader::LessonHeader(LessonPlayer& player, QWidget* parent)
    : QWidget(parent),
      m_player(player),
      m_overview(button("lesson-overview", tr("All lessons and the glossary; this step waits"))),
      m_lesson(new Label(Label::Style::Hint)),
      m_menu(button("lesson-menu", tr("More of this lesson"))),
      m_close(button("lesson-close", tr("Leave the lesson; what was answered is kept"))),
      m_trail(new StepTrail(player)) {
  m_overview->setText(tr("Lessons"));
  m_overview->setProperty("kind", QStringLiteral("link"));
  m_lesson->setElide(Qt::ElideRight);
  m_menu->setIcon(icon(QStringLiteral("settings")));
  m_menu->setPopupMode(QToolButton::InstantPopup);
  m_close->setIcon(icon(QStringLiteral("close")));
  auto* row = new QHBoxLayout;
  row->setSpacing(0);
  row->addWidget(m_overview);
  row->addWidget(new Label(Label::Style::Hint, QStringLiteral("› ")));
  row->addWidget(m_lesson, 1);
  row->addWidget(m_menu);
  row->addWidget(m_close);
  auto* trail = new QHBoxLayout;
  trail->setContentsMargins(space::kOne, 0, space::kOne, 0);
  trail->addWidget(m_trail);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kOne, space::kOne, space::kOne, space::kHalf);
  column->setSpacing(space::kHalf);
  column->addLayout(row);
  column->addLayout(trail);
  fillMenu();
  connect(m_overview, &QToolButton::clicked, &m_player, &LessonPlayer::showOverview);
  connect(m_close, &QToolButton::clicked, &m_player, &LessonPlayer::leave);
  connect(&m_player, &LessonPlayer::stepChanged, this, &LessonHeader::refresh);
  refresh();
}

QList<QWidget*> LessonHeader::stops() const { return {m_overview, m_menu, m_close, m_trail}; }

void LessonHeader::fillMenu() {
  auto* menu = new QMenu(this);
  menu->addAction(icon(QStringLiteral("copy")), tr("Copy a link to this step"), this,
                  [this] { QGuiApplication::clipboard()->setText(m_player.link().toString()); });
  menu->addAction(tr("Show this step's place again"), &m_player, &LessonPlayer::showStage);
  menu->addAction(tr("Begin this lesson anew"), this, [this] {
    const QString lesson = m_player.lesson()->id;
    m_player.forgetProgress(*m_player.lesson());
    m_player.start(lesson);
  });
  menu->addSeparator();
  auto* teacher = menu->addAction(tr("Teacher mode: large type, answers hidden"));
  teacher->setCheckable(true);
  teacher->setObjectName(QStringLiteral("lesson-teacher"));
  connect(teacher, &QAction::toggled, &m_player, &LessonPlayer::setTeacherMode);
  connect(menu, &QMenu::aboutToShow, teacher, [this, teacher] { teacher->setChecked(m_player.teacherMode()); });
  m_menu->setMenu(menu);
}

void LessonHeader::refresh() {
  if (m_player.lesson() == nullptr) return;
  m_lesson->setText(tr("%1 · %2").arg(m_player.lesson()->number).arg(m_player.lesson()->title));
}

}  // namespace app
