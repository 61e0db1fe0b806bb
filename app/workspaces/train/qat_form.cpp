#include "app/workspaces/train/qat_form.h"

#include <QComboBox>
#include <QCompleter>
#include <QLineEdit>
#include <QSettings>
#include <QSignalBlocker>
#include <QStringListModel>
#include <algorithm>

#include "app/selection/scheme_completion.h"
#include "app/widgets/file_choice.h"
#include "app/workspaces/train/form_fields.h"
#include "core/base/error.h"
#include "core/quant/registry.h"

namespace app {

namespace {

/// What a newcomer finds: from one that training heals at once to one that is broken without it.
constexpr const char* kOffered[] = {"int3", "int2:range=minmax", "int4:group=row", "nf4", "q4_0", "log4"};
constexpr int kMostQatSteps = 100000, kMostBatch = 512, kMostLength = 4096, kMostSeed = 1 << 30;

FileChoice* conversations(const char* objectName) {
  auto* choice = new FileChoice(QatForm::tr("What to train on"),
                                QatForm::tr("Texts and conversations (*.txt *.md *.jsonl);;All files (*)"));
  choice->setObjectName(QLatin1String(objectName));
  choice->setMinimumContentsLength(8);
  return choice;
}

}  // namespace

QatForm::QatForm(QWidget* parent)
    : QWidget(parent),
      m_scheme(new QComboBox),
      m_range(new QComboBox),
      m_data(conversations("qat-data")),
      m_heldOut(conversations("qat-held-out")),
      m_steps(countField("qat-steps", 1, kMostQatSteps, 120)),
      m_every(countField("qat-every", 1, kMostQatSteps, 10)),
      m_batch(countField("qat-batch", 1, kMostBatch, 16)),
      m_length(countField("qat-length", 8, kMostLength, 256)),
      m_seed(countField("qat-seed", 0, kMostSeed, 1)),
      m_rate(new RateField("qat-rate", 1e-3)),
      m_distillation(new QDoubleSpinBox) {
  auto* form = trainForm(this);
  buildScheme();
  addField(*form, tr("Scheme"), m_scheme,
           tr("What the matrices of the blocks are trained for: one of the list, or the text of any scheme"));
  using core::train::QatRange;
  m_range->setObjectName(QStringLiteral("qat-range"));
  m_range->addItem(tr("recomputed"), static_cast<int>(QatRange::Recomputed));
  m_range->addItem(tr("learned step"), static_cast<int>(QatRange::LearnedStep));
  m_range->addItem(tr("learned clip"), static_cast<int>(QatRange::LearnedClip));
  addField(
      *form, tr("Range"), m_range,
      tr("Where each group's scale comes from while its weights move: computed from them at every step, or learned "
         "with them (LSQ), or its share of their range learned. Learned ones are for even levels (INT)."));
  m_data->addWord(tr("Built-in text"), QStringLiteral("demo"));
  m_data->addWord(tr("none chosen"), {});
  addField(*form, tr("Data"), m_data, tr("What is trained on. Of conversations (JSONL) only the answers count."));
  addField(*form, tr("Steps"), m_steps, tr("How often all weights are moved"));
  buildMore(*form);
  for (QSpinBox* box : {m_steps, m_every, m_batch, m_length, m_seed})
    connect(box, &QSpinBox::valueChanged, this, &QatForm::edited);
  for (QDoubleSpinBox* box : {static_cast<QDoubleSpinBox*>(m_rate), m_distillation})
    connect(box, &QDoubleSpinBox::valueChanged, this, &QatForm::edited);
  for (FileChoice* box : {m_data, m_heldOut}) connect(box, &FileChoice::chosenByPerson, this, &QatForm::edited);
  connect(m_range, &QComboBox::currentIndexChanged, this, &QatForm::edited);
  connect(m_scheme, &QComboBox::editTextChanged, this, &QatForm::edited);
  connect(m_scheme, &QComboBox::activated, this, [this] { Q_EMIT schemeChosen(scheme()); });
}

void QatForm::buildScheme() {
  m_scheme->setObjectName(QStringLiteral("qat-scheme"));
  m_scheme->setEditable(true);
  m_scheme->setInsertPolicy(QComboBox::NoInsert);
  m_scheme->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_scheme->setMinimumContentsLength(10);
  for (const char* text : kOffered) {
    const auto scheme = core::quant::Scheme::parse(text);
    const auto* preset = core::quant::findPreset(scheme);
    m_scheme->addItem(preset != nullptr ? QString::fromStdString(preset->title) : QLatin1String(text),
                      QString::fromStdString(scheme.toString()));
    if (preset != nullptr)
      m_scheme->setItemData(m_scheme->count() - 1, QString::fromStdString(preset->description), Qt::ToolTipRole);
  }
  auto* texts = new QStringListModel(this);
  auto* completer = new QCompleter(texts, this);
  completer->setCompletionMode(QCompleter::PopupCompletion);
  m_scheme->setCompleter(completer);
  connect(m_scheme->lineEdit(), &QLineEdit::textEdited, texts,
          [texts](const QString& typed) { texts->setStringList(schemeCompletions(typed.trimmed())); });
}

void QatForm::buildMore(QFormLayout& form) {
  auto* more = addMore(form, QStringLiteral("qat-more"));
  m_heldOut->addWord(tr("Demo conversations"), QStringLiteral("demo"));
  m_heldOut->addWord(tr("Prose"), QStringLiteral("prose"));
  m_heldOut->addWord(tr("none chosen"), {});
  addField(*more, tr("Held out"), m_heldOut, tr("A text that is never trained on: perplexity is measured on it"));
  addField(*more, tr("Rate"), m_rate, tr("The learning rate at its highest; it warms up and falls along a cosine"));
  addField(*more, tr("Sequences"), m_batch, tr("Read for every step"));
  addField(*more, tr("Tokens"), m_length, tr("Of a sequence"));
  m_distillation->setObjectName(QStringLiteral("qat-distillation"));
  m_distillation->setRange(0, 1);
  m_distillation->setSingleStep(0.1);
  addField(*more, tr("Distillation"), m_distillation,
           tr("Share of the loss that is the divergence from the unquantized model's own predictions; 0: none"));
  addField(*more, tr("Look every"), m_every, tr("Steps between two looks at the held-out text and the prompts"));
  addField(*more, tr("Seed"), m_seed, tr("Chooses the order of the data; the same seed gives the same run here"));
}

QString QatForm::scheme() const {
  const int index = m_scheme->findText(m_scheme->currentText());
  return index >= 0 ? m_scheme->itemData(index).toString() : m_scheme->currentText().trimmed();
}

void QatForm::setScheme(const QString& text) {
  QString canonical = text;
  try {
    canonical = QString::fromStdString(core::quant::Scheme::parse(text.toStdString()).toString());
  } catch (const core::Error&) {
    // Typed as it is: what is wrong with it is said beside the button.
  }
  const int index = m_scheme->findData(canonical);
  if (index >= 0)
    m_scheme->setCurrentIndex(index);
  else
    m_scheme->setEditText(canonical);
}

QatLabSettings QatForm::settings(QString* problem) const {
  QatLabSettings settings = m_given;
  settings.scheme = scheme().toStdString();
  try {
    settings.scheme = core::quant::Scheme::parse(settings.scheme).toString();
    problem->clear();
  } catch (const core::Error& error) {
    *problem = QString::fromUtf8(error.what());
  }
  if (problem->isEmpty() && m_data->chosen().isEmpty()) *problem = tr("Choose a text to train on: “File…” in Data.");
  if (problem->isEmpty() && m_heldOut->chosen().isEmpty())
    *problem = tr("Choose a text to measure on, which is not trained on: More, Held out.");
  settings.range = static_cast<core::train::QatRange>(m_range->currentData().toInt());
  settings.data = m_data->chosen().toStdString();
  settings.heldOut = m_heldOut->chosen().toStdString();
  settings.steps = static_cast<std::uint64_t>(m_steps->value());
  settings.evaluateEvery = static_cast<std::uint64_t>(m_every->value());
  settings.rate = m_rate->value();
  settings.batch = static_cast<std::uint32_t>(m_batch->value());
  settings.length = static_cast<std::uint32_t>(m_length->value());
  settings.seed = static_cast<std::uint64_t>(m_seed->value());
  settings.distillation = m_distillation->value();
  return settings;
}

void QatForm::setSettings(const QatLabSettings& settings) {
  const QSignalBlocker once(this);
  m_given = settings;
  setScheme(QString::fromStdString(settings.scheme));
  m_range->setCurrentIndex(m_range->findData(static_cast<int>(settings.range)));
  m_data->choose(QString::fromStdString(settings.data));
  m_heldOut->choose(QString::fromStdString(settings.heldOut));
  m_steps->setValue(static_cast<int>(settings.steps));
  m_every->setValue(static_cast<int>(settings.evaluateEvery));
  m_rate->setValue(settings.rate);
  m_batch->setValue(static_cast<int>(settings.batch));
  m_length->setValue(static_cast<int>(settings.length));
  m_seed->setValue(static_cast<int>(settings.seed));
  m_distillation->setValue(settings.distillation);
}

void QatForm::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("qat-scheme"), scheme());
  settings.setValue(QStringLiteral("qat-range"), m_range->currentIndex());
  settings.setValue(QStringLiteral("qat-steps"), m_steps->value());
  settings.setValue(QStringLiteral("qat-every"), m_every->value());
  settings.setValue(QStringLiteral("qat-rate"), m_rate->value());
  settings.setValue(QStringLiteral("qat-batch"), m_batch->value());
  settings.setValue(QStringLiteral("qat-length"), m_length->value());
  settings.setValue(QStringLiteral("qat-distillation"), m_distillation->value());
}

void QatForm::restoreState(QSettings& settings) {
  const auto number = [&](const char* key, QSpinBox* box) {
    box->setValue(settings.value(QLatin1String(key), box->value()).toInt());
  };
  setScheme(settings.value(QStringLiteral("qat-scheme"), scheme()).toString());
  m_range->setCurrentIndex(std::clamp(settings.value(QStringLiteral("qat-range"), 0).toInt(), 0, 2));
  number("qat-steps", m_steps);
  number("qat-every", m_every);
  number("qat-batch", m_batch);
  number("qat-length", m_length);
  m_rate->setValue(settings.value(QStringLiteral("qat-rate"), m_rate->value()).toDouble());
  m_distillation->setValue(settings.value(QStringLiteral("qat-distillation"), 0.0).toDouble());
  Q_EMIT edited();
}

}  // namespace app
