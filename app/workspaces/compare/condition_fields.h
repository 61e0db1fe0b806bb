#pragma once
#include <QObject>
#include <QString>

class QComboBox;
class QLayout;

namespace app {

class KvTypeField;
class CompareState;

/// The fields of a question that the text and the tasks share: on which device, with which keys and values, against
/// what. Both bars show the same answers to them.
class ConditionFields : public QObject {
  Q_OBJECT
 public:
  /// @param prefix of object names
  ConditionFields(CompareState& state, const QString& prefix, QObject* parent);

  void addTo(QLayout& layout) const;

 private:
  void fillDevices();
  void fillReference();
  void refresh();
  void ask();

  CompareState& m_state;
  QComboBox* m_device;
  KvTypeField* m_kv;
  QComboBox* m_reference;
};

}  // namespace app
