#include "app/workspaces/train/merge_dialog.h"

#include <QComboBox>
#include <QFileDialog>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/session/holding_target.h"
#include "app/session/recipe_file.h"
#include "app/text/numbers.h"
#include "app/widgets/dialog_column.h"
#include "app/widgets/label.h"
#include "app/workspaces/train/form_fields.h"
#include "app/workspaces/train/train_words.h"

namespace app {

namespace {

const QString kMergePreviewTag = QStringLiteral("train.merge.preview");
constexpr const char* kUsual[] = {"q8_0", "q6_k", "Q4_K_M"};

QString layoutName(core::quant::FolderLayout layout) {
  const std::string_view name = core::quant::displayName(layout);
  return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

}  // namespace

MergeDialog::MergeDialog(TrainState& state, const QString& name, QWidget* parent)
    : QDialog(parent),
      m_state(state),
      m_name(name),
      m_base(new QComboBox),
      m_stored(new QComboBox),
      m_note(new Label(Label::Style::Hint)),
      m_save(nullptr) {
  auto* column =
      dialogColumn(*this, {tr("Save merged"), QStringLiteral("merge-dialog"),
                           tr("What the adapter adds goes into the weights for good: one model instead of a base and "
                              "an adapter. What that loses is measured once it is written.")});
  auto* fields = new QWidget;
  auto* form = trainForm(fields);
  const auto& settings = std::get<QloraLabSettings>(*state.settings());
  m_base->setObjectName(QStringLiteral("merge-base"));
  m_base->addItem(tr("%1, over which it was trained").arg(schemeName(*state.settings())),
                  QString::fromStdString(settings.base));
  if (settings.base != "stored") m_base->addItem(tr("The weights as stored"), QStringLiteral("stored"));
  addField(*form, tr("Merge into"), m_base,
           tr("The adapter has learned beside the rounded matrices: with them the sum is what was trained. The weights "
              "as stored are nearer to the original model."));
  m_stored->setObjectName(QStringLiteral("merge-stored"));
  addStored({});
  for (const char* text : kUsual) addStored(*core::model::recipeByName(text));
  if (auto base = core::model::recipeByName(settings.base)) addStored(*base);
  for (const core::model::Recipe& recipe : state.selection().checkedRecipes())
    if (!recipe.namesFiles() && recipe.replacements.empty()) addStored(recipe);
  addField(*form, tr("Store as"), m_stored, tr("The sums are quantized once more, which loses a little again"));
  column->addWidget(fields);
  m_note->setObjectName(QStringLiteral("merge-note"));
  m_note->setWrapping();
  column->addWidget(m_note);
  m_save =
      addDialogFoot(*this, *column, tr("Save…"), QStringLiteral("merge-save"), QDialogButtonBox::ActionRole).primary;
  connect(m_save, &QPushButton::clicked, this, &MergeDialog::askWhere);
  for (QComboBox* box : {m_base, m_stored}) connect(box, &QComboBox::currentIndexChanged, this, &MergeDialog::preview);
  preview();
}

void MergeDialog::addStored(const core::model::Recipe& recipe) {
  if (std::ranges::find(m_recipes, recipe) != m_recipes.end()) return;
  m_recipes.push_back(recipe);
  m_stored->addItem(recipe.keepsEverything() ? tr("Not quantized again") : m_state.selection().title(recipe));
}

std::string MergeDialog::runs() const {
  return m_base->currentData().toString().toStdString() + "+adapter:" + m_state.history().summary->result;
}

const core::model::Recipe& MergeDialog::stored() const {
  return m_recipes[static_cast<std::size_t>(m_stored->currentIndex())];
}

// Every tensor's name is looked at, and the adapter is opened.
void MergeDialog::preview() {
  m_target.reset();
  m_save->setEnabled(false);
  m_note->setRole(Label::Style::Hint);
  m_note->setText(tr("Looking at what this makes…"));
  const auto work = [model = m_state.selection().model(), runs = runs(), stored = stored()](const core::JobContext&) {
    const auto& source = model->checkpoint();
    const auto rows = planMerging(source, openRecipe(runs), stored).rows;
    Preview preview;
    double weights = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      preview.bytes += rows[i].bytes;
      weights += static_cast<double>(source.tensors()[i].shape.count());
    }
    preview.bitsPerWeight = 8.0 * static_cast<double>(preview.bytes) / weights;
    preview.target = holdingTarget(source, stored, rows, "merged");
    if (!preview.target)
      preview.whyNot = QString::fromStdString(whyNotHeld(source, stored, rows, QuantizeTarget("merged.gguf")));
    return preview;
  };
  const auto failed = [this](const QString& sentence) { show({std::nullopt, sentence}); };
  m_state.jobs().run(
      this, {kMergePreviewTag, {}}, work, [this](const Preview& preview) { show(preview); }, failed);
}

void MergeDialog::show(const Preview& preview) {
  m_target = preview.target;
  m_save->setEnabled(m_target.has_value());
  m_note->setRole(m_target ? Label::Style::Hint : Label::Style::Error);
  if (!m_target) return m_note->setText(preview.whyNot);
  const QString size =
      QStringLiteral("%1, %2").arg(text::bytes(preview.bytes), text::bitsPerWeight(preview.bitsPerWeight));
  m_note->setText(m_target->layout ? tr("A folder in the layout of %1: %2.").arg(layoutName(*m_target->layout), size)
                                   : tr("A GGUF file: %1.").arg(size));
}

void MergeDialog::askWhere() {
  if (!m_target) return;
  const bool isFolder = m_target->layout.has_value();
  auto* dialog = new QFileDialog(this, windowTitle());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilters({isFolder ? tr("Folder (*)") : tr("GGUF (*.gguf)")});
  if (!isFolder) dialog->setDefaultSuffix(QStringLiteral("gguf"));
  dialog->selectFile(isFolder ? m_name : m_name + QStringLiteral(".gguf"));
  const MergeOrder order{runs(), stored(), *m_target};
  connect(dialog, &QFileDialog::fileSelected, this, [this, order, isFolder](const QString& chosen) {
    MergeOrder wanted = order;
    wanted.target.file = chosen.toStdString();
    if (!isFolder && wanted.target.file.extension() != ".gguf") wanted.target.file += ".gguf";
    Q_EMIT mergeWanted(wanted);
    accept();
  });
  dialog->open();
}

}  // namespace app
