#include "app/workspaces/train/qlora_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QSettings>
#include <QSignalBlocker>

#include "app/widgets/file_choice.h"
#include "app/workspaces/train/form_fields.h"
#include "core/base/error.h"
#include "core/quant/registry.h"

namespace app {

namespace {

constexpr int kMostRank = 256, kMostQloraSteps = 100000, kMostFactRows = 512, kMostQloraSeed = 1 << 30;
constexpr double kMostAlpha = 1024, kMostDropout = 0.9;
constexpr const char* kBases[] = {"nf4:double=on", "nf4", "int4", "int8", "q4_0"};

const QString kAll = QStringLiteral("attn_q attn_k attn_v attn_output ffn_gate ffn_up ffn_down"),
              kAttention = QStringLiteral("attn_q attn_k attn_v attn_output"),
              kQueryValue = QStringLiteral("attn_q attn_v");

QString joined(const std::vector<std::string>& targets) {
  QStringList words;
  for (const std::string& target : targets) words << QString::fromStdString(target);
  return words.join(u' ');
}

}  // namespace

QloraForm::QloraForm(QWidget* parent)
    : QWidget(parent),
      m_base(new QComboBox),
      m_targets(new QComboBox),
      m_state(new QComboBox),
      m_rank(countField("qlora-rank", 1, kMostRank, 8)),
      m_steps(countField("qlora-steps", 1, kMostQloraSteps, 60)),
      m_every(countField("qlora-every", 1, kMostQloraSteps, 10)),
      m_batch(countField("qlora-batch", 1, kMostFactRows, 24)),
      m_seed(countField("qlora-seed", 0, kMostQloraSeed, 1)),
      m_alpha(new QDoubleSpinBox),
      m_dropout(new QDoubleSpinBox),
      m_rate(new RateField("qlora-rate", 3e-3)),
      m_replay(new QCheckBox(tr("read old conversations, too"))),
      m_data(new FileChoice(tr("Conversations to repeat"), tr("Conversations (*.jsonl *.txt);;All files (*)"))),
      m_heldOut(FileChoice::ofTexts()) {
  auto* form = trainForm(this);
  addField(*form, tr("Rank"), m_rank, tr("Columns and rows of the two factors beside each matrix"));
  addField(*form, tr("Steps"), m_steps, tr("How often the adapter is moved"));
  m_replay->setObjectName(QStringLiteral("qlora-replay"));
  addField(*form, tr("Replay"), m_replay,
           tr("Beside the facts every step reads conversations the model already knows, so that it forgets less"));
  auto* more = addMore(*form, QStringLiteral("qlora-more"));
  buildAdapter(*more);
  buildRest(*more);
  for (QSpinBox* box : {m_rank, m_steps, m_every, m_batch, m_seed})
    connect(box, &QSpinBox::valueChanged, this, &QloraForm::edited);
  for (QDoubleSpinBox* box : {m_alpha, m_dropout, static_cast<QDoubleSpinBox*>(m_rate)})
    connect(box, &QDoubleSpinBox::valueChanged, this, &QloraForm::edited);
  for (QComboBox* box : {m_base, m_targets, m_state})
    connect(box, &QComboBox::currentIndexChanged, this, &QloraForm::edited);
  for (FileChoice* box : {m_data, m_heldOut}) connect(box, &FileChoice::chosenByPerson, this, &QloraForm::edited);
  connect(m_replay, &QCheckBox::toggled, this, &QloraForm::edited);
}

void QloraForm::buildAdapter(QFormLayout& form) {
  m_base->setObjectName(QStringLiteral("qlora-base"));
  for (const char* text : kBases) {
    const auto scheme = core::quant::Scheme::parse(text);
    const auto* preset = core::quant::findPreset(scheme);
    m_base->addItem(preset != nullptr ? QString::fromStdString(preset->title) : QLatin1String(text),
                    QString::fromStdString(scheme.toString()));
  }
  addField(form, tr("Base"), m_base, tr("What the frozen matrices are stored as: they stay packed while one trains"));
  m_alpha->setObjectName(QStringLiteral("qlora-alpha"));
  m_alpha->setRange(0.1, kMostAlpha);
  m_alpha->setDecimals(1);
  m_alpha->setValue(16);
  addField(form, tr("Alpha"), m_alpha, tr("The product of the factors is multiplied by alpha / rank"));
  m_targets->setObjectName(QStringLiteral("qlora-targets"));
  m_targets->addItem(tr("all matrices"), kAll);
  m_targets->addItem(tr("attention"), kAttention);
  m_targets->addItem(tr("query and value"), kQueryValue);
  addField(form, tr("Targets"), m_targets, tr("The matrices of each block that get an adapter"));
  m_dropout->setObjectName(QStringLiteral("qlora-dropout"));
  m_dropout->setRange(0, kMostDropout);
  m_dropout->setSingleStep(0.05);
  addField(form, tr("Dropout"), m_dropout, tr("Share of an adapter's inputs that is left out at random in a step"));
}

void QloraForm::buildRest(QFormLayout& form) {
  using core::train::StateKind;
  m_state->setObjectName(QStringLiteral("qlora-state"));
  m_state->addItem(tr("FP32"), static_cast<int>(StateKind::Fp32));
  m_state->addItem(tr("8-bit"), static_cast<int>(StateKind::Int8));
  m_state->addItem(tr("paged"), static_cast<int>(StateKind::Paged));
  addField(
      form, tr("Optimizer"), m_state,
      tr("How AdamW keeps its moments: as numbers of 32 bits, as codes of 8, or in pages of a file that the system "
         "may write out"));
  addField(form, tr("Rate"), m_rate, tr("The learning rate at its highest"));
  addField(form, tr("Sequences"), m_batch, tr("Of facts, read for every step"));
  m_data->setObjectName(QStringLiteral("qlora-data"));
  m_data->addWord(tr("Built-in text"), QStringLiteral("demo"));
  m_data->addWord(tr("none chosen"), {});
  addField(form, tr("Replayed"), m_data, tr("The conversations that replay reads"));
  m_heldOut->setObjectName(QStringLiteral("qlora-held-out"));
  m_heldOut->addWord(tr("none chosen"), {});
  addField(form, tr("Held out"), m_heldOut, tr("A text that is never trained on: what is forgotten shows there"));
  addField(form, tr("Look every"), m_every, tr("Steps between two looks at the facts and the held-out text"));
  addField(form, tr("Seed"), m_seed, tr("Of the factors and the order of the data"));
  for (FileChoice* box : {m_data, m_heldOut}) box->setMinimumContentsLength(8);
}

QloraLabSettings QloraForm::settings(QString* problem) const {
  QloraLabSettings settings = m_given;
  problem->clear();
  settings.base = m_base->currentData().toString().toStdString();
  settings.adapter.rank = static_cast<std::uint32_t>(m_rank->value());
  settings.adapter.alpha = m_alpha->value();
  settings.adapter.dropout = m_dropout->value();
  settings.adapter.seed = static_cast<std::uint64_t>(m_seed->value());
  settings.adapter.targets.clear();
  for (const QString& target : m_targets->currentData().toString().split(u' '))
    settings.adapter.targets.push_back(target.toStdString());
  settings.optimizerState = static_cast<core::train::StateKind>(m_state->currentData().toInt());
  settings.replay = m_replay->isChecked();
  settings.data = m_data->chosen().toStdString();
  settings.heldOut = m_heldOut->chosen().toStdString();
  settings.steps = static_cast<std::uint64_t>(m_steps->value());
  settings.evaluateEvery = static_cast<std::uint64_t>(m_every->value());
  settings.batch = static_cast<std::uint32_t>(m_batch->value());
  settings.rate = m_rate->value();
  settings.seed = static_cast<std::uint64_t>(m_seed->value());
  if (settings.replay && settings.data.empty())
    *problem = tr("Choose the conversations that replay reads (More, Replayed), or train without it.");
  else if (settings.heldOut.empty())
    *problem = tr("Choose a text that shows what is forgotten: More, Held out.");
  return settings;
}

void QloraForm::setSettings(const QloraLabSettings& settings) {
  const QSignalBlocker once(this);
  m_given = settings;
  const auto choose = [](QComboBox* box, const QVariant& value, const QString& otherwise) {
    if (box->findData(value) < 0) box->addItem(otherwise, value);
    box->setCurrentIndex(box->findData(value));
  };
  choose(m_base, QString::fromStdString(settings.base), QString::fromStdString(settings.base));
  choose(m_targets, joined(settings.adapter.targets), joined(settings.adapter.targets));
  m_state->setCurrentIndex(m_state->findData(static_cast<int>(settings.optimizerState)));
  m_rank->setValue(static_cast<int>(settings.adapter.rank));
  m_alpha->setValue(settings.adapter.alpha);
  m_dropout->setValue(settings.adapter.dropout);
  m_replay->setChecked(settings.replay);
  m_data->choose(QString::fromStdString(settings.data));
  m_heldOut->choose(QString::fromStdString(settings.heldOut));
  m_steps->setValue(static_cast<int>(settings.steps));
  m_every->setValue(static_cast<int>(settings.evaluateEvery));
  m_batch->setValue(static_cast<int>(settings.batch));
  m_rate->setValue(settings.rate);
  m_seed->setValue(static_cast<int>(settings.seed));
}

void QloraForm::setReplay(bool replay) { m_replay->setChecked(replay); }

void QloraForm::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("qlora-rank"), m_rank->value());
  settings.setValue(QStringLiteral("qlora-steps"), m_steps->value());
  settings.setValue(QStringLiteral("qlora-replay"), m_replay->isChecked());
}

void QloraForm::restoreState(QSettings& settings) {
  m_rank->setValue(settings.value(QStringLiteral("qlora-rank"), m_rank->value()).toInt());
  m_steps->setValue(settings.value(QStringLiteral("qlora-steps"), m_steps->value()).toInt());
  m_replay->setChecked(settings.value(QStringLiteral("qlora-replay"), true).toBool());
}

}  // namespace app
