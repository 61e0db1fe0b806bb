#include "app/workspaces/bits/bits_workspace.h"

namespace app {
BitsWorkspace::BitsWorkspace(const WorkspaceContext& context, QWidget* parent) : Workspace(context, parent) {}
QString BitsWorkspace::helpText() const { return tr("One number in every format, bit by bit."); }
}  // namespace app
