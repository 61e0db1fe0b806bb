#include "app/workspaces/start/start_page.h"

#include <QPushButton>
#include <QVBoxLayout>

#include "app/shell/model_loader.h"

namespace app {
StartPage::StartPage(ModelLoader& loader, JobRunner& jobs, QWidget* parent) : QWidget(parent), m_loader(loader), m_jobs(jobs) {
  auto* layout = new QVBoxLayout(this);
  auto* demo = new QPushButton(tr("Open the demo model"));
  layout->addWidget(demo);
  connect(demo, &QPushButton::clicked, this, [this] { Q_EMIT openRequested(QStringLiteral("demo")); });
}
}  // namespace app
