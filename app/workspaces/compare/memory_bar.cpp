#include "app/workspaces/compare/memory_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/session/known_shapes.h"
#include "app/text/numbers.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/kv_type_field.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_fields.h"

namespace app {

namespace {

constexpr int kLeastContext = 128, kMostContext = 1 << 20, kMostSequences = 256;
constexpr int kSliderSteps = 8;  ///< per doubling
constexpr int kSliderWidth = 120;
const QString kTypedData = QStringLiteral("typed");

int sliderOf(int value) { return static_cast<int>(std::lround(kSliderSteps * std::log2(value))); }
int valueOf(int slider) {
  const double value = std::exp2(static_cast<double>(slider) / kSliderSteps);
  const double step = value >= 1024 ? 64 : value >= 128 ? 8 : 1;  // round figures
  return static_cast<int>(std::round(value / step) * step);
}

QSlider* slider(const char* name, int least, int most, const QString& title) {
  auto* result = new QSlider(Qt::Horizontal);
  result->setObjectName(QLatin1String(name));
  result->setRange(sliderOf(least), sliderOf(most));
  result->setPageStep(kSliderSteps);
  result->setAccessibleName(title);
  result->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  keepWidth(*result, kSliderWidth);
  return result;
}

QSpinBox* spin(const char* name, int least, int most, int value) {
  auto* result = new QSpinBox;
  result->setObjectName(QLatin1String(name));
  result->setRange(least, most);
  result->setValue(value);
  result->setGroupSeparatorShown(true);
  return result;
}

QWidget* besideSlider(QSlider* slider, QSpinBox* spin) {
  auto* pair = new QWidget;
  auto* row = new QHBoxLayout(pair);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  row->addWidget(slider);
  row->addWidget(spin);
  return pair;
}

/// "8B", "1.1e9", "350M"; 0 for anything else.
double parametersOf(QString text) {
  text = text.trimmed();
  double factor = 1;
  for (const auto& [unit, value] : {std::pair(u'K', 1e3), {u'M', 1e6}, {u'B', 1e9}, {u'T', 1e12}})
    if (text.endsWith(unit, Qt::CaseInsensitive)) factor = value;
  if (factor > 1) text.chop(1);
  bool isNumber = false;
  const double number = text.trimmed().toDouble(&isNumber) * factor;
  return isNumber && number >= 1 && number < 1e15 ? number : 0;
}

}  // namespace

MemoryBar::MemoryBar(SourcePlans& plans, CompareState& state, QWidget* parent)
    : QWidget(parent),
      m_plans(plans),
      m_state(state),
      m_model(new QComboBox),
      m_kv(new KvTypeField(QStringLiteral("memory-kv"))),
      m_program(new QComboBox),
      m_contextSlider(slider("memory-context-slider", kLeastContext, kMostContext, tr("Context"))),
      m_sequencesSlider(slider("memory-sequences-slider", 1, kMostSequences, tr("Sequences"))),
      m_context(spin("memory-context", 1, kMostContext, 4096)),
      m_sequences(spin("memory-sequences", 1, kMostSequences, 1)),
      m_measures(new QWidget),
      m_parameters(new QLineEdit(QStringLiteral("8B"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  auto* fields = new QWidget;
  auto* flow = new FlowLayout(fields);
  flow->setSpacing(space::kOne);
  m_model->setObjectName(QStringLiteral("memory-model"));
  keepWidth(*m_context, 92);
  keepWidth(*m_sequences, 62);
  m_program->setObjectName(QStringLiteral("memory-program"));
  buildModel();
  buildMeasures();
  flow->addWidget(namedField(tr("Model"), m_model));
  flow->addWidget(namedField(tr("Context"), besideSlider(m_contextSlider, m_context)));
  flow->addWidget(namedField(tr("Sequences"), besideSlider(m_sequencesSlider, m_sequences)));
  flow->addWidget(namedField(tr("Keys and values"), m_kv));
  flow->addWidget(namedField(tr("Rules of"), m_program));
  m_context->setAccessibleName(tr("Context"));
  m_sequences->setAccessibleName(tr("Sequences at the same time"));
  column->addWidget(fields);
  column->addWidget(m_measures);
  const auto changed = [this] {
    MemoryQuestion question = m_question;
    question.context = static_cast<std::uint32_t>(m_context->value());
    question.sequences = static_cast<std::uint32_t>(m_sequences->value());
    question.kv = m_kv->type();
    question.program = static_cast<Program>(m_program->currentData().toInt());
    ask(question);
  };
  connect(m_contextSlider, &QSlider::valueChanged, this, [this](int at) { m_context->setValue(valueOf(at)); });
  connect(m_sequencesSlider, &QSlider::valueChanged, this, [this](int at) { m_sequences->setValue(valueOf(at)); });
  for (QSpinBox* box : {m_context, m_sequences}) connect(box, &QSpinBox::valueChanged, this, changed);
  connect(m_program, &QComboBox::activated, this, changed);
  connect(m_kv, &KvTypeField::chosen, this, changed);
  connect(m_model, &QComboBox::activated, this, &MemoryBar::chooseSource);
  connect(&m_plans, &SourcePlans::changed, this, &MemoryBar::refresh);
  connect(&m_state.selection(), &Selection::modelChanged, this, [this] {
    buildModel();
    refresh();
  });
  refresh();
}

void MemoryBar::buildModel() {
  const QSignalBlocker blocked(m_model);
  m_model->clear();
  const auto& model = m_state.selection().model();
  m_model->addItem(model ? tr("%1 (open)").arg(text::shortened(QString::fromStdString(model->checkpoint().name()), 28))
                         : tr("The open model"),
                   QStringLiteral("open"));
  for (const KnownShape& known : knownShapes())
    m_model->addItem(QString::fromUtf8(known.title.data()), QString::fromUtf8(known.id.data()));
  m_model->addItem(tr("Typed measures…"), kTypedData);
  if (m_program->count() > 0) return;
  m_program->addItem(tr("Quantscope"), static_cast<int>(Program::Quantscope));
  m_program->addItem(tr("llama.cpp"), static_cast<int>(Program::LlamaCpp));
  m_program->setItemData(0, tr("This program's own executors: exact for this computer"), Qt::ToolTipRole);
  m_program->setItemData(1,
                         tr("Weights as in the file, sliding windows used, compute buffer 512 · (vocabulary + width) · "
                            "4 bytes"),
                         Qt::ToolTipRole);
}

void MemoryBar::buildMeasures() {
  auto* flow = new FlowLayout(m_measures);
  flow->setSpacing(space::kOne);
  m_parameters->setObjectName(QStringLiteral("memory-parameters"));
  m_parameters->setToolTip(tr("8B, 350M, 1.1e9"));
  keepWidth(*m_parameters, 64);
  flow->addWidget(namedField(tr("Parameters"), m_parameters));
  const auto measure = [&](QSpinBox*& into, const char* name, const QString& title, const QString& tip) {
    into = spin(name, 0, 1 << 20, 0);
    into->setSpecialValueText(tr("as usual"));
    into->setToolTip(tip);
    flow->addWidget(namedField(title, into));
    connect(into, &QSpinBox::valueChanged, this, &MemoryBar::readMeasures);
  };
  measure(m_layers, "memory-layers", tr("Layers"), tr("Blocks that keep keys and values"));
  measure(m_heads, "memory-heads", tr("Heads"), tr("Of queries"));
  measure(m_kvHeads, "memory-kv-heads", tr("KV heads"), tr("As many as heads: MHA; fewer: GQA; one: MQA"));
  measure(m_headSize, "memory-head-size", tr("Head size"), tr("Values of a head"));
  measure(m_window, "memory-window", tr("Window"), tr("Positions that a sliding window keeps, in every layer"));
  measure(m_latent, "memory-latent", tr("Latent"), tr("MLA: values of the compressed vector"));
  measure(m_ropeDims, "memory-rope", tr("Rotated"), tr("MLA: rotated values beside it"));
  connect(m_parameters, &QLineEdit::textChanged, this, &MemoryBar::readMeasures);
}

void MemoryBar::chooseSource() {
  const QString id = m_model->currentData().toString();
  if (id == kTypedData) return readMeasures();
  m_plans.setSource(PlannedSource::parse(id));
}

void MemoryBar::readMeasures() {
  PlannedSource source;
  source.kind = PlannedSource::Kind::Typed;
  source.parameters = parametersOf(m_parameters->text());
  m_parameters->setProperty("invalid", source.parameters == 0);
  if (source.parameters == 0) source.parameters = m_plans.source().parameters;
  KvLayout kv = nearestShape(source.parameters).kv();
  bool isTyped = false;
  const auto take = [&isTyped](const QSpinBox* box, auto& into) {
    if (box->value() == 0) return;
    into = static_cast<std::remove_reference_t<decltype(into)>>(box->value());
    isTyped = true;
  };
  take(m_layers, kv.layers);
  take(m_heads, kv.heads);
  take(m_kvHeads, kv.kvHeads);
  take(m_headSize, kv.headSize);
  if (m_headSize->value() != 0) kv.valueHeadSize = kv.headSize;
  take(m_window, kv.window);
  if (m_window->value() != 0) kv.windowLayers = kv.layers;
  take(m_latent, kv.latent);
  take(m_ropeDims, kv.ropeDims);
  if (isTyped) source.kv = kv;
  m_plans.setSource(source);
}

void MemoryBar::setQuestion(const MemoryQuestion& question) {
  ask(question);
  refresh();
}

void MemoryBar::ask(const MemoryQuestion& question) {
  if (question == m_question) return;
  m_question = question;
  refresh();
  Q_EMIT questionChanged();
}

void MemoryBar::refresh() {
  const QSignalBlocker a(m_contextSlider), b(m_sequencesSlider), c(m_context), d(m_sequences), f(m_program), g(m_model);
  m_context->setValue(static_cast<int>(m_question.context));
  m_sequences->setValue(static_cast<int>(m_question.sequences));
  m_contextSlider->setValue(sliderOf(m_context->value()));
  m_sequencesSlider->setValue(sliderOf(m_sequences->value()));
  m_kv->setType(m_question.kv);
  m_program->setCurrentIndex(m_program->findData(static_cast<int>(m_question.program)));
  const PlannedSource& source = m_plans.source();
  const bool isTyped = source.kind == PlannedSource::Kind::Typed;
  m_model->setCurrentIndex(m_model->findData(isTyped ? kTypedData : source.toString()));
  m_measures->setVisible(isTyped);
}

}  // namespace app
