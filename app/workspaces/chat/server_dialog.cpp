#include "app/workspaces/chat/server_dialog.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/remote/api_server.h"
#include "app/text/numbers.h"
#include "app/widgets/dialog_column.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/server_keys.h"

namespace app {

namespace {

const QString kListTag = QStringLiteral("chat.server-models"), kKeyTag = QStringLiteral("chat.server-key");

struct Listed {
  std::vector<std::string> models;
  std::string failure;
};

Listed askForModels(const std::string& url, const QString& typedKey, const core::JobContext& job) {
  Listed listed;
  try {
    remote::HttpClient client;
    const QString key = typedKey.isEmpty() ? serverKey(QString::fromStdString(url)) : typedKey;
    listed.models = remote::listModels(client, {url, key.toStdString()}, job);
  } catch (const core::Cancelled&) {
    throw;
  } catch (const std::exception&) {
    listed.failure = sentenceOfCurrentException().toStdString();
  }
  return listed;
}

}  // namespace

ServerDialog::ServerDialog(JobRunner& jobs, const std::optional<ServerChoice>& now, QWidget* parent)
    : QDialog(parent),
      m_jobs(jobs),
      m_url(new QLineEdit),
      m_key(new QLineEdit),
      m_model(new QComboBox),
      m_list(new QPushButton(tr("List"))),
      m_notice(new Label(Label::Style::Muted)) {
  auto* column = dialogColumn(
      *this, {tr("A server answers"), QStringLiteral("server-dialog"),
              tr("Any server with OpenAI's API: vLLM, llama.cpp, Ollama, LM Studio. Your questions and the "
                 "conversation are sent to it; nothing is before you ask.")});
  auto* form = new QFormLayout;
  form->setSpacing(space::kOne);
  m_url->setObjectName(QStringLiteral("server-url"));
  m_url->setAccessibleName(tr("Address"));
  m_url->setPlaceholderText(QStringLiteral("http://localhost:8080/v1"));
  m_key->setObjectName(QStringLiteral("server-key"));
  m_key->setAccessibleName(tr("Key"));
  m_key->setEchoMode(QLineEdit::Password);
  m_key->setPlaceholderText(tr("the one that is kept, or none"));
  m_key->setToolTip(tr("Kept in the system's keyring; where there is none, in a file that only you can read"));
  m_model->setObjectName(QStringLiteral("server-model"));
  m_model->setAccessibleName(tr("Model"));
  m_model->setEditable(true);
  m_model->setInsertPolicy(QComboBox::NoInsert);
  m_model->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_list->setObjectName(QStringLiteral("server-list"));
  m_list->setAutoDefault(false);
  m_list->setToolTip(tr("Asks the server which models it has"));
  form->addRow(tr("Address"), m_url);
  form->addRow(tr("Key"), m_key);
  auto* models = new QHBoxLayout;
  models->setSpacing(space::kOne);
  models->addWidget(m_model, 1);
  models->addWidget(m_list);
  form->addRow(tr("Model"), models);
  column->addLayout(form);
  m_notice->setObjectName(QStringLiteral("server-notice"));
  m_notice->setWrapping();
  m_notice->hide();
  column->addWidget(m_notice);
  m_use = addDialogFoot(*this, *column, tr("Use"), QStringLiteral("server-use")).primary;
  if (now) {
    m_url->setText(QString::fromStdString(now->url));
    m_model->setEditText(QString::fromStdString(now->model));
  }
  connect(m_use, &QPushButton::clicked, this, &ServerDialog::take);
  connect(m_list, &QPushButton::clicked, this, &ServerDialog::listModels);
  connect(m_url, &QLineEdit::textChanged, this, &ServerDialog::refresh);
  connect(m_model, &QComboBox::editTextChanged, this, &ServerDialog::refresh);
  connect(this, &QDialog::finished, this, [this] { m_jobs.cancelTag(kListTag); });
  refresh();
}

void ServerDialog::refresh() {
  const bool hasUrl = !m_url->text().trimmed().isEmpty();
  m_list->setEnabled(hasUrl);
  m_use->setEnabled(hasUrl && !m_model->currentText().trimmed().isEmpty());
}

void ServerDialog::say(const QString& sentence, bool isError) {
  m_notice->setText(sentence);
  m_notice->setRole(isError ? Label::Style::Error : Label::Style::Muted);
  m_notice->setVisible(!sentence.isEmpty());
}

std::optional<std::string> ServerDialog::url() {
  try {
    return remote::apiUrlOf(m_url->text().toStdString());
  } catch (const remote::RemoteError& error) {
    say(QString::fromStdString(error.what()), true);
    return std::nullopt;
  }
}

void ServerDialog::listModels() {
  const auto address = url();
  if (!address) return;
  say(tr("Asking…"), false);
  m_jobs.run(
      this, {kListTag, tr("Asking a server for its models"), Lane::Pool},
      [address = *address, key = m_key->text()](const core::JobContext& job) {
        return askForModels(address, key, job);
      },
      [this](const Listed& listed) {
        if (!listed.failure.empty()) return say(QString::fromStdString(listed.failure), true);
        const QString typed = m_model->currentText();
        m_model->clear();
        for (const std::string& model : listed.models) m_model->addItem(QString::fromStdString(model));
        if (!typed.isEmpty()) m_model->setEditText(typed);
        say(listed.models.size() == 1 ? tr("It has 1 model.")
                                      : tr("It has %1 models.").arg(text::count(listed.models.size())),
            false);
      });
}

// A key is kept beside the GUI thread: a keyring may ask its owner something.
void ServerDialog::take() {
  const auto address = url();
  if (!address) return;
  const ServerChoice server{*address, m_model->currentText().trimmed().toStdString()};
  const auto use = [this, server] {
    Q_EMIT chosen(server);
    accept();
  };
  if (m_key->text().isEmpty()) return use();
  m_use->setEnabled(false);
  m_jobs.run(
      this, {kKeyTag, {}, Lane::Pool},
      [url = QString::fromStdString(*address), key = m_key->text()](const core::JobContext&) {
        return setServerKey(url, key);
      },
      [use](const QString&) { use(); });
}

}  // namespace app
