#pragma once
#include <QColor>
#include <QObject>
#include <QString>
#include <QStringList>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "app/widgets/theme.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/scheme.h"

namespace app {

struct TraceQuestion;

/// One row of the scheme list: a scheme, or a recipe that gives every tensor its own. Its colour is the same in every
/// chart, table and chat pane.
struct SchemeEntry {
  core::model::Recipe recipe;
  QString title;        ///< "NF4 · 64", "Q4_K_M"; of one's own, the name it was kept by
  QString description;  ///< one sentence
  bool checked = false;
  int colorSlot = -1;  ///< into Theme::seriesColor and seriesMark, its own; −1 until it was checked for the first time
  bool isOwn = false;  ///< added by a person: kept between runs, can be renamed and removed

  /// The compared model: there while it is open.
  bool isModel() const { return !isOwn && recipe.otherModel() != nullptr; }
};

/// Whether what looks at data can be made of the open model.
enum class CalibrationWait : std::uint8_t {
  Nothing,  ///< it can, or there is no model
  Reading,  ///< as soon as the text is read
  Text      ///< a text has to be given first: there is none, or only an importance matrix, which cannot say enough
};

/// A token of the conversation: which answer it belongs to, which pane wrote it, and its place there.
struct ChatToken {
  int answer = 0;  ///< id in the conversation
  int pane = 0;
  int index = 0;
  QString label;  ///< for people: "“has”, token 4 of NF4 · 64"
  bool operator==(const ChatToken&) const = default;
};

/// The one selection of the program: every workspace shows it and may change it (brushing and linking).
/// Setters emit only on change; a setter that narrows (tensor) clears what lies below it (weight).
/// Steps through tensor, weight, scheme, workspace and what is traced are remembered for back() and forward(), as in a
/// browser. GUI thread only.
class Selection : public QObject {
  Q_OBJECT
 public:
  explicit Selection(QObject* parent = nullptr);
  ~Selection() override;

  /// Null while the start page is shown. Shared with jobs; immutable but for its caches.
  const std::shared_ptr<OpenModel>& model() const { return m_model; }
  /// A second model beside the open one: a row of the list of schemes, like any of them; null for none.
  const std::shared_ptr<OpenModel>& comparedModel() const { return m_compared; }
  /// The recipe that it is; nothing without one.
  std::optional<core::model::Recipe> comparedRecipe() const;
  /// The compared model's tensor of the selected one's name and shape; null when it has none.
  std::shared_ptr<const core::model::OtherTensor> comparedTensor() const;
  /// The other model's tensor that a recipe puts in place of one of the open model's; null where it puts none.
  std::shared_ptr<const core::model::OtherTensor> otherFor(const core::model::Recipe& recipe, std::size_t tensor) const;
  /// What takes the place of one of its tensors that was changed by hand; null where it was not.
  core::quant::QuantizedTensorPtr replacementFor(const core::model::Recipe& recipe, std::size_t tensor) const;
  /// Index into model()->checkpoint().tensors().
  std::optional<std::size_t> tensor() const { return m_place.tensor; }
  /// Info of the selected tensor, or null.
  const core::io::TensorInfo* tensorInfo() const;
  /// Flat row-major index of one value of the selected tensor.
  std::optional<std::uint64_t> weight() const { return m_place.weight; }
  /// The one that single-scheme views show (sorted dots, block view, "what the scheme makes of this weight").
  const std::optional<core::model::Recipe>& currentRecipe() const { return m_place.recipe; }
  /// What the current one makes of the selected tensor; nothing when a recipe keeps that as stored.
  const std::optional<core::quant::Scheme>& currentScheme() const { return m_currentScheme; }
  /// For people, of the current one: "NF4 · 64"; of a recipe with what it makes of the selected tensor: "Q4_K_M
  /// (Q6_K)".
  QString currentTitle() const;
  const std::optional<ChatToken>& chatToken() const { return m_chatToken; }
  /// What Trace explains; null while nothing was asked.
  const std::shared_ptr<const TraceQuestion>& traceQuestion() const { return m_place.trace; }
  /// Id of the workspace in front.
  const QString& workspace() const { return m_place.workspace; }

  /// Everything a person can check: the schemes in the order of the registry, the file types' recipes, one's own.
  const std::vector<SchemeEntry>& schemes() const { return m_schemes; }
  /// Null when it is not in the list.
  const SchemeEntry* entry(const core::model::Recipe& recipe) const;
  /// The checked ones, in the order of the list. A scheme is a recipe.
  std::vector<core::model::Recipe> checkedRecipes() const;
  bool isChecked(const core::model::Recipe& recipe) const;
  /// What the list calls it.
  QString title(const core::model::Recipe& recipe) const;
  /// What it makes of a tensor of the open model. A scheme is itself for every tensor; a recipe that is more says
  /// nothing for one that it keeps as stored, or takes from another model.
  std::optional<core::quant::Scheme> schemeFor(const core::model::Recipe& recipe, std::size_t tensor) const;
  /// What it does to every tensor of the open model; null without one, and for a recipe that cannot be planned.
  const core::model::RecipePlan* planOf(const core::model::Recipe& recipe) const;
  /// What the open model's schemes are calibrated with; nothing while there is none.
  std::optional<CalibrationState> calibrationState() const;
  /// Whether a text is being read.
  bool isCalibrating() const { return m_calibrating; }
  /// The most that any scheme in it asks of a calibration, for the open model.
  core::quant::CalibrationNeed needOf(const core::model::Recipe& recipe) const;
  /// Whether that is there.
  CalibrationWait waitFor(core::quant::CalibrationNeed need) const;
  CalibrationWait waitOf(const core::model::Recipe& recipe) const { return waitFor(needOf(recipe)); }
  /// Its colour under the present theme; the neutral reference grey when it never was checked.
  QColor color(const core::model::Recipe& recipe) const;
  /// Beside the colour, which repeats after kSeriesColors schemes.
  SeriesMark mark(const core::model::Recipe& recipe) const;
  Qt::PenStyle penStyle(const core::model::Recipe& recipe) const;

