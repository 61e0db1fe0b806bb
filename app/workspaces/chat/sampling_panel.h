#pragma once
#include <QWidget>
#include <optional>

#include "app/session/device_choice.h"
#include "app/workspaces/chat/sampling_presets.h"
#include "core/model/session.h"

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QPlainTextEdit;
class QSettings;
class QSpinBox;

namespace app {

class KvTypeField;
class Label;
class PromptCacheField;
class TemplatePanel;

/// The knobs of the sampler, shared by every pane, the system prompt, the device and the length of the context, and
/// what the model's chat template can be told.
class SamplingPanel : public QWidget {
  Q_OBJECT
 public:
  explicit SamplingPanel(QWidget* parent = nullptr);

  core::model::GenerationOptions options() const;
  QString systemPrompt() const;
  DeviceChoice device() const;
  /// Which named way of sampling is in force.
  SamplingPreset preset() const;
  /// Puts it in force; Own is what was set by hand last.
  void take(SamplingPreset preset);
  /// Fills the device list. @param devices text of the choice → name for people; the first is selected by default
  void setDevices(const std::vector<std::pair<QString, QString>>& devices);
  void setDevice(const QString& choice);
  /// Tokens of context to run with; 0: automatic.
  std::uint32_t contextLength() const;
  void setContextLength(std::uint32_t tokens);
  void focusContext();
  /// What keys and values are kept in.
  core::model::KvType kvType() const;
  /// What becomes of what the panes have read.
  PromptCacheField& promptCache() { return *m_promptCache; }
  const PromptCacheField& promptCache() const { return *m_promptCache; }
  /// What the open model can hold, what it gets when nobody asks, and what a token of it costs.
  /// @param own 0: no model that runs
  void setModelContext(std::uint32_t own, std::uint32_t automatic, std::uint64_t kvBytesPerToken);
  /// How the open model's makers let it generate: offered as a preset, and said where it is in force.
  void setModelDefaults(const core::model::GenerationDefaults& defaults);
  /// What the open model's chat template can be told; has no room where that is nothing.
  TemplatePanel& chatTemplate() { return *m_template; }
  const TemplatePanel& chatTemplate() const { return *m_template; }
  void setTemplateVariables(const std::vector<core::text::TemplateVariable>& variables);
  /// "Greedy · at most 128 tokens"; "the model's own · …" where what its makers say is in force
  QString summary() const;

  void save(QSettings& settings) const;
  void restore(const QSettings& settings);

 Q_SIGNALS:
  /// Device, context or what keys and values are kept in: the sessions have to be made anew.
  void groundChanged();
  void summaryChanged();

 private:
  void addContext();
  void addKvType();
  void addSystemPrompt();
  void addPresets();
  void showPreset();
  void showContextCost();
  QDoubleSpinBox* addReal(const QString& label, double low, double high, double step, double value,
                          const QString& help);
  QSpinBox* addWhole(const QString& label, int low, int high, int value, const QString& help);

  QFormLayout* m_form;
  QComboBox *m_device, *m_preset;
  KvTypeField* m_kvType;
  QDoubleSpinBox *m_temperature, *m_topP, *m_minP, *m_penalty;
  QSpinBox *m_topK, *m_seed, *m_maxTokens, *m_context;
  Label *m_contextCost, *m_presetText;
  QPlainTextEdit* m_system;
  PromptCacheField* m_promptCache;
  TemplatePanel* m_template;
  core::model::GenerationDefaults m_defaults;
  std::optional<core::model::GenerationOptions> m_own;  ///< what was set by hand last, to come back to
  std::uint32_t m_automaticContext = 0;
  std::uint64_t m_kvBytesPerToken = 0;
};

}  // namespace app
