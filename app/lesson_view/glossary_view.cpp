#include "app/lesson_view/glossary_view.h"

#include <QLineEdit>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "app/lessons/glossary.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

/// 2: a name has it; 1: the explanation has it; 0: neither.
int rankOf(const Glossary::Term& term, const QString& words) {
  for (const QString& name : term.names)
    if (name.contains(words, Qt::CaseInsensitive)) return 2;
  return term.text.contains(words, Qt::CaseInsensitive) ? 1 : 0;
}

}  // namespace

GlossaryView::GlossaryView(QWidget* parent) : QWidget(parent), m_field(new QLineEdit), m_list(new QTextBrowser) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kOne, 0, 0);
  column->setSpacing(space::kOne);
  m_field->setPlaceholderText(tr("Find a term: ulp, zero-point, perplexity …"));
  m_field->setAccessibleName(tr("Find a term"));
  m_field->setObjectName(QStringLiteral("glossary-field"));
  m_field->setClearButtonEnabled(true);
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setProperty("kind", QStringLiteral("page"));
  m_list->setAccessibleName(tr("Glossary"));
  m_list->setObjectName(QStringLiteral("glossary-list"));
  column->addWidget(m_field);
  column->addWidget(m_list, 1);
  setFocusProxy(m_field);
  connect(m_field, &QLineEdit::textChanged, this, &GlossaryView::refresh);
  connect(&Theme::instance(), &Theme::changed, this, &GlossaryView::refresh);
  refresh();
}

void GlossaryView::search(const QString& words) { m_field->setText(words); }

void GlossaryView::refresh() {
  const QString words = m_field->text().trimmed();
  QString html;
  for (const int rank : {2, 1})
    for (const Glossary::Term& term : Glossary::instance().terms())
      if (rankOf(term, words) == rank)
        html += QStringLiteral("<p style=\"line-height:135%; margin-bottom:10px\"><b>%1</b><br>%2</p>")
                    .arg(term.name.toHtmlEscaped(), term.text.toHtmlEscaped());
  if (html.isEmpty()) html = QStringLiteral("<p>%1</p>").arg(tr("No term has these letters.").toHtmlEscaped());
  m_list->setHtml(html);
}

}  // namespace app
