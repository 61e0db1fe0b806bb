#pragma once
#include <QHash>

#include "app/widgets/card.h"

class QTabWidget;

namespace app {

/// The ways of looking at the number, one at a time.
enum class LensTab { Value, Rounding, Line, Chain, Range, Tensor, Arithmetic };
/// "rounding": in links and settings.
QString lensName(LensTab tab);

/// The card of tabs under the table. Tabs come and go: values stand beside the table where there is room, steps are
/// there for arithmetic alone.
class Lens : public Card {
  Q_OBJECT
 public:
  explicit Lens(QWidget* parent = nullptr);

  enum class Page { Resizes, Scrolls };  ///< when there is not the height it needs
  /// @param title of the tab  @param height pixels it likes to have
  void add(LensTab tab, QWidget* page, const QString& title, const QString& toolTip, int height,
           Page kind = Page::Resizes);
  /// Without: the page stays the lens' own, or goes wherever it is put meanwhile.
  void setHas(LensTab tab, bool has);
  bool has(LensTab tab) const;
  void setTab(LensTab tab);
  LensTab tab() const;
  /// By its name; nothing happens for another.
  void setTab(const QString& name);
  /// What the shown tab likes to have, the tabs included.
  int preferredHeight() const;

 Q_SIGNALS:
  void tabChanged();

 private:
  struct Entry {
    QWidget *page = nullptr, *shown = nullptr;  ///< the same, or the page in a scroll area
    QString title, toolTip;
    int height = 0;
  };
  int indexOf(LensTab tab) const;

  QTabWidget* m_tabs;
  QHash<LensTab, Entry> m_pages;
};

}  // namespace app
