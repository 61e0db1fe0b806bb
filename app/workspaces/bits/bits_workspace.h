#pragma once
#include "app/shell/workspace.h"

namespace app {

/// One number, every format, bit by bit.
class BitsWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit BitsWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);
  QString helpText() const override;
};

}  // namespace app