  /// Opens with a sensible first choice: the first matrix of the middle block, else the largest tensor.
  /// Ends a comparison with another model.
  void setModel(std::shared_ptr<OpenModel> model);
  /// It is ticked and current as it comes, and leaves the list and the history as it goes.
  void setComparedModel(std::shared_ptr<OpenModel> model);
  /// Said by whoever reads texts, at the beginning (true) and at the end, whichever way it ended.
  void setCalibrating(bool calibrating);
  void setTensor(std::optional<std::size_t> index);
  void setWeight(std::optional<std::uint64_t> flatIndex);
  /// Both at once: one step of the history.
  void setTensorAndWeight(std::size_t tensor, std::uint64_t flatIndex);
  void setCurrentRecipe(std::optional<core::model::Recipe> recipe);
  /// Tensor and scheme at once (a cell of the layer map): one step of the history.
  void setTensorAndRecipe(std::size_t tensor, const core::model::Recipe& recipe);
  void setChecked(const core::model::Recipe& recipe, bool checked);
  /// Adds one of one's own to the list (or finds it there) and checks it. @param name empty: it says what it does
  void addOwn(const core::model::Recipe& recipe, const QString& name = {});
  /// Nothing happens to what is not one's own.
  void renameOwn(const core::model::Recipe& recipe, const QString& name);
  void removeOwn(const core::model::Recipe& recipe);
  /// An edit of one's own: it keeps name, colour and tick, and stays current and in the history where it was. Where the
  /// list has the new one already, that takes its place.
  void replaceOwn(const core::model::Recipe& recipe, const core::model::Recipe& edited);
  void setChatToken(std::optional<ChatToken> token);
  void setWorkspace(const QString& id);
  /// Asks and brings Trace to the front: one step of the history.
  void askTrace(const TraceQuestion& question);
  /// A tensor, and perhaps one of its weights, in a workspace: one step of the history.
  void goTo(const QString& workspace, std::size_t tensor, std::optional<std::uint64_t> flatIndex = std::nullopt);

  bool canGoBack() const { return m_historyIndex > 0; }
  bool canGoForward() const { return m_historyIndex + 1 < m_history.size(); }
  void back();
  void forward();

  /// For the session state: what was checked with its colour and what is one's own with its name, as texts, and back
  /// again (what cannot be read is skipped).
  QStringList saveSchemes() const;
  void restoreSchemes(const QStringList& saved);

 Q_SIGNALS:
  void modelChanged();
  void comparedModelChanged();
  void calibrationChanged();  ///< another calibration, or one is being read, or that has ended
  void tensorChanged();
  void weightChanged();
  void currentSchemeChanged();
  void schemesChanged();   ///< the list, its names, checks or colours
  void schemesRestored();  ///< the same, all at once: another order may suit better
  void chatTokenChanged();
  void traceQuestionChanged();
  void workspaceChanged();
  void historyChanged();

 private:
  struct Place {
    QString workspace;
    std::optional<std::size_t> tensor;
    std::optional<std::uint64_t> weight;
    std::optional<core::model::Recipe> recipe;
    std::shared_ptr<const TraceQuestion> trace;
    bool operator==(const Place&) const = default;
  };
  void loadPresets();
  void restoreScheme(const QString& line);
  SchemeEntry* find(const core::model::Recipe& recipe);
  bool resolveCurrentScheme();
  void giveColor(SchemeEntry& entry);
  void addCompared();
  void removeCompared();
  void moveTo(const Place& place);
  void apply(const Place& place);
  std::optional<std::size_t> firstChoice() const;

  std::shared_ptr<OpenModel> m_model, m_compared;
  std::optional<core::model::Recipe> m_beforeCompared;  ///< what was current when the compared model came
  bool m_calibrating = false;
  Place m_place;
  std::optional<ChatToken> m_chatToken;
  std::optional<core::quant::Scheme> m_currentScheme;
  std::vector<SchemeEntry> m_schemes;
  /// What recipes make of the open model's tensors, by the recipe's text, as far as it was asked.
  mutable std::map<std::string, std::optional<core::model::RecipePlan>> m_plans;
  std::vector<Place> m_history;
  std::size_t m_historyIndex = 0;
};

}  // namespace app
