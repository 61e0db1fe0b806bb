#pragma once
#include <QWidget>

#include "core/quant/scheme.h"

namespace app {

class Label;

/// A sentence in place of a row's columns, and the methods that have some, where one may be chosen.
class MethodChoice : public QWidget {
  Q_OBJECT
 public:
  explicit MethodChoice(QWidget* parent = nullptr);

  void showMessage(const QString& message);
  /// @param scheme that rounds every weight for itself
  void offerMethods(const core::quant::Scheme& scheme);

 Q_SIGNALS:
  /// The scheme by a method, or the method's usual one where its format cannot have it.
  void chosen(const QString& scheme);

 private:
  core::quant::Scheme m_scheme;
  Label* m_message;
  QWidget* m_methods;
};

}  // namespace app
